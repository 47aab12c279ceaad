/* A revocation list, for people: whose, which number, until when, and what it revokes. */
#include "ttp/crl_issue.h"
#include "ttp/der.h"
#include "ttp/ttp_inspect.h"
#include <stdio.h>
#include <string.h>

enum { SHOWN = 200 /* entries for people; JSON has all */ };

struct list {
    struct sw_slice issuer, number, entries;
    const struct sw_sigscheme *scheme;
    int64_t this_update, next_update;
    bool has_next;
};

static struct sw_reader find_extension(struct sw_reader exts, unsigned id)
{
    while (sw_reader_left(&exts)) {
        struct sw_reader ext = sw_der_enter(&exts, SW_DER_SEQUENCE);
        struct sw_slice oid = sw_der_read(&ext, SW_DER_OID);
        if (sw_der_peek(&ext) == SW_DER_BOOLEAN)
            (void)sw_der_read(&ext, SW_DER_BOOLEAN);
        struct sw_reader value = sw_der_enter(&ext, SW_DER_OCTET_STRING);
        if (oid.len == 3 && oid.p[0] == 0x55 && oid.p[1] == 0x1d && oid.p[2] == id)
            return value;
    }
    return sw_reader_of(NULL, 0);
}

/* TBSCertList, RFC 5280 5.1.2. */
static bool parse(struct sw_slice der, struct list *l)
{
    struct sw_reader r = sw_reader_of_slice(der), seq = sw_der_enter(&r, SW_DER_SEQUENCE),
                     tbs = sw_der_enter(&seq, SW_DER_SEQUENCE);
    l->scheme = sw_sigalg_parse(sw_der_read_whole(&seq, SW_DER_SEQUENCE));
    (void)sw_der_read(&seq, SW_DER_BIT_STRING);
    if (sw_der_peek(&tbs) == SW_DER_INTEGER)
        (void)sw_der_read_uint(&tbs);
    (void)sw_der_read(&tbs, SW_DER_SEQUENCE);
    l->issuer = sw_der_read_whole(&tbs, SW_DER_SEQUENCE);
    l->this_update = sw_der_read_time(&tbs, NULL);
    l->has_next = sw_der_peek(&tbs) == SW_DER_UTC_TIME || sw_der_peek(&tbs) == SW_DER_GENERALIZED_TIME;
    if (l->has_next)
        l->next_update = sw_der_read_time(&tbs, NULL);
    if (sw_der_peek(&tbs) == SW_DER_SEQUENCE)
        l->entries = sw_der_read(&tbs, SW_DER_SEQUENCE);
    if (sw_der_peek(&tbs) == (SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED)) {
        struct sw_reader tagged = sw_der_enter(&tbs, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
        struct sw_reader number = find_extension(sw_der_enter(&tagged, SW_DER_SEQUENCE), 20);
        if (sw_reader_left(&number))
            l->number = sw_der_read_unsigned(&number);
    }
    return sw_reader_end(&tbs) && sw_reader_end(&seq) && sw_reader_end(&r) && sw_cert_name_valid(l->issuer);
}

/* The next entry: serial, time and reason. False at the end, and with the reader failed where it is malformed. */
static bool next_entry(struct sw_reader *entries, struct sw_revoked *out)
{
    if (!sw_reader_left(entries))
        return false;
    struct sw_reader entry = sw_der_enter(entries, SW_DER_SEQUENCE);
    *out = (struct sw_revoked){.reason = SW_REASON_NONE};
    out->serial = sw_der_read(&entry, SW_DER_INTEGER);
    out->at = sw_der_read_time(&entry, NULL);
    if (sw_reader_left(&entry)) {
        struct sw_reader value = find_extension(sw_der_enter(&entry, SW_DER_SEQUENCE), 21);
        struct sw_slice reason = {NULL, 0};
        if (sw_reader_left(&value))
            reason = sw_der_read(&value, SW_DER_ENUMERATED);
        if (reason.len == 1)
            out->reason = reason.p[0];
    }
    if (!sw_reader_end(&entry))
        sw_reader_fail(entries);
    return !entries->failed;
}

static const char *reason_text(const struct sw_revoked *r)
{
    const char *name = sw_reason_name(r->reason);
    return name ? name : "";
}

static size_t count(struct sw_slice entries)
{
    struct sw_reader r = sw_reader_of_slice(entries);
    struct sw_revoked e;
    size_t n = 0;
    while (next_entry(&r, &e))
        n++;
    return n;
}

/* --- showing --- */

static void show_entries(const struct ttp *t, const struct list *l)
{
    struct sw_reader r = sw_reader_of_slice(l->entries);
    struct sw_revoked e;
    size_t n = 0;
    char serial[TTP_SERIAL_CAP], time[TTP_TIME_CAP];
    ttp_page_section(t, "Revoked");
    for (; next_entry(&r, &e) && n < SHOWN; n++)
        ttp_page_line(t, "", TTP_PLAIN, "%-32s %s %s", ttp_serial_text(e.serial, serial), ttp_time_text(e.at, time),
                      reason_text(&e));
    if (n == SHOWN)
        ttp_page_line(t, "", TTP_PLAIN, "and so on; --json has them all");
}

static void show(const struct ttp *t, const struct list *l, const char *number)
{
    char issuer[512], from[TTP_TIME_CAP], to[TTP_TIME_CAP], span[TTP_SPAN_CAP];
    bool over = l->has_next && l->next_update < t->now;
    sw_cert_name_text(l->issuer, issuer, sizeof issuer);
    ttp_page_title(t, "Revocation list", issuer);
    if (!l->has_next)
        ttp_page_line(t, "In order", TTP_BAD, "no: it does not say when the next one comes");
    else
        ttp_page_line(t, "In order", over ? TTP_BAD : TTP_GOOD, "%s%s",
                      over ? "no: it ran out " : "yes, the next one is due ",
                      ttp_span_text(t->now, l->next_update, span));
    ttp_page_line(t, "Number", TTP_PLAIN, "%s", *number ? number : "none");
    ttp_page_line(t, "Made", TTP_PLAIN, "%s", ttp_time_text(l->this_update, from));
    if (l->has_next)
        ttp_page_line(t, "Good until", TTP_PLAIN, "%s", ttp_time_text(l->next_update, to));
    ttp_page_line(t, "Revoked", TTP_PLAIN, "%zu", count(l->entries));
    ttp_page_line(t, "Signed with", TTP_PLAIN, "%s", l->scheme ? l->scheme->name : "unknown algorithm");
    if (l->entries.len)
        show_entries(t, l);
}

static json_t *to_json(const struct list *l, const char *number)
{
    char issuer[512], time[TTP_TIME_CAP], serial[TTP_SERIAL_CAP];
    struct sw_reader r = sw_reader_of_slice(l->entries);
    struct sw_revoked e;
    json_t *o = json_object(), *list = json_array();
    sw_cert_name_text(l->issuer, issuer, sizeof issuer);
    json_object_set_new(o, "type", json_string("revocation list"));
    json_object_set_new(o, "issuer", json_string(issuer));
    json_object_set_new(o, "number", json_string(number));
    json_object_set_new(o, "this_update", json_string(ttp_time_text(l->this_update, time)));
    if (l->has_next)
        json_object_set_new(o, "next_update", json_string(ttp_time_text(l->next_update, time)));
    json_object_set_new(o, "signature", json_string(l->scheme ? l->scheme->name : "unknown"));
    while (next_entry(&r, &e))
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "serial", ttp_serial_text(e.serial, serial), "revoked",
                                              ttp_time_text(e.at, time), "reason", reason_text(&e)));
    json_object_set_new(o, "revoked", list);
    return o;
}

/* The number, in decimal where it fits, as our own lists count; otherwise in hex. */
static void number_text(struct sw_slice number, char out[TTP_HEX_CAP])
{
    unsigned long long n = 0;
    out[0] = 0;
    if (number.len > 8) {
        number.len = number.len > 60 ? 60 : number.len;
        memcpy(out, "0x", 3);
        ttp_hex(number.p, number.len, out + 2);
        return;
    }
    for (size_t i = 0; i < number.len; i++)
        n = n << 8 | number.p[i];
    if (number.p)
        snprintf(out, TTP_HEX_CAP, "%llu", n);
}

int ttp_inspect_crl(const struct ttp *t, const char *path, struct sw_slice der, json_t *array)
{
    struct list l = {.has_next = false};
    char number[TTP_HEX_CAP];
    if (!parse(der, &l))
        return ttp_error(t, TTP_BAD_INPUT, "%s: neither certificate, request, list, key nor PKCS#12 file", path);
    number_text(l.number, number);
    if (array)
        return json_array_append_new(array, to_json(&l, number)) ? ttp_fail(t, SW_ERR_MEMORY, path) : TTP_DONE;
    show(t, &l, number);
    return TTP_DONE;
}
