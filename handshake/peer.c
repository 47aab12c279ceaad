/* Who the peer is: its chain checked, the application asked, its name kept. */
#include "base/hash.h"
#include "handshake/msg.h"
#include <string.h>

enum { ON_STACK = 4 /* certificates of a usual chain */, CHAIN_MAX = 512 };

/* The certificates behind the leaf, parsed; those that cannot be parsed are left out: a path may exist without them. */
static size_t parse_rest(const struct sw_conn *conn, struct sw_cert *out, size_t max)
{
    struct sw_reader list = sw_chain_list(conn);
    struct sw_slice der;
    size_t n = 0;

    (void)sw_chain_next(conn, &list, &der);
    while (n < max && sw_chain_next(conn, &list, &der))
        if (sw_cert_parse(&out[n], der.p, der.len) == SW_OK)
            n++;
    return n;
}

static size_t count_chain(const struct sw_conn *conn)
{
    struct sw_reader list = sw_chain_list(conn);
    struct sw_slice der;
    size_t n = 0;

    while (n < CHAIN_MAX && sw_chain_next(conn, &list, &der))
        n++;
    return n;
}

static enum sw_err check_path(struct sw_conn *conn, const struct sw_cert *rest, size_t rest_len,
                              struct sw_verify_result *result)
{
    struct sw_handshake *hs = conn->hs;
    const char *names[1] = {conn->name};
    struct sw_verify_params params = {
        .trust = conn->cfg->trust,
        .untrusted = rest,
        .untrusted_len = rest_len,
        .time = sw_conn_now(conn),
        .purpose = sw_is_server(conn) ? SW_PURPOSE_CLIENT : SW_PURPOSE_SERVER,
        .names = names,
        .names_len = !sw_is_server(conn) && conn->name != NULL ? 1 : 0,
        .max_depth = (unsigned)sw_option(conn, SW_OPT_MAX_DEPTH),
        .strict = sw_option(conn, SW_OPT_STRICT_PATHS) != 0,
        .ocsp = conn->status,
    };

    return sw_verify(&hs->leaf, &params, result);
}

/* Room is left to say that there are more: false, when that has been said. */
static bool add_above(struct sw_writer *w, struct sw_slice serial)
{
    if (w->len + 1 + serial.len >= w->cap) {
        sw_write_u8(w, 0);
        return false;
    }
    sw_write_u8(w, (uint8_t)serial.len);
    sw_write_slice(w, serial);
    return true;
}

static void remember_above(struct sw_conn *conn, const struct sw_writer *w)
{
    conn->hs->above.len = (uint8_t)w->len;
    conn->above = (struct sw_slice){w->buf, w->len};
}

/* The CAs between leaf and root by their serial numbers, the root by its key, and when the first of all expires: these outlive the chain. */
static enum sw_err remember_path(struct sw_conn *conn, const struct sw_verify_result *result)
{
    struct sw_above *above = &conn->hs->above;
    struct sw_writer w = sw_writer_of(above->serials, sizeof above->serials);

    for (unsigned i = 1; i + 1 < result->path_len; i++)
        if (!add_above(&w, result->path[i]->serial))
            break;
    remember_above(conn, &w);
    for (unsigned i = 0; i < result->path_len; i++)
        if (result->path[i]->not_after < conn->until)
            conn->until = result->path[i]->not_after;
    return sw_trust_root_id(result->path[result->path_len - 1], conn->root);
}

/* Without a path, what the peer showed: whoever accepted that relies on some of it. */
static void remember_shown(struct sw_conn *conn, const struct sw_cert *rest, size_t count)
{
    struct sw_above *above = &conn->hs->above;
    struct sw_writer w = sw_writer_of(above->serials, sizeof above->serials);

    for (size_t i = 0; i < count; i++)
        if (!add_above(&w, rest[i].serial))
            break;
    remember_above(conn, &w);
}

/* The application's own verdict; the certificates are handed over as they came. */
static enum sw_err ask(struct sw_conn *conn, enum sw_err verdict, const char *reason)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_reader list = sw_chain_list(conn);
    size_t count = count_chain(conn) + 1, n = 0, size = count * (sizeof(uint8_t *) + sizeof(size_t));
    const uint8_t **ders = sw_conn_alloc(conn, size);
    size_t *lens = (size_t *)(void *)(ders + count);
    struct sw_slice der;
    struct sw_peer_chain chain = {ders, lens, 0, verdict, reason, sw_is_server(conn) ? NULL : conn->name};
    enum sw_err err;

    if (ders == NULL)
        return SW_ERR_MEMORY;
    while (n + 1 < count && sw_chain_next(conn, &list, &der)) {
        ders[n] = der.p;
        lens[n++] = der.len;
    }
    chain.count = n;
    hs->refusal = SW_ERR_CERT_REJECTED;
    err = sw_conn_called(conn, conn->cfg->verify(conn->cfg->verify_ctx, conn, &chain));
    sw_conn_release_mem(conn, ders, size);
    return err;
}

/* Whose certificate it was. */
static void explain_refusal(struct sw_conn *conn)
{
    char name[sizeof conn->peer.name];

    sw_cert_display_name(&conn->hs->leaf, name, sizeof name);
    sw_conn_explain(conn, "%s: %s", name, sw_err_reason(SW_ERR_CERT_REJECTED));
}

/* The identity that stays when the chain has gone. */
static enum sw_err remember(struct sw_conn *conn)
{
    const struct sw_cert *leaf = &conn->hs->leaf;
    struct sw_peer *peer = &conn->peer;
    enum sw_err err;

    memset(peer, 0, sizeof *peer);
    err = sw_cert_identity(leaf, peer->name, sizeof peer->name);
    if (err != SW_OK)
        return err;
    sw_cert_name_text(leaf->subject, peer->subject, sizeof peer->subject);
    peer->serial_len = leaf->serial.len < sizeof peer->serial ? leaf->serial.len : sizeof peer->serial;
    memcpy(peer->serial, leaf->serial.p, peer->serial_len);
    return sw_hash_once(SW_HASH_SHA256, leaf->der.p, leaf->der.len, peer->sha256);
}

/* A certificate with the status_request feature promises a status to whoever asks for one (RFC 7633 4.2.2). */
static bool staple_missing(const struct sw_conn *conn)
{
    return !sw_is_server(conn) && conn->hs->leaf.must_staple && conn->status.p == NULL &&
           sw_option(conn, SW_OPT_STATUS_REQUEST) != 0 && !sw_option(conn, SW_OPT_INSECURE_NO_VERIFY);
}

/* Whether our own check is made; an application that trusts nobody here makes its own alone. */
static bool checks_path(const struct sw_conn *conn)
{
    return !sw_option(conn, SW_OPT_INSECURE_NO_VERIFY) &&
           (conn->cfg->verify == NULL || sw_trust_count(conn->cfg->trust) > 0);
}

/* Our verdict, then the application's, which counts. */
static enum sw_err judge(struct sw_conn *conn, const struct sw_cert *rest, size_t count)
{
    struct sw_verify_result result = {.reason = ""};
    enum sw_err err = SW_OK;

    conn->until = INT64_MAX;
    remember_shown(conn, rest, count);
    if (checks_path(conn))
        err = check_path(conn, rest, count, &result);
    if (err == SW_OK && result.path_len > 0) {
        err = remember_path(conn, &result);
        if (err != SW_OK)
            return err;
    }
    if (conn->cfg->verify != NULL)
        err = ask(conn, err, result.reason);
    /* a verdict on what was not checked, because it need not be, is none that outlives this connection */
    if (err == SW_OK && result.path_len == 0 && !sw_option(conn, SW_OPT_INSECURE_NO_VERIFY))
        memset(conn->root, SW_ROOT_ACCEPTED, sizeof conn->root);
    if (err != SW_OK && result.reason[0] != '\0')
        sw_conn_explain(conn, "%s", result.reason);
    else if (err == SW_ERR_CERT_REJECTED)
        explain_refusal(conn);
    return err;
}

enum sw_err sw_peer_verify(struct sw_conn *conn)
{
    struct sw_cert few[ON_STACK], *rest = few;
    size_t count = count_chain(conn), size = count * sizeof *rest;
    enum sw_err err;

    if (sw_option(conn, SW_OPT_STATUS_REQUEST) == 2 && !sw_is_server(conn) && conn->status.p == NULL)
        return SW_ERR_OCSP;
    if (staple_missing(conn)) {
        sw_conn_explain(conn, "the certificate demands a stapled status (RFC 7633), and none came");
        return SW_ERR_OCSP;
    }
    if (count > ON_STACK && (rest = sw_conn_alloc(conn, size)) == NULL)
        return SW_ERR_MEMORY;
    err = judge(conn, rest, parse_rest(conn, rest, count));
    if (rest != few)
        sw_conn_release_mem(conn, rest, size);
    return err == SW_OK ? remember(conn) : err;
}

/*
 * keyUsage, where it is there, binds (RFC 5246 7.4.2): a key for signing does not decrypt, one for encryption does not sign. A client's always signs,
 * its CertificateVerify (7.4.6).
 */
static enum sw_err check_usage(const struct sw_conn *conn)
{
    const struct sw_cert *leaf = &conn->hs->leaf;
    bool decrypts = !sw_is_server(conn) && conn->suite->kex == SW_KEX_RSA;
    unsigned need = decrypts ? (unsigned)SW_KU_KEY_ENCIPHERMENT : (unsigned)SW_KU_DIGITAL_SIGNATURE;

    return !leaf->has_key_usage || (leaf->key_usage & need) != 0 ? SW_OK : SW_ERR_CERT_KEY_USAGE;
}

enum sw_err sw_peer_leaf_usable(struct sw_conn *conn)
{
    if (sw_is_server(conn))
        return check_usage(conn);
    const struct sw_pubkey *key = &conn->hs->leaf.key;
    bool rsa = key->type == SW_KEY_RSA || (key->type == SW_KEY_RSA_PSS && conn->suite->kex != SW_KEX_RSA);
    bool ec = key->type == SW_KEY_EC || key->type == SW_KEY_ED25519 || key->type == SW_KEY_ED448;

    /* in TLS 1.3 neither the suite nor the groups speak of certificates */
    if (conn->suite->auth == SW_AUTH_ANY)
        return rsa || ec ? check_usage(conn) : SW_ERR_CERT_KEY_TYPE;
    if (!(conn->suite->auth == SW_AUTH_RSA ? rsa : ec))
        return SW_ERR_CERT_KEY_TYPE;
    if (key->type == SW_KEY_EC && !sw_list_has(&conn->cfg->groups, key->curve))
        return SW_ERR_CERT_KEY_TYPE;
    return check_usage(conn);
}
