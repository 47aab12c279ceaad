/* The DER reader and writer. element() is the one place where a length is decoded. */
#include "ttp/der.h"
#include "base/civil.h"
#include <string.h>

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* Length octets, minimal: the long form only from 128 on and without leading zeros (X.690 10.1). */
static size_t read_length(struct sw_reader *r)
{
    size_t first = sw_read_u8(r), len = 0;

    if (first < 0x80)
        return first;
    if (first == 0x80 || first > 0x84) {
        sw_reader_fail(r);
        return 0;
    }
    for (size_t n = first & 0x7f, i = 0; i < n; i++) {
        uint8_t byte = sw_read_u8(r);

        if (i == 0 && byte == 0)
            sw_reader_fail(r);
        len = len << 8 | byte;
    }
    if (len < 0x80)
        sw_reader_fail(r);
    return len;
}

struct sw_slice sw_der_read_any(struct sw_reader *r, unsigned *tag, struct sw_slice *whole)
{
    const uint8_t *start = r->p;
    struct sw_slice body;

    *tag = sw_read_u8(r);
    if ((*tag & 0x1f) == 0x1f)
        sw_reader_fail(r);
    body = sw_read_bytes(r, read_length(r));
    *whole = r->failed ? (struct sw_slice){NULL, 0} : (struct sw_slice){start, (size_t)(r->p - start)};
    return r->failed ? (struct sw_slice){NULL, 0} : body;
}

unsigned sw_der_peek(const struct sw_reader *r)
{
    return r->failed || r->len == 0 ? 0 : r->p[0];
}

/* Subidentifiers of seven bits a byte: none begins with a zero, and the last one ends (X.690 8.19.2). */
static bool oid_valid(struct sw_slice oid)
{
    bool begins = true;

    for (size_t i = 0; i < oid.len; i++) {
        if (begins && oid.p[i] == 0x80)
            return false;
        begins = oid.p[i] < 0x80;
    }
    return oid.len > 0 && begins;
}

static struct sw_slice element(struct sw_reader *r, unsigned tag, struct sw_slice *whole)
{
    unsigned got;
    struct sw_slice body;

    if (sw_der_peek(r) != tag)
        sw_reader_fail(r);
    body = sw_der_read_any(r, &got, whole);
    if (tag == SW_DER_OID && !r->failed && !oid_valid(body)) {
        sw_reader_fail(r);
        return (struct sw_slice){NULL, 0};
    }
    return body;
}

struct sw_slice sw_der_read(struct sw_reader *r, unsigned tag)
{
    struct sw_slice whole;

    return element(r, tag, &whole);
}

struct sw_slice sw_der_read_whole(struct sw_reader *r, unsigned tag)
{
    struct sw_slice whole;

    (void)element(r, tag, &whole);
    return whole;
}

struct sw_reader sw_der_enter(struct sw_reader *r, unsigned tag)
{
    struct sw_reader inner = sw_reader_of_slice(sw_der_read(r, tag));

    inner.failed = r->failed;
    return inner;
}

struct sw_slice sw_der_read_integer(struct sw_reader *r)
{
    struct sw_slice v = sw_der_read(r, SW_DER_INTEGER);
    bool padded = v.len > 1 && ((v.p[0] == 0 && (v.p[1] & 0x80) == 0) || (v.p[0] == 0xff && (v.p[1] & 0x80) != 0));

    if (v.len == 0 || padded) {
        sw_reader_fail(r);
        return (struct sw_slice){NULL, 0};
    }
    return v;
}

struct sw_slice sw_der_read_unsigned(struct sw_reader *r)
{
    struct sw_slice v = sw_der_read_integer(r);

    if (v.len > 0 && (v.p[0] & 0x80) != 0) {
        sw_reader_fail(r);
        return (struct sw_slice){NULL, 0};
    }
    if (v.len > 1 && v.p[0] == 0) {
        v.p++;
        v.len--;
    }
    return v;
}

uint64_t sw_der_read_uint(struct sw_reader *r)
{
    struct sw_slice v = sw_der_read_unsigned(r);
    uint64_t n = 0;

    if (v.len > 8 || (v.len == 8 && (v.p[0] & 0x80) != 0)) {
        sw_reader_fail(r);
        return 0;
    }
    for (size_t i = 0; i < v.len; i++)
        n = n << 8 | v.p[i];
    return n;
}

bool sw_der_read_bool(struct sw_reader *r)
{
    struct sw_slice v = sw_der_read(r, SW_DER_BOOLEAN);

    if (v.len != 1 || (v.p[0] != 0 && v.p[0] != 0xff)) {
        sw_reader_fail(r);
        return false;
    }
    return v.p[0] == 0xff;
}

struct sw_slice sw_der_read_bits(struct sw_reader *r, unsigned *unused)
{
    struct sw_slice v = sw_der_read(r, SW_DER_BIT_STRING);

    *unused = v.len > 0 ? v.p[0] : 8;
    if (*unused > 7 || (v.len == 1 && *unused != 0) || (v.len > 1 && (v.p[v.len - 1] & ((1u << *unused) - 1)) != 0)) {
        sw_reader_fail(r);
        return (struct sw_slice){NULL, 0};
    }
    return (struct sw_slice){v.p + 1, v.len - 1};
}

/* Two decimal digits at p, or -1. */
static int two(const uint8_t *p)
{
    return p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9' ? (p[0] - '0') * 10 + (p[1] - '0') : -1;
}

int64_t sw_der_read_time(struct sw_reader *r, bool *general)
{
    bool is_general = sw_der_peek(r) == SW_DER_GENERALIZED_TIME;
    struct sw_slice v = sw_der_read(r, is_general ? SW_DER_GENERALIZED_TIME : SW_DER_UTC_TIME);
    size_t at = is_general ? 4 : 2;
    struct sw_civil c = {.year = -1};
    int64_t time;

    if (general != NULL)
        *general = is_general;
    if (v.len == at + 11 && v.p[v.len - 1] == 'Z') {
        int first = two(v.p), rest = is_general ? two(v.p + 2) : 0;

        if (is_general)
            c.year = first < 0 || rest < 0 ? -1 : first * 100 + rest;
        else if (first >= 0)
            c.year = first + (first < 50 ? 2000 : 1900); /* RFC 5280 4.1.2.5.1 */
        c.month = two(v.p + at);
        c.day = two(v.p + at + 2);
        c.hour = two(v.p + at + 4);
        c.minute = two(v.p + at + 6);
        c.second = two(v.p + at + 8);
    }
    if (sw_time_join(&c, &time))
        return time;
    sw_reader_fail(r);
    return 0;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static unsigned length_octets(size_t len)
{
    unsigned n = 0;

    if (len < 0x80)
        return 0;
    for (; len > 0; len >>= 8)
        n++;
    return n;
}

static void store_length(uint8_t *p, size_t len, unsigned octets)
{
    if (octets == 0) {
        p[0] = (uint8_t)len;
        return;
    }
    p[0] = (uint8_t)(0x80 | octets);
    for (unsigned i = 0; i < octets; i++)
        p[1 + i] = (uint8_t)(len >> (8 * (octets - 1 - i)));
}

size_t sw_der_open(struct sw_writer *w, unsigned tag)
{
    sw_write_u8(w, tag);
    sw_write_u8(w, 0);
    return w->len;
}

void sw_der_close(struct sw_writer *w, size_t mark)
{
    size_t len;
    unsigned octets;

    if (!sw_writer_ok(w))
        return;
    len = w->len - mark;
    octets = length_octets(len);
    if (octets > 0) {
        if (sw_write_room(w, octets) == NULL)
            return;
        memmove(w->buf + mark + octets, w->buf + mark, len);
    }
    store_length(w->buf + mark - 1, len, octets);
}

void sw_der_write(struct sw_writer *w, unsigned tag, const void *p, size_t len)
{
    size_t mark = sw_der_open(w, tag);

    sw_write_bytes(w, p, len);
    sw_der_close(w, mark);
}

void sw_der_write_unsigned(struct sw_writer *w, struct sw_slice n)
{
    size_t mark;

    while (n.len > 1 && n.p[0] == 0) {
        n.p++;
        n.len--;
    }
    mark = sw_der_open(w, SW_DER_INTEGER);
    if (n.len == 0 || (n.p[0] & 0x80) != 0)
        sw_write_u8(w, 0);
    sw_write_slice(w, n);
    sw_der_close(w, mark);
}

void sw_der_write_int(struct sw_writer *w, uint32_t v)
{
    uint8_t be[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

    sw_der_write_unsigned(w, (struct sw_slice){be, sizeof be});
}
