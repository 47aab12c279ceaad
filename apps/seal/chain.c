/* A certificate file, read. */
#include "apps/seal/seal.h"
#include "ttp/der.h"
#include "ttp/pem.h"
#include <stdlib.h>
#include <string.h>

enum { CHAIN_MAX = 16 };

static enum sw_err add(struct seal_chain *chain, const uint8_t *der, size_t len)
{
    if (chain->len == CHAIN_MAX)
        return SW_ERR_SPACE;
    enum sw_err err = sw_cert_parse(&chain->cert[chain->len], der, len);
    chain->len += err == SW_OK;
    return err;
}

static enum sw_err add_blocks(struct seal_chain *chain, const void *data, size_t len)
{
    struct sw_reader r = sw_reader_of(data, len);
    struct sw_pem block;
    enum sw_err err = SW_OK;
    size_t used = 0, n;
    while (err == SW_OK && sw_pem_next(&r, &block)) {
        if (!sw_pem_is(&block, "CERTIFICATE"))
            continue;
        err = sw_pem_decode(&block, chain->der + used, len - used, &n);
        if (err == SW_OK)
            err = add(chain, chain->der + used, n);
        used += n;
    }
    return err != SW_OK ? err : chain->len == 0 ? SW_ERR_PEM : SW_OK;
}

enum sw_err seal_chain_read(struct seal_chain *chain, const void *data, size_t len)
{
    enum sw_err err;
    chain->len = 0;
    chain->cert = calloc(CHAIN_MAX, sizeof *chain->cert);
    chain->der = malloc(len + 1);
    if (!chain->cert || !chain->der) {
        err = SW_ERR_MEMORY;
    } else if (len > 0 && *(const uint8_t *)data == SW_DER_SEQUENCE) {
        memcpy(chain->der, data, len);
        err = add(chain, chain->der, len);
    } else {
        err = add_blocks(chain, data, len);
    }
    if (err != SW_OK)
        seal_chain_free(chain);
    return err;
}

void seal_chain_free(struct seal_chain *chain)
{
    free(chain->cert);
    free(chain->der);
    *chain = (struct seal_chain){0};
}
