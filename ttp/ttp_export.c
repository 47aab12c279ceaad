/* ttp export: what was issued, in the form that somebody needs: PKCS#12, full chain, the root. */
#include "base/wipe.h"
#include "ttp/pem.h"
#include "ttp/pkcs12.h"
#include "ttp/ttp_ca.h"
#include "ttp/ttp_verbs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct export
{
    struct ttp_ca ca;
    struct ttp_row *row;
    struct sw_slice certs[TTP_CERTS_MAX + 3]; /* leaf, then what is above, the root last if it is here */
    size_t certs_len;
    bool root_here; /* the last of certs is self-issued */
    struct sw_privkey *key;
    struct ttp_stages stages;
    struct sw_file out; /* what goes to standard output */
    bool binary;        /* it is no text */
};

/* The leaf, the CA, and what is above it. */
static void collect(struct export *ex)
{
    ex->certs[ex->certs_len++] = ex->row->der;
    if (strcmp(ex->row->profile, "root") != 0)
        ex->certs[ex->certs_len++] = ex->ca.cert.der;
    for (size_t i = 0; i < ex->ca.chain.n; i++)
        ex->certs[ex->certs_len++] = ex->ca.chain.v[i].der;
    if (ex->ca.root.n)
        ex->certs[ex->certs_len++] = ex->ca.root.v[0].der;
    ex->root_here = ex->ca.root.n || ttp_is_self_issued(&ex->ca.cert);
}

/* --- the forms --- */

/* To standard output once the files are there. */
static int put(const struct ttp *t, struct export *ex, const char *path, struct sw_slice bytes, unsigned flags)
{
    if (strcmp(path, "-") == 0) {
        ex->binary = flags & SW_FILE_SECRET;
        ex->out = (struct sw_file){malloc(bytes.len + 1), bytes.len};
        if (!ex->out.p)
            return ttp_fail(t, SW_ERR_MEMORY, "export");
        memcpy(ex->out.p, bytes.p, bytes.len);
        ex->out.p[bytes.len] = 0;
        return TTP_DONE;
    }
    int code = ttp_may_write(t, path);
    return code ? code : ttp_stage(t, &ex->stages, path, bytes, flags);
}

static int put_pem(const struct ttp *t, struct export *ex, const char *path, const struct sw_slice *certs, size_t n)
{
    struct sw_file pem;
    int code = ttp_certs_pem(t, certs, n, &pem);
    if (!code)
        code = put(t, ex, path, (struct sw_slice){pem.p, pem.len}, 0);
    sw_file_free(&pem);
    return code;
}

/* The key lies where the certificate was written, unless --key-file says otherwise. */
static int find_key(const struct ttp *t, struct export *ex)
{
    struct sw_cert cert;
    char path[TTP_PATH_CAP];
    const char *given = ttp_get(t, TTP_OPT_KEY_FILE);
    if (!given && !*ex->row->prefix)
        return ttp_usage(t, "the key of this certificate is not known here: --key-file");
    if (snprintf(path, sizeof path, "%s%s", given ? given : ex->row->prefix, given ? "" : ".key") >= (int)sizeof path)
        return ttp_usage(t, "--key-file: the path is too long");
    if (!given && !sw_file_exists(path))
        return ttp_error(t, TTP_BAD_INPUT, "%s: there is no key (it was made elsewhere, or moved: --key-file)", path);
    int err = ttp_read_key(t, path, &ex->key);
    if (!err && (sw_cert_parse(&cert, ex->row->der.p, ex->row->der.len) != SW_OK ||
                 !sw_pubkey_eq(&cert.key, sw_privkey_public(ex->key))))
        err = ttp_fail(t, SW_ERR_KEY_MISMATCH, path);
    return err;
}

static int encode_p12(const struct ttp *t, struct export *ex, const struct cli_pass *pass, const char *path)
{
    if (ex->certs_len > SW_PKCS12_CERTS_MAX)
        return ttp_error(t, TTP_REFUSED, "%s: the chain is too long", path);
    struct sw_pkcs12_parts parts = {.key = ex->key, .certs_len = ex->certs_len, .name = ex->row->cn};
    size_t cap = 0, len;
    for (size_t i = 0; i < ex->certs_len; i++) {
        parts.certs[i] = ex->certs[i];
        cap += ex->certs[i].len + 64;
    }
    cap = SW_PKCS12_CAP(cap);
    uint8_t *der = malloc(cap);
    if (!der)
        return ttp_fail(t, SW_ERR_MEMORY, path);
    enum sw_err err =
        sw_pkcs12_encode(&parts, (struct sw_slice){(const uint8_t *)pass->text, pass->len}, der, cap, &len);
    int code = err == SW_OK ? put(t, ex, path, (struct sw_slice){der, len}, SW_FILE_SECRET) : ttp_fail(t, err, path);
    free(der);
    return code;
}

static int put_p12(const struct ttp *t, struct export *ex, const char *path)
{
    struct cli_pass pass;
    int err = find_key(t, ex);
    if (!err)
        err = ttp_pass_get(t, TTP_OPT_PASSOUT, path, true, true, &pass);
    if (err)
        return err;
    if (!pass.given)
        err = ttp_usage(t, "a PKCS#12 file needs a passphrase, and there is no terminal to ask for one: --passout");
    else if (pass.len == 0)
        err = ttp_error(t, TTP_BAD_INPUT, "%s: the passphrase is empty", path);
    else
        err = encode_p12(t, ex, &pass, path);
    cli_pass_wipe(&pass);
    return err;
}

static int put_forms(const struct ttp *t, struct export *ex)
{
    const char *p12 = ttp_get(t, TTP_OPT_P12), *full = ttp_get(t, TTP_OPT_FULLCHAIN), *ca = ttp_get(t, TTP_OPT_CA);
    size_t below_root = ex->certs_len - (ex->root_here && ex->certs_len > 1 ? 1 : 0);
    int err = TTP_DONE;
    if (full)
        err = put_pem(t, ex, full, ex->certs, below_root);
    if (!err && ca && !ex->root_here)
        ttp_note(t, "the root is not in %s; %s gets the topmost certificate that is", t->dir, ca);
    if (!err && ca)
        err = put_pem(t, ex, ca, &ex->certs[ex->certs_len - 1], 1);
    if (!err && p12)
        err = put_p12(t, ex, p12);
    if (!err)
        err = ttp_stages_name(t, &ex->stages);
    ttp_stages_forget(&ex->stages);
    return err;
}

/* Without ID there is still the root: "ttp export --ca FILE". */
static int root_alone(const struct ttp *t, struct export *ex)
{
    if (ttp_has(t, TTP_OPT_P12) || ttp_has(t, TTP_OPT_FULLCHAIN))
        return ttp_usage(t, "which certificate? --p12 and --fullchain need an ID");
    struct ttp_row row = {.der = ex->ca.cert.der, .profile = "root", .cn = "", .prefix = ""};
    ex->row = &row;
    collect(ex);
    int err = put_forms(t, ex);
    ex->row = NULL;
    return err;
}

static int export(const struct ttp *t, struct export *ex)
{
    struct ttp_index *ix;
    int err = ttp_ca_open(t, false, &ex->ca);
    if (err || t->argc == 0)
        return err ? err : root_alone(t, ex);
    err = ttp_index_open(t, false, &ix);
    if (err)
        return err;
    err = ttp_find(t, ix, t->argv[0], true, &ex->row, NULL, NULL);
    ttp_index_close(ix);
    if (err)
        return err;
    if (ex->row->der.len == 0)
        return ttp_error(t, TTP_BAD_INPUT, TTP_NO_DER, ex->row->serial);
    collect(ex);
    return put_forms(t, ex);
}

static const enum ttp_option forms[] = {TTP_OPT_P12, TTP_OPT_FULLCHAIN, TTP_OPT_CA};
enum { FORMS = sizeof forms / sizeof *forms };

static bool is_stdout(const struct ttp *t, enum ttp_option form)
{
    return ttp_has(t, form) && strcmp(ttp_get(t, form), "-") == 0;
}

static int check_forms(const struct ttp *t)
{
    size_t given = 0, streams = 0;
    for (size_t i = 0; i < FORMS; i++) {
        given += ttp_has(t, forms[i]);
        streams += is_stdout(t, forms[i]);
    }
    if (!given)
        return ttp_usage(t, "in which form? --p12 FILE, --fullchain FILE or --ca FILE");
    if (streams > 1)
        return ttp_usage(t, "standard output takes one form, not %zu", streams);
    if (t->json && is_stdout(t, TTP_OPT_P12))
        return ttp_usage(t, "a PKCS#12 file is binary, which JSON cannot hold: --p12 FILE");
    return TTP_DONE;
}

static json_t *written(const struct ttp *t, const struct export *ex)
{
    json_t *files = json_object(), *o = json_pack("{s:o}", "files", files);
    for (size_t i = 0; i < FORMS; i++)
        if (ttp_has(t, forms[i]) && !is_stdout(t, forms[i]))
            json_object_set_new(files, ttp_options[forms[i]].name, ttp_json_text(ttp_get(t, forms[i])));
    if (ex->out.p)
        json_object_set_new(o, "pem", json_string((const char *)ex->out.p));
    return o;
}

int ttp_export(struct ttp *t)
{
    struct export ex = {.certs_len = 0};
    int err = check_forms(t);
    if (!err)
        err = export(t, &ex);
    if (!err && t->json)
        err = ttp_result(t, TTP_DONE, written(t, &ex));
    else if (!err && ex.out.p)
        err = ttp_write_out(t, ex.out.p, ex.out.len, ex.binary);
    sw_file_free(&ex.out);
    sw_privkey_free(ex.key);
    ttp_row_free(ex.row);
    ttp_ca_close(&ex.ca);
    return err;
}
