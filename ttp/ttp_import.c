/* ttp import: key and certificates out of a PKCS#12 file. */
#include "base/wipe.h"
#include "ttp/key.h"
#include "ttp/pkcs12.h"
#include "ttp/ttp_ca.h"
#include "ttp/ttp_verbs.h"
#include <stdlib.h>
#include <string.h>

enum { P12_MAX = 4 << 20 };

static int open_p12(const struct ttp *t, const char *path, struct sw_pkcs12 *p12)
{
    struct sw_file file;
    struct cli_pass pass;
    enum sw_err e = sw_file_read(path, P12_MAX, &file);
    if (e != SW_OK)
        return ttp_fail(t, e, path);
    int err = ttp_pass_get(t, TTP_OPT_PASSIN, path, true, false, &pass);
    if (!err) {
        e = sw_pkcs12_decode(p12, file.p, file.len, (struct sw_slice){(const uint8_t *)pass.text, pass.len});
        if (e == SW_ERR_PASSPHRASE && !pass.given)
            err = ttp_error(t, TTP_BAD_INPUT, "%s: it needs a passphrase (--passin)", path);
        else if (e == SW_ERR_UNSUPPORTED)
            err = ttp_error(t, TTP_BAD_INPUT,
                            "%s: encrypted in a way that this tool does not read (RC2 in very old files, or a file "
                            "without MAC): convert it, \"openssl pkcs12 -legacy -in OLD -out PEM\"",
                            path);
        else if (e == SW_ERR_DER)
            err = ttp_error(t, TTP_BAD_INPUT, "%s: this is no PKCS#12 file, or a damaged one", path);
        else if (e != SW_OK)
            err = ttp_fail(t, e, path);
    }
    cli_pass_wipe(&pass);
    sw_file_free(&file);
    return err;
}

static int stage_key(const struct ttp *t, const struct sw_pkcs12 *p12, const char *path, struct ttp_stages *s)
{
    char pem[SW_KEY_PEM_MAX];
    size_t len;
    int err = ttp_key_pem(t, p12->key, path, pem, sizeof pem, &len);
    if (!err)
        err = ttp_stage(t, s, path, (struct sw_slice){(const uint8_t *)pem, len}, SW_FILE_SECRET);
    sw_wipe(pem, sizeof pem);
    return err;
}

/*
 * The leaf and those above it in their order, whatever the file's was, without the root: a server sends none, and who
 * imports one should decide to trust it.
 */
static size_t order_chain(const struct sw_pkcs12 *p12, struct sw_slice chain[SW_PKCS12_CERTS_MAX])
{
    bool used[SW_PKCS12_CERTS_MAX] = {true};
    struct sw_cert cert, above;
    size_t n = 1;
    chain[0] = p12->certs[0];
    bool more = sw_cert_parse(&cert, chain[0].p, chain[0].len) == SW_OK;
    while (more) {
        more = false;
        for (size_t i = 1; i < p12->certs_len && !more; i++) {
            more = !used[i] && sw_cert_parse(&above, p12->certs[i].p, p12->certs[i].len) == SW_OK &&
                   !ttp_is_self_issued(&above) && sw_cert_name_eq(above.subject, cert.issuer);
            used[i] |= more;
        }
        if (more) {
            chain[n++] = above.der;
            cert = above;
        }
    }
    return n;
}

static int write_files(const struct ttp *t, const struct sw_pkcs12 *p12, const struct ttp_files *files)
{
    struct sw_slice chain[SW_PKCS12_CERTS_MAX];
    struct ttp_stages s = {.n = 0};
    int err = p12->key ? stage_key(t, p12, files->key, &s) : TTP_DONE;
    if (!err && p12->certs_len)
        err = ttp_stage_certs(t, &s, files->crt, p12->certs, 1, 0);
    if (!err && p12->certs_len)
        err = ttp_stage_certs(t, &s, files->fullchain, chain, order_chain(p12, chain), 0);
    if (!err)
        err = ttp_stages_name(t, &s);
    ttp_stages_forget(&s);
    return err;
}

static int import(const struct ttp *t, const struct sw_pkcs12 *p12)
{
    const char *prefix = ttp_get(t, TTP_OPT_PREFIX);
    struct ttp_files files = {.replace = false};
    if (!p12->key && !p12->certs_len)
        return ttp_error(t, TTP_BAD_INPUT, "%s: there is neither key nor certificate in it", t->argv[0]);
    int err = ttp_files_for(t, prefix, p12->key, false, p12->certs_len > 0, &files);
    if (!err)
        err = write_files(t, p12, &files);
    if (err)
        return err;
    if (p12->further_keys)
        ttp_note(t, "%s holds %u keys: this is the first, and the others are left", t->argv[0], p12->further_keys + 1);
    if (p12->certs_len)
        return ttp_report(t, p12->certs[0].p, p12->certs[0].len, &files);
    ttp_say(t, "Key          %s", files.key);
    return t->json ? ttp_result(t, TTP_DONE, json_pack("{s:o}", "files", ttp_files_json(&files))) : TTP_DONE;
}

int ttp_import(struct ttp *t)
{
    struct sw_pkcs12 p12 = {.key = NULL};
    if (!ttp_get(t, TTP_OPT_PREFIX))
        return ttp_usage(t, "where to? --out PREFIX");
    int err = open_p12(t, t->argv[0], &p12);
    if (!err)
        err = import(t, &p12);
    sw_pkcs12_free(&p12);
    return err;
}
