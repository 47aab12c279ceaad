/*
 * ServerKeyExchange (RFC 5246 7.4.3, RFC 8422 5.4): the server's ephemeral public value, signed together with both
 * randoms.
 *
 *     ECDHE:  curve_type(1) = named_curve, namedcurve(2), point<1..2^8-1>
 *     DHE:    dh_p<1..2^16-1> dh_g<1..2^16-1> dh_Ys<1..2^16-1>
 *     both:   scheme(2) signature<0..2^16-1>
 */
#include "base/wipe.h"
#include "handshake/msg.h"
#include <string.h>

enum { NAMED_CURVE = 3, SIGNED_MAX = 2 * SW_RANDOM_LEN + 3 * (2 + SW_DH_MAX_BITS / 8) };

enum sw_err sw_server_key_exchange_decode(struct sw_ske *ske, struct sw_slice body, bool ecdhe)
{
    struct sw_reader r = sw_reader_of_slice(body), vec;
    size_t params;

    memset(ske, 0, sizeof *ske);
    ske->ecdhe = ecdhe;
    if (ecdhe) {
        uint8_t type = sw_read_u8(&r);

        ske->group = sw_read_u16(&r);
        vec = sw_read_vec8(&r);
        ske->public_value = sw_read_rest(&vec);
        if (!r.failed && type != NAMED_CURVE)
            return SW_ERR_GROUP;
    } else {
        vec = sw_read_vec16(&r);
        ske->p = sw_read_rest(&vec);
        vec = sw_read_vec16(&r);
        ske->g = sw_read_rest(&vec);
        vec = sw_read_vec16(&r);
        ske->public_value = sw_read_rest(&vec);
    }
    params = body.len - sw_reader_left(&r);
    ske->params = (struct sw_slice){body.p, r.failed ? 0 : params};
    ske->scheme = sw_read_u16(&r);
    vec = sw_read_vec16(&r);
    ske->signature = sw_read_rest(&vec);
    return sw_reader_end(&r) && ske->public_value.len > 0 ? SW_OK : SW_ERR_DECODE;
}

/* client_random, server_random, params: what is signed. */
static size_t write_signed(const struct sw_conn *conn, struct sw_slice params, uint8_t *out, size_t cap)
{
    struct sw_writer w = sw_writer_of(out, cap);

    sw_write_bytes(&w, conn->client_random, SW_RANDOM_LEN);
    sw_write_bytes(&w, conn->server_random, SW_RANDOM_LEN);
    sw_write_slice(&w, params);
    return sw_writer_ok(&w) ? w.len : 0;
}

/* --- server ------------------------------------------------------------------------------------------------------- */

static void write_vec16(struct sw_writer *w, struct sw_slice s)
{
    size_t mark = sw_write_open(w, 2);

    sw_write_slice(w, s);
    sw_write_close(w, mark, 2);
}

static void write_params(const struct sw_conn *conn, const struct sw_kex *kex, struct sw_writer *w)
{
    struct sw_slice public_value = {kex->public_value, kex->public_len}, p, g;
    size_t mark;

    if (conn->suite->kex == SW_KEX_ECDHE) {
        sw_write_u8(w, NAMED_CURVE);
        sw_write_u16(w, conn->group->id);
        mark = sw_write_open(w, 1);
        sw_write_slice(w, public_value);
        sw_write_close(w, mark, 1);
        return;
    }
    sw_kex_dh_numbers(kex, &p, &g);
    write_vec16(w, p);
    write_vec16(w, g);
    write_vec16(w, public_value);
}

/*
 * A fresh key: its public half goes into the message, and of the rest no more is kept than a half-open handshake has to
 * hold.
 */
static enum sw_err write_fresh_key(struct sw_conn *conn, struct sw_writer *w)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_kex kex;
    enum sw_err err = sw_kex_generate_from(&kex, sw_conn_rand(conn), conn->group);

    if (err == SW_OK) {
        write_params(conn, &kex, w);
        memcpy(hs->own_secret, kex.secret, kex.secret_len);
        hs->own_secret_len = (uint8_t)kex.secret_len;
    }
    sw_kex_wipe(&kex);
    return err;
}

enum sw_err sw_server_key_exchange_send(struct sw_conn *conn, struct sw_writer *w)
{
    struct sw_handshake *hs = conn->hs;
    uint8_t to_sign[SIGNED_MAX], sig[SW_SIG_MAX];
    size_t start = w->len, len, sig_len = 0;
    enum sw_err err = write_fresh_key(conn, w);

    if (err != SW_OK)
        return err;
    conn->group_bits = conn->group->bits;
    if (!sw_writer_ok(w))
        return SW_ERR_SPACE;
    len = write_signed(conn, (struct sw_slice){w->buf + start, w->len - start}, to_sign, sizeof to_sign);
    err = sw_privkey_sign(hs->cred->key, hs->scheme, to_sign, len, sig, &sig_len);
    if (err != SW_OK)
        return err;
    conn->own_scheme = hs->scheme;
    sw_write_u16(w, hs->scheme->id);
    write_vec16(w, (struct sw_slice){sig, sig_len});
    sw_conn_note(conn, "a fresh %s key, signed with %s", conn->group->name, hs->scheme->name);
    return SW_OK;
}

/* --- client ------------------------------------------------------------------------------------------------------- */

/* The group of an ECDHE exchange must be one we offered; a DHE group is judged by its numbers when our half is made. */
static enum sw_err settle_group(struct sw_conn *conn, const struct sw_ske *ske)
{
    struct sw_kex *kex = sw_handshake_kex(conn);
    enum sw_err err;

    if (kex == NULL)
        return SW_ERR_MEMORY;
    if (!ske->ecdhe) {
        err = sw_kex_generate_dh_from(kex, sw_conn_rand(conn), ske->p, ske->g);
        conn->group = kex->group;
        conn->group_bits = err == SW_OK ? sw_kex_bits(kex) : 0;
        return err;
    }
    conn->group = sw_group_by_id(ske->group);
    if (conn->group == NULL || conn->group->kind == SW_GROUP_FFDHE || !sw_list_has(&conn->cfg->groups, ske->group))
        return SW_ERR_GROUP;
    conn->group_bits = conn->group->bits;
    return sw_kex_generate_from(kex, sw_conn_rand(conn), conn->group);
}

static enum sw_err check_signature(struct sw_conn *conn, const struct sw_ske *ske)
{
    uint8_t to_sign[SIGNED_MAX];
    size_t len = write_signed(conn, ske->params, to_sign, sizeof to_sign);
    enum sw_err err = sw_scheme_accepted(conn, &conn->hs->leaf.key, ske->scheme, &conn->peer_scheme);

    if (err == SW_OK && len == 0)
        err = SW_ERR_DECODE;
    if (err != SW_OK)
        return err;
    return sw_pubkey_verify(&conn->hs->leaf.key, conn->peer_scheme, to_sign, len, ske->signature.p, ske->signature.len);
}

enum sw_err sw_server_key_exchange_recv(struct sw_conn *conn, struct sw_slice body)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_ske ske;
    enum sw_err err = sw_server_key_exchange_decode(&ske, body, conn->suite->kex == SW_KEX_ECDHE);

    if (err == SW_OK)
        err = check_signature(conn, &ske);
    if (err == SW_OK)
        err = settle_group(conn, &ske);
    hs->peer_public = ske.public_value;
    sw_conn_note(conn, "the server's fresh %s key, %s", conn->group != NULL ? conn->group->name : "Diffie-Hellman",
                 err == SW_OK ? "signature verified" : "refused");
    return err;
}
