/*
 * The table of extensions, and the walk over a hello's block. What a body means is written with its row's functions; the walk checks, once for
 * all, duplicates, lengths and trailing bytes. Sources: RFC 6066, 7301, 7366, 7627, 8422, 8446 4.2, 8449, 5077, 5746, 8701.
 */
#include "handshake/ext.h"
#include "handshake/msg.h"
#include <ctype.h>
#include <string.h>

enum { HOST_NAME = 0, STATUS_OCSP = 1 };

static bool as_seen(const struct sw_conn *conn)
{
    (void)conn;
    return true;
}

static void nothing(struct sw_conn *conn, struct sw_writer *w)
{
    (void)conn;
    (void)w;
}

/* --- server_name, RFC 6066 3 ------------------------------------------------------------------------------------------------ */

/* Literal addresses are not host names. */
static bool is_address(const char *name)
{
    bool digits = true;

    for (const char *p = name; *p != '\0'; p++) {
        if (*p == ':')
            return true;
        digits = digits && (*p == '.' || isdigit((unsigned char)*p));
    }
    return digits;
}

static bool sni_offer(const struct sw_conn *conn)
{
    return conn->name != NULL && !is_address(conn->name);
}

static void sni_write(struct sw_conn *conn, struct sw_writer *w)
{
    size_t list = sw_write_open(w, 2), name;
    size_t len = strlen(conn->name);

    sw_write_u8(w, HOST_NAME);
    name = sw_write_open(w, 2);
    /* an absolute name's last dot does not travel */
    sw_write_bytes(w, conn->name, len > 1 && conn->name[len - 1] == '.' ? len - 1 : len);
    sw_write_close(w, name, 2);
    sw_write_close(w, list, 2);
}

static bool plain_host(struct sw_slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.p[i] <= 0x20 || name.p[i] >= 0x7f)
            return false;
    return name.len <= 255;
}

static enum sw_err sni_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    struct sw_reader list = sw_read_vec16(r);
    bool seen = false;

    (void)conn;
    if (sw_reader_left(&list) == 0)
        return SW_ERR_EXTENSION_DECODE;
    while (sw_reader_left(&list) > 0) {
        uint8_t type = sw_read_u8(&list);
        struct sw_reader body = sw_read_vec16(&list);
        struct sw_slice name = sw_read_rest(&body);

        if (list.failed || name.len == 0)
            return SW_ERR_EXTENSION_DECODE;
        if (type != HOST_NAME)
            continue;
        if (seen || !plain_host(name))
            return SW_ERR_EXTENSION_VALUE;
        seen = true;
        ext->server_name = name;
    }
    return SW_OK;
}

static bool sni_answer(const struct sw_conn *conn)
{
    return !conn->hs->resuming && conn->hs->peer_ext.server_name.len > 0;
}

static enum sw_err sni_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    (void)r;
    conn->hs->peer_ext.server_name_ack = true;
    return SW_OK;
}

/* --- max_fragment_length, RFC 6066 4 ---------------------------------------------------------------------------------------- */

static uint8_t fragment_code(long bytes)
{
    return (uint8_t)(bytes == 512 ? 1 : bytes == 1024 ? 2 : bytes == 2048 ? 3 : 4);
}

static bool mfl_offer(const struct sw_conn *conn)
{
    return sw_option(conn, SW_OPT_MAX_FRAGMENT) != 0;
}

static void mfl_write(struct sw_conn *conn, struct sw_writer *w)
{
    sw_write_u8(w, sw_is_server(conn) ? conn->hs->peer_ext.max_fragment
                                      : fragment_code(sw_option(conn, SW_OPT_MAX_FRAGMENT)));
}

static enum sw_err mfl_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    (void)conn;
    ext->max_fragment = sw_read_u8(r);
    return r->failed || (ext->max_fragment >= 1 && ext->max_fragment <= 4) ? SW_OK : SW_ERR_EXTENSION_VALUE;
}

static bool mfl_answer(const struct sw_conn *conn)
{
    return conn->hs->peer_ext.max_fragment != 0 && conn->hs->peer_ext.record_limit == 0;
}

static enum sw_err mfl_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    uint8_t code = sw_read_u8(r);
    uint16_t limit = (uint16_t)sw_option(conn, SW_OPT_MAX_FRAGMENT);

    if (code != fragment_code(limit))
        return SW_ERR_EXTENSION_VALUE;
    conn->max_recv = conn->max_recv_protected = limit;
    if (limit < conn->max_send)
        conn->max_send = limit;
    return SW_OK;
}

/* --- status_request, RFC 6066 8 --------------------------------------------------------------------------------------------- */

static bool status_offer(const struct sw_conn *conn)
{
    return sw_option(conn, SW_OPT_STATUS_REQUEST) != 0;
}

static void status_write(struct sw_conn *conn, struct sw_writer *w)
{
    (void)conn;
    sw_write_u8(w, STATUS_OCSP);
    sw_write_u16(w, 0); /* any responder */
    sw_write_u16(w, 0); /* no request extensions */
}

static enum sw_err status_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    (void)conn;
    if (sw_read_u8(r) == STATUS_OCSP) {
        (void)sw_read_vec16(r);
        (void)sw_read_vec16(r);
        ext->status_request = true;
    } else {
        (void)sw_read_rest(r);
    }
    return SW_OK;
}

static bool status_answer(const struct sw_conn *conn)
{
    return conn->hs->status_promised;
}

static enum sw_err status_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    (void)r;
    conn->hs->status_promised = true;
    return SW_OK;
}

/* --- supported_groups, ec_point_formats, RFC 8422 5.1 ----------------------------------------------------------------------- */

static bool group_wanted(const struct sw_conn *conn, const struct sw_group *group)
{
    enum sw_kex_kind kex = group->kind == SW_GROUP_FFDHE ? SW_KEX_DHE : SW_KEX_ECDHE;

    for (size_t i = 0; i < conn->cfg->suites.len; i++) {
        const struct sw_suite *s = sw_suite_by_id(conn->cfg->suites.id[i]);

        if (s->kex == kex && s->min_version == SW_TLS12)
            return true;
    }
    return false;
}

static bool groups_offer(const struct sw_conn *conn)
{
    for (size_t i = 0; i < conn->cfg->groups.len; i++)
        if (group_wanted(conn, sw_group_by_id(conn->cfg->groups.id[i])))
            return true;
    return false;
}

static void groups_write(struct sw_conn *conn, struct sw_writer *w)
{
    size_t list = sw_write_open(w, 2);

    if (sw_option(conn, SW_OPT_GREASE)) {
        unsigned v = (conn->client_random[1] & 0xf0u) | 0x0a;
        sw_write_u16(w, v << 8 | v);
    }
    for (size_t i = 0; i < conn->cfg->groups.len; i++)
        if (group_wanted(conn, sw_group_by_id(conn->cfg->groups.id[i])))
            sw_write_u16(w, conn->cfg->groups.id[i]);
    sw_write_close(w, list, 2);
}

/* A list of 16-bit numbers, not empty. */
static enum sw_err read_numbers(struct sw_reader *r, struct sw_slice *out)
{
    struct sw_reader list = sw_read_vec16(r);

    *out = sw_read_rest(&list);
    return out->len > 0 && out->len % 2 == 0 ? SW_OK : SW_ERR_EXTENSION_DECODE;
}

static enum sw_err groups_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    (void)conn;
    ext->groups_present = true;
    return read_numbers(r, &ext->groups);
}

static bool never(const struct sw_conn *conn)
{
    (void)conn;
    return false;
}

/* Not an answer by RFC 8422, but servers exist that send it : read and forgotten. */
static enum sw_err ignore(struct sw_conn *conn, struct sw_reader *r)
{
    (void)conn;
    (void)sw_read_rest(r);
    return SW_OK;
}

static bool formats_offer(const struct sw_conn *conn)
{
    for (size_t i = 0; i < conn->cfg->suites.len; i++)
        if (sw_suite_by_id(conn->cfg->suites.id[i])->kex == SW_KEX_ECDHE)
            return groups_offer(conn);
    return false;
}

static void formats_write(struct sw_conn *conn, struct sw_writer *w)
{
    (void)conn;
    sw_write_u8(w, 1);
    sw_write_u8(w, 0); /* uncompressed */
}

static bool has_uncompressed(struct sw_reader *r, bool *empty)
{
    struct sw_reader list = sw_read_vec8(r);
    struct sw_slice formats = sw_read_rest(&list);

    *empty = formats.len == 0;
    return formats.len > 0 && memchr(formats.p, 0, formats.len) != NULL;
}

static enum sw_err formats_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    bool empty;

    (void)conn;
    ext->no_uncompressed = !has_uncompressed(r, &empty);
    return empty ? SW_ERR_EXTENSION_DECODE : SW_OK;
}

static bool formats_answer(const struct sw_conn *conn)
{
    return conn->suite->kex == SW_KEX_ECDHE;
}

static enum sw_err formats_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    bool empty, good = has_uncompressed(r, &empty);

    if (empty)
        return SW_ERR_EXTENSION_DECODE;
    return good || conn->suite->kex != SW_KEX_ECDHE ? SW_OK : SW_ERR_EXTENSION_VALUE;
}

/* --- signature_algorithms, RFC 5246 7.4.1.4.1, RFC 8446 4.2.3 ---------------------------------------------------------------- */

static void sigalgs_write(struct sw_conn *conn, struct sw_writer *w)
{
    size_t list = sw_write_open(w, 2);

    for (size_t i = 0; i < conn->cfg->sigalgs.len; i++)
        sw_write_u16(w, conn->cfg->sigalgs.id[i]);
    sw_write_close(w, list, 2);
}

static enum sw_err sigalgs_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    (void)conn;
    ext->sigalgs_present = true;
    return read_numbers(r, &ext->sigalgs);
}

static enum sw_err sigalgs_cert_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    (void)conn;
    return read_numbers(r, &ext->sigalgs_cert);
}

/* --- application_layer_protocol_negotiation, RFC 7301 ------------------------------------------------------------------------- */

static bool alpn_offer(const struct sw_conn *conn)
{
    return conn->cfg->alpn_len > 0;
}

static void write_protocol(struct sw_writer *w, const char *name)
{
    size_t mark = sw_write_open(w, 1);

    sw_write_bytes(w, name, strlen(name));
    sw_write_close(w, mark, 1);
}

static void alpn_write(struct sw_conn *conn, struct sw_writer *w)
{
    size_t list = sw_write_open(w, 2);

    if (sw_is_server(conn))
        write_protocol(w, conn->alpn);
    else
        for (size_t i = 0; i < conn->cfg->alpn_len; i++)
            write_protocol(w, conn->cfg->alpn[i]);
    sw_write_close(w, list, 2);
}

static enum sw_err alpn_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    struct sw_reader list = sw_read_vec16(r), names = list;

    (void)conn;
    if (sw_reader_left(&names) == 0)
        return SW_ERR_EXTENSION_DECODE;
    while (sw_reader_left(&names) > 0) {
        struct sw_reader name = sw_read_vec8(&names);

        if (names.failed || sw_reader_left(&name) == 0)
            return SW_ERR_EXTENSION_DECODE;
    }
    ext->alpn = sw_read_rest(&list);
    return SW_OK;
}

static bool alpn_answer(const struct sw_conn *conn)
{
    return conn->alpn != NULL;
}

/* Exactly one, and one of ours. */
static enum sw_err alpn_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    struct sw_reader list = sw_read_vec16(r), body = sw_read_vec8(&list);
    struct sw_slice name = sw_read_rest(&body);

    if (name.len == 0 || !sw_reader_end(&list))
        return SW_ERR_EXTENSION_DECODE;
    for (size_t i = 0; i < conn->cfg->alpn_len; i++)
        if (sw_slice_eq(name, (struct sw_slice){(const uint8_t *)conn->cfg->alpn[i], strlen(conn->cfg->alpn[i])})) {
            conn->alpn = conn->cfg->alpn[i];
            return SW_OK;
        }
    return SW_ERR_EXTENSION_VALUE;
}

/* --- encrypt_then_mac, RFC 7366; extended_master_secret, RFC 7627 ------------------------------------------------------------- */

static bool etm_offer(const struct sw_conn *conn)
{
    return sw_option(conn, SW_OPT_ETM) != 0;
}

static enum sw_err etm_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    (void)conn;
    (void)r;
    ext->etm = true;
    return SW_OK;
}

static bool etm_answer(const struct sw_conn *conn)
{
    return conn->etm;
}

static enum sw_err etm_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    (void)r;
    conn->etm = true;
    return SW_OK;
}

static bool ems_offer(const struct sw_conn *conn)
{
    return sw_option(conn, SW_OPT_EMS) > 0;
}

static enum sw_err ems_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    (void)conn;
    (void)r;
    ext->ems = true;
    return SW_OK;
}

static bool ems_answer(const struct sw_conn *conn)
{
    return conn->ems;
}

static enum sw_err ems_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    (void)r;
    conn->ems = true;
    return SW_OK;
}

/* --- record_size_limit, RFC 8449 ---------------------------------------------------------------------------------------------- */

static bool limit_offer(const struct sw_conn *conn)
{
    return sw_option(conn, SW_OPT_RECORD_SIZE_LIMIT) != 0;
}

static void limit_write(struct sw_conn *conn, struct sw_writer *w)
{
    long limit = sw_option(conn, SW_OPT_RECORD_SIZE_LIMIT);

    /* one byte more is TLS 1.3's, where the content type counts (RFC 8449 4) */
    sw_write_u16(w, (unsigned)(limit != 0 && limit < SW_RECORD_PLAIN_MAX ? limit : SW_RECORD_PLAIN_MAX));
}

static enum sw_err limit_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    (void)conn;
    ext->record_limit = sw_read_u16(r);
    return r->failed || ext->record_limit >= 64 ? SW_OK : SW_ERR_EXTENSION_VALUE;
}

static bool limit_answer(const struct sw_conn *conn)
{
    return conn->hs->peer_ext.record_limit != 0;
}

static enum sw_err limit_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    uint16_t limit = sw_read_u16(r);
    long ours = sw_option(conn, SW_OPT_RECORD_SIZE_LIMIT);

    if (r->failed || limit < 64 || conn->hs->peer_ext.max_fragment != 0)
        return r->failed ? SW_ERR_EXTENSION_DECODE : SW_ERR_EXTENSION_VALUE;
    if (limit < conn->max_send)
        conn->max_send = limit;
    if (ours < conn->max_recv_protected)
        conn->max_recv_protected = (uint16_t)ours;
    return SW_OK;
}

/* --- session_ticket, RFC 5077 3.2 --------------------------------------------------------------------------------------------- */

static bool ticket_offer(const struct sw_conn *conn)
{
    return sw_option(conn, SW_OPT_TICKETS) != 0;
}

static void ticket_write(struct sw_conn *conn, struct sw_writer *w)
{
    if (!sw_is_server(conn) && conn->hs->offered_session)
        sw_write_slice(w, conn->hs->session->ticket);
}

static enum sw_err ticket_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    (void)conn;
    ext->ticket_present = true;
    ext->ticket = sw_read_rest(r);
    return SW_OK;
}

static bool ticket_answer(const struct sw_conn *conn)
{
    return conn->hs->send_ticket;
}

static enum sw_err ticket_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    (void)r;
    conn->hs->expect_ticket = true;
    return SW_OK;
}

/* --- supported_versions, certificate_authorities: read, never sent in TLS 1.2 ------------------------------------------------- */

static enum sw_err versions_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    struct sw_reader list = sw_read_vec8(r);

    (void)conn;
    ext->versions = sw_read_rest(&list);
    return ext->versions.len >= 2 && ext->versions.len % 2 == 0 ? SW_OK : SW_ERR_EXTENSION_DECODE;
}

static enum sw_err authorities_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    struct sw_reader list = sw_read_vec16(r);

    (void)conn;
    ext->authorities = sw_read_rest(&list);
    return SW_OK;
}

/* --- renegotiation_info, RFC 5746 ---------------------------------------------------------------------------------------------- */

static void renegotiation_write(struct sw_conn *conn, struct sw_writer *w)
{
    (void)conn;
    sw_write_u8(w, 0); /* renegotiated_connection: empty in a first handshake, and there is no other */
}

static enum sw_err renegotiation_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    (void)conn;
    ext->renegotiation = sw_read_rest(r);
    return ext->renegotiation.len > 0 ? SW_OK : SW_ERR_EXTENSION_DECODE;
}

static bool renegotiation_answer(const struct sw_conn *conn)
{
    return conn->secure_renegotiation;
}

static enum sw_err renegotiation_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    struct sw_slice info = sw_read_rest(r);

    if (info.len != 1 || info.p[0] != 0)
        return SW_ERR_RENEGOTIATION_INFO;
    conn->secure_renegotiation = true;
    return SW_OK;
}

/* --- the table ------------------------------------------------------------------------------------------------------------------ */

/* clang-format off */
static const struct sw_ext extensions[] = {
    /* id    name                       offer         write_offer          read_offer          answer                write_answer         read_answer */
    {0,      "server_name",             sni_offer,    sni_write,           sni_read,           sni_answer,           nothing,             sni_read_answer},
    {1,      "max_fragment_length",     mfl_offer,    mfl_write,           mfl_read,           mfl_answer,           mfl_write,           mfl_read_answer},
    {5,      "status_request",          status_offer, status_write,        status_read,        status_answer,        nothing,             status_read_answer},
    {10,     "supported_groups",        groups_offer, groups_write,        groups_read,        never,                nothing,             ignore},
    {11,     "ec_point_formats",        formats_offer,formats_write,       formats_read,       formats_answer,       formats_write,       formats_read_answer},
    {13,     "signature_algorithms",    as_seen,      sigalgs_write,       sigalgs_read,       never,                nothing,             NULL},
    {16,     "alpn",                    alpn_offer,   alpn_write,          alpn_read,          alpn_answer,          alpn_write,          alpn_read_answer},
    {22,     "encrypt_then_mac",        etm_offer,    nothing,             etm_read,           etm_answer,           nothing,             etm_read_answer},
    {23,     "extended_master_secret",  ems_offer,    nothing,             ems_read,           ems_answer,           nothing,             ems_read_answer},
    {28,     "record_size_limit",       limit_offer,  limit_write,         limit_read,         limit_answer,         limit_write,         limit_read_answer},
    {35,     "session_ticket",          ticket_offer, ticket_write,        ticket_read,        ticket_answer,        nothing,             ticket_read_answer},
    {43,     "supported_versions",      never,        nothing,             versions_read,      never,                nothing,             NULL},
    {47,     "certificate_authorities", never,        nothing,             authorities_read,   never,                nothing,             NULL},
    {50,     "signature_algorithms_cert", never,      nothing,             sigalgs_cert_read,  never,                nothing,             NULL},
    {0xff01, "renegotiation_info",      as_seen,      renegotiation_write, renegotiation_read, renegotiation_answer, renegotiation_write, renegotiation_read_answer},
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

/* --- writing -------------------------------------------------------------------------------------------------------------------- */

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

/* --- reading -------------------------------------------------------------------------------------------------------------------- */

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

enum sw_err sw_ext_read_answers(struct sw_conn *conn, struct sw_slice block)
{
    struct sw_reader r = sw_reader_of_slice(block);
    uint32_t seen = 0;

    while (sw_reader_left(&r) > 0) {
        unsigned id = sw_read_u16(&r);
        struct sw_reader body = sw_read_vec16(&r);
        int row = row_of(id);
        enum sw_err err;

        if (r.failed)
            return SW_ERR_DECODE;
        if (row >= 0 && (seen & 1u << row) != 0)
            return SW_ERR_DUPLICATE_EXTENSION;
        seen |= row >= 0 ? 1u << row : 0;
        err = read_answer(conn, row, &body);
        if (err != SW_OK)
            return err;
    }
    return r.failed ? SW_ERR_DECODE : SW_OK;
}
