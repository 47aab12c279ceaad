/*
 * ttp adopt: take a CA certificate that was signed above, or a whole CA that another tool made, into DIR. The
 * certificate must be a CA's, for the key that is here (or that --key-file brings), and its chain must hold.
 */
#include "base/wipe.h"
#include "ttp/key.h"
#include "ttp/ttp_ca.h"
#include "ttp/ttp_verbs.h"
#include "ttp/verify.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct adoption {
    struct ttp_certs read; /* the certificate */
    struct sw_cert cert;
    bool root;        /* it is self-issued */
    const char *stem; /* where it goes: "root" or "ca" */
    bool have_key;    /* DIR holds it already */
    bool was_here;    /* and the CA was at work with it already, it seems */
    bool was_sealed;  /* where it comes from it is under a passphrase */
    struct sw_privkey *key;
    struct ttp_certs chain; /* of --chain: roots and intermediates */
    struct sw_trust *trust; /* the roots among them, and the certificate if it is one */
    struct sw_verify_result verdict;
    char key_pem[SW_KEY_PEM_MAX];
    struct ttp_stages stages;
    bool begun; /* an index, with what was found */
    struct ttp_rebuilt found;
};

/* The path from the certificate to a root of the chain, by the rules every verifier follows. */
static int check_chain(const struct ttp *t, struct adoption *a)
{
    a->trust = sw_trust_new();
    enum sw_err err = a->trust ? SW_OK : SW_ERR_MEMORY;
    if (a->root && err == SW_OK)
        err = sw_trust_add(a->trust, a->cert.der.p, a->cert.der.len);
    for (size_t i = 0; i < a->chain.n && err == SW_OK; i++)
        if (ttp_is_self_issued(&a->chain.v[i]))
            err = sw_trust_add(a->trust, a->chain.v[i].der.p, a->chain.v[i].der.len);
    struct sw_verify_params params = {.trust = a->trust,
                                      .untrusted = a->chain.v,
                                      .untrusted_len = a->chain.n,
                                      .time = t->now,
                                      .purpose = SW_PURPOSE_ANY};
    size_t roots = a->trust ? sw_trust_count(a->trust) : 0;
    if (err == SW_OK && roots)
        err = sw_verify(&a->cert, &params, &a->verdict);
    if (err != SW_OK)
        return ttp_error(t, TTP_BAD_INPUT, "%s: %s", t->argv[0],
                         a->verdict.reason[0] ? a->verdict.reason : sw_err_reason(err));
    if (!roots)
        ttp_note(t, "without the certificates above (--chain) nothing shows that this one is good, and full chains "
                    "lack what is between");
    return TTP_DONE;
}

static int check_cert(const struct ttp *t, struct adoption *a)
{
    const struct sw_cert *c = &a->cert;
    if (!c->is_ca || (c->has_key_usage && !(c->key_usage & SW_KU_KEY_CERT_SIGN)))
        return ttp_error(t, TTP_BAD_INPUT, "%s: this is no certificate of a CA", t->argv[0]);
    if (c->not_after < t->now)
        return ttp_error(t, TTP_BAD_INPUT, "%s: it has expired", t->argv[0]);
    a->root = ttp_is_self_issued(c);
    if (a->root && !c->sig_scheme)
        return ttp_error(t, TTP_BAD_INPUT, "%s: it is signed with an algorithm that is not known or not secure%s",
                         t->argv[0], c->key.type == SW_KEY_RSA_PSS ? " (RSASSA-PSS needs SHA-2)" : "");
    if (a->root && sw_sigalg_verify(&c->key, c->sig_scheme, c->sig_salt, c->tbs, c->sig) != SW_OK)
        return ttp_error(t, TTP_BAD_INPUT, "%s: its signature does not verify", t->argv[0]);
    return check_chain(t, a);
}

static int another_ca(const struct ttp *t)
{
    return ttp_error(t, TTP_REFUSED,
                     "%s: there is a CA's key here already; another CA needs a directory of its own (--pki)", t->dir);
}

/* Of --key-file: the same that is here already, when an adoption that was interrupted is begun again. */
static int compare_key(const struct ttp *t, const struct adoption *a, const char *given)
{
    struct sw_privkey *key;
    int err = ttp_read_key(t, given, &key);
    if (err)
        return err;
    bool same = sw_pubkey_eq(sw_privkey_public(key), sw_privkey_public(a->key));
    sw_privkey_free(key);
    return same ? TTP_DONE : another_ca(t);
}

/* The key that is in DIR, by its public half: the file is read, so a passphrase may be asked for. */
static int find_key(const struct ttp *t, struct adoption *a)
{
    static const char *const stems[] = {"ca", "root"};
    char path[TTP_PATH_CAP];
    const char *given = ttp_get(t, TTP_OPT_KEY_FILE);
    for (size_t i = 0; i < 2 && !a->key; i++) {
        if (!ttp_path(t, stems[i], "key", path))
            return TTP_USAGE;
        if (!sw_file_exists(path))
            continue;
        int err = ttp_read_key(t, path, &a->key);
        if (err)
            return err;
        a->stem = stems[i];
        a->have_key = true;
    }
    if (!a->key && !given)
        return ttp_error(t, TTP_USAGE, "%s: the key of this CA is not in %s: say with --key-file where it is",
                         t->argv[0], t->dir);
    int err = TTP_DONE;
    if (a->have_key && given)
        err = compare_key(t, a, given);
    else if (!a->key)
        err = ttp_read_sealed_key(t, given, &a->key, &a->was_sealed);
    if (err)
        return err;
    if (!a->have_key)
        a->stem = a->root ? "root" : "ca";
    return sw_pubkey_eq(sw_privkey_public(a->key), &a->cert.key) ? TTP_DONE
                                                                 : ttp_fail(t, SW_ERR_KEY_MISMATCH, t->argv[0]);
}

/* --- writing --- */

/* What the verifier found above it: the intermediates, which servers send, in chain.crt, and the root in root.crt. */
static int stage_above(const struct ttp *t, struct adoption *a)
{
    struct sw_slice ders[SW_PATH_MAX];
    char path[TTP_PATH_CAP];
    const struct sw_verify_result *v = &a->verdict;
    int err = TTP_DONE;
    if (a->root || v->path_len < 2)
        return TTP_DONE;
    for (unsigned i = 0; i < v->path_len; i++)
        ders[i] = v->path[i]->der;
    if (v->path_len > 2)
        err = ttp_path(t, "chain", "crt", path)
                  ? ttp_stage_certs(t, &a->stages, path, ders + 1, v->path_len - 2, SW_FILE_REPLACE)
                  : TTP_USAGE;
    if (!err)
        err = ttp_path(t, "root", "crt", path)
                  ? ttp_stage_certs(t, &a->stages, path, ders + v->path_len - 1, 1, SW_FILE_REPLACE)
                  : TTP_USAGE;
    return err;
}

/* The intermediates of an earlier adoption, where now none are between: full chains would go on sending them. */
static int forget_chain(const struct ttp *t, const struct adoption *a)
{
    char path[TTP_PATH_CAP];
    if (a->root || a->verdict.path_len != 2)
        return TTP_DONE;
    if (!ttp_path(t, "chain", "crt", path))
        return TTP_USAGE;
    return unlink(path) == 0 || errno == ENOENT ? TTP_DONE : ttp_fail(t, SW_ERR_SYSTEM, path);
}

static int stage_key(const struct ttp *t, struct adoption *a)
{
    char path[TTP_PATH_CAP];
    size_t len;
    if (a->have_key)
        return TTP_DONE;
    if (!ttp_path(t, a->stem, "key", path))
        return TTP_USAGE;
    int err = ttp_key_pem(t, a->key, path, a->key_pem, sizeof a->key_pem, &len);
    return err ? err
               : ttp_stage(t, &a->stages, path, (struct sw_slice){(const uint8_t *)a->key_pem, len}, SW_FILE_SECRET);
}

/* Whether this looks like a CA at work. "ttp sign" puts ca.crt beside ca.csr, but the root comes with the adoption. */
static bool was_here(const struct ttp *t)
{
    char csr[TTP_PATH_CAP], root[TTP_PATH_CAP];
    bool asked = ttp_path(t, "ca", "csr", csr) && sw_file_exists(csr);
    bool has_root = ttp_path(t, "root", "crt", root) && sw_file_exists(root);
    return ttp_ca_is_made(t) && (has_root || !asked);
}

/* What was known before, and what is not any more. */
static void tell(const struct ttp *t, const struct adoption *a)
{
    const struct ttp_rebuilt *found = &a->found;
    const char *more = found->certificates == 1 ? "" : "s";
    if (a->have_key && (a->was_here || found->certificates || found->number >= 0 || found->revoked))
        ttp_note(t,
                 "%s had no index: if this CA had one, it is lost; the new one knows the %zu certificate%s found there "
                 "and %zu that a list says are revoked, and of no others",
                 t->dir, found->certificates, more, found->revoked);
    else if (found->certificates || found->revoked)
        ttp_say(t, "Taken over   %zu certificate%s, %zu revoked", found->certificates, more, found->revoked);
}

static int rebuild(const struct ttp *t, struct adoption *a, struct ttp_index *ix)
{
    bool empty;
    struct ttp_ca ca = {.cert = a->cert};
    int err = ttp_index_is_empty(ix, &empty);
    if (!err && !empty)
        return ttp_has(t, TTP_OPT_CRL)
                   ? ttp_usage(t, "--crl is for a CA whose index begins, and there is one in %s", t->dir)
                   : TTP_DONE;
    if (!err)
        err = ttp_ca_id(t, &ca, t->argv[0]);
    if (!err)
        err = ttp_rebuild(t, &ca, ix, &a->found);
    a->begun = !err;
    return err;
}

static int record(const struct ttp *t, struct adoption *a, struct ttp_index *ix)
{
    char serial[TTP_SERIAL_CAP], subject[512];
    sw_cert_name_text(a->cert.subject, subject, sizeof subject);
    int err = rebuild(t, a, ix);
    return err ? err : ttp_index_audit(ix, "adopt", ttp_serial_text(a->cert.serial, serial), subject);
}

/*
 * The names are given inside the act: an index that names a CA, and no file of it, cannot be. Killed between, the files
 * are there and the index is empty, which every verb says, and the same command again goes through.
 */
static int record_and_name(const struct ttp *t, struct adoption *a)
{
    struct ttp_index *ix;
    int err = ttp_index_open(t, true, &ix);
    if (err)
        return err;
    err = ttp_index_begin(ix);
    if (!err && !a->have_key && ttp_ca_exists(t)) /* meanwhile */
        err = another_ca(t);
    if (!err)
        err = record(t, a, ix);
    if (!err)
        err = ttp_stages_name(t, &a->stages);
    if (!err)
        err = forget_chain(t, a);
    if (!err)
        err = ttp_index_commit(ix);
    if (err)
        ttp_stages_take_back(&a->stages);
    ttp_index_rollback(ix);
    ttp_index_close(ix);
    if (!err && a->begun)
        tell(t, a);
    return err;
}

/* The certificate last: with that file the CA is there. */
static int stage_all(const struct ttp *t, struct adoption *a, struct ttp_files *files)
{
    int err = stage_key(t, a);
    if (!err)
        err = stage_above(t, a);
    if (!err && !ttp_path(t, a->stem, "crt", files->crt))
        err = TTP_USAGE;
    return err ? err : ttp_stage_certs(t, &a->stages, files->crt, &a->cert.der, 1, SW_FILE_REPLACE);
}

static void advise(const struct ttp *t, const struct adoption *a)
{
    if (a->was_sealed && !a->have_key && !ttp_has(t, TTP_OPT_PASSOUT))
        ttp_note(t, "the key was under a passphrase, and is not in %s (--passout, or ttp passwd)", t->dir);
    if (a->cert.has_key_usage && !(a->cert.key_usage & SW_KU_CRL_SIGN))
        ttp_note(t, "by its key usage this CA cannot sign revocation lists");
}

static int adopt(struct ttp *t, struct adoption *a)
{
    struct ttp_files files = {.crt = ""};
    int err = ttp_cert_read(t, t->argv[0], &a->read);
    if (err)
        return err;
    a->cert = a->read.v[0];
    if (ttp_has(t, TTP_OPT_CHAIN))
        err = ttp_certs_read(t, ttp_get(t, TTP_OPT_CHAIN), &a->chain);
    if (!err)
        err = check_cert(t, a);
    if (!err)
        err = find_key(t, a);
    a->was_here = was_here(t);
    if (!err)
        err = ttp_make_dir(t);
    if (!err)
        err = stage_all(t, a, &files);
    if (!err)
        err = record_and_name(t, a);
    if (!err)
        advise(t, a);
    return err ? err : ttp_report(t, a->cert.der.p, a->cert.der.len, &files);
}

int ttp_adopt(struct ttp *t)
{
    struct adoption *a = calloc(1, sizeof *a);
    if (!a)
        return ttp_fail(t, SW_ERR_MEMORY, "adopt");
    int err = adopt(t, a);
    ttp_stages_forget(&a->stages);
    sw_privkey_free(a->key);
    sw_trust_free(a->trust);
    ttp_certs_free(&a->chain);
    ttp_certs_free(&a->read);
    sw_wipe(a, sizeof *a);
    free(a);
    return err;
}
