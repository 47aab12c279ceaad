/*
 * Private keys in PEM or DER: any bytes are read or refused; what was read can be written, and what was written is the
 * same key.
 */
#include "ttp/key.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_privkey *key, *again;
    struct sw_slice no_pass = {NULL, 0}; /* without a passphrase nothing is derived: that would take its time */
    uint8_t der[SW_KEY_DER_MAX];
    size_t len;

    (void)sw_key_is_encrypted(data, size);
    if (sw_key_read(&key, data, size, no_pass) != SW_OK)
        return 0;
    if (sw_key_encode(key, der, sizeof der, &len) != SW_OK || sw_key_decode(&again, der, len) != SW_OK ||
        !sw_pubkey_eq(sw_privkey_public(key), sw_privkey_public(again)))
        abort();
    sw_privkey_free(again);
    sw_privkey_free(key);
    return 0;
}
