/* What an ID on the command line stands for. */
#include "ttp/crl_issue.h"
#include "ttp/ttp_ca.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *ttp_status(const struct ttp *t, const struct ttp_row *row)
{
    return row->revoked               ? "revoked"
           : row->not_after < t->now  ? "expired"
           : row->not_before > t->now ? "not yet valid"
                                      : "valid";
}

struct sw_slice ttp_serial_bytes(const char *serial, uint8_t *out)
{
    size_t n = 0;
    unsigned v;
    out[n++] = 0; /* for a first bit that is set: the number is positive */
    for (; sscanf(serial, "%2x", &v) == 1 && n <= TTP_SERIAL_LEN; serial += 2)
        out[n++] = (uint8_t)v;
    bool lead = n > 1 && out[1] < 0x80;
    return (struct sw_slice){out + lead, n - lead};
}

static json_t *words_json(const char *text)
{
    json_t *array = json_array();
    while (*text) {
        size_t n = strcspn(text, " ");
        json_array_append_new(array, json_stringn(text, n));
        text += n + (text[n] == ' ');
    }
    return array;
}

json_t *ttp_row_json(const struct ttp *t, const struct ttp_row *row)
{
    char before[TTP_TIME_CAP], after[TTP_TIME_CAP], issued[TTP_TIME_CAP], revoked[TTP_TIME_CAP];
    json_t *o =
        json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:b}", "serial", row->serial, "status",
                  ttp_status(t, row), "cn", row->cn, "names", words_json(row->names), "profile", row->profile, "key",
                  row->key_type, "fingerprint", row->fingerprint, "not_before", ttp_time_text(row->not_before, before),
                  "not_after", ttp_time_text(row->not_after, after), "issued", ttp_time_text(row->issued, issued),
                  "prefix", ttp_json_text(row->prefix), "replaced", row->replaced);
    if (o && row->revoked) {
        const char *reason = sw_reason_name(row->reason);
        json_object_set_new(o, "revoked", json_string(ttp_time_text(row->revoked, revoked)));
        json_object_set_new(o, "reason", json_string(reason ? reason : "unspecified"));
    }
    if (o && *row->replaces)
        json_object_set_new(o, "replaces", json_string(row->replaces));
    return o;
}

/* --- serials --- */

/* Hex digits with colons or spaces between or "0x" before, as every tool prints serial numbers, in the index's form. */
static bool normal_serial(const char *id, char out[TTP_SERIAL_CAP])
{
    size_t n = 0;
    if (strncasecmp(id, "0x", 2) == 0)
        id += 2;
    char digits[2 * TTP_SERIAL_LEN + 2];
    for (; *id; id++) {
        if (*id == ':' || *id == ' ')
            continue;
        if (!strchr("0123456789abcdefABCDEF", *id) || n == sizeof digits - 1)
            return false;
        digits[n++] = (char)(*id >= 'A' && *id <= 'F' ? *id + 32 : *id);
    }
    digits[n] = 0;
    const char *p = digits;
    while (n > 2 && p[0] == '0' && (n % 2 || p[1] == '0')) {
        size_t skip = n % 2 ? 1 : 2;
        p += skip;
        n -= skip;
    }
    snprintf(out, TTP_SERIAL_CAP, "%s%s", n % 2 ? "0" : "", p);
    return n > 0;
}

/* --- the search --- */

struct search {
    const struct ttp *t;
    struct ttp_row *best;
    char serials[512]; /* of valid ones, for the message */
    size_t valid;
    bool memory;
};

/* Valid ones before others, newer before older. */
static int consider(void *ctx, const struct ttp_row *row)
{
    struct search *s = ctx;
    bool valid = !row->revoked && row->not_after >= s->t->now;
    if (valid) {
        size_t n = strlen(s->serials);
        snprintf(s->serials + n, sizeof s->serials - n, "%s%s", n ? ", " : "", row->serial);
        s->valid++;
    }
    if (s->best && !valid && s->valid)
        return 0;
    ttp_row_free(s->best);
    s->best = ttp_row_copy(row);
    s->memory = !s->best;
    return s->memory;
}

static int search(const struct ttp *t, struct ttp_index *ix, const char *serial, const char *name, struct search *s)
{
    *s = (struct search){.t = t};
    int err = ttp_index_each(ix, serial, name, consider, s);
    return s->memory ? ttp_fail(t, SW_ERR_MEMORY, "index") : err;
}

/* A file that holds a certificate. A name without slash or dot is no file unless there is one and it does. */
static bool is_file(const char *id)
{
    size_t n = strlen(id);
    return strchr(id, '/') || (n > 4 && (strcmp(id + n - 4, ".crt") == 0 || strcmp(id + n - 4, ".pem") == 0 ||
                                         strcmp(id + n - 4, ".cer") == 0));
}

static int from_file(const struct ttp *t, struct ttp_index *ix, const char *path, struct ttp_row **out, uint8_t **file,
                     size_t *file_len)
{
    struct sw_cert cert;
    char serial[TTP_SERIAL_CAP];
    struct ttp_certs read;
    struct search s;
    int err = ttp_cert_read(t, path, &read);
    if (err)
        return err;
    cert = read.v[0];
    err = search(t, ix, ttp_serial_text(cert.serial, serial), NULL, &s);
    /* of one that a list alone tells of, the serial number has to do */
    if (!err && s.best && (s.best->der.len == 0 || sw_slice_eq(s.best->der, cert.der))) {
        *out = s.best;
        s.best = NULL;
    } else if (!err && file) {
        *file = read.buf; /* which begins with the certificate */
        *file_len = cert.der.len;
        read.buf = NULL;
    } else if (!err) {
        err = ttp_error(t, TTP_BAD_INPUT, "%s: this certificate is not in the index of %s", path, t->dir);
    }
    ttp_row_free(s.best);
    ttp_certs_free(&read);
    return err;
}

int ttp_find(const struct ttp *t, struct ttp_index *ix, const char *id, bool newest, struct ttp_row **out,
             uint8_t **file, size_t *file_len)
{
    struct search s = {.t = t};
    char serial[TTP_SERIAL_CAP];
    *out = NULL;
    if (file)
        *file = NULL;
    if (*id == 0)
        return ttp_usage(t, "an ID is a name, a serial number or a certificate file, not nothing");
    if (is_file(id) && sw_file_exists(id))
        return from_file(t, ix, id, out, file, file_len);
    /*
     * serial numbers first: whoever asks for a certificate chooses its name, and could choose another's number for one
     */
    int err = normal_serial(id, serial) ? search(t, ix, serial, NULL, &s) : TTP_DONE;
    if (!err && !s.best)
        err = search(t, ix, NULL, id, &s);
    if (!err && !s.best)
        err = ttp_error(t, TTP_BAD_INPUT, "%s: no certificate in %s has this name or serial number", id, t->dir);
    else if (!err && s.valid > 1 && !newest)
        err = ttp_error(t, TTP_REFUSED, "%s: %zu valid certificates have this name; say which by its serial number: %s",
                        id, s.valid, s.serials);
    if (err)
        ttp_row_free(s.best);
    else
        *out = s.best;
    return err;
}
