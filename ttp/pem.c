/* PEM armour and its base64 (RFC 4648 4). Private keys pass through here: nothing is kept. */
#include "ttp/pem.h"
#include <string.h>

static const char begin_mark[] = "-----BEGIN ", end_mark[] = "-----END ", dashes[] = "-----";

enum { LINE = 64, LABEL_MAX = 64 };

/* --- finding blocks --------------------------------------------------------------------------------------------------------- */

static const uint8_t *find(const uint8_t *p, size_t len, const char *what)
{
    size_t n = strlen(what);

    while (len >= n) {
        const uint8_t *hit = memchr(p, what[0], len - n + 1);

        if (hit == NULL)
            return NULL;
        if (memcmp(hit, what, n) == 0)
            return hit;
        len -= (size_t)(hit - p) + 1;
        p = hit + 1;
    }
    return NULL;
}

/* "-----MARK LABEL-----" at p: the label, or an empty slice. */
static struct sw_slice label_at(const uint8_t *p, const uint8_t *end, size_t mark_len)
{
    const uint8_t *start = p + mark_len;
    size_t room = (size_t)(end - start) < LABEL_MAX + 5 ? (size_t)(end - start) : LABEL_MAX + 5;
    const uint8_t *stop = find(start, room, dashes);

    if (stop == NULL || stop == start || memchr(start, '\n', (size_t)(stop - start)) != NULL)
        return (struct sw_slice){NULL, 0};
    return (struct sw_slice){start, (size_t)(stop - start)};
}

bool sw_pem_next(struct sw_reader *r, struct sw_pem *block)
{
    const uint8_t *end = r->p + sw_reader_left(r), *at, *body, *stop;

    for (at = r->p; sw_reader_left(r) > 0 && (at = find(at, (size_t)(end - at), begin_mark)) != NULL; at++) {
        block->label = label_at(at, end, sizeof begin_mark - 1);
        if (block->label.p == NULL)
            continue;
        body = block->label.p + block->label.len + sizeof dashes - 1;
        stop = find(body, (size_t)(end - body), dashes);
        if (stop == NULL || (size_t)(end - stop) < sizeof end_mark - 1 ||
            memcmp(stop, end_mark, sizeof end_mark - 1) != 0)
            continue;
        if (!sw_slice_eq(label_at(stop, end, sizeof end_mark - 1), block->label))
            continue;
        block->body = (struct sw_slice){body, (size_t)(stop - body)};
        stop += sizeof end_mark - 1 + block->label.len + sizeof dashes - 1;
        (void)sw_read_bytes(r, (size_t)(stop - r->p));
        return true;
    }
    (void)sw_read_rest(r);
    return false;
}

bool sw_pem_is(const struct sw_pem *block, const char *label)
{
    return block->label.len == strlen(label) && memcmp(block->label.p, label, block->label.len) == 0;
}

/* --- base64 ----------------------------------------------------------------------------------------------------------------- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

enum sw_err sw_pem_decode(const struct sw_pem *block, uint8_t *out, size_t cap, size_t *len)
{
    struct sw_writer w = sw_writer_of(out, cap);
    unsigned bits = 0, have = 0, digits = 0, pads = 0;

    for (size_t i = 0; i < block->body.len; i++) {
        uint8_t c = block->body.p[i];
        int d = digit(c);

        if (is_space(c))
            continue;
        if (c == '=') {
            pads++;
            continue;
        }
        if (d < 0 || pads > 0)
            return SW_ERR_PEM;
        digits++;
        bits = (bits << 6 | (unsigned)d) & 0xfff;
        have += 6;
        if (have >= 8) {
            have -= 8;
            sw_write_u8(&w, bits >> have);
        }
    }
    if (digits == 0 || pads != (4 - digits % 4) % 4 || pads > 2 || (bits & ((1u << have) - 1)) != 0)
        return SW_ERR_PEM;
    *len = w.len;
    return sw_writer_ok(&w) ? SW_OK : SW_ERR_SPACE;
}

static void put_text(struct sw_writer *w, const char *text)
{
    sw_write_bytes(w, text, strlen(text));
}

static void put_group(struct sw_writer *w, const uint8_t *p, size_t n)
{
    unsigned v = (unsigned)p[0] << 16 | (n > 1 ? (unsigned)p[1] << 8 : 0) | (n > 2 ? p[2] : 0u);

    sw_write_u8(w, (unsigned char)alphabet[v >> 18]);
    sw_write_u8(w, (unsigned char)alphabet[v >> 12 & 63]);
    sw_write_u8(w, n > 1 ? (unsigned char)alphabet[v >> 6 & 63] : '=');
    sw_write_u8(w, n > 2 ? (unsigned char)alphabet[v & 63] : '=');
}

enum sw_err sw_pem_encode(const char *label, const void *data, size_t data_len, char *out, size_t cap, size_t *len)
{
    struct sw_writer w = sw_writer_of(out, cap);
    const uint8_t *p = data;

    put_text(&w, begin_mark);
    put_text(&w, label);
    put_text(&w, dashes);
    put_text(&w, "\n");
    for (size_t i = 0; i < data_len; i += 3) {
        put_group(&w, p + i, data_len - i < 3 ? data_len - i : 3);
        if ((i / 3 + 1) % (LINE / 4) == 0 || i + 3 >= data_len)
            put_text(&w, "\n");
    }
    put_text(&w, end_mark);
    put_text(&w, label);
    put_text(&w, dashes);
    put_text(&w, "\n");
    *len = w.len;
    sw_write_u8(&w, 0);
    return sw_writer_ok(&w) ? SW_OK : SW_ERR_SPACE;
}

enum sw_err sw_base64_encode(const void *data, size_t len, char *out, size_t cap)
{
    struct sw_writer w = sw_writer_of(out, cap);
    const uint8_t *p = data;

    for (size_t i = 0; i < len; i += 3)
        put_group(&w, p + i, len - i < 3 ? len - i : 3);
    sw_write_u8(&w, 0);
    return sw_writer_ok(&w) ? SW_OK : SW_ERR_SPACE;
}

enum sw_err sw_base64_decode(struct sw_slice text, uint8_t *out, size_t cap, size_t *len)
{
    struct sw_pem block = {.body = text};

    *len = 0;
    return text.len ? sw_pem_decode(&block, out, cap, len) : SW_OK;
}
