/* An OCSP response, for people: about which certificate, what is said of it, by whom, from when until when. */
#include "ttp/crl.h"
#include "ttp/der.h"
#include "ttp/ocsp.h"
#include "ttp/ttp_inspect.h"
#include <stdio.h>
#include <string.h>

enum { SHOWN = 50 /* answers for people; JSON has all */, WHO_CAP = 512 };

/* --- in words --- */

static const char *status_text(const struct sw_ocsp_single *s)
{
    return s->status == SW_OCSP_GOOD ? "good" : s->status == SW_OCSP_REVOKED ? "revoked" : "unknown";
}

/* OCSPResponseStatus (RFC 6960 4.2.1) of a response that is nothing else; NULL where it is no such one. */
static const char *refusal(struct sw_slice der)
{
    static const char *const texts[] = {
        NULL, "the request was malformed",  "the responder failed",     "try again later",
        NULL, "the request must be signed", "the requester may not ask"};
    struct sw_reader r = sw_reader_of_slice(der), seq = sw_der_enter(&r, SW_DER_SEQUENCE);
    struct sw_slice status = sw_der_read(&seq, SW_DER_ENUMERATED);
    bool alone = sw_reader_end(&seq) && sw_reader_end(&r) && status.len == 1;
    return alone && status.p[0] < sizeof texts / sizeof *texts ? texts[status.p[0]] : NULL;
}

/* The responder, by name or by the SHA-1 of its key; that may be the key by which an answer names the issuer. */
static char *responder(const struct sw_ocsp *o, char out[WHO_CAP])
{
    struct sw_reader r = sw_reader_of_slice(o->responses);
    struct sw_ocsp_single s;
    char hex[TTP_HEX_CAP];
    size_t len = o->by_key.len < 20 ? o->by_key.len : 20;
    bool issuer = sw_ocsp_next(&r, &s) && s.hash == SW_HASH_SHA1 && sw_slice_eq(s.key_hash, o->by_key);
    if (o->by_name.len)
        sw_cert_name_text(o->by_name, out, WHO_CAP);
    else
        snprintf(out, WHO_CAP, "the %skey %s", issuer ? "issuer's own " : "", ttp_hex(o->by_key.p, len, hex));
    return out;
}

/*
 * The first answer that is not good, for its end and beginning concern whoever reads; else the first. False if there is
 * none.
 */
static bool worst(const struct sw_ocsp *o, struct sw_ocsp_single *out, size_t *count)
{
    struct sw_reader r = sw_reader_of_slice(o->responses);
    struct sw_ocsp_single s;
    *count = 0;
    while (sw_ocsp_next(&r, &s))
        if ((*count)++ == 0 || (out->status == SW_OCSP_GOOD && s.status != SW_OCSP_GOOD))
            *out = s;
    return *count > 0;
}

/* NULL, or why it cannot be used at this time. */
static const char *untimely(const struct ttp *t, const struct sw_ocsp_single *s, char span[TTP_SPAN_CAP])
{
    if (s->this_update > t->now) {
        ttp_span_text(t->now, s->this_update, span);
        return "it is not valid yet, but will be ";
    }
    if (s->next_update && s->next_update < t->now) {
        ttp_span_text(t->now, s->next_update, span);
        return "it ran out ";
    }
    span[0] = 0;
    return s->next_update ? NULL : "it does not say until when it is valid";
}

/* --- showing --- */

static void show_answer(const struct ttp *t, const struct sw_ocsp_single *s)
{
    char serial[TTP_SERIAL_CAP], time[TTP_TIME_CAP], span[TTP_SPAN_CAP];
    const char *wrong = untimely(t, s, span);
    ttp_page_line(t, "About", TTP_PLAIN, "the certificate with the serial number %s",
                  ttp_serial_text(s->serial, serial));
    if (s->status == SW_OCSP_REVOKED)
        ttp_page_line(t, "It is", TTP_BAD, "revoked since %s (%s)", ttp_time_text(s->revoked_at, time),
                      sw_crl_reason_text(s->reason));
    else
        ttp_page_line(t, "It is", s->status == SW_OCSP_GOOD ? TTP_GOOD : TTP_BAD, "%s",
                      s->status == SW_OCSP_GOOD ? "good: not revoked" : "unknown to the responder");
    if (wrong)
        ttp_page_line(t, "In order", TTP_BAD, "no: %s%s", wrong, span);
    else
        ttp_page_line(t, "In order", TTP_GOOD, "yes, the next one is due %s",
                      ttp_span_text(t->now, s->next_update, span));
    ttp_page_line(t, "Valid from", TTP_PLAIN, "%s", ttp_time_text(s->this_update, time));
    if (s->next_update)
        ttp_page_line(t, "Good until", TTP_PLAIN, "%s", ttp_time_text(s->next_update, time));
}

static void show_all(const struct ttp *t, const struct sw_ocsp *o)
{
    struct sw_reader r = sw_reader_of_slice(o->responses);
    struct sw_ocsp_single s;
    char serial[TTP_SERIAL_CAP], from[TTP_TIME_CAP], to[TTP_TIME_CAP];
    size_t n = 0;
    ttp_page_section(t, "Answers");
    for (; n < SHOWN && sw_ocsp_next(&r, &s); n++)
        ttp_page_line(t, status_text(&s), s.status == SW_OCSP_GOOD ? TTP_GOOD : TTP_BAD, "%-32s %s to %s",
                      ttp_serial_text(s.serial, serial), ttp_time_text(s.this_update, from),
                      s.next_update ? ttp_time_text(s.next_update, to) : "no end");
    if (sw_reader_left(&r))
        ttp_page_line(t, "", TTP_PLAIN, "and so on; --json has them all");
}

static void show_certs(const struct ttp *t, const struct sw_ocsp *o)
{
    struct sw_reader r = sw_reader_of_slice(o->certs);
    struct sw_cert c;
    char name[WHO_CAP];
    for (unsigned n = 0; n < SW_OCSP_CERTS && sw_reader_left(&r); n++) {
        struct sw_slice der = sw_der_read_whole(&r, SW_DER_SEQUENCE);
        if (sw_cert_parse(&c, der.p, der.len) != SW_OK)
            continue;
        sw_cert_name_text(c.subject, name, sizeof name);
        ttp_page_line(t, n ? "" : "Enclosed", TTP_PLAIN, "the certificate of %s", name);
    }
}

static void show_details(const struct ttp *t, const struct sw_ocsp *o, const struct sw_ocsp_single *s)
{
    char time[TTP_TIME_CAP], hex[TTP_HEX_CAP];
    size_t len = o->nonce.len < 32 ? o->nonce.len : 32;
    ttp_page_section(t, "Details");
    ttp_page_line(t, "Made", TTP_PLAIN, "%s", ttp_time_text(o->produced_at, time));
    ttp_page_line(t, "Signed with", TTP_PLAIN, "%s", o->sig_scheme ? o->sig_scheme->name : "unknown algorithm");
    ttp_page_line(t, "Issuer name", TTP_PLAIN, "%s",
                  ttp_hex(s->name_hash.p, s->name_hash.len < 64 ? s->name_hash.len : 64, hex));
    ttp_page_line(t, "Issuer key", TTP_PLAIN, "%s",
                  ttp_hex(s->key_hash.p, s->key_hash.len < 64 ? s->key_hash.len : 64, hex));
    if (len)
        ttp_page_line(t, "Nonce", TTP_PLAIN, "%s", ttp_hex(o->nonce.p, len, hex));
    show_certs(t, o);
}

static void show(const struct ttp *t, const struct sw_ocsp *o, const struct sw_ocsp_single *s, size_t count)
{
    char serial[TTP_SERIAL_CAP], title[TTP_SERIAL_CAP + 32], who[WHO_CAP];
    if (count == 1)
        snprintf(title, sizeof title, "%s is %s", ttp_serial_text(s->serial, serial), status_text(s));
    else
        snprintf(title, sizeof title, "about %zu certificates", count);
    ttp_page_title(t, "OCSP response", title);
    show_answer(t, s);
    ttp_page_line(t, "Said by", TTP_PLAIN, "%s", responder(o, who));
    if (count > 1)
        show_all(t, o);
    show_details(t, o, s);
}

/* --- JSON --- */

static json_t *answer_json(const struct sw_ocsp_single *s)
{
    char serial[TTP_SERIAL_CAP], time[TTP_TIME_CAP];
    json_t *o = json_pack("{s:s, s:s, s:s}", "serial", ttp_serial_text(s->serial, serial), "status", status_text(s),
                          "this_update", ttp_time_text(s->this_update, time));
    if (s->next_update)
        json_object_set_new(o, "next_update", json_string(ttp_time_text(s->next_update, time)));
    if (s->status == SW_OCSP_REVOKED) {
        json_object_set_new(o, "revoked", json_string(ttp_time_text(s->revoked_at, time)));
        json_object_set_new(o, "reason", json_string(s->reason < 0 ? "" : sw_crl_reason_text(s->reason)));
    }
    return o;
}

static json_t *to_json(const struct sw_ocsp *ocsp)
{
    char who[WHO_CAP], time[TTP_TIME_CAP];
    struct sw_reader r = sw_reader_of_slice(ocsp->responses);
    struct sw_ocsp_single s;
    json_t *o = json_object(), *answers = json_array();
    json_object_set_new(o, "type", json_string("OCSP response"));
    json_object_set_new(o, "responder", json_string(responder(ocsp, who)));
    json_object_set_new(o, "produced_at", json_string(ttp_time_text(ocsp->produced_at, time)));
    json_object_set_new(o, "signature", json_string(ocsp->sig_scheme ? ocsp->sig_scheme->name : "unknown"));
    json_object_set_new(o, "nonce", json_boolean(ocsp->nonce.len > 0));
    while (sw_ocsp_next(&r, &s))
        json_array_append_new(answers, answer_json(&s));
    json_object_set_new(o, "answers", answers);
    return o;
}

static int show_refusal(const struct ttp *t, const char *path, const char *why, json_t *array)
{
    json_t *o = array ? json_pack("{s:s, s:s}", "type", "OCSP response", "refused", why) : NULL;
    if (array)
        return json_array_append_new(array, o) ? ttp_fail(t, SW_ERR_MEMORY, path) : TTP_DONE;
    ttp_page_title(t, "OCSP response", "no answer");
    ttp_page_line(t, "Says", TTP_BAD, "%s", why);
    return TTP_DONE;
}

bool ttp_is_ocsp(struct sw_slice der)
{
    struct sw_ocsp ocsp;
    return refusal(der) || sw_ocsp_parse(&ocsp, der.p, der.len) == SW_OK;
}

int ttp_inspect_ocsp(const struct ttp *t, const char *path, struct sw_slice der, json_t *array)
{
    const char *refused = refusal(der);
    struct sw_ocsp_single s;
    struct sw_ocsp ocsp;
    size_t count;
    if (refused)
        return show_refusal(t, path, refused, array);
    enum sw_err err = sw_ocsp_parse(&ocsp, der.p, der.len);
    if (err != SW_OK)
        return ttp_error(t, TTP_BAD_INPUT, "%s: this is no OCSP response that can be decoded", path);
    if (array)
        return json_array_append_new(array, to_json(&ocsp)) ? ttp_fail(t, SW_ERR_MEMORY, path) : TTP_DONE;
    if (!worst(&ocsp, &s, &count))
        return ttp_error(t, TTP_BAD_INPUT, "%s: this OCSP response says nothing", path);
    show(t, &ocsp, &s, count);
    return TTP_DONE;
}
