/* Requests, keys and PKCS#12 files, for people. */
#include "base/wipe.h"
#include "ttp/csr.h"
#include "ttp/key.h"
#include "ttp/pkcs12.h"
#include "ttp/ttp_inspect.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- requests --- */

static const char *csr_state(const struct sw_csr *csr)
{
    enum sw_err err = sw_csr_verify(csr);
    return err == SW_OK              ? NULL
           : err == SW_ERR_SIGNATURE ? "its signature is wrong"
                                     : "its key or signature algorithm is not known";
}

static void show_csr(const struct ttp *t, const struct sw_csr *csr)
{
    char subject[512], key[SW_KEY_TEXT_CAP], text[256];
    char *names = ttp_names_text(csr->san, "\n", TTP_NAMES_SHOWN);
    const char *wrong = csr_state(csr);
    if (!wrong)
        wrong = ttp_key_weakness(&csr->key);
    sw_cert_name_text(csr->subject, subject, sizeof subject);
    ttp_page_title(t, "Certificate request", subject);
    ttp_page_line(t, "In order", wrong ? TTP_BAD : TTP_GOOD, "%s%s", wrong ? "no: " : "yes, signed with its key",
                  wrong ? wrong : "");
    if (names)
        ttp_page_list(t, "Names", names);
    ttp_page_line(t, "Key", TTP_PLAIN, "%s", sw_key_text(&csr->key, key));
    if (csr->asks_ca)
        ttp_page_line(t, "Asks for", TTP_BAD, "being a CA");
    if (csr->has_key_usage)
        ttp_page_line(t, "Key usage", TTP_PLAIN, "%s", ttp_usage_text(csr->key_usage, text, sizeof text));
    if (csr->has_eku)
        ttp_page_line(t, "Purposes", TTP_PLAIN, "%s", ttp_eku_text(csr->eku, text, sizeof text));
    if (csr->others)
        ttp_page_line(t, "Further", TTP_PLAIN, "%u extensions or attributes", csr->others);
    ttp_page_line(t, "Signed with", TTP_PLAIN, "%s", csr->sig_scheme ? csr->sig_scheme->name : "unknown algorithm");
    free(names);
}

int ttp_inspect_csr(const struct ttp *t, const char *path, struct sw_slice der, json_t *array)
{
    struct sw_csr csr;
    char subject[512], key[SW_KEY_TEXT_CAP], usage[256], eku[256];
    enum sw_err err = sw_csr_parse(&csr, der.p, der.len);
    if (err != SW_OK)
        return ttp_fail(t, err, path);
    if (!array) {
        show_csr(t, &csr);
        return TTP_DONE;
    }
    sw_cert_name_text(csr.subject, subject, sizeof subject);
    json_t *o = json_pack(
        "{s:s, s:s, s:o, s:s, s:b, s:b, s:s, s:s, s:s}", "type", "request", "subject", subject, "names",
        ttp_names_json(csr.san), "key", sw_key_text(&csr.key, key), "signature_ok", sw_csr_verify(&csr) == SW_OK,
        "asks_ca", csr.asks_ca, "key_usage", ttp_usage_text(csr.key_usage, usage, sizeof usage), "purposes",
        ttp_eku_text(csr.eku, eku, sizeof eku), "signature", csr.sig_scheme ? csr.sig_scheme->name : "unknown");
    return json_array_append_new(array, o) ? ttp_fail(t, SW_ERR_MEMORY, path) : TTP_DONE;
}

/* --- keys --- */

/* The SHA-256 of its SubjectPublicKeyInfo, which a certificate for the key shares. */
static char *spki_hash(const struct sw_pubkey *key, char out[TTP_HEX_CAP])
{
    uint8_t spki[SW_SPKI_MAX], digest[SW_HASH_MAX] = {0};
    struct sw_writer w = sw_writer_of(spki, sizeof spki);
    sw_spki_encode(&w, key);
    if (!sw_writer_ok(&w) || sw_hash_once(SW_HASH_SHA256, spki, w.len, digest) != SW_OK)
        memset(digest, 0, sizeof digest);
    return ttp_hex(digest, 32, out);
}

static int show_key(const struct ttp *t, const struct sw_privkey *key, bool sealed, json_t *array)
{
    const struct sw_pubkey *pub = sw_privkey_public(key);
    const char *weak = ttp_key_weakness(pub);
    char kind[SW_KEY_TEXT_CAP], hex[TTP_HEX_CAP];
    sw_key_text(pub, kind);
    spki_hash(pub, hex);
    if (array)
        return json_array_append_new(array, json_pack("{s:s, s:s, s:b, s:s}", "type", "private key", "key", kind,
                                                      "encrypted", sealed, "spki_sha256", hex))
                   ? ttp_fail(t, SW_ERR_MEMORY, kind)
                   : TTP_DONE;
    ttp_page_title(t, "Private key", kind);
    ttp_page_line(t, "In order", weak ? TTP_BAD : TTP_GOOD, "%s%s", weak ? "no: " : "yes", weak ? weak : "");
    ttp_page_line(t, "Encrypted", TTP_PLAIN, "%s", sealed ? "yes" : "no");
    ttp_page_line(t, "Public half", TTP_PLAIN, "SHA-256 %s", hex);
    return TTP_DONE;
}

/* An encrypted key without its passphrase is still worth a line. */
int ttp_inspect_key(const struct ttp *t, const char *path, const struct sw_file *file, json_t *array)
{
    struct cli_pass pass = {.given = false};
    struct sw_privkey *key = NULL;
    bool sealed = sw_key_is_encrypted(file->p, file->len);
    int err = sealed ? ttp_pass_get(t, TTP_OPT_PASSIN, path, true, false, &pass) : TTP_DONE;
    if (!err) {
        enum sw_err e = sw_key_read(&key, file->p, file->len,
                                    (struct sw_slice){pass.given ? (const uint8_t *)pass.text : NULL, pass.len});
        if (e == SW_ERR_PASSPHRASE && !pass.given && !array) {
            ttp_page_title(t, "Private key", "");
            ttp_page_line(t, "Encrypted", TTP_PLAIN, "yes (--passin opens it)");
        } else if (e == SW_ERR_PASSPHRASE && !pass.given) {
            json_array_append_new(array, json_pack("{s:s, s:b}", "type", "private key", "encrypted", 1));
        } else {
            err = e == SW_OK ? show_key(t, key, sealed, array) : ttp_fail(t, e, path);
        }
    }
    sw_privkey_free(key);
    cli_pass_wipe(&pass);
    return err;
}

/* --- PKCS#12 --- */

static int show_p12(const struct ttp *t, const char *path, const struct sw_pkcs12 *p12, json_t *array)
{
    int err = TTP_DONE;
    if (!array) {
        ttp_page_title(t, "PKCS#12", path);
        char keys[48];
        snprintf(keys, sizeof keys,
                 p12->further_keys ? "%u keys (the first is shown)"
                 : p12->key        ? "a key"
                                   : "no key",
                 p12->further_keys + 1);
        ttp_page_line(t, "Holds", TTP_PLAIN, "%s, %zu certificate%s\n", keys, p12->certs_len,
                      p12->certs_len == 1 ? "" : "s");
    }
    if (p12->key)
        err = show_key(t, p12->key, true, array);
    for (size_t i = 0; i < p12->certs_len && !err; i++) {
        if (!array)
            putchar('\n');
        err = ttp_inspect_cert(t, path, p12->certs[i], array);
    }
    return err;
}

int ttp_inspect_p12(const struct ttp *t, const char *path, const struct sw_file *file, json_t *array)
{
    struct cli_pass pass;
    struct sw_pkcs12 p12 = {.key = NULL};
    int err = ttp_pass_get(t, TTP_OPT_PASSIN, path, true, false, &pass);
    if (!err) {
        enum sw_err e =
            sw_pkcs12_decode(&p12, file->p, file->len, (struct sw_slice){(const uint8_t *)pass.text, pass.len});
        if (e == SW_ERR_PASSPHRASE && !pass.given)
            err = ttp_error(t, TTP_BAD_INPUT, "%s: a PKCS#12 file, which needs its passphrase (--passin)", path);
        else
            err = e == SW_OK ? show_p12(t, path, &p12, array) : ttp_fail(t, e, path);
    }
    sw_pkcs12_free(&p12);
    cli_pass_wipe(&pass);
    return err;
}
