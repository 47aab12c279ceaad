/*
 * Extensions about what keys are agreed on and signed with: groups and signature schemes. RFC 8422 5.1, 7919, 5246
 * 7.4.1.4.1, 8446 4.2.3.
 */
#include "handshake/ext_rows.h"
#include <string.h>

/* --- supported_groups, ec_point_formats, RFC 8422 5.1 ------------------------------------------------------------- */

static bool group_wanted(const struct sw_conn *conn, const struct sw_group *group)
{
    enum sw_kex_kind kex = group->kind == SW_GROUP_FFDHE ? SW_KEX_DHE : SW_KEX_ECDHE;

    /* in TLS 1.3 any group goes with any suite */
    if (sw_config_speaks(conn->cfg, SW_TLS13))
        return true;
    for (size_t i = 0; i < conn->cfg->suites.len; i++) {
        const struct sw_suite *s = sw_suite_by_id(conn->cfg->suites.id[i]);

        if (s->kex == kex && s->min_version == SW_TLS12)
            return true;
    }
    return false;
}

bool sw_groups_offer(const struct sw_conn *conn)
{
    for (size_t i = 0; i < conn->cfg->groups.len; i++)
        if (group_wanted(conn, sw_group_by_id(conn->cfg->groups.id[i])))
            return true;
    return false;
}

void sw_groups_write(struct sw_conn *conn, struct sw_writer *w)
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

enum sw_err sw_groups_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    (void)conn;
    ext->groups_present = true;
    return read_numbers(r, &ext->groups);
}

bool sw_formats_offer(const struct sw_conn *conn)
{
    for (size_t i = 0; i < conn->cfg->suites.len; i++)
        if (sw_suite_by_id(conn->cfg->suites.id[i])->kex == SW_KEX_ECDHE)
            return sw_groups_offer(conn);
    return false;
}

void sw_formats_write(struct sw_conn *conn, struct sw_writer *w)
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

enum sw_err sw_formats_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    bool empty;

    (void)conn;
    ext->no_uncompressed = !has_uncompressed(r, &empty);
    return empty ? SW_ERR_EXTENSION_DECODE : SW_OK;
}

bool sw_formats_answer(const struct sw_conn *conn)
{
    return conn->suite->kex == SW_KEX_ECDHE;
}

enum sw_err sw_formats_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    bool empty, good = has_uncompressed(r, &empty);

    if (empty)
        return SW_ERR_EXTENSION_DECODE;
    return good || conn->suite->kex != SW_KEX_ECDHE ? SW_OK : SW_ERR_EXTENSION_VALUE;
}

/* --- signature_algorithms, RFC 5246 7.4.1.4.1, RFC 8446 4.2.3 ----------------------------------------------------- */

void sw_sigalgs_write(struct sw_conn *conn, struct sw_writer *w)
{
    size_t list = sw_write_open(w, 2);

    for (size_t i = 0; i < conn->cfg->sigalgs.len; i++)
        sw_write_u16(w, conn->cfg->sigalgs.id[i]);
    sw_write_close(w, list, 2);
}

enum sw_err sw_sigalgs_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    (void)conn;
    ext->sigalgs_present = true;
    return read_numbers(r, &ext->sigalgs);
}

enum sw_err sw_sigalgs_cert_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    (void)conn;
    return read_numbers(r, &ext->sigalgs_cert);
}
