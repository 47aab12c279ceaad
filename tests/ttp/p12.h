/* A PKCS#12 file around any AuthenticatedSafe: with a MAC that is right, so that what is inside is looked at. */
#ifndef SW_TESTS_TTP_P12_H
#define SW_TESTS_TTP_P12_H

#include "ttp/der.h"
#include "ttp/pkcs12_kdf.h"
#include <stdlib.h>

static const struct sw_slice p12_pass = {(const uint8_t *)"sealwax", 7};

/* p12_wrap: MAC of one round of SHA-256, passphrase p12_pass; the length, cap at least safe.len + 256. */
static inline size_t p12_wrap(struct sw_slice safe, uint8_t *out, size_t cap)
{
    static const uint8_t data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1};
    static const uint8_t sha256[] = {0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1};
    struct sw_slice salt = {(const uint8_t *)"salt", 4};
    struct sw_writer w = sw_writer_of(out, cap);
    uint8_t key[32], mac[32];
    size_t pfx = sw_der_open(&w, SW_DER_SEQUENCE), info, tag, alg;

    if (sw_pkcs12_kdf(SW_HASH_SHA256, SW_PKCS12_MAC, p12_pass, salt, 1, key, sizeof key) != SW_OK ||
        sw_hmac_once(SW_HASH_SHA256, key, sizeof key, safe.p, safe.len, mac) != SW_OK)
        abort();
    sw_der_write_int(&w, 3);
    info = sw_der_open(&w, SW_DER_SEQUENCE);
    sw_der_write(&w, SW_DER_OID, data, sizeof data);
    tag = sw_der_open(&w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
    sw_der_write(&w, SW_DER_OCTET_STRING, safe.p, safe.len);
    sw_der_close(&w, tag);
    sw_der_close(&w, info);
    tag = sw_der_open(&w, SW_DER_SEQUENCE);
    info = sw_der_open(&w, SW_DER_SEQUENCE);
    alg = sw_der_open(&w, SW_DER_SEQUENCE);
    sw_der_write(&w, SW_DER_OID, sha256, sizeof sha256);
    sw_der_close(&w, alg);
    sw_der_write(&w, SW_DER_OCTET_STRING, mac, sizeof mac);
    sw_der_close(&w, info);
    sw_der_write(&w, SW_DER_OCTET_STRING, salt.p, salt.len);
    sw_der_close(&w, tag);
    sw_der_close(&w, pfx);
    if (!sw_writer_ok(&w))
        abort();
    return w.len;
}

#endif
