/* ttp init: a root, or the key and request of an intermediate CA. */
#include "base/wipe.h"
#include "ttp/csr.h"
#include "ttp/key.h"
#include "ttp/pem.h"
#include "ttp/ttp_ca.h"
#include "ttp/ttp_verbs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUBTREES_MAX = 8192 };

struct init {
    uint8_t subject[TTP_SUBJECT_MAX];
    size_t subject_len;
    uint8_t subtrees[2][SUBTREES_MAX]; /* permitted, excluded */
    size_t subtrees_len[2];
    struct sw_privkey *key;
    struct sw_slice key_pem;
    char pem[SW_KEY_PEM_MAX];
    struct ttp_files files;
};

static int make_subtrees(const struct ttp *t, struct init *in)
{
    static const enum ttp_option ids[] = {TTP_OPT_PERMIT, TTP_OPT_EXCLUDE};
    int err = TTP_DONE;
    for (size_t i = 0; i < 2 && !err; i++) {
        struct ttp_names names = {NULL, 0};
        struct sw_writer w = sw_writer_of(in->subtrees[i], sizeof in->subtrees[i]);
        err = ttp_names_constraints(t, &names, ids[i]);
        ttp_names_subtrees(&w, &names);
        in->subtrees_len[i] = w.len;
        if (!err && !sw_writer_ok(&w))
            err = ttp_usage(t, "too many --%s", ttp_options[ids[i]].name);
        ttp_names_free(&names);
    }
    return err;
}

/* A key, new or named; as PEM for DIR in either case: the CA's key is kept with the CA. */
static int make_key(const struct ttp *t, struct init *in, const char *path)
{
    bool made;
    size_t len;
    int err = ttp_new_key(t, &in->key, &made);
    if (!err)
        err = ttp_key_pem(t, in->key, path, in->pem, sizeof in->pem, &len);
    if (!err)
        in->key_pem = (struct sw_slice){(const uint8_t *)in->pem, len};
    return err;
}

static int make_root(struct ttp *t, struct init *in)
{
    uint8_t *der = malloc(SW_CERT_MAX), spki[SW_SPKI_MAX];
    size_t len;
    struct sw_writer w = sw_writer_of(spki, sizeof spki);
    struct ttp_order order = {.profile = sw_profile_by_name("root"), .action = "init"};
    if (!der)
        return ttp_fail(t, SW_ERR_MEMORY, "root");
    sw_spki_encode(&w, sw_privkey_public(in->key));
    order.spki = (struct sw_slice){spki, w.len};
    order.subject = (struct sw_slice){in->subject, in->subject_len};
    order.permit = (struct sw_slice){in->subtrees[0], in->subtrees_len[0]};
    order.exclude = (struct sw_slice){in->subtrees[1], in->subtrees_len[1]};
    int err = ttp_validity(t, order.profile, NULL, &order.not_before, &order.not_after);
    if (!err)
        err = ttp_get_int(t, TTP_OPT_PATH_LEN, -1, 0, 100, &order.path_len);
    if (!err)
        err = ttp_make(t, NULL, in->key, &order, &in->files, in->key_pem, der, &len);
    if (!err)
        err = ttp_report(t, der, len, &in->files);
    free(der);
    return err;
}

static int encode_request(const struct ttp *t, const struct init *in, char *pem, size_t cap, size_t *len)
{
    uint8_t der[SW_CSR_MAX];
    size_t der_len;
    struct sw_slice subject = {in->subject, in->subject_len}, none = {NULL, 0};
    enum sw_err err = sw_csr_encode(in->key, subject, none, true, der, sizeof der, &der_len);
    if (err == SW_OK)
        err = sw_pem_encode("CERTIFICATE REQUEST", der, der_len, pem, cap, len);
    return err == SW_OK ? TTP_DONE : ttp_fail(t, err, in->files.csr);
}

static int make_intermediate(struct ttp *t, struct init *in)
{
    char pem[SW_CSR_MAX * 3 / 2];
    size_t len = 0;
    struct ttp_stages s = {.n = 0};
    int err = encode_request(t, in, pem, sizeof pem, &len);
    /* one that is there has no key: an init that was interrupted left it */
    if (!err)
        err = ttp_stage(t, &s, in->files.csr, (struct sw_slice){(const uint8_t *)pem, len}, SW_FILE_REPLACE);
    if (!err)
        err = ttp_stage(t, &s, in->files.key, in->key_pem, SW_FILE_SECRET);
    if (!err)
        err = ttp_stages_name(t, &s);
    ttp_stages_forget(&s);
    if (err)
        return err;
    ttp_say(t,
            "Key          %s\nRequest      %s\nHave it signed (ttp sign --profile ca), then: ttp --pki %s adopt "
            "CERTIFICATE --chain ROOT",
            in->files.key, in->files.csr, t->dir);
    return t->json ? ttp_result(t, TTP_DONE, json_pack("{s:o}", "files", ttp_files_json(&in->files))) : TTP_DONE;
}

static int prepare(struct ttp *t, struct init *in, bool intermediate)
{
    char prefix[TTP_PATH_CAP];
    if (ttp_ca_exists(t) && !ttp_ca_is_made(t) && !ttp_ca_is_intermediate(t))
        return ttp_error(
            t, TTP_REFUSED,
            "%s: root.key is there without its certificate: if it is another tool's, \"ttp adopt\" brings that in; if "
            "it is of no use, remove it",
            t->dir);
    if (ttp_ca_exists(t))
        return ttp_error(t, TTP_REFUSED,
                         "%s: there is a CA here already; another one needs a directory of its own (--pki)", t->dir);
    int err = ttp_subject(t, t->argv[0], in->subject, &in->subject_len);
    if (!err)
        err = make_subtrees(t, in);
    if (!err)
        err = ttp_make_dir(t);
    if (!err && !ttp_path(t, intermediate ? "ca" : "root", "", prefix))
        err = TTP_USAGE;
    in->files.own = true;
    if (!err)
        err = ttp_files_for(t, prefix, true, intermediate, !intermediate, &in->files);
    in->files.fullchain[0] = 0; /* a root has none */
    return err ? err : make_key(t, in, in->files.key);
}

int ttp_init(struct ttp *t)
{
    bool intermediate = ttp_has(t, TTP_OPT_INTERMEDIATE);
    if (intermediate &&
        (ttp_has(t, TTP_OPT_DAYS) || ttp_has(t, TTP_OPT_PATH_LEN) || ttp_has(t, TTP_OPT_PERMIT) ||
         ttp_has(t, TTP_OPT_EXCLUDE) || ttp_has(t, TTP_OPT_NOT_BEFORE) || ttp_has(t, TTP_OPT_NOT_AFTER)))
        return ttp_usage(t, "with --intermediate the CA above decides on validity, path length and constraints: give "
                            "those to \"ttp sign\"");
    struct init *in = calloc(1, sizeof *in);
    if (!in)
        return ttp_fail(t, SW_ERR_MEMORY, "init");
    int err = prepare(t, in, intermediate);
    if (!err)
        err = intermediate ? make_intermediate(t, in) : make_root(t, in);
    sw_privkey_free(in->key);
    sw_wipe(in, sizeof *in);
    free(in);
    return err;
}
