#include "apps/vault/rewrap.h"
#include "base/wipe.h"
#include <stdlib.h>

enum sw_err rewrap_seal(struct rewrap *r, const char *name, const uint8_t *in, size_t len, uint8_t *out, bool *changed)
{
    *changed = false;
    if (len < SW_VAULT_EXTRA)
        return SW_ERR_CRYPTO;
    size_t n = len - SW_VAULT_EXTRA;
    uint8_t *plain = malloc(n + 1);
    if (!plain)
        return SW_ERR_MEMORY;
    enum sw_err err = r->to ? sw_vault_unseal(r->to, name, in, len, plain) : SW_ERR_CRYPTO;
    if (err == SW_ERR_CRYPTO) {
        err = sw_vault_unseal(r->from, name, in, len, plain);
        if (err == SW_OK && r->to) {
            err = sw_vault_seal(r->to, name, plain, n, out);
            *changed = err == SW_OK;
        }
    }
    sw_wipe(plain, n);
    free(plain);
    return err;
}

void rewrap_unreadable(struct rewrap *r, const char *file, const char *what)
{
    r->unreadable_n++;
    if (r->unreadable)
        r->unreadable(r->ctx, file, what);
}
