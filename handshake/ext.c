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

/* clang-format off */
static const struct sw_ext extensions[] = {
    /* id    name                            offer             write_offer             read_offer             answer                   write_answer            read_answer */
    {0,      "server_name",                  sw_sni_offer,     sw_sni_write,           sw_sni_read,           sw_sni_answer,           nothing,                sw_sni_read_answer},
    {1,      "max_fragment_length",          sw_mfl_offer,     sw_mfl_write,           sw_mfl_read,           sw_mfl_answer,           sw_mfl_write,           sw_mfl_read_answer},
    {5,      "status_request",               sw_status_offer,  sw_status_write,        sw_status_read,        sw_status_answer,        nothing,                sw_status_read_answer},
    {10,     "supported_groups",             sw_groups_offer,  sw_groups_write,        sw_groups_read,        never,                   nothing,                ignore},
    {11,     "ec_point_formats",             sw_formats_offer, sw_formats_write,       sw_formats_read,       sw_formats_answer,       sw_formats_write,       sw_formats_read_answer},
    {13,     "signature_algorithms",         always,           sw_sigalgs_write,       sw_sigalgs_read,       never,                   nothing,                NULL},
    {16,     "alpn",                         sw_alpn_offer,    sw_alpn_write,          sw_alpn_read,          sw_alpn_answer,          sw_alpn_write,          sw_alpn_read_answer},
    {18,     "signed_certificate_timestamp", sw_sct_offer,     nothing,                sw_sct_read,           sw_sct_answer,           sw_sct_write,           sw_sct_read_answer},
    {22,     "encrypt_then_mac",             sw_etm_offer,     nothing,                sw_etm_read,           sw_etm_answer,           nothing,                sw_etm_read_answer},
    {23,     "extended_master_secret",       sw_ems_offer,     nothing,                sw_ems_read,           sw_ems_answer,           nothing,                sw_ems_read_answer},
    {28,     "record_size_limit",            sw_limit_offer,   sw_limit_write,         sw_limit_read,         sw_limit_answer,         sw_limit_write,         sw_limit_read_answer},
    {35,     "session_ticket",               sw_ticket_offer,  sw_ticket_write,        sw_ticket_read,        sw_ticket_answer,        nothing,                sw_ticket_read_answer},
    {43,     "supported_versions",           never,            nothing,                sw_versions_read,      never,                   nothing,                NULL},
    {47,     "certificate_authorities",      never,            nothing,                sw_authorities_read,   never,                   nothing,                NULL},
    {50,     "signature_algorithms_cert",    never,            nothing,                sw_sigalgs_cert_read,  never,                   nothing,                NULL},
    {0xff01, "renegotiation_info",           always,           sw_renegotiation_write, sw_renegotiation_read, sw_renegotiation_answer, sw_renegotiation_write, sw_renegotiation_read_answer},
};
/* clang-format on */

enum { ROWS = sizeof extensions / sizeof extensions[0] };

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

enum sw_err sw_ext_write_offers(struct sw_conn *conn, struct sw_writer *w)
{
    size_t mark = sw_write_open(w, 2);

    if (sw_option(conn, SW_OPT_GREASE))
        write_grease(conn, w);
    for (int i = 0; i < ROWS; i++)
        if (extensions[i].offer(conn)) {
            write_one(conn, w, &extensions[i], extensions[i].write_offer);
            conn->hs->offered |= 1u << i;
        }
    close_block(w, mark);
    return SW_OK;
}

enum sw_err sw_ext_write_answers(struct sw_conn *conn, struct sw_writer *w)
{
    size_t mark = sw_write_open(w, 2);

    for (int i = 0; i < ROWS; i++) {
        /* the suite number that stands for renegotiation_info may be answered too (RFC 5746 3.6) */
        bool asked = (conn->hs->peer_ext.seen & 1u << i) != 0 || extensions[i].id == 0xff01;

        if (asked && extensions[i].answer(conn))
            write_one(conn, w, &extensions[i], extensions[i].write_answer);
    }
    close_block(w, mark);
    return SW_OK;
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

enum sw_err sw_ext_read_offers(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_slice block)
{
    struct sw_reader r = sw_reader_of_slice(block);
    struct seen seen;

    memset(ext, 0, sizeof *ext);
    memset(&seen, 0, sizeof seen);
    while (sw_reader_left(&r) > 0) {
        unsigned id = sw_read_u16(&r);
        struct sw_reader body = sw_read_vec16(&r);
        int row = row_of(id);
        enum sw_err err;

        if (r.failed)
            return SW_ERR_DECODE;
        if (seen_before(&seen, id))
            return SW_ERR_DUPLICATE_EXTENSION;
        if (row < 0)
            continue;
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

static enum sw_err read_answer(struct sw_conn *conn, int row, struct sw_reader *body)
{
    enum sw_err err = SW_ERR_UNSOLICITED_EXTENSION;

    if (row >= 0 && extensions[row].read_answer != NULL &&
        ((conn->hs->offered & 1u << row) != 0 || extensions[row].read_answer == ignore))
        err = extensions[row].read_answer(conn, body);
    if (err == SW_OK && !sw_reader_end(body))
        err = SW_ERR_EXTENSION_DECODE;
    if (err != SW_OK && row >= 0)
        sw_conn_explain(conn, "%s: extension %s", sw_err_reason(err), extensions[row].name);
    return err;
}

/* The form of a block: whole extensions, none of them twice. */
static enum sw_err check_block(struct sw_slice block)
{
    struct sw_reader r = sw_reader_of_slice(block);
    struct seen seen;

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

/* The form first: a block that is no list of extensions is not asked what they mean, nor whether they were offered. */
enum sw_err sw_ext_read_answers(struct sw_conn *conn, struct sw_slice block)
{
    struct sw_reader r = sw_reader_of_slice(block);
    enum sw_err err = check_block(block);

    while (err == SW_OK && sw_reader_left(&r) > 0) {
        unsigned id = sw_read_u16(&r);
        struct sw_reader body = sw_read_vec16(&r);

        err = read_answer(conn, row_of(id), &body);
    }
    return err;
}
