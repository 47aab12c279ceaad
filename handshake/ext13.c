/*
 * Extensions that TLS 1.3 has brought: which version, whose half of which key exchange, which session, and what to say
 * again. RFC 8446 4.2.1, 4.2.2, 4.2.8 to 4.2.11.
 *
 * Their bodies are not the same in each message they appear in; hs->ext_in says which one is in hand.
 */
#include "handshake/ext_rows.h"
#include <string.h>

enum { PSK_DHE_KE = 1, BINDER_MIN = 32 };

static bool speaks(const struct sw_conn *conn)
{
    return sw_config_speaks(conn->cfg, SW_TLS13);
}

/* A value of the form 0x?A?A (RFC 8701), from a byte of the hello's random. */
static unsigned grease(const struct sw_conn *conn, unsigned byte)
{
    unsigned v = (conn->client_random[byte] & 0xf0u) | 0x0a;

    return v << 8 | v;
}

/* --- supported_versions, RFC 8446 4.2.1 --------------------------------------------------------------------------------- */

bool sw_versions_offer(const struct sw_conn *conn)
{
    return speaks(conn);
}

void sw_versions_write(struct sw_conn *conn, struct sw_writer *w)
{
    size_t list;

    if (sw_is_server(conn)) {
        sw_write_u16(w, SW_TLS13);
        return;
    }
    list = sw_write_open(w, 1);
    if (sw_option(conn, SW_OPT_GREASE))
        sw_write_u16(w, grease(conn, 3));
    sw_write_u16(w, SW_TLS13);
    if (sw_config_speaks(conn->cfg, SW_TLS12))
        sw_write_u16(w, SW_TLS12);
    sw_write_close(w, list, 1);
}

enum sw_err sw_versions_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    struct sw_reader list = sw_read_vec8(r);

    (void)conn;
    ext->versions = sw_read_rest(&list);
    return ext->versions.len >= 2 && ext->versions.len % 2 == 0 ? SW_OK : SW_ERR_EXTENSION_DECODE;
}

/* In a ServerHello or HelloRetryRequest it has been read before all others: there it says what they mean. */
enum sw_err sw_versions_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    (void)conn;
    (void)sw_read_u16(r);
    return SW_OK;
}

/* --- key_share, RFC 8446 4.2.8 ------------------------------------------------------------------------------------------ */

bool sw_shares_offer(const struct sw_conn *conn)
{
    return speaks(conn);
}

static void write_share(struct sw_writer *w, unsigned group, const void *p, size_t len)
{
    size_t mark;

    sw_write_u16(w, group);
    mark = sw_write_open(w, 2);
    sw_write_bytes(w, p, len);
    sw_write_close(w, mark, 2);
}

void sw_shares_write(struct sw_conn *conn, struct sw_writer *w)
{
    const struct sw_kex *kex = conn->hs->kex;
    size_t list = sw_write_open(w, 2);

    if (sw_option(conn, SW_OPT_GREASE) && !conn->hs->retried)
        write_share(w, grease(conn, 1), "", 1);
    write_share(w, kex->group->id, kex->public_value, kex->public_len);
    sw_write_close(w, list, 2);
}

/* Each entry is whole; of a group we know there is one, and an empty one is none at all. */
enum sw_err sw_shares_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    struct sw_reader list = sw_read_vec16(r), walk = list;
    uint32_t seen = 0;

    (void)conn;
    while (sw_reader_left(&walk) > 0) {
        uint16_t id = sw_read_u16(&walk);
        struct sw_reader share = sw_read_vec16(&walk);
        const struct sw_group *group;

        if (walk.failed)
            return SW_ERR_EXTENSION_DECODE;
        if (sw_reader_left(&share) == 0)
            return SW_ERR_EXTENSION_VALUE;
        for (unsigned i = 0; (group = sw_group_row(i)) != NULL; i++)
            if (group->id == id) {
                if ((seen & 1u << i) != 0)
                    return SW_ERR_EXTENSION_VALUE;
                seen |= 1u << i;
            }
    }
    ext->shares = sw_read_rest(&list);
    ext->shares_present = true;
    return SW_OK;
}

bool sw_shares_answer(const struct sw_conn *conn)
{
    return conn->hs->ext_in == SW_IN_HRR ? conn->hs->retry_group != 0 : conn->hs->kex != NULL;
}

void sw_shares_write_answer(struct sw_conn *conn, struct sw_writer *w)
{
    const struct sw_kex *kex = conn->hs->kex;

    if (conn->hs->ext_in == SW_IN_HRR)
        sw_write_u16(w, conn->hs->retry_group);
    else
        write_share(w, kex->group->id, kex->public_value, kex->public_len);
}

enum sw_err sw_shares_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    struct sw_hello_ext *ext = &conn->hs->peer_ext;
    struct sw_reader share;

    ext->share_group = sw_read_u16(r);
    ext->shares_present = true;
    if (conn->hs->ext_in == SW_IN_HRR)
        return SW_OK;
    share = sw_read_vec16(r);
    ext->shares = sw_read_rest(&share);
    if (r->failed)
        return SW_ERR_EXTENSION_DECODE;
    return ext->shares.len > 0 ? SW_OK : SW_ERR_KEY_SHARE;
}

/* --- cookie, RFC 8446 4.2.2 --------------------------------------------------------------------------------------------- */

bool sw_cookie_offer(const struct sw_conn *conn)
{
    return conn->hs->cookie.len > 0;
}

void sw_cookie_write(struct sw_conn *conn, struct sw_writer *w)
{
    size_t mark = sw_write_open(w, 2);

    sw_write_slice(w, conn->hs->cookie);
    sw_write_close(w, mark, 2);
}

static enum sw_err read_cookie(struct sw_reader *r, struct sw_slice *cookie)
{
    struct sw_reader vec = sw_read_vec16(r);

    *cookie = sw_read_rest(&vec);
    return cookie->len > 0 ? SW_OK : SW_ERR_EXTENSION_DECODE;
}

/* We send none, so there is nothing to compare it with. */
enum sw_err sw_cookie_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    struct sw_slice cookie;

    (void)conn;
    (void)ext;
    return read_cookie(r, &cookie);
}

enum sw_err sw_cookie_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    return read_cookie(r, &conn->hs->cookie);
}

/* --- psk_key_exchange_modes, RFC 8446 4.2.9: with a fresh key exchange or not at all ------------------------------------- */

bool sw_modes_offer(const struct sw_conn *conn)
{
    return speaks(conn) && sw_option(conn, SW_OPT_TICKETS);
}

void sw_modes_write(struct sw_conn *conn, struct sw_writer *w)
{
    (void)conn;
    sw_write_u8(w, 1);
    sw_write_u8(w, PSK_DHE_KE);
}

enum sw_err sw_modes_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    struct sw_reader list = sw_read_vec8(r);
    struct sw_slice modes = sw_read_rest(&list);

    (void)conn;
    ext->psk_modes_present = true;
    ext->psk_dhe = modes.len > 0 && memchr(modes.p, PSK_DHE_KE, modes.len) != NULL;
    return modes.len > 0 ? SW_OK : SW_ERR_EXTENSION_DECODE;
}

/* --- pre_shared_key, RFC 8446 4.2.11 ------------------------------------------------------------------------------------ */

bool sw_psk_offer(const struct sw_conn *conn)
{
    return conn->hs->psk_offered;
}

/* The binder's place; it is filled in when the hello is whole. */
void sw_psk_write(struct sw_conn *conn, struct sw_writer *w)
{
    static const uint8_t blank[SW_HASH_MAX];
    size_t list = sw_write_open(w, 2), mark = sw_write_open(w, 2);

    sw_write_slice(w, conn->hs->ticket);
    sw_write_close(w, mark, 2);
    sw_write_u32(w, conn->hs->ticket_age);
    sw_write_close(w, list, 2);
    list = sw_write_open(w, 2);
    mark = sw_write_open(w, 1);
    sw_write_bytes(w, blank, sw_hash_len((enum sw_hash_id)conn->hs->psk_hash));
    sw_write_close(w, mark, 1);
    sw_write_close(w, list, 2);
}

static size_t count_identities(struct sw_reader list)
{
    size_t n = 0;

    for (; sw_reader_left(&list) > 0; n++) {
        struct sw_reader id = sw_read_vec16(&list);

        (void)sw_read_u32(&list);
        if (list.failed || sw_reader_left(&id) == 0)
            return 0;
    }
    return n;
}

static size_t count_binders(struct sw_reader list)
{
    size_t n = 0;

    for (; sw_reader_left(&list) > 0; n++) {
        struct sw_reader binder = sw_read_vec8(&list);

        if (list.failed || sw_reader_left(&binder) < BINDER_MIN)
            return 0;
    }
    return n;
}

enum sw_err sw_psk_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    const uint8_t *whole = r->p;
    struct sw_reader ids = sw_read_vec16(r), binders = sw_read_vec16(r);
    size_t count = count_identities(ids);

    (void)conn;
    if (r->failed || count == 0 || count_binders(binders) == 0)
        return SW_ERR_EXTENSION_DECODE;
    if (count_binders(binders) != count)
        return SW_ERR_EXTENSION_VALUE;
    ext->psk_present = true;
    ext->psk = (struct sw_slice){whole, (size_t)(r->p - whole)};
    return SW_OK;
}

bool sw_psk_answer(const struct sw_conn *conn)
{
    return conn->hs->resuming;
}

void sw_psk_write_answer(struct sw_conn *conn, struct sw_writer *w)
{
    sw_write_u16(w, conn->hs->psk_choice);
}

/* We offer one. */
enum sw_err sw_psk_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    uint16_t choice = sw_read_u16(r);

    if (!r->failed && choice != 0)
        return SW_ERR_EXTENSION_VALUE;
    conn->hs->peer_ext.psk_present = true;
    return SW_OK;
}

/* --- early_data, RFC 8446 4.2.10: never offered, never taken ------------------------------------------------------------- */

enum sw_err sw_early_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    (void)conn;
    (void)r;
    ext->early_data = true;
    return SW_OK;
}
