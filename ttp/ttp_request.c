/* ttp request: a key and a certificate request. */
#include "base/wipe.h"
#include "ttp/csr.h"
#include "ttp/key.h"
#include "ttp/pem.h"
#include "ttp/ttp_ca.h"
#include "ttp/ttp_verbs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
    uint8_t subject[TTP_SUBJECT_MAX], san[TTP_SAN_MAX];
    size_t subject_len, san_len;
    struct sw_privkey *key;
    bool made;
    char key_pem[SW_KEY_PEM_MAX], csr_pem[SW_CSR_MAX * 3 / 2];
    size_t key_pem_len, csr_pem_len;
    uint8_t csr[SW_CSR_MAX];
    struct ttp_files files;
};

/* CN, if it is a name of a kind, and the names behind it. */
static int collect_names(const struct ttp *t, struct request *rq)
{
    struct ttp_names names = {NULL, 0};
    int err = ttp_names_of_arguments(t, &names);
    struct sw_writer w = sw_writer_of(rq->san, sizeof rq->san);
    ttp_names_encode(&w, &names);
    rq->san_len = w.len;
    if (!err && !sw_writer_ok(&w))
        err = ttp_usage(t, "too many names");
    ttp_names_free(&names);
    return err;
}

static int prepare(struct ttp *t, struct request *rq)
{
    char prefix[TTP_PATH_CAP];
    const char *cn = sw_san_after_kind(t->argv[0]);
    int err = ttp_subject(t, cn, rq->subject, &rq->subject_len);
    if (!err)
        err = collect_names(t, rq);
    if (!err)
        err = ttp_prefix(t, cn, prefix);
    if (!err && !ttp_has(t, TTP_OPT_PREFIX))
        err = ttp_make_dir(t);
    return err ? err : ttp_files_for(t, prefix, !ttp_has(t, TTP_OPT_KEY_FILE), true, false, &rq->files);
}

static int encode(const struct ttp *t, struct request *rq)
{
    size_t len;
    int code = ttp_new_key(t, &rq->key, &rq->made);
    if (!code && rq->made)
        code = ttp_key_pem(t, rq->key, rq->files.key, rq->key_pem, sizeof rq->key_pem, &rq->key_pem_len);
    if (code)
        return code;
    struct sw_slice subject = {rq->subject, rq->subject_len}, san = {rq->san, rq->san_len};
    enum sw_err err = sw_csr_encode(rq->key, subject, san, false, rq->csr, sizeof rq->csr, &len);
    if (err == SW_OK)
        err = sw_pem_encode("CERTIFICATE REQUEST", rq->csr, len, rq->csr_pem, sizeof rq->csr_pem, &rq->csr_pem_len);
    return err == SW_OK ? TTP_DONE : ttp_fail(t, err, "request");
}

static int write_files(const struct ttp *t, const struct request *rq)
{
    struct ttp_stages s = {.n = 0};
    struct sw_slice key = {rq->made ? (const uint8_t *)rq->key_pem : NULL, rq->key_pem_len},
                    csr = {(const uint8_t *)rq->csr_pem, rq->csr_pem_len};
    int err = ttp_stage(t, &s, rq->files.key, key, SW_FILE_SECRET);
    if (!err)
        err = ttp_stage(t, &s, rq->files.csr, csr, 0);
    if (!err)
        err = ttp_stages_name(t, &s);
    ttp_stages_forget(&s);
    return err;
}

static int report(const struct ttp *t, const struct request *rq)
{
    char key[SW_KEY_TEXT_CAP];
    struct sw_slice san = {rq->san, rq->san_len};
    sw_key_text(sw_privkey_public(rq->key), key);
    if (t->json)
        return ttp_result(t, TTP_DONE,
                          json_pack("{s:s, s:o, s:s, s:o}", "cn", sw_san_after_kind(t->argv[0]), "names",
                                    ttp_names_json(san), "key", key, "files", ttp_files_json(&rq->files)));
    char *names = ttp_names_text(san, " ", TTP_NAMES_ALL);
    if (names && *names)
        ttp_say(t, "Names        %s", names);
    ttp_say(t, "Key          %s%s%s", key, rq->made ? ", " : "", rq->files.key);
    ttp_say(t, "Request      %s", rq->files.csr);
    free(names);
    return TTP_DONE;
}

int ttp_request(struct ttp *t)
{
    struct request *rq = calloc(1, sizeof *rq);
    if (!rq)
        return ttp_fail(t, SW_ERR_MEMORY, "request");
    int err = prepare(t, rq);
    if (!err)
        err = encode(t, rq);
    if (!err)
        err = write_files(t, rq);
    if (!err)
        err = report(t, rq);
    sw_privkey_free(rq->key);
    sw_wipe(rq, sizeof *rq);
    free(rq);
    return err;
}
