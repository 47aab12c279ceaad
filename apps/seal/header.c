/* The signed header lines: written, taken off again, and held against the certificates that are really there. */
#include "apps/seal/header.h"
#include "base/rand.h"
#include "ttp/cli_time.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char first_line[] = "Sealwax-Version: 1\r\n", separator[] = "; sha256=";

enum { RANDOM_ID = 16, HEADER_LINE = SEAL_NAME_MAX + 128 };

enum sw_err fingerprint(const struct sw_cert *cert, char out[FINGERPRINT_MAX])
{
    uint8_t digest[SW_HASH_MAX];
    enum sw_err err = sw_hash_once(SW_HASH_SHA256, cert->der.p, cert->der.len, digest);
    for (unsigned i = 0; i < 32; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    return err;
}

void seal_time_text(int64_t time, char out[TIME_MAX])
{
    *out = 0;
    if (time != 0)
        cli_time_text(time, out);
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static bool put(struct seal_sink *out, const char *text)
{
    return out->write(out, text, strlen(text));
}

static bool put_person(struct seal_sink *out, const char *field, const struct sw_cert *cert, struct seal_status *st)
{
    char name[SEAL_NAME_MAX], hash[FINGERPRINT_MAX], line[HEADER_LINE];
    enum sw_err err = fingerprint(cert, hash);
    if (err != SW_OK)
        return seal_fail_err(st, err);
    sw_cert_display_name(cert, name, sizeof name);
    snprintf(line, sizeof line, "%s: %s%s%s\r\n", field, name, separator, hash);
    return put(out, line);
}

static bool put_time(struct seal_sink *out, const char *field, int64_t time)
{
    char text[TIME_MAX], line[HEADER_LINE];
    seal_time_text(time, text);
    snprintf(line, sizeof line, "%s: %s\r\n", field, text);
    return put(out, line);
}

static bool is_id(const char *id)
{
    size_t n = strlen(id);
    for (size_t i = 0; i < n; i++)
        if (id[i] <= ' ' || id[i] >= 0x7f)
            return false;
    return n > 0 && n < SEAL_ID_MAX;
}

static bool put_id(struct seal_sink *out, const char *id, struct seal_status *st)
{
    uint8_t fresh[RANDOM_ID];
    char text[2 * RANDOM_ID + 1], line[HEADER_LINE];
    if (!id) {
        enum sw_err err = sw_rand_bytes(NULL, fresh, sizeof fresh);
        if (err != SW_OK)
            return seal_fail_err(st, err);
        for (unsigned i = 0; i < RANDOM_ID; i++)
            snprintf(text + 2 * i, 3, "%02x", fresh[i]);
    } else if (!is_id(id)) {
        return seal_fail(st, SEAL_CONFIG, "a message's id must be short and of printable characters");
    }
    snprintf(line, sizeof line, id ? "Message-ID: <%s>\r\n" : "Message-ID: <%s@sealwax>\r\n", id ? id : text);
    return put(out, line);
}

bool header_write(const struct seal_params *p, struct seal_sink *out, struct seal_status *st)
{
    bool ok = put(out, first_line) && put_person(out, "From", &p->self.chain->cert[0], st);
    for (size_t i = 0; i < p->to_len && ok; i++)
        ok = put_person(out, "To", &p->to[i].cert[0], st);
    ok = ok && put_time(out, "Date", p->now);
    if (p->expires)
        ok = ok && put_time(out, "Expires", p->expires);
    return ok && put_id(out, p->message_id, st) && put(out, "\r\n");
}

/* --- taking off --------------------------------------------------------------------------------------------------- */

static bool body(struct header *h, const void *p, size_t len)
{
    h->size += len;
    return len == 0 || h->out->write(h->out, p, len);
}

/* What has been gathered is the beginning of a body without header. */
static bool give_up(struct header *h)
{
    h->state = HEADER_NONE;
    return body(h, h->text, h->len);
}

/* Look for the empty line; what stands behind it is body. */
static bool gathered(struct header *h)
{
    h->text[h->len] = 0;
    if (h->state == HEADER_UNDECIDED) {
        size_t n = h->len < sizeof first_line - 1 ? h->len : sizeof first_line - 1;
        if (memcmp(h->text, first_line, n) != 0)
            return give_up(h);
        if (h->len < sizeof first_line - 1)
            return true;
        h->state = HEADER_INSIDE;
    }
    const char *end = memmem(h->text, h->len, "\r\n\r\n", 4);
    if (!end)
        return h->len < HEADER_MAX || seal_fail(h->st, SEAL_TAMPERED, "its header lines do not end");
    size_t at = (size_t)(end - h->text) + 4, rest = h->len - at;
    h->state = HEADER_DONE;
    h->len = at - 2; /* the lines, without the empty one */
    return body(h, h->text + at, rest);
}

bool header_feed(struct header *h, const uint8_t *p, size_t len)
{
    struct sw_slice in = {p, len};
    while (in.len > 0 && h->state < HEADER_DONE) {
        (void)seal_gather(h->text, HEADER_MAX, &h->len, &in);
        if (!gathered(h))
            return false;
    }
    return body(h, in.p, in.len);
}

bool header_end(struct header *h)
{
    if (h->state == HEADER_UNDECIDED)
        return give_up(h);
    return h->state != HEADER_INSIDE || seal_fail(h->st, SEAL_TAMPERED, "its header lines do not end");
}

/* --- checking ----------------------------------------------------------------------------------------------------- */

/* Exactly "2026-11-21T02:02:20Z". */
static bool read_time(const char *text, int64_t *out)
{
    char again[TIME_MAX];
    if (*out != 0 || !cli_parse_time(text, out))
        return false;
    seal_time_text(*out, again);
    return strcmp(again, text) == 0;
}

static bool read_id(const char *text, char out[SEAL_ID_MAX])
{
    size_t n = strlen(text);
    if (n < 3 || n - 2 >= SEAL_ID_MAX || text[0] != '<' || text[n - 1] != '>' || *out)
        return false;
    memcpy(out, text + 1, n - 2);
    out[n - 2] = 0;
    return is_id(out);
}

/* Whether "name; sha256=hash" is about this certificate. */
static bool is_person(const char *text, const char *hash)
{
    size_t n = strlen(text), tail = sizeof separator - 1 + strlen(hash);
    return n >= tail && strncmp(text + n - tail, separator, sizeof separator - 1) == 0 &&
           strcmp(text + n - strlen(hash), hash) == 0;
}

struct found {
    unsigned from, from_right, to, to_us;
};

/* One line, NUL-terminated. */
static bool read_line(const char *line, const char *us, struct found *f, struct seal_verdict *v)
{
    const char *value = strstr(line, ": ");
    if (!value)
        return false;
    size_t n = (size_t)(value - line);
    value += 2;
#define FIELD(name) (n == sizeof(name) - 1 && strncmp(line, name, n) == 0)
    if (FIELD("Date"))
        return read_time(value, &v->date);
    if (FIELD("Expires"))
        return read_time(value, &v->expires);
    if (FIELD("Message-ID"))
        return read_id(value, v->message_id);
    if (FIELD("From")) {
        f->from++;
        f->from_right += is_person(value, v->fingerprint);
    } else if (FIELD("To")) {
        f->to++;
        f->to_us += is_person(value, us);
    }
#undef FIELD
    return true;
}

static bool read_lines(struct header *h, const char *us, struct found *f, struct seal_verdict *v)
{
    char *line = h->text, *end = h->text + h->len;
    if (memchr(h->text, 0, h->len))
        return false;
    while (line < end) {
        char *next = strstr(line, "\r\n");
        *next = 0;
        if (!read_line(line, us, f, v))
            return false;
        line = next + 2;
    }
    return f->from == 1 && f->to > 0 && v->date != 0 && *v->message_id;
}

bool header_check(struct header *h, const struct seal_open_params *p, const struct sw_cert *signer,
                  struct seal_verdict *v)
{
    char us[FINGERPRINT_MAX];
    struct found f = {0};
    if (h->state == HEADER_NONE)
        return !p->require_bound || seal_fail(h->st, SEAL_NOT_FOR_US,
                                              "the signer does not say whom it is for: anybody may have passed it on");
    enum sw_err err = fingerprint(&p->self.chain->cert[0], us);
    if (err != SW_OK || (err = fingerprint(signer, v->fingerprint)) != SW_OK)
        return seal_fail_err(h->st, err);
    if (!read_lines(h, us, &f, v))
        return seal_fail(h->st, SEAL_TAMPERED, "its header lines are not as they should be");
    if (!f.from_right)
        return seal_fail(h->st, SEAL_SIGNER, "it says that somebody else wrote it than the one who signed it");
    if (!f.to_us)
        return seal_fail(h->st, SEAL_NOT_FOR_US, "the signer meant somebody else; it was passed on to us");
    if (v->expires && p->now > v->expires) {
        char when[TIME_MAX];
        seal_time_text(v->expires, when);
        return seal_fail(h->st, SEAL_EXPIRED, "it expired at %s", when);
    }
    v->bound = true;
    return true;
}
