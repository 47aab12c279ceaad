/*
 * ClientHello (RFC 5246 7.4.1.2):
 *
 *     version(2) random(32) session_id<0..32> cipher_suites<2..2^16-2> compression_methods<1..2^8-1> [extensions<0..2^16-1>]
 *
 * The server settles everything about the connection when it has read one: version, resumption or a new session, suite, certificate, group.
 */
#include "base/wipe.h"
#include "handshake/ext.h"
#include "handshake/msg.h"
#include "handshake/session.h"
#include "ttp/name.h"
#include <string.h>

enum { EMPTY_RENEGOTIATION_INFO_SCSV = 0x00ff, FALLBACK_SCSV = 0x5600, SSL3 = 0x0300 };

/* --- client --------------------------------------------------------------------------------------------------------------- */

/* A value of the form 0x?A?A (RFC 8701), from a random byte: peers that choke on unknown values show themselves early. */
static unsigned grease(uint8_t byte)
{
    unsigned v = (byte & 0xf0u) | 0x0a;

    return v << 8 | v;
}

static size_t count_suites(const struct sw_conn *conn)
{
    size_t n = 0;

    for (size_t i = 0; i < conn->cfg->suites.len; i++)
        n += sw_config_speaks(conn->cfg, sw_suite_by_id(conn->cfg->suites.id[i])->min_version) ? 1 : 0;
    return n;
}

static void write_suites(const struct sw_conn *conn, struct sw_writer *w)
{
    const struct sw_id_list *suites = &conn->cfg->suites;
    size_t mark = sw_write_open(w, 2);

    if (sw_option(conn, SW_OPT_GREASE))
        sw_write_u16(w, grease(conn->client_random[0]));
    for (size_t i = 0; i < suites->len; i++) {
        const struct sw_suite *s = sw_suite_by_id(suites->id[i]);

        if (sw_config_speaks(conn->cfg, s->min_version))
            sw_write_u16(w, s->id);
    }
    if (sw_option(conn, SW_OPT_FALLBACK_SCSV))
        sw_write_u16(w, FALLBACK_SCSV);
    sw_write_close(w, mark, 2);
}

/*
 * With a ticket a random session id goes along, so that the server's echo says whether it was taken (RFC 5077 3.4); with TLS 1.3 one goes along so that a box
 * on the way sees what it knows (RFC 8446 D.4).
 */
static enum sw_err choose_session_id(struct sw_conn *conn)
{
    struct sw_handshake *hs = conn->hs;
    bool old_ticket = hs->ticket.len > 0 && !hs->psk_offered;

    if (!old_ticket) {
        hs->offered_session = hs->session_id_len > 0;
        hs->compatible_id = !hs->offered_session && sw_config_speaks(conn->cfg, SW_TLS13);
    }
    if (!old_ticket && !hs->compatible_id)
        return SW_OK;
    hs->session_id_len = SW_SESSION_ID_MAX;
    return sw_rand_bytes(sw_conn_rand(conn), hs->session_id, SW_SESSION_ID_MAX);
}

/* What a first hello draws; a second one says it again (RFC 8446 4.1.2). */
static enum sw_err draw(struct sw_conn *conn)
{
    enum sw_err err = sw_rand_bytes(sw_conn_rand(conn), conn->client_random, SW_RANDOM_LEN);

    return err == SW_OK ? choose_session_id(conn) : err;
}

enum sw_err sw_client_hello_send(struct sw_conn *conn, struct sw_writer *w)
{
    struct sw_handshake *hs = conn->hs;
    size_t mark;
    enum sw_err err = hs->retried ? SW_OK : draw(conn);

    if (err == SW_OK && sw_config_speaks(conn->cfg, SW_TLS13))
        err = sw_hello13_share(conn);
    if (err != SW_OK)
        return err;
    hs->client_version = SW_TLS12;
    sw_write_u16(w, hs->client_version);
    sw_write_bytes(w, conn->client_random, SW_RANDOM_LEN);
    mark = sw_write_open(w, 1);
    sw_write_bytes(w, hs->session_id, hs->session_id_len);
    sw_write_close(w, mark, 1);
    write_suites(conn, w);
    sw_write_u8(w, 1);
    sw_write_u8(w, 0);
    sw_conn_note(conn, "offers TLS %s and %zu cipher suites%s",
                 !sw_config_speaks(conn->cfg, SW_TLS13)   ? "1.2"
                 : !sw_config_speaks(conn->cfg, SW_TLS12) ? "1.3"
                                                          : "1.2 to 1.3",
                 count_suites(conn), hs->offered_session || hs->psk_offered ? ", and a session to resume" : "");
    return sw_ext_write_offers(conn, w);
}

/* --- server: reading ------------------------------------------------------------------------------------------------------- */

enum sw_err sw_client_hello_decode(struct sw_client_hello *h, struct sw_slice body)
{
    struct sw_reader r = sw_reader_of_slice(body), vec;

    memset(h, 0, sizeof *h);
    h->version = sw_read_u16(&r);
    h->random = sw_read_bytes(&r, SW_RANDOM_LEN).p;
    vec = sw_read_vec8(&r);
    h->session_id = sw_read_rest(&vec);
    vec = sw_read_vec16(&r);
    h->suites = sw_read_rest(&vec);
    vec = sw_read_vec8(&r);
    h->compressions = sw_read_rest(&vec);
    h->has_extensions = sw_reader_left(&r) > 0;
    if (h->has_extensions) {
        vec = sw_read_vec16(&r);
        h->extensions = sw_read_rest(&vec);
    }
    if (!sw_reader_end(&r) || h->session_id.len > SW_SESSION_ID_MAX || h->suites.len == 0 || h->suites.len % 2 != 0 ||
        h->compressions.len == 0)
        return SW_ERR_DECODE;
    return SW_OK;
}

bool sw_hello_has(struct sw_slice suites, uint16_t id)
{
    for (size_t i = 0; i + 1 < suites.len; i += 2)
        if ((suites.p[i] << 8 | suites.p[i + 1]) == id)
            return true;
    return false;
}

static bool offers_version(struct sw_slice versions, uint16_t version)
{
    return sw_hello_has(versions, version);
}

/*
 * supported_versions, where it is sent, is the whole truth (RFC 8446 4.2.1), but that no client says SSL 3.0 with it (D.5); without it client_version is the
 * client's highest. Our minimum is checked before the fallback signal: below it there is nothing to fall back to.
 */
static enum sw_err choose_version(struct sw_conn *conn, const struct sw_client_hello *h)
{
    const struct sw_hello_ext *ext = &conn->hs->peer_ext;
    bool has12 = ext->versions.len > 0 ? offers_version(ext->versions, SW_TLS12) : h->version >= SW_TLS12;

    if (h->version > SSL3 && sw_config_speaks(conn->cfg, SW_TLS13) && offers_version(ext->versions, SW_TLS13)) {
        conn->version = SW_TLS13;
        return SW_OK;
    }
    if (h->version <= SSL3 || !has12 || !sw_config_speaks(conn->cfg, SW_TLS12)) {
        sw_conn_explain(conn, "the client offers no version from TLS %s on (client_version %u.%u)",
                        sw_config_speaks(conn->cfg, SW_TLS12) ? "1.2" : "1.3", h->version >> 8, h->version & 0xff);
        return SW_ERR_VERSION;
    }
    if (sw_hello_has(h->suites, FALLBACK_SCSV) && conn->cfg->max_version > SW_TLS12)
        return SW_ERR_FALLBACK;
    conn->version = SW_TLS12;
    return SW_OK;
}

static enum sw_err check_compression(const struct sw_client_hello *h)
{
    return memchr(h->compressions.p, 0, h->compressions.len) != NULL ? SW_OK : SW_ERR_COMPRESSION;
}

/* RFC 5746 3.6: the signal by suite number or by an empty extension; anything else in a first hello is an attack. */
static enum sw_err check_renegotiation(struct sw_conn *conn, const struct sw_client_hello *h)
{
    const struct sw_slice info = conn->hs->peer_ext.renegotiation;

    if (info.len > 0)
        return SW_ERR_RENEGOTIATION_INFO;
    conn->secure_renegotiation = info.p != NULL || sw_hello_has(h->suites, EMPTY_RENEGOTIATION_INFO_SCSV);
    return SW_OK;
}

static enum sw_err remember_name(struct sw_conn *conn)
{
    const struct sw_slice name = conn->hs->peer_ext.server_name;

    return name.len > 0 ? sw_conn_set_name(conn, name.p, name.len) : SW_OK;
}

/* For a server that would rather refuse than show a certificate for another name (RFC 6066 3). */
static enum sw_err check_name(const struct sw_conn *conn)
{
    if (conn->name == NULL || !sw_option(conn, SW_OPT_REQUIRE_SNI_MATCH))
        return SW_OK;
    for (size_t i = 0; i < conn->cfg->creds_len; i++)
        if (sw_name_matches(&conn->cfg->creds[i]->leaf, conn->name))
            return SW_OK;
    return SW_ERR_SERVER_NAME;
}

static enum sw_err call_hello(struct sw_conn *conn)
{
    if (conn->cfg->hello == NULL)
        return SW_OK;
    conn->hs->refusal = SW_ERR_CALLBACK;
    return sw_conn_called(conn, conn->cfg->hello(conn->cfg->hello_ctx, conn));
}

/* --- server: resuming ------------------------------------------------------------------------------------------------------ */

struct choice {
    struct sw_conn *conn;
    unsigned only; /* certificates: SW_CRED_ */
};

static const struct sw_suite *best_suite(const struct sw_client_hello *h, struct choice *choice);

/* Whether a handshake from the beginning would come to this suite; asked only by who wants a change of mind to reach sessions, too. */
static bool still_best(struct sw_conn *conn, const struct sw_client_hello *h, const struct sw_suite *suite)
{
    struct choice choice = {.conn = conn};

    return !sw_option(conn, SW_OPT_RESUME_BEST_SUITE) || best_suite(h, &choice) == suite;
}

static bool find_session(struct sw_conn *conn, const struct sw_client_hello *h, struct sw_session *s)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_sessions *store = conn->cfg->sessions;
    int64_t now = sw_conn_now(conn);

    if (hs->peer_ext.ticket.len > 0 && sw_option(conn, SW_OPT_TICKETS))
        return sw_ticket_open(store->tickets, hs->peer_ext.ticket, now, s, &hs->renew_ticket) == SW_OK;
    return sw_session_cache_get(store->cache, h->session_id.p, h->session_id.len, now, s) == SW_OK;
}

/*
 * Whether the session found can go on here. What the hello cannot be blamed for leads to a full handshake; a session with extended master
 * secret that is resumed without it must be refused (RFC 7627 5.3), and so must one whose suite the client no longer offers.
 */
static enum sw_err judge_session(struct sw_conn *conn, const struct sw_client_hello *h, const struct sw_session *s)
{
    struct sw_handshake *hs = conn->hs;
    const struct sw_suite *suite = sw_suite_by_id(s->suite);
    const char *name = conn->name != NULL ? conn->name : "";

    if (s->ems && !hs->peer_ext.ems && s->version == SW_TLS12)
        return SW_ERR_EMS_RESUME;
    if (s->version != conn->version || suite == NULL || !sw_list_has(&conn->cfg->suites, s->suite) ||
        strcmp(s->server_name, name) != 0 || s->max_fragment != sw_session_fragment(conn) ||
        (!s->ems && hs->peer_ext.ems) || (!s->ems && sw_option(conn, SW_OPT_EMS) == 2) ||
        (sw_config_client_auth(conn->cfg) == SW_CLIENT_AUTH_REQUIRE && !s->has_peer) || sw_session_in_doubt(conn, s) ||
        !still_best(conn, h, suite))
        return SW_OK;
    if (!sw_hello_has(h->suites, s->suite))
        return SW_ERR_SUITE;
    hs->resuming = true;
    conn->suite = suite;
    return SW_OK;
}

static enum sw_err try_resume(struct sw_conn *conn, const struct sw_client_hello *h)
{
    struct sw_session s;
    enum sw_err err;

    if (!find_session(conn, h, &s))
        return SW_OK;
    err = judge_session(conn, h, &s);
    if (conn->hs->resuming) {
        sw_session_adopt(conn, &s);
        conn->cached_id_len = s.id_len;
        memcpy(conn->cached_id, s.id, s.id_len);
    }
    sw_wipe(&s, sizeof s);
    return err;
}

/* --- server: choosing ------------------------------------------------------------------------------------------------------ */

static bool usable(void *ctx, const struct sw_suite *suite)
{
    const struct choice *choice = ctx;
    const struct sw_credential *cred;
    const struct sw_sigscheme *scheme;

    if (suite->kex != SW_KEX_RSA && sw_group_for_hello(choice->conn, suite->kex) == NULL)
        return false;
    return sw_credential_for_suite(choice->conn, suite, choice->only, &cred, &scheme);
}

/*
 * Say why there is no suite, for whoever reads the log. The alert is handshake_failure, but where nothing except the client's list of
 * finite-field groups stood in the way (RFC 7919 4).
 */
static enum sw_err no_suite(struct sw_conn *conn, const struct sw_client_hello *h)
{
    bool any = false, only_dhe = true, signable = true, kind = false, exchange = false;

    for (size_t i = 0; i < conn->cfg->suites.len; i++) {
        const struct sw_suite *s = sw_suite_by_id(conn->cfg->suites.id[i]);

        if (s->min_version != SW_TLS12 || !sw_hello_has(h->suites, s->id))
            continue;
        any = true;
        kind = kind || sw_credential_kind(conn, s);
        only_dhe = only_dhe && s->kex == SW_KEX_DHE;
        exchange = exchange || s->kex != SW_KEX_RSA;
        signable = signable && (s->kex == SW_KEX_RSA || sw_group_for_hello(conn, s->kex) == NULL);
    }
    if (!any)
        return SW_ERR_NO_SUITE;
    if (!kind)
        sw_conn_explain(conn, "no certificate of ours has the kind of key that the suites in common need");
    if (!signable)
        return SW_ERR_NO_SIGNATURE_SCHEME;
    if (only_dhe)
        return SW_ERR_WEAK_DH;
    return exchange && conn->hs->peer_ext.groups_present ? SW_ERR_NO_GROUP : SW_ERR_NO_SUITE;
}

static const struct sw_suite *choose_among(const struct sw_client_hello *h, struct choice *choice)
{
    const struct sw_config *cfg = choice->conn->cfg;

    return sw_suite_choose(SW_TLS12, cfg->suites.id, cfg->suites.len, h->suites,
                           sw_option(choice->conn, SW_OPT_SERVER_ORDER) != 0, usable, choice);
}

/* The right certificate is worth more than the first suite: without it the client refuses us. */
static const struct sw_suite *best_suite(const struct sw_client_hello *h, struct choice *choice)
{
    const struct sw_conn *conn = choice->conn;
    const struct sw_suite *suite = NULL;

    for (int only = conn->cfg->creds_len > 1 ? SW_CRED_NAMED | SW_CRED_BELIEVED : 0; suite == NULL && only >= 0; only--)
        if ((only & SW_CRED_NAMED) == 0 || conn->name != NULL) {
            choice->only = (unsigned)only;
            suite = choose_among(h, choice);
        }
    return suite;
}

static enum sw_err choose_suite(struct sw_conn *conn, const struct sw_client_hello *h)
{
    struct sw_handshake *hs = conn->hs;
    struct choice choice = {.conn = conn};

    conn->suite = best_suite(h, &choice);
    if (conn->suite == NULL)
        return no_suite(conn, h);
    if (!sw_credential_for_suite(conn, conn->suite, choice.only, &hs->cred, &hs->scheme))
        return SW_ERR_NO_SUITE;
    for (size_t i = 0; i < conn->cfg->creds_len; i++)
        if (conn->cfg->creds[i] == hs->cred)
            conn->cert_index = i;
    conn->group = conn->suite->kex == SW_KEX_RSA ? NULL : sw_group_for_hello(conn, conn->suite->kex);
    if (conn->suite->kex == SW_KEX_ECDHE && hs->peer_ext.no_uncompressed)
        return SW_ERR_EXTENSION_VALUE;
    return SW_OK;
}

/* A client that offers ALPN without a protocol of ours is refused (RFC 7301 3.2); our order decides. */
enum sw_err sw_hello_alpn(struct sw_conn *conn)
{
    const struct sw_slice theirs = conn->hs->peer_ext.alpn;

    if (theirs.len == 0 || conn->cfg->alpn_len == 0)
        return SW_OK;
    for (size_t i = 0; i < conn->cfg->alpn_len; i++) {
        struct sw_reader r = sw_reader_of_slice(theirs);

        while (sw_reader_left(&r) > 0) {
            struct sw_reader name = sw_read_vec8(&r);
            struct sw_slice want = {(const uint8_t *)conn->cfg->alpn[i], strlen(conn->cfg->alpn[i])};

            if (sw_slice_eq(sw_read_rest(&name), want)) {
                conn->alpn = conn->cfg->alpn[i];
                return SW_OK;
            }
        }
    }
    return SW_ERR_ALPN;
}

/* Record sizes: record_size_limit overrides max_fragment_length (RFC 8449 5). */
void sw_hello_sizes(struct sw_conn *conn)
{
    const struct sw_hello_ext *ext = &conn->hs->peer_ext;

    if (ext->record_limit != 0) {
        sw_limit_settle(conn, ext->record_limit, sw_option(conn, SW_OPT_RECORD_SIZE_LIMIT));
    } else if (ext->max_fragment != 0) {
        uint16_t limit = (uint16_t)(256u << ext->max_fragment);

        conn->max_recv = conn->max_recv_protected = limit;
        if (limit < conn->max_send)
            conn->max_send = limit;
    }
}

/* Tickets, or an id in the cache: whether this session will be resumable, and how it is said. */
static enum sw_err plan_session(struct sw_conn *conn, const struct sw_client_hello *h)
{
    struct sw_handshake *hs = conn->hs;
    bool tickets = hs->peer_ext.ticket_present && sw_option(conn, SW_OPT_TICKETS);

    if (hs->resuming) {
        /* echoed, so that the client knows; a ticket used once is renewed */
        hs->session_id_len = (uint8_t)h->session_id.len;
        if (h->session_id.len > 0)
            memcpy(hs->session_id, h->session_id.p, h->session_id.len);
        hs->send_ticket = tickets;
        return SW_OK;
    }
    hs->send_ticket = tickets;
    if (tickets || sw_option(conn, SW_OPT_SESSION_CACHE) == 0)
        return SW_OK;
    hs->session_id_len = SW_SESSION_ID_MAX;
    return sw_rand_bytes(sw_conn_rand(conn), hs->session_id, SW_SESSION_ID_MAX);
}

/* Extended master secret, encrypt-then-MAC, status: what both sides can, within what was configured. */
static enum sw_err settle_features(struct sw_conn *conn)
{
    struct sw_handshake *hs = conn->hs;

    if (!hs->resuming)
        conn->ems = hs->peer_ext.ems && sw_option(conn, SW_OPT_EMS) > 0;
    if (!conn->ems && sw_option(conn, SW_OPT_EMS) == 2)
        return SW_ERR_EMS_REQUIRED;
    conn->etm = hs->peer_ext.etm && sw_option(conn, SW_OPT_ETM) && conn->suite->bulk->kind == SW_BULK_CBC;
    hs->status_promised = !hs->resuming && hs->peer_ext.status_request && hs->cred != NULL && hs->cred->ocsp.len > 0;
    return SW_OK;
}

static enum sw_err negotiate(struct sw_conn *conn, const struct sw_client_hello *h)
{
    enum sw_err err = choose_version(conn, h);

    if (err == SW_OK && conn->version == SW_TLS13)
        err = sw_hello13_check(conn, h);

    if (err == SW_OK)
        err = check_compression(h);
    if (err == SW_OK && conn->version != SW_TLS13)
        err = check_renegotiation(conn, h);
    if (err == SW_OK)
        err = remember_name(conn);
    if (err == SW_OK)
        err = check_name(conn);
    if (err == SW_OK)
        err = call_hello(conn);
    if (err == SW_OK && conn->version == SW_TLS13)
        return sw_hello13_choose(conn, h);
    if (err == SW_OK)
        err = try_resume(conn, h);
    if (err != SW_OK)
        return err;
    if (!conn->hs->resuming)
        err = choose_suite(conn, h);
    if (err == SW_OK)
        err = sw_hello_alpn(conn);
    if (err == SW_OK)
        err = settle_features(conn);
    if (err == SW_OK)
        err = plan_session(conn, h);
    if (err == SW_OK)
        sw_hello_sizes(conn);
    return err;
}

enum sw_err sw_client_hello_recv(struct sw_conn *conn, struct sw_slice body)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_client_hello h;
    enum sw_err err = sw_client_hello_decode(&h, body);

    if (err == SW_OK)
        err = sw_ext_read_offers(conn, &hs->peer_ext, h.extensions);
    if (err != SW_OK)
        return err;
    if (hs->retried)
        return sw_hello13_second(conn, &h);
    hs->client_version = h.version;
    memcpy(conn->client_random, h.random, SW_RANDOM_LEN);
    err = negotiate(conn, &h);
    if (err == SW_OK)
        err = sw_transcript_start(&hs->transcript, conn->suite->prf);
    hs->hello_done = true;
    sw_conn_note(conn, "%s%s%s; chosen: %s", conn->name != NULL ? "asks for " : "names no server",
                 conn->name != NULL ? conn->name : "", hs->resuming ? ", resumes a session" : "",
                 conn->suite != NULL ? conn->suite->name : "nothing");
    return err;
}
