/*
 * PKCS#12 (RFC 7292): a private key and its certificates in one file under a passphrase, as browsers, Java and Windows
 * want them.
 */
#ifndef SW_TTP_PKCS12_H
#define SW_TTP_PKCS12_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/pkey.h"

enum { SW_PKCS12_CERTS_MAX = 16 };

/* What goes in: the first certificate is the key's. */
struct sw_pkcs12_parts {
    const struct sw_privkey *key;
    struct sw_slice certs[SW_PKCS12_CERTS_MAX]; /* DER */
    size_t certs_len;
    const char *name; /* friendlyName, ASCII; other characters become '?' */
};

/*
 * sw_pkcs12_encode: key and certificates under PBES2 (PBKDF2-HMAC-SHA-256, AES-256-CBC), integrity by HMAC-SHA-256.
 *   out  SW_PKCS12_CAP of the certificates' total length is always enough
 * Returns SW_OK, SW_ERR_SPACE, SW_ERR_UNSUPPORTED, SW_ERR_RANDOM, SW_ERR_CRYPTO, SW_ERR_MEMORY.
 */
#define SW_PKCS12_CAP(n) ((n) + 16384)
enum sw_err sw_pkcs12_encode(const struct sw_pkcs12_parts *parts, struct sw_slice pass, uint8_t *out, size_t cap,
                             size_t *len) SW_MUST_USE;

/* What came out. The certificates' slices point into buf. */
struct sw_pkcs12 {
    struct sw_privkey *key;                     /* the first; one reference; NULL: the file holds none */
    unsigned further_keys;                      /* behind it, not read */
    struct sw_slice certs[SW_PKCS12_CERTS_MAX]; /* the key's first, if it is there */
    size_t certs_len;
    uint8_t *buf; /* secret */
    size_t buf_len;
};

/*
 * sw_pkcs12_decode: read a file that this or another tool made: HMAC with SHA-1 or SHA-2, contents in the clear, under
 * PBES2, or under the older PBE with SHA-1 and triple DES. RC2, which very old files use for certificates, is
 * SW_ERR_UNSUPPORTED, and so is BER (indefinite lengths). Work is bounded by SW_PBKDF2_ROUNDS_MAX for each of at most
 * four encrypted parts. Returns SW_OK; SW_ERR_PASSPHRASE if the MAC is wrong; SW_ERR_DER; SW_ERR_UNSUPPORTED;
 * SW_ERR_KEY_DECODE; SW_ERR_MEMORY. End it with sw_pkcs12_free, also after an error.
 */
enum sw_err sw_pkcs12_decode(struct sw_pkcs12 *p12, const uint8_t *der, size_t len, struct sw_slice pass) SW_MUST_USE;
void sw_pkcs12_free(struct sw_pkcs12 *p12);

/* sw_pkcs12_looks: whether DER begins like a PKCS#12 file. */
bool sw_pkcs12_looks(const uint8_t *der, size_t len);

#endif
