/* Armour off and on, a piece at a time. Which it is shows in the first bytes that are not white space. */
#include "apps/seal/armour.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LINES_BEFORE = 2000 };

static const char begin[] = "-----BEGIN ", dashes[] = "-----";
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* --- off ---------------------------------------------------------------------------------------------------------- */

static bool damaged(struct armour *a, const char *what)
{
    return seal_fail(a->st, SEAL_TAMPERED, "it is damaged or was changed: %s", what);
}

static bool fill(struct armour *a)
{
    if (a->next < a->have)
        return true;
    a->next = 0;
    a->have = a->in->read(a->in, a->buf, sizeof a->buf);
    return a->have > 0;
}

static int next_char(struct armour *a)
{
    return fill(a) ? a->buf[a->next++] : -1;
}

/* The next line without its end, cut to what fits. False at the end of the source. */
static bool next_line(struct armour *a, char *line, size_t cap)
{
    size_t n = 0;
    int c = next_char(a);
    if (c < 0)
        return false;
    for (; c >= 0 && c != '\n'; c = next_char(a))
        if (n + 1 < cap)
            line[n++] = c ? (char)c : '?';
    while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == ' ' || line[n - 1] == '\t'))
        n--;
    line[n] = 0;
    return true;
}

static bool is_begin(struct armour *a, const char *line)
{
    size_t n = strlen(line), lead = sizeof begin - 1, tail = sizeof dashes - 1;
    if (strncmp(line, begin, lead) != 0 || n < lead + tail || strcmp(line + n - tail, dashes) != 0)
        return false;
    if (n - lead - tail >= sizeof a->label)
        return false;
    memcpy(a->label, line + lead, n - lead - tail);
    a->label[n - lead - tail] = 0;
    return true;
}

/* PEM that is something else: given by mistake, and neither damaged nor changed. */
static bool is_other(const char *label)
{
    static const char *const others[] = {"CERTIFICATE", "PRIVATE KEY", "PUBLIC KEY", "X509 CRL"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strstr(label, others[i]))
            return true;
    return false;
}

/* What the header lines of a mail say that matters here. */
struct mime {
    bool pkcs7, signature, clear, base64, any;
    bool in_type; /* the last line was of Content-Type, which may go on */
};

/* The boundary among the parameters of a Content-Type (RFC 2046 5.1.1). */
static void find_boundary(struct armour *a, const char *text)
{
    static const char name[] = "boundary=";
    const char *at = strcasestr(text, name);
    if (!at)
        return;
    at += sizeof name - 1;
    size_t n = *at == '"' ? strcspn(++at, "\"") : strcspn(at, "; \t");
    if (n == 0 || n >= sizeof a->boundary)
        return;
    memcpy(a->boundary, at, n);
    a->boundary[n] = 0;
}

static void mime_line(struct armour *a, struct mime *m, const char *line)
{
    static const char type[] = "Content-Type:", coding[] = "Content-Transfer-Encoding:";
    bool more = (*line == ' ' || *line == '\t') && m->in_type;
    m->in_type = more || strncasecmp(line, type, sizeof type - 1) == 0;
    if (m->in_type) {
        m->pkcs7 |= strcasestr(line, "application/pkcs7-mime") || strcasestr(line, "application/x-pkcs7-mime");
        m->signature |=
            strcasestr(line, "application/pkcs7-signature") || strcasestr(line, "application/x-pkcs7-signature");
        m->clear |= strcasestr(line, "multipart/signed") != NULL;
        find_boundary(a, line);
    } else if (strncasecmp(line, coding, sizeof coding - 1) == 0) {
        m->base64 = strcasestr(line, "base64");
    }
    m->any |= *line != 0;
}

static bool is_delimiter(const struct armour *a, const char *line, size_t len)
{
    size_t n = strlen(a->boundary);
    return len >= n + 2 && line[0] == '-' && line[1] == '-' && memcmp(line + 2, a->boundary, n) == 0;
}

/* To the line behind the first delimiter. */
static bool clear_begin(struct armour *a)
{
    char line[ARMOUR_LINE];
    for (unsigned n = 0; *a->boundary && n < LINES_BEFORE && next_line(a, line, sizeof line); n++)
        if (is_delimiter(a, line, strlen(line))) {
            a->kind = ARMOUR_CLEAR;
            return true;
        }
    return damaged(a, "the beginning of its text is missing");
}

static bool detect_text(struct armour *a)
{
    char line[ARMOUR_LINE];
    struct mime m = {0};
    for (unsigned n = 0; n < LINES_BEFORE && next_line(a, line, sizeof line); n++) {
        if (is_begin(a, line)) {
            a->kind = ARMOUR_PEM;
            return !is_other(a->label) || seal_fail(a->st, a->blame, "this is no message, but a %s (PEM)", a->label);
        }
        if (*line == 0 && m.clear)
            return clear_begin(a);
        if (*line == 0 && m.pkcs7 && m.base64) {
            *a->boundary = 0;
            a->kind = ARMOUR_MIME;
            return true;
        }
        mime_line(a, &m, line);
    }
    return seal_fail(a->st, a->blame, "%s",
                     m.any ? "there is no message in it (neither PEM, nor DER, nor S/MIME)" : "it is empty");
}

bool armour_detect(struct armour *a)
{
    if (a->kind != ARMOUR_UNKNOWN || a->st->result != SEAL_OK)
        return a->st->result == SEAL_OK;
    while (fill(a) && memchr(" \t\r\n", a->buf[a->next], 4))
        a->next++;
    if (fill(a) && a->buf[a->next] == 0x30) {
        a->kind = ARMOUR_BER;
        return true;
    }
    return a->st->result == SEAL_OK && detect_text(a);
}

/* Behind the last base64 character: PEM and multipart want their end lines, and no bits may be left over. */
static size_t text_end(struct armour *a, int c, size_t n)
{
    char line[ARMOUR_LINE];
    char want[ARMOUR_BOUNDARY_MAX + 24];
    bool odd = a->padding ? a->count + a->padding != 4 || (a->bits & ((1u << (a->padding * 2)) - 1)) : a->count != 0;
    if (odd) {
        damaged(a, "its base64 is damaged or cut off");
        return 0;
    }
    if (a->kind == ARMOUR_PEM || *a->boundary) {
        snprintf(want, sizeof want, *a->boundary ? "-%s--" : "----END %s-----", *a->boundary ? a->boundary : a->label);
        if (c != '-' || !next_line(a, line, sizeof line) || strcmp(line, want) != 0) {
            damaged(a, "its last line is missing");
            return 0;
        }
    }
    a->kind = ARMOUR_END;
    return n;
}

/* The value of each base64 character, less one; zero for what is none. */
/* clang-format off */
static const uint8_t digits[256] = {
    ['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    ['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
    ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, ['+'] = 63, ['/'] = 64,
};
/* clang-format on */

/* Whole groups of four from the buffer: nearly all there is. */
static size_t read_groups(struct armour *a, uint8_t *out, size_t cap)
{
    size_t n = 0;
    const uint8_t *in = a->buf + a->next, *end = a->buf + a->have;
    for (; cap - n >= 3 && end - in >= 4; in += 4) {
        unsigned d0 = digits[in[0]], d1 = digits[in[1]], d2 = digits[in[2]], d3 = digits[in[3]];
        if (!d0 || !d1 || !d2 || !d3)
            break;
        uint32_t v = (uint32_t)(d0 - 1) << 18 | (uint32_t)(d1 - 1) << 12 | (uint32_t)(d2 - 1) << 6 | (d3 - 1);
        out[n++] = (uint8_t)(v >> 16);
        out[n++] = (uint8_t)(v >> 8);
        out[n++] = (uint8_t)v;
    }
    a->next = (size_t)(in - a->buf);
    return n;
}

/* The bytes of a last group that is not whole. */
static size_t last_group(struct armour *a, uint8_t *out)
{
    size_t n = 0;
    uint32_t v = a->bits << (6 * (4 - a->count));
    for (unsigned i = 0; a->padding && i + 1 < a->count; i++)
        out[n++] = (uint8_t)(v >> (16 - 8 * i));
    return n;
}

static size_t text_read(struct armour *a, uint8_t *out, size_t cap)
{
    size_t n = 0;
    while (n + 3 <= cap) {
        if (a->count == 0 && a->padding == 0)
            n += read_groups(a, out + n, cap - n);
        if (n + 3 > cap)
            break;
        int c = next_char(a);
        unsigned digit = c > 0 ? digits[c] : 0;
        if (digit && a->padding == 0) {
            a->bits = a->bits << 6 | (digit - 1);
            if (++a->count < 4)
                continue;
            out[n++] = (uint8_t)(a->bits >> 16);
            out[n++] = (uint8_t)(a->bits >> 8);
            out[n++] = (uint8_t)a->bits;
            a->bits = a->count = 0;
        } else if (c == '=' && a->count >= 2 && a->padding < 2) {
            a->padding++;
        } else if (c < 0 || (c == '-' && (a->kind == ARMOUR_PEM || *a->boundary))) {
            return text_end(a, c, n + last_group(a, out + n));
        } else if (!memchr(" \t\r\n", c, 4)) {
            damaged(a, "its base64 is not base64");
            return 0;
        }
    }
    return n;
}

static size_t armour_read(struct seal_source *source, uint8_t *buf, size_t cap)
{
    struct armour *a = (struct armour *)source;
    if (!armour_detect(a) || a->kind == ARMOUR_END || a->kind == ARMOUR_CLEAR)
        return 0;
    if (a->kind != ARMOUR_BER)
        return text_read(a, buf, cap);
    if (!fill(a))
        return 0;
    return seal_hand_out(buf, cap, a->buf, a->have, &a->next);
}

void armour_init(struct armour *a, struct seal_source *in, struct seal_status *st, enum seal_result blame)
{
    memset(a, 0, sizeof *a);
    a->source.read = armour_read;
    a->in = in;
    a->st = st;
    a->blame = blame;
}

bool armour_drain(struct armour *a)
{
    uint8_t one[4];
    if (a->kind != ARMOUR_END && armour_read(&a->source, one, sizeof one) > 0)
        return damaged(a, "something stands behind its end");
    while (fill(a))
        a->next = a->have;
    return a->st->result == SEAL_OK;
}

/* --- a text beside its signature ---------------------------------------------------------------------------------- */

/* A line or the next part of a long one, without its end. */
static size_t line_chunk(struct armour *a, char *line, size_t cap, bool *ended)
{
    size_t n = 0;
    *ended = false;
    while (n + 2 < cap) {
        int c = next_char(a);
        if (c < 0 || c == '\n') {
            *ended = c == '\n';
            a->cr = false;
            break;
        }
        if (a->cr)
            line[n++] = '\r';
        a->cr = c == '\r';
        if (!a->cr)
            line[n++] = (char)c;
    }
    return n;
}

size_t armour_part_read(struct armour *a, uint8_t *buf, size_t cap)
{
    char line[ARMOUR_LINE];
    size_t n = 0;
    bool ended;
    while (!a->part_ended && a->st->result == SEAL_OK && cap - n >= ARMOUR_LINE + 2) {
        size_t len = line_chunk(a, line, sizeof line, &ended);
        if (!a->inside && is_delimiter(a, line, len)) {
            a->part_ended = true;
            break;
        }
        if (!ended && !fill(a)) {
            damaged(a, "the end of its text is missing");
            return 0;
        }
        /* the line end before a delimiter belongs to the delimiter, so that each waits for the next line */
        if (!a->inside && a->line_ended) {
            buf[n++] = '\r';
            buf[n++] = '\n';
        }
        memcpy(buf + n, line, len);
        n += len;
        a->inside = !ended;
        a->line_ended = ended;
    }
    return n;
}

bool armour_part_next(struct armour *a)
{
    char line[ARMOUR_LINE];
    struct mime m = {0};
    for (unsigned n = 0; n < LINES_BEFORE && next_line(a, line, sizeof line); n++) {
        if (*line == 0 && m.signature && m.base64) {
            a->kind = ARMOUR_MIME;
            return true;
        }
        mime_line(a, &m, line);
    }
    return damaged(a, "its signature is missing");
}

/* --- on ----------------------------------------------------------------------------------------------------------- */

static bool put_text(struct pem_sink *p)
{
    size_t n = p->len;
    p->len = 0;
    return p->out->write(p->out, p->text, n);
}

static bool put_line(struct pem_sink *p)
{
    char *text = p->text + p->len;
    for (size_t i = 0; i < p->have; i += 3) {
        unsigned left = p->have - i > 3 ? 3 : (unsigned)(p->have - i);
        uint32_t v = (uint32_t)p->line[i] << 16;
        v |= left > 1 ? (uint32_t)p->line[i + 1] << 8 : 0;
        v |= left > 2 ? p->line[i + 2] : 0;
        *text++ = alphabet[v >> 18];
        *text++ = alphabet[v >> 12 & 63];
        *text++ = left > 1 ? alphabet[v >> 6 & 63] : '=';
        *text++ = left > 2 ? alphabet[v & 63] : '=';
    }
    *text++ = '\n';
    p->have = 0;
    p->len = (size_t)(text - p->text);
    return p->len <= sizeof p->text - ARMOUR_LINE || put_text(p);
}

static bool pem_write(struct seal_sink *sink, const void *data, size_t len)
{
    struct pem_sink *p = (struct pem_sink *)sink;
    struct sw_slice in = {data, len};
    while (in.len > 0)
        if (seal_gather(p->line, sizeof p->line, &p->have, &in) && !put_line(p))
            return false;
    return true;
}

static void put_mark(struct pem_sink *p, const char *which)
{
    int n = snprintf(p->text + p->len, ARMOUR_LINE, "-----%s %s-----\n", which, p->label);
    p->len += (size_t)n;
}

void pem_begin(struct pem_sink *p, const char *label, struct seal_sink *out)
{
    p->sink = (struct seal_sink){pem_write, false};
    p->out = out;
    p->label = label;
    p->have = p->len = 0;
    put_mark(p, "BEGIN");
}

bool pem_end(struct pem_sink *p)
{
    if (p->have > 0 && !put_line(p))
        return false;
    put_mark(p, "END");
    return put_text(p);
}
