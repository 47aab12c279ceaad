/*
 * The table of extensions, and the walk over a hello's block. What a body means is written with its row's functions, in ext_*.c by purpose; the walk
 * checks, once for all, duplicates, lengths and trailing bytes. Sources: RFC 8446 4.2, 8701, and those named there.
 */
#include "handshake/ext_rows.h"
#include <string.h>

/* --- the table ---------------------------------------------------------------------------------------------------------- */

static bool always(const struct sw_conn *conn)
{
    (void)conn;
    return true;
}

static void nothing(struct sw_conn *conn, struct sw_writer *w)
{
    (void)conn;
    (void)w;
}

static bool never(const struct sw_conn *conn)
{
    (void)conn;
    return false;
}

/* Not an answer by RFC 8422, but servers exist that send it: read and forgotten. */
static enum sw_err ignore(struct sw_conn *conn, struct sw_reader *r)
{
    (void)conn;
    (void)sw_read_rest(r);
    return SW_OK;
}

/* What TLS 1.2 answers in its one hello, TLS 1.3 does in the message where it belongs (RFC 8446 4.2). */
/* clang-format off */
static const struct sw_ext extensions[] = {
    /* id      name                            answered in                     offer              write_offer             read_offer             answer                   write_answer            read_answer */
    {0,      "server_name",                  SW_IN_SH12 | SW_IN_EE,                sw_sni_offer,      sw_sni_write,           sw_sni_read,           sw_sni_answer,           nothing,                sw_sni_read_answer},
    {1,      "max_fragment_length",          SW_IN_SH12 | SW_IN_EE,                sw_mfl_offer,      sw_mfl_write,           sw_mfl_read,           sw_mfl_answer,           sw_mfl_write,           sw_mfl_read_answer},
    {5,      "status_request",               SW_IN_SH12 | SW_IN_CERT | SW_IN_REQUEST, sw_status_offer,   sw_status_write,        sw_status_read,        sw_status_answer,        sw_status_write_answer, sw_status_read_answer},
    {10,     "supported_groups",             SW_IN_SH12 | SW_IN_EE,                sw_groups_offer,   sw_groups_write,        sw_groups_read,        never,                   nothing,                ignore},
    {11,     "ec_point_formats",             SW_IN_SH12,                        sw_formats_offer,  sw_formats_write,       sw_formats_read,       sw_formats_answer,       sw_formats_write,       sw_formats_read_answer},
    {13,     "signature_algorithms",         SW_IN_REQUEST,                     always,            sw_sigalgs_write,       sw_sigalgs_read,       never,                   nothing,                NULL},
    {16,     "alpn",                         SW_IN_SH12 | SW_IN_EE,                sw_alpn_offer,     sw_alpn_write,          sw_alpn_read,          sw_alpn_answer,          sw_alpn_write,          sw_alpn_read_answer},
    {18,     "signed_certificate_timestamp", SW_IN_SH12 | SW_IN_CERT | SW_IN_REQUEST, sw_sct_offer,      nothing,                sw_sct_read,           sw_sct_answer,           sw_sct_write,           sw_sct_read_answer},
    {22,     "encrypt_then_mac",             SW_IN_SH12,                        sw_etm_offer,      nothing,                sw_etm_read,           sw_etm_answer,           nothing,                sw_etm_read_answer},
    {23,     "extended_master_secret",       SW_IN_SH12,                        sw_ems_offer,      nothing,                sw_ems_read,           sw_ems_answer,           nothing,                sw_ems_read_answer},
    {28,     "record_size_limit",            SW_IN_SH12 | SW_IN_EE,                sw_limit_offer,    sw_limit_write,         sw_limit_read,         sw_limit_answer,         sw_limit_write,         sw_limit_read_answer},
    {35,     "session_ticket",               SW_IN_SH12,                        sw_ticket_offer,   sw_ticket_write,        sw_ticket_read,        sw_ticket_answer,        nothing,                sw_ticket_read_answer},
    {42,     "early_data",                   SW_IN_EE | SW_IN_TICKET,           never,             nothing,                sw_early_read,         never,                   nothing,                NULL},
    {43,     "supported_versions",           SW_IN_SH | SW_IN_HRR,                 sw_versions_offer, sw_versions_write,      sw_versions_read,      always,                  sw_versions_write,      sw_versions_read_answer},
    {44,     "cookie",                       SW_IN_HRR,                         sw_cookie_offer,   sw_cookie_write,        sw_cookie_read,        never,                   nothing,                sw_cookie_read_answer},
    {45,     "psk_key_exchange_modes",       0,                              sw_modes_offer,    sw_modes_write,         sw_modes_read,         never,                   nothing,                NULL},
    {47,     "certificate_authorities",      SW_IN_REQUEST,                     never,             nothing,                sw_authorities_read,   never,                   nothing,                NULL},
    {50,     "signature_algorithms_cert",    SW_IN_REQUEST,                     never,             nothing,                sw_sigalgs_cert_read,  never,                   nothing,                NULL},
    {51,     "key_share",                    SW_IN_SH | SW_IN_HRR,                 sw_shares_offer,   sw_shares_write,        sw_shares_read,        sw_shares_answer,        sw_shares_write_answer, sw_shares_read_answer},
    {0xff01, "renegotiation_info",           SW_IN_SH12,                        always,            sw_renegotiation_write, sw_renegotiation_read, sw_renegotiation_answer, sw_renegotiation_write, sw_renegotiation_read_answer},
    /* the last of a ClientHello: its binders are made over all before them (RFC 8446 4.2.11) */
    {41,     "pre_shared_key",               SW_IN_SH,                          sw_psk_offer,      sw_psk_write,           sw_psk_read,           sw_psk_answer,           sw_psk_write_answer,    sw_psk_read_answer},
};
/* clang-format on */

enum { MAX_EARLY_DATA_SIZE = 4 /* bytes of the number, all that early_data is in a ticket (RFC 8446 4.2.10) */ };
enum { PRE_SHARED_KEY = 41, EARLY_DATA = 42, COOKIE = 44, KEY_SHARE = 51 };
enum { ROWS = sizeof extensions / sizeof extensions[0] };
_Static_assert(ROWS <= 32, "the rows that were offered or seen are bits of 32");

static int row_of(unsigned id)
{
    for (int i = 0; i < ROWS; i++)
        if (extensions[i].id == id)
            return i;
    return -1;
}

/* --- writing ------------------------------------------------------------------------------------------------------------ */

static void write_grease(struct sw_conn *conn, struct sw_writer *w)
{
    unsigned v = (conn->client_random[2] & 0xf0u) | 0x0a;

    sw_write_u16(w, v << 8 | v);
    sw_write_u16(w, 0);
}

static void write_one(struct sw_conn *conn, struct sw_writer *w, const struct sw_ext *ext,
                      void (*body)(struct sw_conn *, struct sw_writer *))
{
    size_t mark;

    sw_write_u16(w, ext->id);
    mark = sw_write_open(w, 2);
    body(conn, w);
    sw_write_close(w, mark, 2);
}

/* An empty block is left out whole: some old peers cannot read one. */
static void close_block(struct sw_writer *w, size_t mark)
{
    if (w->len == mark + 2)
        w->len = mark;
    else
        sw_write_close(w, mark, 2);
}

/* Whether a row has a meaning in some version that is on: those of TLS 1.2 alone are not offered by who does not speak it. */
static bool has_meaning(const struct sw_conn *conn, const struct sw_ext *ext)
{
    return ext->in != SW_IN_SH12 || sw_config_speaks(conn->cfg, SW_TLS12);
}

enum sw_err sw_ext_write_offers(struct sw_conn *conn, struct sw_writer *w)
{
    size_t mark = sw_write_open(w, 2);

    conn->hs->offered = 0; /* a second hello may not say all that the first did */
    if (sw_option(conn, SW_OPT_GREASE))
        write_grease(conn, w);
    for (int i = 0; i < ROWS; i++)
        if (has_meaning(conn, &extensions[i]) && extensions[i].offer(conn)) {
            write_one(conn, w, &extensions[i], extensions[i].write_offer);
            conn->hs->offered |= 1u << i;
        }
    close_block(w, mark);
    return SW_OK;
}

static void write_answers(struct sw_conn *conn, struct sw_writer *w, unsigned in)
{
    conn->hs->ext_in = (uint8_t)in;
    for (int i = 0; i < ROWS; i++) {
        /* the suite number that stands for renegotiation_info may be answered too (RFC 5746 3.6) */
        bool asked = (conn->hs->peer_ext.seen & 1u << i) != 0 || extensions[i].id == 0xff01;

        if (asked && (extensions[i].in & in) != 0 && extensions[i].answer(conn))
            write_one(conn, w, &extensions[i], extensions[i].write_answer);
    }
}

enum sw_err sw_ext_write_answers(struct sw_conn *conn, struct sw_writer *w)
{
    size_t mark = sw_write_open(w, 2);

    write_answers(conn, w, SW_IN_SH12);
    close_block(w, mark);
    return SW_OK;
}

void sw_ext_write_in(struct sw_conn *conn, struct sw_writer *w, unsigned in)
{
    size_t mark = sw_write_open(w, 2);

    write_answers(conn, w, in);
    sw_write_close(w, mark, 2);
}

/* --- reading ------------------------------------------------------------------------------------------------------------ */

/* Extension numbers seen in a block, a bit each: a hello can hold thousands, and comparing each with each would be the peer's lever. */
struct seen {
    uint8_t bits[65536 / 8];
};

static bool seen_before(struct seen *s, unsigned id)
{
    uint8_t bit = (uint8_t)(1u << (id % 8));
    bool was = (s->bits[id / 8] & bit) != 0;

    s->bits[id / 8] |= bit;
    return was;
}

/* One of TLS 1.3 alone means nothing to who does not speak it, but that which says what else is spoken. */
static bool is_foreign(const struct sw_conn *conn, const struct sw_ext *ext)
{
    return (ext->in & (SW_IN_SH12 | SW_IN_REQUEST)) == 0 && ext->read_offer != sw_versions_read &&
           !sw_config_speaks(conn->cfg, SW_TLS13);
}

static enum sw_err read_offers(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_slice block, unsigned in)
{
    struct sw_reader r = sw_reader_of_slice(block);
    struct seen seen;

    memset(ext, 0, sizeof *ext);
    memset(&seen, 0, sizeof seen);
    conn->hs->ext_in = (uint8_t)in;
    while (sw_reader_left(&r) > 0) {
        unsigned id = sw_read_u16(&r);
        struct sw_reader body = sw_read_vec16(&r);
        int row = row_of(id);
        enum sw_err err;

        if (r.failed)
            return SW_ERR_DECODE;
        if (seen_before(&seen, id))
            return SW_ERR_DUPLICATE_EXTENSION;
        if (row < 0 || is_foreign(conn, &extensions[row]))
            continue;
        if (in != 0 && (extensions[row].in & in) == 0)
            return SW_ERR_EXTENSION_VALUE;
        ext->seen |= 1u << row;
        err = extensions[row].read_offer(conn, ext, &body);
        if (err == SW_OK && !sw_reader_end(&body))
            err = SW_ERR_EXTENSION_DECODE;
        if (err != SW_OK) {
            sw_conn_explain(conn, "%s: extension %s", sw_err_reason(err), extensions[row].name);
            return err;
        }
    }
    return r.failed ? SW_ERR_DECODE : SW_OK;
}

/* Its binders end the block, and so the message: only then is it known what they are made over. */
static bool psk_is_last(const struct sw_hello_ext *ext, struct sw_slice block)
{
    return ext->psk.p + ext->psk.len == block.p + block.len;
}

enum sw_err sw_ext_read_offers(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_slice block)
{
    enum sw_err err = read_offers(conn, ext, block, 0);

    if (err == SW_OK && ext->psk_present && !psk_is_last(ext, block)) {
        sw_conn_explain(conn, "pre_shared_key is not the last extension");
        return SW_ERR_EXTENSION_VALUE;
    }
    return err;
}

enum sw_err sw_ext_read_request(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_slice block)
{
    return read_offers(conn, ext, block, SW_IN_REQUEST);
}

/* Whether a row may be answered here, offered or not: groups by habit (see ignore), a cookie because nobody can ask for one (RFC 8446 4.2). */
static bool needs_no_offer(const struct sw_ext *ext)
{
    return ext->read_answer == ignore || ext->read_answer == sw_cookie_read_answer;
}

static enum sw_err may_answer(const struct sw_conn *conn, int row, unsigned in)
{
    const struct sw_ext *ext = &extensions[row];
    bool offered = (conn->hs->offered & 1u << row) != 0;

    if ((ext->in & in) == 0 && in != SW_IN_SH12 && offered)
        return SW_ERR_EXTENSION_VALUE;
    if ((ext->in & in) == 0 || ext->read_answer == NULL || !(offered || needs_no_offer(ext)))
        return SW_ERR_UNSOLICITED_EXTENSION;
    return SW_OK;
}

static enum sw_err read_answer(struct sw_conn *conn, int row, struct sw_reader *body, unsigned in)
{
    enum sw_err err = row < 0 ? SW_ERR_UNSOLICITED_EXTENSION : may_answer(conn, row, in);

    if (err == SW_OK)
        err = extensions[row].read_answer(conn, body);
    if (err == SW_OK && !sw_reader_end(body))
        err = SW_ERR_EXTENSION_DECODE;
    if (err != SW_OK && row >= 0)
        sw_conn_explain(conn, "%s: extension %s", sw_err_reason(err), extensions[row].name);
    return err;
}

enum sw_err sw_ext_check(struct sw_slice block)
{
    struct sw_reader r = sw_reader_of_slice(block);
    struct seen seen;

    /* most certificates have none beside them, and a message can be full of certificates of a byte each */
    if (block.len == 0)
        return SW_OK;
    memset(&seen, 0, sizeof seen);
    while (sw_reader_left(&r) > 0) {
        unsigned id = sw_read_u16(&r);

        (void)sw_read_vec16(&r);
        if (r.failed)
            return SW_ERR_DECODE;
        if (seen_before(&seen, id))
            return SW_ERR_DUPLICATE_EXTENSION;
    }
    return r.failed ? SW_ERR_DECODE : SW_OK;
}

struct sw_slice sw_ext_find(struct sw_slice block, unsigned id)
{
    struct sw_reader r = sw_reader_of_slice(block);

    while (sw_reader_left(&r) > 0) {
        bool this = sw_read_u16(&r) == id;
        struct sw_reader body = sw_read_vec16(&r);

        if (this && !r.failed)
            return sw_read_bytes(&body, sw_reader_left(&body));
    }
    return (struct sw_slice){NULL, 0};
}

/* What belongs to one hello alone (RFC 8446 4.1.2), and what means nothing any more when there is a second one. */
static bool may_change(const struct sw_ext *ext)
{
    return ext->in == SW_IN_SH12 || ext->id == PRE_SHARED_KEY || ext->id == EARLY_DATA || ext->id == COOKIE ||
           ext->id == KEY_SHARE;
}

enum sw_err sw_ext_hash_lasting(struct sw_slice block, struct sw_hash *h)
{
    enum sw_err err = SW_OK;

    for (int i = 0; i < ROWS && err == SW_OK; i++) {
        struct sw_slice body = sw_ext_find(block, extensions[i].id);
        uint8_t head[3] = {body.p != NULL, (uint8_t)(body.len >> 8), (uint8_t)body.len};

        if (may_change(&extensions[i]))
            continue;
        err = sw_hash_update(h, head, sizeof head);
        if (err == SW_OK)
            err = sw_hash_update(h, body.p, body.len);
    }
    return err;
}

/* The form first: a block that is no list of extensions is not asked what they mean, nor whether they were offered. */
enum sw_err sw_ext_read_in(struct sw_conn *conn, struct sw_slice block, unsigned in)
{
    struct sw_reader r = sw_reader_of_slice(block);
    enum sw_err err = sw_ext_check(block);

    conn->hs->ext_in = (uint8_t)in;
    while (err == SW_OK && sw_reader_left(&r) > 0) {
        unsigned id = sw_read_u16(&r);
        struct sw_reader body = sw_read_vec16(&r);

        err = read_answer(conn, row_of(id), &body, in);
    }
    return err;
}

enum sw_err sw_ext_read_ticket(struct sw_slice block)
{
    struct sw_reader r = sw_reader_of_slice(block);
    enum sw_err err = sw_ext_check(block);

    while (err == SW_OK && sw_reader_left(&r) > 0) {
        int row = row_of(sw_read_u16(&r));
        struct sw_reader body = sw_read_vec16(&r);

        if (row >= 0 && (extensions[row].in & SW_IN_TICKET) == 0)
            err = SW_ERR_EXTENSION_VALUE;
        else if (row >= 0 && sw_reader_left(&body) != MAX_EARLY_DATA_SIZE)
            err = SW_ERR_EXTENSION_DECODE;
    }
    return err;
}

enum sw_err sw_ext_read_answers(struct sw_conn *conn, struct sw_slice block)
{
    return sw_ext_read_in(conn, block, SW_IN_SH12);
}
