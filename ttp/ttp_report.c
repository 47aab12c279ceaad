/* What is shown of a certificate that was just made or found: a few lines for people, an object for programs. */
#include "base/hash.h"
#include "ttp/key.h"
#include "ttp/pem.h"
#include "ttp/ttp_ca.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *time_json(int64_t time)
{
    char text[TTP_TIME_CAP];
    return json_string(ttp_time_text(time, text));
}

static void fingerprint(const struct sw_cert *cert, char out[TTP_HEX_CAP])
{
    uint8_t digest[SW_HASH_MAX] = {0};
    if (sw_hash_once(SW_HASH_SHA256, cert->der.p, cert->der.len, digest) != SW_OK)
        memset(digest, 0, sizeof digest);
    ttp_hex(digest, 32, out);
}

json_t *ttp_cert_json(const struct sw_cert *cert)
{
    char serial[TTP_SERIAL_CAP], subject[512], issuer[512], cn[256], key[SW_KEY_TEXT_CAP], hex[TTP_HEX_CAP];
    json_t *o = json_object();
    fingerprint(cert, hex);
    sw_cert_name_text(cert->subject, subject, sizeof subject);
    sw_cert_name_text(cert->issuer, issuer, sizeof issuer);
    sw_cert_common_name(cert->subject, cn, sizeof cn);
    json_object_set_new(o, "serial", json_string(ttp_serial_text(cert->serial, serial)));
    json_object_set_new(o, "cn", json_string(cn));
    json_object_set_new(o, "subject", json_string(subject));
    json_object_set_new(o, "issuer", json_string(issuer));
    json_object_set_new(o, "names", ttp_names_json(cert->san));
    json_object_set_new(o, "ca", json_boolean(cert->is_ca));
    json_object_set_new(o, "not_before", time_json(cert->not_before));
    json_object_set_new(o, "not_after", time_json(cert->not_after));
    json_object_set_new(o, "key", json_string(sw_key_text(&cert->key, key)));
    json_object_set_new(o, "fingerprint", json_string(hex));
    return o;
}

void ttp_describe(const struct ttp *t, const struct sw_cert *cert, const struct ttp_files *files)
{
    char serial[TTP_SERIAL_CAP], subject[512], span[TTP_SPAN_CAP], time[TTP_TIME_CAP], key[SW_KEY_TEXT_CAP],
        hex[TTP_HEX_CAP];
    char *names = ttp_names_text(cert->san, " ", TTP_NAMES_ALL);
    fingerprint(cert, hex);
    sw_cert_name_text(cert->subject, subject, sizeof subject);
    ttp_say(t, "Subject      %s", *subject ? subject : "empty");
    if (names && *names)
        ttp_say(t, "Names        %s", names);
    ttp_say(t, "Valid until  %s (%s)", ttp_time_text(cert->not_after, time),
            ttp_span_text(t->now, cert->not_after, span));
    ttp_say(t, "Key          %s", sw_key_text(&cert->key, key));
    ttp_say(t, "Serial       %s", ttp_serial_text(cert->serial, serial));
    ttp_say(t, "SHA-256      %s", hex);
    const char *paths[] = {files->key, files->csr, files->crt, files->fullchain};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (*paths[i])
            ttp_say(t, "%s%s",
                    i == 0 || (i == 1 && !*paths[0]) || (i == 2 && !*paths[0] && !*paths[1]) ? "Files        "
                                                                                             : "             ",
                    paths[i]);
    free(names);
}

static void add_path(json_t *o, const char *key, const char *path)
{
    if (*path)
        json_object_set_new(o, key, ttp_json_text(path));
}

json_t *ttp_files_json(const struct ttp_files *files)
{
    json_t *o = json_object();
    add_path(o, "key", files->key);
    add_path(o, "request", files->csr);
    add_path(o, "certificate", files->crt);
    add_path(o, "fullchain", files->fullchain);
    return o;
}

int ttp_report(const struct ttp *t, const uint8_t *der, size_t len, const struct ttp_files *files)
{
    struct sw_cert cert;
    if (sw_cert_parse(&cert, der, len) != SW_OK)
        return ttp_fail(t, SW_ERR_CERT_DECODE, "certificate");
    if (!t->json) {
        ttp_describe(t, &cert, files);
        return TTP_DONE;
    }
    json_t *o = ttp_cert_json(&cert);
    json_object_set_new(o, "files", ttp_files_json(files));
    return ttp_result(t, TTP_DONE, o);
}

int ttp_report_pem(const struct ttp *t, const char *label, const uint8_t *der, size_t len, json_t *o)
{
    size_t cap = len * 3 / 2 + 256, pem_len;
    char *pem = malloc(cap);
    enum sw_err err = pem ? sw_pem_encode(label, der, len, pem, cap, &pem_len) : SW_ERR_MEMORY;
    int code = err == SW_OK ? TTP_DONE : ttp_fail(t, err, label);
    if (!code && t->json) {
        json_object_set_new(o, "pem", json_string(pem));
        code = ttp_result(t, TTP_DONE, json_incref(o));
    } else if (!code) {
        code = ttp_write_out(t, pem, pem_len, false);
    }
    json_decref(o);
    free(pem);
    return code;
}

int ttp_report_signed(const struct ttp *t, const uint8_t *der, size_t len, const struct ttp_files *files)
{
    struct sw_cert cert;
    if (files->crt[0])
        return ttp_report(t, der, len, files);
    if (sw_cert_parse(&cert, der, len) != SW_OK)
        return ttp_fail(t, SW_ERR_CERT_DECODE, "certificate");
    return ttp_report_pem(t, "CERTIFICATE", der, len, t->json ? ttp_cert_json(&cert) : NULL);
}
