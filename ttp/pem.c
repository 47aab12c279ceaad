/* PEM armour and its base64 (RFC 4648 4). Private keys pass through here: nothing is kept. */
#include "ttp/pem.h"
#include <string.h>

static const char begin_mark[] = "-----BEGIN ", end_mark[] = "-----END ", dashes[] = "-----";

enum { LINE = 64, LABEL_MAX = 64 };

/* --- finding blocks ----------------------------------------------------------------------------------------------- */

static const uint8_t *find(const uint8_t *p, size_t len, const char *what)
{
    return memmem(p, len, what, strlen(what));
}

/* "-----MARK LABEL-----" at p: the label, or an empty slice. */
static struct sw_slice label_at(const uint8_t *p, const uint8_t *end, size_t mark_len)
{
    const struct sw_slice none = {NULL, 0}, rest = {p + mark_len, (size_t)(end - p) - mark_len};

    for (size_t n = 0; n <= LABEL_MAX && n + sizeof dashes - 1 <= rest.len && rest.p[n] != '\n'; n++)
        if (memcmp(rest.p + n, dashes, sizeof dashes - 1) == 0)
            return n > 0 ? (struct sw_slice){rest.p, n} : none;
    return none;
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

const char *sw_pem_words(const struct sw_pem *block)
{
    static const char *const kinds[][2] = {{"CERTIFICATE", "a certificate"},
                                           {"X509 CERTIFICATE", "a certificate"},
                                           {"TRUSTED CERTIFICATE", "a certificate"},
                                           {"CERTIFICATE REQUEST", "a certificate request"},
                                           {"NEW CERTIFICATE REQUEST", "a certificate request"},
                                           {"X509 CRL", "a revocation list"},
                                           {"PUBLIC KEY", "a public key"},
                                           {"RSA PUBLIC KEY", "a public key"},
                                           {"PRIVATE KEY", "a private key"},
                                           {"ENCRYPTED PRIVATE KEY", "a private key"},
                                           {"RSA PRIVATE KEY", "a private key"},
                                           {"EC PRIVATE KEY", "a private key"},
                                           {"PKCS7", "a PKCS#7 bundle"},
                                           {"CMS", "a CMS message"}};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (sw_pem_is(block, kinds[i][0]))
            return kinds[i][1];
    return NULL;
}

/* --- base64 ------------------------------------------------------------------------------------------------------- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* What a character means: its digit plus one; 0: nothing. */
/* clang-format off */
static const uint8_t digits_plus_one[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};
/* clang-format on */

static int digit(uint8_t c)
{
    return digits_plus_one[c] - 1;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/*
 * Whole groups of four digits, which are nearly everything, without a call for each byte: a revocation list may have
 * thirty million of them.
 */
static size_t decode_groups(struct sw_slice text, uint8_t *out, size_t cap)
{
    size_t i = 0;

    for (size_t at = 0; text.len - i >= 4 && cap - at >= 3; i += 4, at += 3) {
        int a = digit(text.p[i]), b = digit(text.p[i + 1]), c = digit(text.p[i + 2]), d = digit(text.p[i + 3]);
        unsigned bits;

        if ((a | b | c | d) < 0)
            break;
        bits = (unsigned)a << 18 | (unsigned)b << 12 | (unsigned)c << 6 | (unsigned)d;
        out[at] = (uint8_t)(bits >> 16);
        out[at + 1] = (uint8_t)(bits >> 8);
        out[at + 2] = (uint8_t)bits;
    }
    return i;
}

enum sw_err sw_pem_decode(const struct sw_pem *block, uint8_t *out, size_t cap, size_t *len)
{
    struct sw_writer w = sw_writer_of(out, cap);
    struct sw_slice text = block->body;
    unsigned bits = 0, have = 0, digits = 0, pads = 0;
    size_t whole;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];
        int d = digit(c);

        if (is_space(c))
            continue;
        if (c == '=') {
            pads++;
            continue;
        }
        if (d < 0 || pads > 0)
            return SW_ERR_PEM;
        if (have == 0 && sw_writer_ok(&w)) {
            whole = decode_groups((struct sw_slice){text.p + i, text.len - i}, out + w.len, cap - w.len);
            (void)sw_write_room(&w, whole / 4 * 3);
            if (whole > 0) {
                i += whole - 1;
                digits = 4; /* of which only the remainder by four matters, and that there are any */
                bits = 0;
                continue;
            }
        }
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
