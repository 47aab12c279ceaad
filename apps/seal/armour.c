/* Armour off and on, a piece at a time. Which it is shows in the first bytes that are not white space. */
#include "apps/seal/armour.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LINE_LONGEST = 1000 /* RFC 5322 2.1.1, and its end */, LINES_BEFORE = 2000 };

static const char begin[] = "-----BEGIN ", dashes[] = "-----";
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* --- off ---------------------------------------------------------------------------------------------------------------- */

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

/* What the header lines of a mail say that matters here. */
struct mime {
    bool pkcs7, clear, base64, any;
};

static void mime_line(struct mime *m, const char *line)
{
    static const char type[] = "Content-Type:", coding[] = "Content-Transfer-Encoding:";
    if (strncasecmp(line, type, sizeof type - 1) == 0) {
        m->pkcs7 = strcasestr(line, "application/pkcs7-mime") || strcasestr(line, "application/x-pkcs7-mime");
        m->clear = strcasestr(line, "multipart/signed");
    } else if (strncasecmp(line, coding, sizeof coding - 1) == 0) {
        m->base64 = strcasestr(line, "base64");
    }
    m->any |= *line != 0;
}

static bool detect_text(struct armour *a)
{
    char line[LINE_LONGEST];
    struct mime m = {0};
    for (unsigned n = 0; n < LINES_BEFORE && next_line(a, line, sizeof line); n++) {
        if (is_begin(a, line)) {
            a->kind = ARMOUR_PEM;
            return true;
        }
        if (*line == 0 && m.clear)
            return seal_fail(a->st, SEAL_UNSUPPORTED,
                             "the signature stands beside its text (multipart/signed); sign with -nodetach");
        if (*line == 0 && m.pkcs7 && m.base64) {
            a->kind = ARMOUR_MIME;
            return true;
        }
        mime_line(&m, line);
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

/* Behind the last base64 character: PEM wants its end line, and no bits may be left over. */
static size_t text_end(struct armour *a, int c, size_t n)
{
    char line[LINE_LONGEST];
    char want[ARMOUR_LABEL_MAX + 24];
    bool odd = a->padding ? a->count + a->padding != 4 || (a->bits & ((1u << (a->padding * 2)) - 1)) : a->count != 0;
    if (odd) {
        damaged(a, "its base64 is damaged or cut off");
        return 0;
    }
    if (a->kind == ARMOUR_PEM) {
        snprintf(want, sizeof want, "----END %s-----", a->label);
        if (c != '-' || !next_line(a, line, sizeof line) || strcmp(line, want) != 0) {
            damaged(a, "its last line is missing");
            return 0;
        }
    }
    a->kind = ARMOUR_END;
    return n;
}

static size_t text_read(struct armour *a, uint8_t *out, size_t cap)
{
    size_t n = 0;
    while (n + 3 <= cap) {
        int c = next_char(a);
        const char *digit = c > 0 ? memchr(alphabet, c, 64) : NULL;
        if (digit && a->padding == 0) {
            a->bits = a->bits << 6 | (uint32_t)(digit - alphabet);
            if (++a->count < 4)
                continue;
            out[n++] = (uint8_t)(a->bits >> 16);
            out[n++] = (uint8_t)(a->bits >> 8);
            out[n++] = (uint8_t)a->bits;
            a->bits = a->count = 0;
        } else if (c == '=' && a->count >= 2 && a->padding < 2) {
            a->padding++;
        } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
            if (c >= 0 && (c != '-' || a->kind != ARMOUR_PEM)) {
                damaged(a, "its base64 is damaged");
                return 0;
            }
            if (a->padding) {
                uint32_t bits = a->bits << (6 * (4 - a->count));
                for (unsigned i = 0; i + 1 < a->count; i++)
                    out[n++] = (uint8_t)(bits >> (16 - 8 * i));
            }
            return text_end(a, c, n);
        }
    }
    return n;
}

static size_t armour_read(struct seal_source *source, uint8_t *buf, size_t cap)
{
    struct armour *a = (struct armour *)source;
    if (!armour_detect(a) || a->kind == ARMOUR_END)
        return 0;
    if (a->kind != ARMOUR_BER)
        return text_read(a, buf, cap);
    if (!fill(a))
        return 0;
    size_t n = a->have - a->next;
    if (n > cap)
        n = cap;
    memcpy(buf, a->buf + a->next, n);
    a->next += n;
    return n;
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

/* --- on ----------------------------------------------------------------------------------------------------------------- */

static bool put_line(struct pem_sink *p)
{
    char text[66];
    size_t n = 0;
    for (size_t i = 0; i < p->have; i += 3) {
        unsigned left = p->have - i > 3 ? 3 : (unsigned)(p->have - i);
        uint32_t v = (uint32_t)p->line[i] << 16;
        v |= left > 1 ? (uint32_t)p->line[i + 1] << 8 : 0;
        v |= left > 2 ? p->line[i + 2] : 0;
        text[n++] = alphabet[v >> 18];
        text[n++] = alphabet[v >> 12 & 63];
        text[n++] = left > 1 ? alphabet[v >> 6 & 63] : '=';
        text[n++] = left > 2 ? alphabet[v & 63] : '=';
    }
    text[n++] = '\n';
    p->have = 0;
    return p->out->write(p->out, text, n);
}

static bool pem_write(struct seal_sink *sink, const void *data, size_t len)
{
    struct pem_sink *p = (struct pem_sink *)sink;
    for (const uint8_t *in = data; len > 0;) {
        size_t n = sizeof p->line - p->have;
        if (n > len)
            n = len;
        memcpy(p->line + p->have, in, n);
        p->have += n;
        in += n;
        len -= n;
        if (p->have == sizeof p->line && !put_line(p))
            return false;
    }
    return true;
}

static bool put_mark(struct pem_sink *p, const char *which)
{
    char text[ARMOUR_LABEL_MAX + 24];
    int n = snprintf(text, sizeof text, "-----%s %s-----\n", which, p->label);
    return p->out->write(p->out, text, (size_t)n);
}

bool pem_begin(struct pem_sink *p, const char *label, struct seal_sink *out)
{
    *p = (struct pem_sink){.sink = {pem_write, false}, .out = out, .label = label};
    return put_mark(p, "BEGIN");
}

bool pem_end(struct pem_sink *p)
{
    return (p->have == 0 || put_line(p)) && put_mark(p, "END");
}
