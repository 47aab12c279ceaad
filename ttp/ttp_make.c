/*
 * The one way in which a certificate is made. The order matters: sign and check in memory; put the files on the disk
 * without names; commit the record; give the files their names. Killed before the commit, nothing has happened; killed
 * after it, the index knows a certificate that nobody got, which does no harm. The reverse, a certificate that the
 * index does not know, cannot happen. Where they take the place of others, the next command finishes what was begun.
 */
#include "base/hash.h"
#include "base/wipe.h"
#include "ttp/key.h"
#include "ttp/ttp_ca.h"
#include "ttp/verify.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SUPERSEDED = 4, CESSATION_OF_OPERATION = 5 }; /* CRLReason, RFC 5280 5.3.1 */

/* --- names of the files --- */

/* The absolute form of a prefix whose directory exists. */
static int absolute(const struct ttp *t, const char *prefix, char out[TTP_PATH_CAP])
{
    char dir[TTP_PATH_CAP];
    const char *slash = strrchr(prefix, '/');
    snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - prefix + 1) : 1, slash ? prefix : ".");
    char *real = realpath(dir, NULL);
    if (!real)
        return ttp_fail(t, SW_ERR_SYSTEM, dir);
    int n = snprintf(out, TTP_PATH_CAP, "%s/%s", strcmp(real, "/") == 0 ? "" : real, slash ? slash + 1 : prefix);
    free(real);
    return n < TTP_PATH_CAP ? TTP_DONE : ttp_usage(t, "%s: the path is too long", prefix);
}

static int file_name(const struct ttp *t, const struct ttp_files *files, const char *prefix, const char *ext,
                     bool replace, char *out)
{
    if (snprintf(out, TTP_PATH_CAP, "%s.%s", prefix, ext) >= TTP_PATH_CAP)
        return ttp_usage(t, "%s: the path is too long", prefix);
    int err = files->own ? TTP_DONE : ttp_may_write(t, out);
    if (err)
        return err;
    if (!replace && !ttp_has(t, TTP_OPT_FORCE) && sw_file_exists(out))
        return ttp_error(t, TTP_REFUSED, "%s: exists already (--force overwrites it, --out chooses another name)", out);
    return TTP_DONE;
}

int ttp_files_for(const struct ttp *t, const char *prefix, bool key, bool csr, bool crt, struct ttp_files *files)
{
    struct stat st;
    files->key[0] = files->csr[0] = files->crt[0] = files->fullchain[0] = 0;
    size_t n = strlen(prefix);
    if (n == 0 || prefix[n - 1] == '/' || (stat(prefix, &st) == 0 && S_ISDIR(st.st_mode)))
        return ttp_usage(t, "--out takes the beginning of a file name, not %s", n ? "a directory" : "nothing");
    int err = absolute(t, prefix, files->prefix);
    if (!err && key)
        err = file_name(t, files, prefix, "key", false, files->key);
    if (!err && csr)
        err = file_name(t, files, prefix, "csr", files->own, files->csr);
    if (!err && crt)
        err = file_name(t, files, prefix, "crt", files->replace, files->crt);
    if (!err && crt)
        err = file_name(t, files, prefix, "fullchain.crt", files->replace, files->fullchain);
    return err;
}

int ttp_files_one(const struct ttp *t, const char *path, struct ttp_files *files)
{
    size_t n = strlen(path);
    if (n >= TTP_PATH_CAP || (n && path[n - 1] == '/'))
        return ttp_usage(t, "%s: this is no name for a file", path);
    memcpy(files->crt, path, n + 1);
    int err = absolute(t, path, files->prefix);
    if (!err)
        err = ttp_may_write(t, path);
    if (!err && !ttp_has(t, TTP_OPT_FORCE) && sw_file_exists(path))
        err = ttp_error(t, TTP_REFUSED, "%s: exists already (--force overwrites it)", path);
    n = strlen(files->prefix);
    if (n > 4 && strcmp(files->prefix + n - 4, ".crt") == 0)
        files->prefix[n - 4] = 0;
    return err;
}

/* --- checking what was made --- */

/*
 * As a verifier would, from the root if it is known and else from the CA: what name constraints and path lengths above
 * forbid is found before anything leaves.
 */
static enum sw_err verify_made(const struct ttp_ca *ca, const struct sw_cert *cert, struct sw_verify_result *result)
{
    struct sw_cert above[TTP_CERTS_MAX + 1];
    struct sw_slice anchor = ca->root.n ? ca->root.v[0].der : ca->cert.der;
    struct sw_trust *trust = sw_trust_new();
    above[0] = ca->cert;
    memcpy(above + 1, ca->chain.v, ca->chain.n * sizeof *above);
    struct sw_verify_params params = {.trust = trust,
                                      .untrusted = above,
                                      .untrusted_len = 1 + ca->chain.n,
                                      .time = cert->not_before,
                                      .purpose = SW_PURPOSE_ANY};
    enum sw_err err = trust ? sw_trust_add(trust, anchor.p, anchor.len) : SW_ERR_MEMORY;
    result->reason[0] = 0;
    if (err == SW_OK)
        err = sw_verify(cert, &params, result);
    sw_trust_free(trust);
    return err;
}

/* --- signing, recording, writing --- */

static int sign(const struct ttp *t, const struct ttp_ca *ca, const struct sw_privkey *signer,
                const struct ttp_order *order, uint8_t *out, size_t *len)
{
    uint8_t serial[SW_SERIAL_LEN];
    enum sw_err err = sw_serial_make(serial);
    struct sw_issue what = {
        .profile = order->profile,
        .serial = {serial, sizeof serial},
        .subject = order->subject,
        .san = order->san,
        .spki = order->spki,
        .not_before = order->not_before,
        .not_after = order->not_after,
        .path_len = order->path_len,
        .permit = order->permit,
        .exclude = order->exclude,
        .crl_url = ca ? t->conf.crl_url : NULL,
        .ocsp_url = ca ? t->conf.ocsp_url : NULL,
        .issuer_url = ca ? t->conf.issuer_url : NULL,
        .issuer = ca ? &ca->cert : NULL,
        .key = signer,
    };
    if (err == SW_OK)
        err = sw_issue(&what, out, SW_CERT_MAX, len);
    return err == SW_OK ? TTP_DONE : ttp_fail(t, err, "certificate");
}

/* The certificate as PEM, and behind it the intermediates if chain is set. */
static int make_pem(const struct ttp *t, const struct ttp_ca *ca, struct sw_slice der, bool chain, struct sw_file *out)
{
    struct sw_slice ders[TTP_CERTS_MAX + 2] = {der};
    size_t n = 1;
    if (chain && ca && !ttp_is_self_issued(&ca->cert)) {
        ders[n++] = ca->cert.der;
        for (size_t i = 0; i < ca->chain.n; i++)
            ders[n++] = ca->chain.v[i].der;
    }
    return ttp_certs_pem(t, ders, n, out);
}

/* The key first: a certificate whose key is not there yet would be of no use to a program that waits for it. */
static int stage_all(const struct ttp *t, const struct ttp_ca *ca, const struct ttp_files *files,
                     struct sw_slice key_pem, struct sw_slice der, struct ttp_stages *s)
{
    struct sw_file pem = {NULL, 0}, chain = {NULL, 0};
    unsigned again = files->replace ? SW_FILE_REPLACE : 0;
    int err = ttp_stage(t, s, files->key, key_pem, SW_FILE_SECRET);
    if (!err)
        err = make_pem(t, ca, der, false, &pem);
    if (!err)
        err = ttp_stage(t, s, files->crt, (struct sw_slice){pem.p, pem.len}, again);
    if (!err && files->fullchain[0])
        err = make_pem(t, ca, der, true, &chain);
    if (!err)
        err = ttp_stage(t, s, files->fullchain, (struct sw_slice){chain.p, chain.len}, again);
    sw_file_free(&pem);
    sw_file_free(&chain);
    return err;
}

/* The texts a row points to. */
struct row_texts {
    char serial[TTP_SERIAL_CAP], cn[256], key[SW_KEY_TEXT_CAP], fingerprint[TTP_HEX_CAP], id[TTP_HEX_CAP];
    char *names;
};

static int fill_row(const struct ttp *t, const struct ttp_ca *ca, const struct ttp_order *order,
                    const struct ttp_files *files, const struct sw_cert *cert, struct row_texts *x, struct ttp_row *row)
{
    uint8_t digest[SW_HASH_MAX];
    enum sw_err err = sw_hash_once(SW_HASH_SHA256, cert->der.p, cert->der.len, digest);
    if (err != SW_OK)
        return ttp_fail(t, err, "certificate");
    ttp_hex(digest, 32, x->fingerprint);
    ttp_serial_text(cert->serial, x->serial);
    sw_cert_common_name(cert->subject, x->cn, sizeof x->cn);
    sw_key_text(&cert->key, x->key);
    if (!ca)
        ttp_hex(cert->ski.p, cert->ski.len, x->id);
    x->names = ttp_names_text(cert->san, " ", TTP_NAMES_ALL);
    if (!x->names)
        return ttp_fail(t, SW_ERR_MEMORY, "certificate");
    *row = (struct ttp_row){
        .serial = x->serial,
        .issuer = ca ? ca->id : x->id,
        .cn = x->cn,
        .names = x->names,
        .profile = order->profile->name,
        .key_type = x->key,
        .fingerprint = x->fingerprint,
        .prefix = files->crt[0] ? files->prefix : "",
        .replaces = order->replaces ? order->replaces : "",
        .not_before = cert->not_before,
        .not_after = cert->not_after,
        .issued = t->now,
        .der = cert->der,
    };
    return TTP_DONE;
}

/* The key in a file, if it is there and readable without a passphrase; NULL otherwise, silently. */
static struct sw_privkey *open_key(const char *path)
{
    struct sw_privkey *key = NULL;
    struct sw_file file;
    if (sw_file_read_secret(path, 1 << 20, &file) != SW_OK)
        return NULL;
    if (sw_key_read(&key, file.p, file.len, (struct sw_slice){NULL, 0}) != SW_OK)
        key = NULL;
    sw_file_free(&file);
    return key;
}

/* Whether the first certificate in a file is for another key; false where there is none. */
static bool is_for_another_key(const char *path, const struct sw_cert *cert)
{
    struct ttp_certs there;
    bool other = ttp_cert_try(path, &there) && !sw_pubkey_eq(&there.v[0].key, &cert->key);
    ttp_certs_free(&there);
    return other;
}

/*
 * A renewal that keeps its key takes the place of a certificate, and the key beside it must be that one: it is another
 * where something else was written under this name since, by a renewal with --rekey at this very moment for example.
 * Where the key cannot be read, the certificate tells.
 */
static int check_pair(const struct ttp *t, const struct ttp_files *files, const struct sw_cert *cert)
{
    char path[TTP_PATH_CAP];
    if (!files->replace || files->key[0])
        return TTP_DONE;
    snprintf(path, sizeof path, "%.*s.key", (int)(strlen(files->crt) - strlen(".crt")), files->crt);
    struct sw_privkey *key = open_key(path);
    bool other = key ? !sw_pubkey_eq(sw_privkey_public(key), &cert->key) : is_for_another_key(files->crt, cert);
    sw_privkey_free(key);
    return other ? ttp_error(t, TTP_REFUSED,
                             "%s: this is the place of another certificate's key by now: name that one by its serial "
                             "number, or say with --out where this one goes",
                             path)
                 : TTP_DONE;
}

/* One act in the index: the certificate, and the revocation of what it replaces if order says so. */
static int record(struct ttp_index *ix, const struct ttp *t, const struct ttp_row *row, const struct ttp_order *order,
                  const struct ttp_files *files, const struct sw_cert *cert)
{
    int err = ttp_index_begin(ix);
    if (!err)
        err = check_pair(t, files, cert);
    if (!err)
        err = ttp_index_add(ix, row, order->action, row->names);
    if (!err && order->revoke_replaced)
        err = ttp_index_revoke(ix, order->replaces, t->now, SUPERSEDED, "superseded");
    if (!err)
        err = ttp_index_commit(ix);
    if (err)
        ttp_index_rollback(ix);
    return err;
}

/*
 * The record stands but the files could not get their names: nobody has the certificate, and the index should say so.
 */
static void disown(struct ttp_index *ix, const struct ttp *t, const struct ttp_row *row)
{
    if (ttp_index_begin(ix) == TTP_DONE &&
        ttp_index_revoke(ix, row->serial, t->now, CESSATION_OF_OPERATION, "its files could not be written") ==
            TTP_DONE &&
        ttp_index_commit(ix) == TTP_DONE)
        return;
    ttp_index_rollback(ix);
}

/*
 * Whether a key and a certificate take the place of others, or are the CA's first: what a process that is killed between
 * their names must not leave half-done. A key that was not there before is only one too many.
 */
static bool is_exchange(const struct ttp_files *files)
{
    return files->key[0] && (files->own || sw_file_exists(files->key) || sw_file_exists(files->crt));
}

/*
 * Under the lock again: of two who write the same names one's key must not come to lie beside the other's certificate.
 */
static int name_files(struct ttp_index *ix, const struct ttp *t, const struct ttp_files *files,
                      const struct sw_cert *cert, struct ttp_stages *s)
{
    int err = ttp_index_begin(ix);
    if (!err)
        err = ttp_pending_carry(t);
    bool exchange = !err && is_exchange(files);
    if (!err)
        err = check_pair(t, files, cert);
    if (!err && exchange)
        err = ttp_pending_begin(t, files, s);
    if (!err)
        err = ttp_stages_name(t, s);
    if (exchange)
        ttp_pending_end(t);
    ttp_index_rollback(ix);
    return err;
}

static int record_and_name(const struct ttp *t, const struct ttp_ca *ca, const struct ttp_order *order,
                           const struct ttp_files *files, const struct sw_cert *cert, struct ttp_stages *s)
{
    struct row_texts x = {.names = NULL};
    struct ttp_row row;
    struct ttp_index *ix = NULL;
    int err = fill_row(t, ca, order, files, cert, &x, &row);
    if (!err)
        err = ttp_index_open(t, !ca, &ix);
    if (!err)
        err = record(ix, t, &row, order, files, cert);
    if (!err) {
        err = name_files(ix, t, files, cert, s);
        if (err)
            disown(ix, t, &row);
    }
    ttp_index_close(ix);
    free(x.names);
    return err;
}

static int sign_and_parse(const struct ttp *t, const struct ttp_ca *ca, const struct sw_privkey *signer,
                          const struct ttp_order *order, uint8_t *out, size_t *len, struct sw_cert *cert)
{
    int err = sign(t, ca, signer, order, out, len);
    if (!err && sw_cert_parse(cert, out, *len) != SW_OK)
        err = ttp_error(t, TTP_BAD_INPUT, "the certificate would not be well-formed: a part of the request is not");
    return err;
}

/* And see whether verifiers will take it. */
static int sign_checked(const struct ttp *t, const struct ttp_ca *ca, const struct sw_privkey *signer,
                        const struct ttp_order *order, uint8_t *out, size_t *len, struct sw_cert *cert)
{
    struct sw_verify_result result;
    int err = sign_and_parse(t, ca, signer, order, out, len, cert);
    enum sw_err e = err || !ca ? SW_OK : verify_made(ca, cert, &result);
    if (e == SW_OK)
        return err;
    return ttp_error(t, TTP_REFUSED, "this CA cannot make such a certificate, verifiers would reject it: %s",
                     result.reason[0] ? result.reason : sw_err_reason(e));
}

int ttp_make(const struct ttp *t, const struct ttp_ca *ca, const struct sw_privkey *signer,
             const struct ttp_order *order, const struct ttp_files *files, struct sw_slice key_pem, uint8_t *out,
             size_t *len)
{
    struct sw_cert cert;
    struct ttp_stages s = {.n = 0};
    int err = sign_checked(t, ca, signer, order, out, len, &cert);
    if (!err && ca && ttp_is_self_issued(&cert))
        ttp_note(t, "this certificate has the very name of the CA; some programs take that for self-signed");
    if (!err)
        err = stage_all(t, ca, files, key_pem, cert.der, &s);
    if (!err)
        err = record_and_name(t, ca, order, files, &cert, &s);
    ttp_stages_forget(&s);
    return err;
}
