/*
 * The only code that moves a pointer over wire bytes. take() and put() check the length; everything else is built on
 * them.
 */
#include "base/bytes.h"
#include <string.h>

struct sw_reader sw_reader_of(const void *p, size_t len)
{
    return (struct sw_reader){p, len, false};
}

struct sw_reader sw_reader_of_slice(struct sw_slice s)
{
    return sw_reader_of(s.p, s.len);
}

size_t sw_reader_left(const struct sw_reader *r)
{
    return r->len;
}

bool sw_reader_end(const struct sw_reader *r)
{
    return !r->failed && r->len == 0;
}

void sw_reader_fail(struct sw_reader *r)
{
    r->failed = true;
    r->len = 0;
}

/* The next n bytes, or NULL and a failed reader. */
static const uint8_t *take(struct sw_reader *r, size_t n)
{
    const uint8_t *p = r->p;

    if (r->failed || n > r->len) {
        sw_reader_fail(r);
        return NULL;
    }
    if (n > 0)
        r->p += n;
    r->len -= n;
    return p;
}

static uint64_t take_number(struct sw_reader *r, size_t width)
{
    const uint8_t *p = take(r, width);
    uint64_t v = 0;

    for (size_t i = 0; p != NULL && i < width; i++)
        v = v << 8 | p[i];
    return v;
}

uint8_t sw_read_u8(struct sw_reader *r)
{
    const uint8_t *p = take(r, 1);

    return p != NULL ? *p : 0;
}

uint16_t sw_read_u16(struct sw_reader *r)
{
    return (uint16_t)take_number(r, 2);
}

uint32_t sw_read_u24(struct sw_reader *r)
{
    return (uint32_t)take_number(r, 3);
}

uint32_t sw_read_u32(struct sw_reader *r)
{
    return (uint32_t)take_number(r, 4);
}

uint64_t sw_read_u64(struct sw_reader *r)
{
    return take_number(r, 8);
}

struct sw_slice sw_read_bytes(struct sw_reader *r, size_t n)
{
    const uint8_t *p = take(r, n);

    return (struct sw_slice){p, p != NULL ? n : 0};
}

struct sw_slice sw_read_rest(struct sw_reader *r)
{
    return sw_read_bytes(r, r->len);
}

void sw_read_copy(struct sw_reader *r, void *out, size_t n)
{
    const uint8_t *p = take(r, n);

    if (n == 0)
        return;
    if (p != NULL)
        memcpy(out, p, n);
    else
        memset(out, 0, n);
}

static struct sw_reader take_vector(struct sw_reader *r, size_t width)
{
    size_t n = (size_t)take_number(r, width);
    const uint8_t *p = take(r, n);

    return (struct sw_reader){p, r->failed ? 0 : n, r->failed};
}

struct sw_reader sw_read_vec8(struct sw_reader *r)
{
    return take_vector(r, 1);
}

struct sw_reader sw_read_vec16(struct sw_reader *r)
{
    return take_vector(r, 2);
}

struct sw_reader sw_read_vec24(struct sw_reader *r)
{
    return take_vector(r, 3);
}

bool sw_slice_eq(struct sw_slice a, struct sw_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

struct sw_writer sw_writer_of(void *buf, size_t cap)
{
    return (struct sw_writer){buf, cap, 0, false};
}

/* Room for n bytes, or NULL and a failed writer. */
static uint8_t *put(struct sw_writer *w, size_t n)
{
    uint8_t *p;

    if (w->failed || n > w->cap - w->len) {
        w->failed = true;
        return NULL;
    }
    p = n > 0 ? w->buf + w->len : w->buf;
    w->len += n;
    return p;
}

static void store(uint8_t *p, uint64_t v, size_t width)
{
    for (size_t i = 0; i < width; i++)
        p[i] = (uint8_t)(v >> (8 * (width - 1 - i)));
}

static void put_number(struct sw_writer *w, uint64_t v, size_t width)
{
    uint8_t *p = put(w, width);

    if (p != NULL)
        store(p, v, width);
}

void sw_write_u8(struct sw_writer *w, unsigned v)
{
    put_number(w, v, 1);
}

void sw_write_u16(struct sw_writer *w, unsigned v)
{
    put_number(w, v, 2);
}

void sw_write_u24(struct sw_writer *w, uint32_t v)
{
    put_number(w, v, 3);
}

void sw_write_u32(struct sw_writer *w, uint32_t v)
{
    put_number(w, v, 4);
}

void sw_write_u64(struct sw_writer *w, uint64_t v)
{
    put_number(w, v, 8);
}

void sw_write_bytes(struct sw_writer *w, const void *src, size_t n)
{
    uint8_t *p = put(w, n);

    if (p != NULL && n > 0)
        memcpy(p, src, n);
}

void sw_write_slice(struct sw_writer *w, struct sw_slice s)
{
    sw_write_bytes(w, s.p, s.len);
}

uint8_t *sw_write_room(struct sw_writer *w, size_t n)
{
    return put(w, n);
}

size_t sw_write_open(struct sw_writer *w, unsigned width)
{
    size_t mark = w->len;

    put(w, width);
    return mark;
}

void sw_write_close(struct sw_writer *w, size_t mark, unsigned width)
{
    size_t n;

    if (w->failed)
        return;
    n = w->len - mark - width;
    if (width < sizeof n && n >> (8 * width) != 0)
        w->failed = true;
    else
        store(w->buf + mark, n, width);
}

bool sw_writer_ok(const struct sw_writer *w)
{
    return !w->failed;
}
