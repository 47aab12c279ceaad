/* What a connection agreed on, for people (describe_line, describe_brief) and for programs (the same with --json). */
#include "apps/tls/describe.h"
#include "apps/cli/printable.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const char *version_name(unsigned version)
{
    return version == SW_TLS13 ? "TLS 1.3" : version == SW_TLS12 ? "TLS 1.2" : "unknown";
}

static const char *or_none(const char *text, const char *none)
{
    return text && *text ? text : none;
}

static const char *yes(bool on)
{
    return on ? "yes" : "no";
}

static void group_text(const struct sw_conn_info *info, char *out, size_t cap)
{
    const char *name = or_none(info->group_name, info->resumed ? "none (resumed)" : "none (RSA key transport)");
    if (info->group_bits)
        snprintf(out, cap, "%s, %u bits", name, info->group_bits);
    else
        snprintf(out, cap, "%s", name);
}

/* How many timestamps a server has sent; the library has looked at the shape of the list. */
static int timestamps(const struct sw_conn *conn)
{
    size_t len, at = 2;
    const uint8_t *list = sw_conn_sct(conn, &len);
    int n = 0;
    for (; list && at + 2 <= len; n++)
        at += 2 + ((size_t)list[at] << 8 | list[at + 1]);
    return n;
}

static void say_json(const struct sw_conn_info *info, const char *subject, int sct_count)
{
    json_t *object = json_pack(
        "{s:s,s:s,s:s,s:i,s:s*,s:s*,s:s*,s:b,s:b,s:b,s:b,s:b,s:i,s:s*,s:s*}", "event", "established", "version",
        version_name(info->version), "suite", or_none(info->suite_name, "unknown"), "suite_id", (int)info->suite,
        "group", info->group_name, "signature", info->sigscheme_name, "peer", subject, "resumed", (int)info->resumed,
        "etm", (int)info->etm, "ems", (int)info->ems, "ticket", (int)info->ticket_issued, "stapled", (int)info->stapled,
        "timestamps", sct_count, "alpn", info->alpn, "server_name", info->server_name);
    if (!object)
        return;
    json_dumpf(object, stderr, JSON_COMPACT);
    fputc('\n', stderr);
    json_decref(object);
}

/* What a peer wrote into its certificate must not steer a terminal. */
static const char *peer_subject(const struct sw_conn *conn, struct sw_peer *peer)
{
    if (sw_conn_peer(conn, peer) != SW_OK)
        return NULL;
    make_printable(peer->subject);
    return peer->subject;
}

void describe_brief(const struct app *app, const struct sw_conn *conn)
{
    struct sw_conn_info info;
    struct sw_peer peer;
    char group[128];
    sw_conn_info(conn, &info);
    const char *subject = peer_subject(conn, &peer);
    if (app->json) {
        say_json(&info, subject, timestamps(conn));
        return;
    }
    group_text(&info, group, sizeof group);
    fprintf(stderr, "Version: %s\nSuite: %s (0x%04X)\nGroup: %s\nSignature: %s\nPeer: %s\n", version_name(info.version),
            or_none(info.suite_name, "unknown"), info.suite, group, or_none(info.sigscheme_name, "none"),
            or_none(subject, "no certificate"));
    fprintf(stderr,
            "Resumed: %s\nEncrypt-then-MAC: %s\nExtended master secret: %s\nTicket: %s\nStapled status: %s\nALPN: %s\n",
            yes(info.resumed), yes(info.etm), yes(info.ems), yes(info.ticket_issued), yes(info.stapled),
            or_none(info.alpn, "none"));
    if (app_has(app, OPT_SCT))
        fprintf(stderr, "Certificate timestamps: %d, not verified\n", timestamps(conn));
}

void describe_line(const struct sw_conn *conn, char *out, size_t cap)
{
    struct sw_conn_info info;
    struct sw_peer peer;
    sw_conn_info(conn, &info);
    const char *subject = peer_subject(conn, &peer);
    snprintf(out, cap, "%s, %s%s%s%s%s%s", version_name(info.version), or_none(info.suite_name, "unknown"),
             info.resumed ? ", resumed" : "", info.alpn ? ", ALPN " : "", info.alpn ? info.alpn : "",
             subject ? ", peer " : "", subject ? subject : "");
}
