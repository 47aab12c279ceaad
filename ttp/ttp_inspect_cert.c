/*
 * A certificate, for people: who, by whom, for what, until when, which names, whether it is in order; then every field.
 */
#include "ttp/der.h"
#include "ttp/key.h"
#include "ttp/ttp_inspect.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_CAP = 512 };

/* --- judging --- */

static const struct {
    uint32_t flaw;
    const char *text;
} flaws[] = {
    {SW_FLAW_SERIAL, "its serial number is zero, negative or too long"},
    {SW_FLAW_TIME_FORMAT, "its dates are written in a form that RFC 5280 forbids"},
    {SW_FLAW_VERSION, "it has extensions but is not version 3"},
    {SW_FLAW_EXT_CRITICALITY, "an extension is critical, or not, against RFC 5280"},
    {SW_FLAW_EMPTY_SUBJECT_SAN, "its subject is empty and its names are not critical"},
    {SW_FLAW_EXT_EMPTY, "an extension is empty"},
    {SW_FLAW_SIG_ALG_MISMATCH, "it names two different signature algorithms"},
    {SW_FLAW_ISSUER_EMPTY, "its issuer is empty"},
};

static bool self_signature_ok(const struct sw_cert *c)
{
    return c->sig_scheme && sw_sigalg_verify(&c->key, c->sig_scheme, c->sig_salt, c->tbs, c->sig) == SW_OK;
}

/*
 * What is wrong with it by itself, one sentence a line; empty if it is in order. Whether its issuer is trusted is for
 * ttp verify.
 */
static void judge(const struct ttp *t, const struct sw_cert *c, char *out, size_t cap)
{
    char span[TTP_SPAN_CAP];
    size_t n = 0;
    out[0] = 0;
#define SAY(...) (n += n < cap ? (size_t)snprintf(out + n, cap - n, __VA_ARGS__) : 0)
    if (c->not_after < t->now)
        SAY("it expired %s\n", ttp_span_text(t->now, c->not_after, span));
    if (c->not_before > t->now)
        SAY("it is not valid yet, %s\n", ttp_span_text(t->now, c->not_before, span));
    if (ttp_key_weakness(&c->key))
        SAY("its key is %s\n", ttp_key_weakness(&c->key));
    if (!c->sig_scheme)
        SAY("its signature algorithm is not known or not secure\n");
    else if (c->sig_scheme->hash == SW_HASH_SHA1 || c->sig_scheme->hash == SW_HASH_MD5)
        SAY("it is signed with %s, which is broken\n", c->sig_scheme->name);
    if (ttp_is_self_issued(c) && c->sig_scheme && sw_sigalg_fits(&c->key, c->sig_scheme, c->sig_salt) &&
        c->aki.len == 0 && !self_signature_ok(c))
        SAY("its own signature does not verify\n");
    if (c->unknown_critical)
        SAY("it has a critical extension that is not known\n");
    for (size_t i = 0; i < sizeof flaws / sizeof *flaws; i++)
        if (c->flaws & flaws[i].flaw)
            SAY("%s\n", flaws[i].text);
#undef SAY
}

static const char *kind(const struct sw_cert *c)
{
    return c->is_ca                ? ttp_is_self_issued(c) ? "Root CA" : "Intermediate CA"
           : ttp_is_self_issued(c) ? "Self-signed certificate"
                                   : "Certificate";
}

/* In words: what it can be used for. */
static char *purpose(const struct sw_cert *c, char *out, size_t cap)
{
    if (c->is_ca && c->path_len >= 0)
        snprintf(out, cap, "signing certificates, with at most %d CA%s below it", c->path_len,
                 c->path_len == 1 ? "" : "s");
    else if (c->is_ca)
        snprintf(out, cap, "signing certificates");
    else if (!c->has_eku)
        snprintf(out, cap, "anything (no purpose is named)");
    else
        ttp_eku_text(c->eku, out, cap);
    return out;
}

/* --- pieces --- */

static char *fingerprint(const struct sw_cert *c, char *out)
{
    uint8_t digest[SW_HASH_MAX] = {0};
    char hex[TTP_HEX_CAP];
    if (sw_hash_once(SW_HASH_SHA256, c->der.p, c->der.len, digest) != SW_OK)
        memset(digest, 0, sizeof digest);
    ttp_hex(digest, 32, hex);
    for (size_t i = 0; i < 32; i++)
        snprintf(out + 3 * i, 4, "%.2s%s", hex + 2 * i, i < 31 ? ":" : "");
    return out;
}

static char *hex_of(struct sw_slice s, char *out)
{
    if (s.len > 64)
        s.len = 64;
    return ttp_hex(s.p, s.len, out);
}

/* The bases of one side's subtrees as lines, at most so many; the rest is counted. */
static void write_bases(FILE *f, struct sw_reader list, size_t most)
{
    char text[SW_SAN_TEXT_CAP];
    struct sw_general_name base;
    size_t n = 0;
    for (; sw_reader_left(&list); n++) {
        struct sw_reader tree = sw_der_enter(&list, SW_DER_SEQUENCE);
        if (!sw_general_name_next(&tree, &base))
            break;
        if (n < most)
            fprintf(f, "%s%s", n ? "\n" : "", sw_san_text(&base, text, sizeof text));
    }
    if (n > most)
        fprintf(f, "\nand %zu more", n - most);
}

/* Subtrees of name constraints as lines: [0] permitted, [1] excluded. The caller frees it; NULL if memory is out. */
static char *subtrees(const struct sw_cert *c, unsigned which, size_t most)
{
    struct sw_reader r = sw_reader_of_slice(c->name_constraints);
    char *out = NULL;
    size_t len;
    FILE *f = open_memstream(&out, &len);
    if (!f)
        return NULL;
    while (sw_reader_left(&r)) {
        unsigned tag = sw_der_peek(&r);
        struct sw_reader list = sw_der_enter(&r, tag);
        if (tag == (SW_DER_CONTEXT(which) | SW_DER_CONSTRUCTED))
            write_bases(f, list, most);
    }
    if (fclose(f)) {
        free(out);
        return NULL;
    }
    return out;
}

/* Every URI (GeneralName [6]) anywhere inside an extension: good enough to show where lists and responders are. */
static void uris(struct sw_slice s, char *out, size_t cap, int depth)
{
    struct sw_reader r = sw_reader_of_slice(s);
    while (sw_reader_left(&r) && depth < 8) {
        unsigned tag;
        struct sw_slice whole, body = sw_der_read_any(&r, &tag, &whole);
        if (tag == (SW_DER_CONTEXT(6))) {
            char text[SW_SAN_TEXT_CAP];
            size_t n = strlen(out);
            snprintf(out + n, cap - n, "%s%s", n ? "\n" : "",
                     sw_san_text(&(struct sw_general_name){SW_GN_URI, body}, text, sizeof text) + 4);
        } else if (tag & SW_DER_CONSTRUCTED) {
            uris(body, out, cap, depth + 1);
        }
    }
}

/* --- showing --- */

static void show_page(const struct ttp *t, const struct sw_cert *c)
{
    char cn[256], text[TEXT_CAP], from[TTP_TIME_CAP], to[TTP_TIME_CAP], span[TTP_SPAN_CAP], key[SW_KEY_TEXT_CAP],
        wrong[2048];
    char *names = ttp_names_text(c->san, "\n", TTP_NAMES_SHOWN);
    sw_cert_common_name(c->subject, cn, sizeof cn);
    if (!*cn)
        sw_cert_name_text(c->subject, cn, sizeof cn);
    judge(t, c, wrong, sizeof wrong);
    ttp_page_title(t, kind(c), ttp_printable(cn, text, sizeof text));
    if (*wrong)
        for (char *p = wrong, *end; (end = strchr(p, '\n')); p = end + 1)
            ttp_page_line(t, p == wrong ? "In order" : "", TTP_BAD, "%s%.*s", p == wrong ? "no: " : "    ",
                          (int)(end - p), p);
    else
        ttp_page_line(t, "In order", TTP_GOOD, "yes, ends %s", ttp_span_text(t->now, c->not_after, span));
    ttp_page_line(t, "For", TTP_PLAIN, "%s", purpose(c, text, sizeof text));
    sw_cert_name_text(c->issuer, text, sizeof text);
    ttp_page_line(t, "Issued by", TTP_PLAIN, "%s", ttp_is_self_issued(c) ? "itself" : text);
    if (names && *names)
        ttp_page_list(t, "Names", names);
    ttp_page_line(t, "Valid", TTP_PLAIN, "%s to %s (%lld days)", ttp_time_text(c->not_before, from),
                  ttp_time_text(c->not_after, to), (long long)((c->not_after - c->not_before + 86400) / 86400));
    ttp_page_line(t, "Key", TTP_PLAIN, "%s", sw_key_text(&c->key, key));
    ttp_page_line(t, "SHA-256", TTP_PLAIN, "%s", fingerprint(c, text));
    free(names);
}

static void show_constraints(const struct ttp *t, const struct sw_cert *c)
{
    char *permitted = subtrees(c, 0, TTP_NAMES_SHOWN), *excluded = subtrees(c, 1, TTP_NAMES_SHOWN);
    if (c->name_constraints.len && permitted && *permitted)
        ttp_page_list(t, "Only for", permitted);
    if (c->name_constraints.len && excluded && *excluded)
        ttp_page_list(t, "Not for", excluded);
    free(permitted);
    free(excluded);
}

static void show_details(const struct ttp *t, const struct sw_cert *c)
{
    char text[TEXT_CAP], serial[TTP_SERIAL_CAP], hex[TTP_HEX_CAP], places[2048] = "";
    ttp_page_section(t, "Details");
    sw_cert_name_text(c->subject, text, sizeof text);
    ttp_page_line(t, "Subject", TTP_PLAIN, "%s", text);
    sw_cert_name_text(c->issuer, text, sizeof text);
    ttp_page_line(t, "Issuer", TTP_PLAIN, "%s", text);
    ttp_page_line(t, "Serial", TTP_PLAIN, "%s", ttp_serial_text(c->serial, serial));
    ttp_page_line(t, "Version", TTP_PLAIN, "%u", c->version);
    ttp_page_line(t, "Signed with", TTP_PLAIN, "%s", c->sig_scheme ? c->sig_scheme->name : "unknown algorithm");
    if (c->has_basic)
        ttp_page_line(t, "CA", TTP_PLAIN, "%s%s", c->is_ca ? "yes" : "no", c->basic_critical ? " (critical)" : "");
    if (c->has_key_usage)
        ttp_page_line(t, "Key usage", TTP_PLAIN, "%s%s", ttp_usage_text(c->key_usage, text, sizeof text),
                      c->key_usage_critical ? " (critical)" : "");
    if (c->has_eku)
        ttp_page_line(t, "Purposes", TTP_PLAIN, "%s%s", ttp_eku_text(c->eku, text, sizeof text),
                      c->eku_critical ? " (critical)" : "");
    show_constraints(t, c);
    if (c->ski.len)
        ttp_page_line(t, "Key id", TTP_PLAIN, "%s", hex_of(c->ski, hex));
    if (c->aki.len)
        ttp_page_line(t, "Issuer's key", TTP_PLAIN, "%s", hex_of(c->aki, hex));
    uris(c->crl_dp, places, sizeof places, 0);
    if (*places)
        ttp_page_list(t, "List at", places);
    places[0] = 0;
    uris(c->aia, places, sizeof places, 0);
    if (*places)
        ttp_page_list(t, "Ask at", places);
    if (c->must_staple)
        ttp_page_line(t, "Must staple", TTP_PLAIN, "yes");
}

static json_t *lines_json(const char *lines)
{
    json_t *array = json_array();
    while (lines && *lines) {
        size_t n = strcspn(lines, "\n");
        json_array_append_new(array, json_stringn(lines, n));
        lines += n + (lines[n] == '\n');
    }
    return array;
}

static json_t *to_json(const struct ttp *t, const struct sw_cert *c)
{
    char text[2048], hex[TTP_HEX_CAP], *permitted = subtrees(c, 0, TTP_NAMES_ALL),
                                       *excluded = subtrees(c, 1, TTP_NAMES_ALL);
    json_t *o = ttp_cert_json(c);
    judge(t, c, text, sizeof text);
    json_object_set_new(o, "type", json_string("certificate"));
    json_object_set_new(o, "in_order", json_boolean(!*text));
    json_object_set_new(o, "problems", lines_json(text));
    json_object_set_new(o, "version", json_integer((json_int_t)c->version));
    json_object_set_new(o, "signature", json_string(c->sig_scheme ? c->sig_scheme->name : "unknown"));
    if (c->is_ca && c->path_len >= 0)
        json_object_set_new(o, "path_len", json_integer(c->path_len));
    json_object_set_new(o, "key_usage", json_string(ttp_usage_text(c->key_usage, text, sizeof text)));
    json_object_set_new(o, "purposes", json_string(ttp_eku_text(c->eku, text, sizeof text)));
    json_object_set_new(o, "key_id", json_string(hex_of(c->ski, hex)));
    json_object_set_new(o, "issuer_key_id", json_string(hex_of(c->aki, hex)));
    json_object_set_new(o, "permitted", lines_json(permitted));
    json_object_set_new(o, "excluded", lines_json(excluded));
    free(permitted);
    free(excluded);
    return o;
}

int ttp_inspect_cert(const struct ttp *t, const char *path, struct sw_slice der, json_t *array)
{
    struct sw_cert cert;
    enum sw_err err = sw_cert_parse(&cert, der.p, der.len);
    if (err != SW_OK)
        return ttp_fail(t, err, path);
    if (array)
        return json_array_append_new(array, to_json(t, &cert)) ? ttp_fail(t, SW_ERR_MEMORY, path) : TTP_DONE;
    show_page(t, &cert);
    show_details(t, &cert);
    return TTP_DONE;
}
