/* ttp issue: key, request and signature in one act; for those who run the CA and the server. */
#include "base/wipe.h"
#include "ttp/key.h"
#include "ttp/ttp_ca.h"
#include "ttp/ttp_verbs.h"
#include <stdlib.h>
#include <string.h>

struct issue {
    uint8_t subject[TTP_SUBJECT_MAX], san[TTP_SAN_MAX], spki[SW_SPKI_MAX], der[SW_CERT_MAX];
    size_t subject_len, len, key_pem_len;
    struct sw_privkey *key;
    bool made;
    char key_pem[SW_KEY_PEM_MAX];
    struct ttp_ca ca;
    struct ttp_order order;
    struct ttp_files files;
};

static int collect_names(const struct ttp *t, struct issue *is)
{
    struct ttp_names names = {NULL, 0};
    int err = ttp_names_of_arguments(t, &names);
    if (!err)
        err = ttp_names_for_profile(t, &is->ca, &names, t->argv[0], is->san, &is->order);
    ttp_names_free(&names);
    return err;
}

static int prepare(const struct ttp *t, struct issue *is)
{
    char prefix[TTP_PATH_CAP];
    const char *cn = sw_san_after_kind(t->argv[0]);
    int err = ttp_profile(t, &is->order.profile);
    if (!err && is->order.profile->ca)
        err = ttp_usage(t, "a CA is made with \"ttp init --intermediate\" in a directory of its own, and signed with "
                           "\"ttp sign --profile ca\"");
    if (!err)
        err = ttp_subject(t, cn, is->subject, &is->subject_len);
    if (!err)
        err = ttp_prefix(t, cn, prefix);
    if (!err)
        err = ttp_ca_open(t, true, &is->ca);
    if (!err)
        err = collect_names(t, is);
    if (!err)
        err = ttp_files_for(t, prefix, !ttp_has(t, TTP_OPT_KEY_FILE), false, true, &is->files);
    if (!err)
        err = ttp_validity(t, is->order.profile, &is->ca.cert, &is->order.not_before, &is->order.not_after);
    return err;
}

static int make(const struct ttp *t, struct issue *is)
{
    int err = ttp_new_key(t, &is->key, &is->made);
    if (!err && is->made)
        err = ttp_key_pem(t, is->key, is->files.key, is->key_pem, sizeof is->key_pem, &is->key_pem_len);
    if (err)
        return err;
    struct sw_writer w = sw_writer_of(is->spki, sizeof is->spki);
    sw_spki_encode(&w, sw_privkey_public(is->key));
    is->order.subject = (struct sw_slice){is->subject, is->subject_len};
    is->order.spki = (struct sw_slice){is->spki, w.len};
    is->order.path_len = -1;
    is->order.action = "issue";
    struct sw_slice pem = {is->made ? (const uint8_t *)is->key_pem : NULL, is->key_pem_len};
    return ttp_make(t, &is->ca, is->ca.key, &is->order, &is->files, pem, is->der, &is->len);
}

int ttp_issue(struct ttp *t)
{
    struct issue *is = calloc(1, sizeof *is);
    if (!is)
        return ttp_fail(t, SW_ERR_MEMORY, "issue");
    int err = prepare(t, is);
    if (!err)
        err = make(t, is);
    if (!err)
        err = ttp_report(t, is->der, is->len, &is->files);
    sw_privkey_free(is->key);
    ttp_ca_close(&is->ca);
    sw_wipe(is, sizeof *is);
    free(is);
    return err;
}
