/* ttp passwd: set, change or remove the passphrase of a private key, in place. */
#include "base/wipe.h"
#include "ttp/key.h"
#include "ttp/ttp_ca.h"
#include "ttp/ttp_verbs.h"
#include <stdio.h>
#include <string.h>

enum { KEY_FILE_MAX = 1 << 20 };

static int encode(const struct ttp *t, const struct sw_privkey *key, char *pem, size_t cap, size_t *len)
{
    struct cli_pass pass = {.given = false};
    int err = TTP_DONE;
    if (!ttp_has(t, TTP_OPT_REMOVE)) {
        err = ttp_pass_get(t, TTP_OPT_PASSOUT, "the new form of the key", true, true, &pass);
        if (!err && !pass.given)
            err = ttp_usage(t, "there is no terminal to ask for the new passphrase: --passout, or --remove for none");
        else if (!err && pass.len == 0)
            err = ttp_error(t, TTP_BAD_INPUT, "the new passphrase is empty (--remove writes the key without one)");
    }
    if (!err) {
        struct sw_slice p = {pass.given ? (const uint8_t *)pass.text : NULL, pass.len};
        enum sw_err e = sw_key_encode_pem(key, p, pem, cap, len);
        err = e == SW_OK ? TTP_DONE : ttp_fail(t, e, t->argv[0]);
    }
    cli_pass_wipe(&pass);
    return err;
}

/*
 * A CA's renewals write keys under the lock of its index: so does this. *ca becomes the CA of the directory in which the key
 * is, or else of DIR; false if neither has one.
 */
static bool find_ca(const struct ttp *t, char dir[TTP_PATH_CAP], struct ttp *ca)
{
    char index[TTP_PATH_CAP];
    const char *path = t->argv[0], *slash = strrchr(path, '/');
    *ca = *t;
    ca->dir = dir;
    snprintf(dir, TTP_PATH_CAP, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
    if (ttp_path(ca, "index", "db", index) && sw_file_exists(index))
        return true;
    ca->dir = t->dir;
    return ttp_path(ca, "index", "db", index) && sw_file_exists(index);
}

/* Write it in its place, unless that has another key by now: a renewal's, while the passphrase was asked for. */
static int replace(const struct ttp *t, const struct sw_file *before, const char *pem, size_t len)
{
    struct sw_file now = {NULL, 0};
    enum sw_err e = sw_file_read_secret(t->argv[0], KEY_FILE_MAX, &now);
    if (e == SW_OK && !sw_slice_eq((struct sw_slice){now.p, now.len}, (struct sw_slice){before->p, before->len})) {
        sw_file_free(&now);
        return ttp_error(t, TTP_REFUSED, "%s: it was changed meanwhile, and is left as it is now", t->argv[0]);
    }
    sw_file_free(&now);
    if (e == SW_OK)
        e = sw_file_write(t->argv[0], pem, len, SW_FILE_SECRET | SW_FILE_REPLACE);
    return e == SW_OK ? TTP_DONE : ttp_fail(t, e, t->argv[0]);
}

static int replace_locked(const struct ttp *t, const struct ttp *ca, const struct sw_file *before, const char *pem,
                          size_t len)
{
    struct ttp_index *ix;
    int err = ttp_index_open(ca, false, &ix);
    if (err)
        return err;
    err = ttp_index_begin(ix);
    if (!err)
        err = replace(t, before, pem, len);
    ttp_index_rollback(ix);
    ttp_index_close(ix);
    return err;
}

/* Only what was read is replaced, so the bytes are kept beside the key. */
static int change(const struct ttp *t, const struct ttp *ca)
{
    struct sw_privkey *key = NULL;
    struct sw_file before;
    char pem[SW_KEY_PEM_MAX];
    size_t len = 0;
    enum sw_err e = sw_file_read_secret(t->argv[0], KEY_FILE_MAX, &before);
    int err = ttp_read_key(t, t->argv[0], &key);
    if (!err && e != SW_OK)
        err = ttp_fail(t, e, t->argv[0]);
    if (!err)
        err = encode(t, key, pem, sizeof pem, &len);
    if (!err)
        err = ca ? replace_locked(t, ca, &before, pem, len) : replace(t, &before, pem, len);
    sw_wipe(pem, sizeof pem);
    sw_privkey_free(key);
    sw_file_free(&before);
    return err;
}

int ttp_passwd(struct ttp *t)
{
    struct ttp ca;
    char dir[TTP_PATH_CAP];
    if (ttp_has(t, TTP_OPT_REMOVE) && ttp_has(t, TTP_OPT_PASSOUT))
        return ttp_usage(t, "--remove and --passout contradict each other");
    bool has_ca = find_ca(t, dir, &ca);
    int err = has_ca ? ttp_pending_settle(&ca) : TTP_DONE;
    if (!err)
        err = change(t, has_ca ? &ca : NULL);
    if (err)
        return err;
    bool sealed = !ttp_has(t, TTP_OPT_REMOVE);
    ttp_say(t, "%s is %s", t->argv[0],
            sealed ? "encrypted under the new passphrase (PBES2, AES-256)" : "not encrypted");
    return t->json ? ttp_result(t, TTP_DONE,
                                json_pack("{s:o, s:b}", "file", ttp_json_text(t->argv[0]), "encrypted", sealed))
                   : TTP_DONE;
}
