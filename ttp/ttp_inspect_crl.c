/* A revocation list, for people: whose, which number, until when, and what it revokes. */
#include "ttp/crl.h"
#include "ttp/ttp_inspect.h"
#include <stdio.h>
#include <string.h>

enum { SHOWN = 200 /* entries for people; JSON has all */ };

static const char *reason(const struct sw_crl_entry *e)
{
    return e->reason < 0 ? "" : sw_crl_reason_text(e->reason);
}

static void show_entries(const struct ttp *t, const struct sw_crl *l)
{
    struct sw_reader r = sw_reader_of_slice(l->entries);
    struct sw_crl_entry e;
    size_t n = 0;
    char serial[TTP_SERIAL_CAP], time[TTP_TIME_CAP];
    ttp_page_section(t, "Revoked");
    for (; sw_crl_next(&r, &e) && n < SHOWN; n++)
        ttp_page_line(t, "", TTP_PLAIN, "%-32s %s %s", ttp_serial_text(e.serial, serial), ttp_time_text(e.at, time),
                      reason(&e));
    if (n == SHOWN)
        ttp_page_line(t, "", TTP_PLAIN, "and so on; --json has them all");
}

static void show(const struct ttp *t, const struct sw_crl *l, const char *number)
{
    char issuer[512], from[TTP_TIME_CAP], to[TTP_TIME_CAP], span[TTP_SPAN_CAP];
    bool over = l->next_update && l->next_update < t->now;
    sw_cert_name_text(l->issuer, issuer, sizeof issuer);
    ttp_page_title(t, "Revocation list", issuer);
    if (!l->next_update)
        ttp_page_line(t, "In order", TTP_BAD, "no: it does not say when the next one comes");
    else
        ttp_page_line(t, "In order", over ? TTP_BAD : TTP_GOOD, "%s%s",
                      over ? "no: it ran out " : "yes, the next one is due ",
                      ttp_span_text(t->now, l->next_update, span));
    ttp_page_line(t, "Number", TTP_PLAIN, "%s", *number ? number : "none");
    ttp_page_line(t, "Made", TTP_PLAIN, "%s", ttp_time_text(l->this_update, from));
    if (l->next_update)
        ttp_page_line(t, "Good until", TTP_PLAIN, "%s", ttp_time_text(l->next_update, to));
    ttp_page_line(t, "Revoked", TTP_PLAIN, "%zu", l->entries_len);
    ttp_page_line(t, "Signed with", TTP_PLAIN, "%s", l->sig_scheme ? l->sig_scheme->name : "unknown algorithm");
    if (l->entries_len)
        show_entries(t, l);
}

static json_t *to_json(const struct sw_crl *l, const char *number)
{
    char issuer[512], time[TTP_TIME_CAP], serial[TTP_SERIAL_CAP];
    struct sw_reader r = sw_reader_of_slice(l->entries);
    struct sw_crl_entry e;
    json_t *o = json_object(), *list = json_array();
    sw_cert_name_text(l->issuer, issuer, sizeof issuer);
    json_object_set_new(o, "type", json_string("revocation list"));
    json_object_set_new(o, "issuer", json_string(issuer));
    json_object_set_new(o, "number", json_string(number));
    json_object_set_new(o, "this_update", json_string(ttp_time_text(l->this_update, time)));
    if (l->next_update)
        json_object_set_new(o, "next_update", json_string(ttp_time_text(l->next_update, time)));
    json_object_set_new(o, "signature", json_string(l->sig_scheme ? l->sig_scheme->name : "unknown"));
    while (sw_crl_next(&r, &e))
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "serial", ttp_serial_text(e.serial, serial), "revoked",
                                              ttp_time_text(e.at, time), "reason", reason(&e)));
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
    struct sw_crl l;
    char number[TTP_HEX_CAP];
    if (sw_crl_parse(&l, der.p, der.len) != SW_OK)
        return ttp_error(t, TTP_BAD_INPUT,
                         "%s: neither certificate, request, list, OCSP response, key nor PKCS#12 file", path);
    number_text(l.number, number);
    if (array)
        return json_array_append_new(array, to_json(&l, number)) ? ttp_fail(t, SW_ERR_MEMORY, path) : TTP_DONE;
    show(t, &l, number);
    return TTP_DONE;
}
