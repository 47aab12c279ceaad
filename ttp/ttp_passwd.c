/* ttp passwd: set, change or remove the passphrase of a private key, in place. */
#include "base/wipe.h"
#include "ttp/key.h"
#include "ttp/ttp_ca.h"
#include "ttp/ttp_verbs.h"
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

int ttp_passwd(struct ttp *t)
{
    struct sw_privkey *key = NULL;
    char pem[SW_KEY_PEM_MAX];
    size_t len = 0;
    if (ttp_has(t, TTP_OPT_REMOVE) && ttp_has(t, TTP_OPT_PASSOUT))
        return ttp_usage(t, "--remove and --passout contradict each other");
    int err = ttp_read_key(t, t->argv[0], &key);
    if (!err)
        err = encode(t, key, pem, sizeof pem, &len);
    if (!err) {
        enum sw_err e = sw_file_write(t->argv[0], pem, len, SW_FILE_SECRET | SW_FILE_REPLACE);
        err = e == SW_OK ? TTP_DONE : ttp_fail(t, e, t->argv[0]);
    }
    sw_wipe(pem, sizeof pem);
    sw_privkey_free(key);
    if (err)
        return err;
    bool sealed = !ttp_has(t, TTP_OPT_REMOVE);
    ttp_say(t, "%s is %s", t->argv[0],
            sealed ? "encrypted under the new passphrase (PBES2, AES-256)" : "not encrypted");
    return t->json ? ttp_result(t, TTP_DONE,
                                json_pack("{s:o, s:b}", "file", ttp_json_text(t->argv[0]), "encrypted", sealed))
                   : TTP_DONE;
}
