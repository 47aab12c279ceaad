/*
 * What a ClientHello means in TLS 1.3 (RFC 8446 4.1.1, 4.1.2, 4.2.8): a client's half of a key exchange that the server
 * may like, and the server's choice of suite, group, session and certificate, each on its own.
 *
 * Where the client has sent no half of an exchange that we can do, though it names the group, it is asked for it
 * (HelloRetryRequest): suite and group stand then, and the rest is settled by the second hello.
 */
#include "base/wipe.h"
#include "handshake/ext.h"
#include "handshake/msg.h"
#include "handshake/session.h"
#include <string.h>

/* --- client --------------------------------------------------------------------------------------------------------------- */

enum sw_err sw_hello13_share(struct sw_conn *conn)
{
    struct sw_handshake *hs = conn->hs;
    const struct sw_group *group = sw_group_by_id(hs->retry_group != 0 ? hs->retry_group : conn->cfg->groups.id[0]);
    struct sw_kex *kex;

    /* a retry that wants another thing, a cookie, leaves the share as it is */
    if (hs->kex != NULL && hs->kex->group == group)
        return SW_OK;
    kex = sw_handshake_kex(conn);
    return kex == NULL ? SW_ERR_MEMORY : sw_kex_generate_from(kex, sw_conn_rand(conn), group);
}

/* --- server: what must be there ------------------------------------------------------------------------------------------- */

static enum sw_err missing(struct sw_conn *conn, const char *name)
{
    sw_conn_explain(conn, "the client's hello has no extension %s", name);
    return SW_ERR_MISSING_EXTENSION;
}

/* RFC 8446 9.2, 4.2.9; a session alone, without a key exchange, is nothing we take. */
enum sw_err sw_hello13_check(struct sw_conn *conn, const struct sw_client_hello *h)
{
    const struct sw_hello_ext *ext = &conn->hs->peer_ext;

    /* exactly the null method (4.1.2) */
    if (h->compressions.len != 1 || h->compressions.p[0] != 0)
        return SW_ERR_COMPRESSION;
    if (ext->psk_present && !ext->psk_modes_present)
        return missing(conn, "psk_key_exchange_modes");
    if (!ext->psk_present && !ext->sigalgs_present)
        return missing(conn, "signature_algorithms");
    if (!ext->groups_present)
        return missing(conn, "supported_groups");
    return ext->shares_present ? SW_OK : missing(conn, "key_share");
}

/* --- server: the group ---------------------------------------------------------------------------------------------------- */

static struct sw_slice share_of(struct sw_slice shares, uint16_t group)
{
    struct sw_reader r = sw_reader_of_slice(shares);

    while (sw_reader_left(&r) > 0) {
        uint16_t id = sw_read_u16(&r);
        struct sw_reader share = sw_read_vec16(&r);

        if (id == group)
            return sw_read_rest(&share);
    }
    return (struct sw_slice){NULL, 0};
}

/* How many halves the client has sent. */
static size_t count_shares(struct sw_slice shares)
{
    struct sw_reader r = sw_reader_of_slice(shares);
    size_t n = 0;

    for (; sw_reader_left(&r) > 0; n++) {
        (void)sw_read_u16(&r);
        (void)sw_read_vec16(&r);
    }
    return n;
}

/*
 * Our first group that the client has sent its half of; without one, our first that it knows. A half of a group that it
 * does not name is a contradiction.
 */
static enum sw_err choose_group(struct sw_conn *conn)
{
    const struct sw_hello_ext *ext = &conn->hs->peer_ext;
    const struct sw_group *known = NULL, *sent = NULL;

    for (size_t i = 0; i < conn->cfg->groups.len; i++) {
        const struct sw_group *group = sw_group_by_id(conn->cfg->groups.id[i]);
        bool has_share = share_of(ext->shares, group->id).p != NULL, named = sw_hello_has(ext->groups, group->id);

        if (has_share && !named)
            return SW_ERR_EXTENSION_VALUE;
        if (named && known == NULL)
            known = group;
        if (has_share && sent == NULL)
            sent = group;
    }
    if (known == NULL)
        return SW_ERR_NO_GROUP;
    conn->group = sent != NULL ? sent : known;
    conn->hs->retry_group = sent != NULL ? 0 : known->id;
    conn->hs->retried = sent == NULL;
    return SW_OK;
}

/* --- server: suite and session -------------------------------------------------------------------------------------------- */

static bool usable(void *ctx, const struct sw_suite *suite)
{
    const enum sw_hash_id *hash = ctx;

    return *hash == SW_HASH_NONE || suite->prf == *hash;
}

/* The suite; of a hash, where a session has one. */
static const struct sw_suite *suite_of(const struct sw_conn *conn, const struct sw_client_hello *h,
                                       enum sw_hash_id hash)
{
    const struct sw_config *cfg = conn->cfg;

    return sw_suite_choose(SW_TLS13, cfg->suites.id, cfg->suites.len, h->suites,
                           sw_option(conn, SW_OPT_SERVER_ORDER) != 0, usable, &hash);
}

/*
 * The session that goes on, if one may, and its suite; NULL: none. Where the suite stands, it is that one; a first
 * hello takes one of the session's hash, unless the suite that would be chosen anew is to be had
 * (SW_OPT_RESUME_BEST_SUITE).
 */
static enum sw_err find_session(struct sw_conn *conn, const struct sw_client_hello *h, bool stands,
                                struct sw_session *s, const struct sw_suite **suite)
{
    bool found, best = stands || sw_option(conn, SW_OPT_RESUME_BEST_SUITE) != 0;
    enum sw_err err = sw_psk_find(conn, best ? conn->suite->prf : SW_HASH_NONE, s, &found);

    *suite = NULL;
    if (err == SW_OK && found)
        *suite = best ? conn->suite : suite_of(conn, h, sw_suite_by_id(s->suite)->prf);
    return err;
}

static enum sw_err try_session(struct sw_conn *conn, const struct sw_client_hello *h, bool stands, struct sw_session *s)
{
    const struct sw_suite *suite;
    enum sw_err err = find_session(conn, h, stands, s, &suite);

    if (err != SW_OK || suite == NULL)
        return err;
    conn->hs->resuming = true;
    conn->suite = suite;
    sw_session_adopt(conn, s);
    return SW_OK;
}

static enum sw_err choose_certificate(struct sw_conn *conn)
{
    struct sw_handshake *hs = conn->hs;

    if (!hs->peer_ext.sigalgs_present)
        return missing(conn, "signature_algorithms");
    for (int only = conn->cfg->creds_len > 1 ? SW_CRED_NAMED | SW_CRED_BELIEVED : 0; only >= 0; only--)
        if (((only & SW_CRED_NAMED) == 0 || conn->name != NULL) &&
            sw_credential_for_suite(conn, conn->suite, (unsigned)only, &hs->cred, &hs->scheme)) {
            for (size_t i = 0; i < conn->cfg->creds_len; i++)
                if (conn->cfg->creds[i] == hs->cred)
                    conn->cert_index = i;
            return SW_OK;
        }
    return SW_ERR_NO_SIGNATURE_SCHEME;
}

/* --- server: our half ----------------------------------------------------------------------------------------------------- */

/* Both halves are there: the handshake's secret is. */
static enum sw_err exchange(struct sw_conn *conn, struct sw_slice psk)
{
    struct sw_kex *kex = sw_handshake_kex(conn);
    uint8_t shared[SW_KEX_SECRET_MAX];
    size_t len;
    enum sw_err err = kex == NULL ? SW_ERR_MEMORY : sw_kex_generate_from(kex, sw_conn_rand(conn), conn->group);

    if (err == SW_OK)
        err = sw_kex_derive(kex, share_of(conn->hs->peer_ext.shares, conn->group->id), false, shared, &len);
    if (err == SW_OK)
        err = sw_secrets13_begin(conn, psk, (struct sw_slice){shared, len});
    sw_wipe(shared, sizeof shared);
    conn->group_bits = conn->group->bits;
    return err;
}

/* What is left when suite and group stand and no retry is needed. */
static enum sw_err settle(struct sw_conn *conn, const struct sw_client_hello *h)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_session s;
    struct sw_slice psk = {NULL, 0};
    enum sw_err err = try_session(conn, h, hs->retried, &s);

    if (err == SW_OK && hs->resuming)
        psk = (struct sw_slice){s.master, sw_hash_len(conn->suite->prf)};
    else if (err == SW_OK)
        err = choose_certificate(conn);
    if (err == SW_OK)
        err = sw_hello_alpn(conn);
    if (err == SW_OK)
        err = exchange(conn, psk);
    sw_wipe(&s, sizeof s);
    sw_hello_sizes(conn);
    hs->status_promised = !hs->resuming && hs->peer_ext.status_request && hs->cred != NULL && hs->cred->ocsp.len > 0;
    /* a client that cannot resume by what we offer wants no ticket */
    hs->send_ticket = sw_option(conn, SW_OPT_TICKETS) && hs->peer_ext.psk_dhe;
    return err;
}

/* --- server: a retry ------------------------------------------------------------------------------------------------------ */

/* What the second hello must repeat (RFC 8446 4.1.2), in few bytes. */
static enum sw_err digest_lasting(const struct sw_client_hello *h, uint8_t out[SW_RETRY_DIGEST])
{
    const struct sw_slice parts[] = {h->session_id, h->suites, h->compressions};
    const uint8_t version[2] = {(uint8_t)(h->version >> 8), (uint8_t)h->version};
    struct sw_hash hash;
    enum sw_err err = sw_hash_init(&hash, SW_HASH_SHA256);

    if (err == SW_OK)
        err = sw_hash_update(&hash, version, sizeof version);
    if (err == SW_OK)
        err = sw_hash_update(&hash, h->random, SW_RANDOM_LEN);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && err == SW_OK; i++) {
        const uint8_t len[2] = {(uint8_t)(parts[i].len >> 8), (uint8_t)parts[i].len};

        err = sw_hash_update(&hash, len, sizeof len);
        if (err == SW_OK)
            err = sw_hash_update(&hash, parts[i].p, parts[i].len);
    }
    if (err == SW_OK)
        err = sw_ext_hash_lasting(h->extensions, &hash);
    return err == SW_OK ? sw_hash_final(&hash, out) : err;
}

/*
 * The suite stands from the retry on, so a session that is going to go on has its say before: the second hello comes
 * with it, or is not the same client's.
 */
static enum sw_err plan_retry(struct sw_conn *conn, const struct sw_client_hello *h)
{
    struct sw_session s;
    const struct sw_suite *suite;
    enum sw_err err = find_session(conn, h, false, &s, &suite);

    sw_wipe(&s, sizeof s);
    if (suite != NULL)
        conn->suite = suite;
    conn->hs->psk_offered = suite != NULL;
    return err == SW_OK ? digest_lasting(h, conn->hs->first_hello) : err;
}

enum sw_err sw_hello13_choose(struct sw_conn *conn, const struct sw_client_hello *h)
{
    struct sw_handshake *hs = conn->hs;
    enum sw_err err;

    hs->session_id_len = (uint8_t)h->session_id.len;
    if (h->session_id.len > 0)
        memcpy(hs->session_id, h->session_id.p, h->session_id.len);
    conn->suite = suite_of(conn, h, SW_HASH_NONE);
    if (conn->suite == NULL)
        return SW_ERR_NO_SUITE;
    hs->skip_early = hs->peer_ext.early_data;
    err = choose_group(conn);
    if (err != SW_OK)
        return err;
    return hs->retried ? plan_retry(conn, h) : settle(conn, h);
}

/* The second hello is the first one, but for what was asked for (RFC 8446 4.1.2). */
static enum sw_err check_second(const struct sw_conn *conn, const struct sw_client_hello *h)
{
    const struct sw_handshake *hs = conn->hs;
    const struct sw_hello_ext *ext = &hs->peer_ext;
    uint8_t digest[SW_RETRY_DIGEST];
    enum sw_err err = digest_lasting(h, digest);

    if (err != SW_OK)
        return err;
    return memcmp(digest, hs->first_hello, sizeof digest) == 0 && count_shares(ext->shares) == 1 &&
                   share_of(ext->shares, conn->group->id).p != NULL && !ext->early_data &&
                   (ext->psk_present || !hs->psk_offered)
               ? SW_OK
               : SW_ERR_SECOND_HELLO;
}

enum sw_err sw_hello13_second(struct sw_conn *conn, const struct sw_client_hello *h)
{
    enum sw_err err = sw_hello13_check(conn, h);

    conn->hs->skip_early = false;
    if (err == SW_OK)
        err = check_second(conn, h);
    if (err == SW_OK)
        err = settle(conn, h);
    sw_conn_note(conn, "with the %s key we asked for%s", conn->group->name,
                 conn->hs->resuming ? ", resumes a session" : "");
    return err;
}
