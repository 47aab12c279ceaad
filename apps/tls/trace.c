/*
 * The messages of a connection in words. The engine's note says what a message meant for this connection; here stands
 * what such a message is for at all, and where that is written.
 */
#include "apps/tls/trace.h"
#include "apps/cli/printable.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct meaning {
    unsigned number;
    const char *name, *purpose, *rfc;
};

static const struct meaning messages[] = {
    {0, "HelloRequest", "the server would like to begin again", "RFC 5246 7.4.1.1"},
    {1, "ClientHello", "the client says what it can do", "RFC 5246 7.4.1.2, RFC 8446 4.1.2"},
    {2, "ServerHello", "the server chooses", "RFC 5246 7.4.1.3, RFC 8446 4.1.3"},
    {4, "NewSessionTicket", "what the client needs to resume later, sealed by the server",
     "RFC 5077 3.3, RFC 8446 4.6.1"},
    {5, "EndOfEarlyData", "the early data ends here", "RFC 8446 4.5"},
    {8, "EncryptedExtensions", "the server's answers that only the client should see", "RFC 8446 4.3.1"},
    {11, "Certificate", "who the sender is, signed by someone the other trusts", "RFC 5246 7.4.2, RFC 8446 4.4.2"},
    {12, "ServerKeyExchange", "the server's half of a fresh key exchange, signed", "RFC 5246 7.4.3"},
    {13, "CertificateRequest", "the server asks who the client is", "RFC 5246 7.4.4, RFC 8446 4.3.2"},
    {14, "ServerHelloDone", "the server waits for the client", "RFC 5246 7.4.5"},
    {15, "CertificateVerify", "a signature over all messages so far: the sender has the key of its certificate",
     "RFC 5246 7.4.8, RFC 8446 4.4.3"},
    {16, "ClientKeyExchange", "the client's share of the secret", "RFC 5246 7.4.7"},
    {20, "Finished", "a digest of all messages under the new keys: nobody changed one",
     "RFC 5246 7.4.9, RFC 8446 4.4.4"},
    {21, "CertificateURL", "where the certificate can be had", "RFC 6066 5"},
    {22, "CertificateStatus", "the authority's word that the certificate is not revoked", "RFC 6066 8"},
    {24, "KeyUpdate", "the sender goes on with new keys", "RFC 8446 4.6.3"},
};

static const struct meaning records[] = {
    {20, "ChangeCipherSpec", "in TLS 1.2 the sender encrypts from here on", "RFC 5246 7.1, RFC 8446 D.4"},
    {21, "Alert", "", "RFC 5246 7.2, RFC 8446 6"},
    {23, "ApplicationData", "", "RFC 5246 10"},
};

static const struct meaning unknown = {0, "unknown message", "", ""};

static const struct meaning *find(const struct meaning *rows, size_t count, unsigned number)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].number == number)
            return &rows[i];
    return &unknown;
}

/* It looks like a ServerHello, but for its random (RFC 8446 4.1.3). */
static bool is_retry(const struct sw_trace_event *ev)
{
    enum { RANDOM_AT = 6 };
    static const uint8_t random[] = {0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11};
    return ev->message == 2 && ev->data && ev->len >= RANDOM_AT + sizeof random &&
           memcmp(ev->data + RANDOM_AT, random, sizeof random) == 0;
}

static const struct meaning *meaning_of(const struct sw_trace_event *ev)
{
    static const struct meaning retry = {2, "HelloRetryRequest", "the server asks for another hello", "RFC 8446 4.1.4"};
    if (ev->content_type == 22 && is_retry(ev))
        return &retry;
    if (ev->content_type == 22)
        return find(messages, sizeof messages / sizeof *messages, ev->message);
    return find(records, sizeof records / sizeof *records, ev->content_type);
}

/* An alert's two bytes are its level and what it is about. */
static const char *alert_level(const struct sw_trace_event *ev)
{
    return ev->data && ev->len == 2 && ev->data[0] == 1 ? "warning" : "fatal";
}

void trace_text(const struct sw_trace_event *ev, char *out, size_t cap)
{
    const struct meaning *m = meaning_of(ev);
    const char *direction = ev->sent ? "->" : "<-", *lock = ev->is_protected ? "encrypted" : "readable";
    const char *note = ev->note ? ev->note : "", *between = *m->purpose && *note ? "; " : "";
    if (ev->content_type == 21)
        snprintf(out, cap, "%s Alert %s, %s (%s)%s%s", direction, alert_level(ev), sw_alert_name(ev->message), lock,
                 *note ? ": " : "", note);
    else
        snprintf(out, cap, "%s %s, %zu bytes (%s)%s%s%s%s", direction, m->name, ev->len, lock,
                 *m->purpose || *note ? ": " : "", m->purpose, between, note);
}

static void print_text(void *ctx, struct sw_conn *conn, const struct sw_trace_event *ev)
{
    const struct app *app = ctx;
    char line[1024];
    (void)conn;
    trace_text(ev, line, sizeof line);
    size_t n = strlen(line);
    const char *rfc = meaning_of(ev)->rfc;
    if (app->verbose && *rfc)
        snprintf(line + n, sizeof line - n, " [%s]", rfc);
    make_printable(line); /* a note may quote the peer */
    fprintf(stderr, "%s%s%s\n", app->color ? ev->sent ? "\033[36m" : "\033[33m" : "", line,
            app->color ? "\033[0m" : "");
}

static void print_json(void *ctx, struct sw_conn *conn, const struct sw_trace_event *ev)
{
    const struct meaning *m = meaning_of(ev);
    const bool alert = ev->content_type == 21;
    (void)ctx;
    (void)conn;
    json_t *object = json_pack("{s:s, s:s, s:i, s:s, s:b, s:I, s:s, s:s, s:s*, s:s*}", "event", "message", "direction",
                               ev->sent ? "sent" : "received", "content_type", (int)ev->content_type, "message",
                               m->name, "encrypted", (int)ev->is_protected, "bytes", (json_int_t)ev->len, "meaning",
                               m->purpose, "rfc", m->rfc, "note", ev->note && *ev->note ? ev->note : NULL, "alert",
                               alert ? sw_alert_name(ev->message) : NULL);
    if (!object)
        return;
    json_dumpf(object, stderr, JSON_COMPACT);
    fputc('\n', stderr);
    json_decref(object);
}

int trace_attach(const struct app *app, struct sw_config *cfg)
{
    const char *mode = app_get(app, OPT_TRACE);
    if (!mode)
        return APP_DONE;
    if (*mode && strcmp(mode, "json") != 0 && strcmp(mode, "text") != 0)
        return app_usage(app, "--trace takes =text or =json, not %s", mode);
    bool json = strcmp(mode, "json") == 0 || (!*mode && app->json);
    sw_config_set_trace(cfg, json ? print_json : print_text, (void *)(uintptr_t)app);
    return APP_DONE;
}
