/*
 * Keys in their encodings. Private keys: PKCS#8 (RFC 5958, plain or under a passphrase with PBES2) is written; the
 * older PKCS#1 "RSA PRIVATE KEY" and SEC1 "EC PRIVATE KEY" are read as well. Public keys: SubjectPublicKeyInfo (RFC
 * 5280 4.1.2.7).
 */
#ifndef SW_TTP_KEY_H
#define SW_TTP_KEY_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/pkey.h"

enum {
    SW_KEY_DER_MAX = 6144, /* PKCS#8 of RSA-8192, encrypted too */
    SW_KEY_PEM_MAX = 9216,
    SW_SPKI_MAX = 1100,
    SW_KEY_TEXT_CAP = 24
};

/* The kinds of key that can be made, first the default. */
struct sw_key_kind {
    const char *name; /* "rsa2048" */
    enum sw_key_type type;
    unsigned param; /* for sw_privkey_generate */
};

/* sw_key_kind_at: row i, NULL past the last. sw_key_kind_by_name: NULL if there is none. */
const struct sw_key_kind *sw_key_kind_at(size_t i);
const struct sw_key_kind *sw_key_kind_by_name(const char *name);

/* sw_key_text: the name of any public key's kind, made like those above: "rsa2048", "p521", "unknown". Returns out. */
char *sw_key_text(const struct sw_pubkey *key, char out[SW_KEY_TEXT_CAP]);

/*
 * sw_key_encode: PKCS#8 PrivateKeyInfo in DER.
 *   out   secret; SW_KEY_DER_MAX bytes are always enough
 * sw_key_encode_pem: the same as PEM; under a passphrase if pass.p is not NULL ("ENCRYPTED PRIVATE KEY").
 * Return SW_OK; SW_ERR_SPACE; SW_ERR_UNSUPPORTED for a key that cannot be exported; SW_ERR_RANDOM, SW_ERR_CRYPTO,
 * SW_ERR_MEMORY.
 */
enum sw_err sw_key_encode(const struct sw_privkey *key, uint8_t *out, size_t cap, size_t *len) SW_MUST_USE;
enum sw_err sw_key_encode_pem(const struct sw_privkey *key, struct sw_slice pass, char *out, size_t cap,
                              size_t *len) SW_MUST_USE;

/*
 * sw_key_decode: PKCS#8, PKCS#1 or SEC1 in DER; the public half is recomputed and must agree. SW_ERR_KEY_DECODE,
 * SW_ERR_UNSUPPORTED, SW_ERR_MEMORY.
 */
enum sw_err sw_key_decode(struct sw_privkey **out, const uint8_t *der, size_t len) SW_MUST_USE;

/*
 * sw_key_read: the first private key in a PEM file's bytes, or a key in DER; encrypted PKCS#8 in either.
 *   pass   p NULL: none known
 * Returns SW_OK and *out with one reference; SW_ERR_PASSPHRASE if one is needed or it is wrong; SW_ERR_PEM if there is
 * no key; SW_ERR_UNSUPPORTED (also for keys encrypted the way of old PEM files, "Proc-Type: 4,ENCRYPTED");
 * SW_ERR_KEY_DECODE; SW_ERR_MEMORY.
 */
enum sw_err sw_key_read(struct sw_privkey **out, const void *data, size_t len, struct sw_slice pass) SW_MUST_USE;

/*
 * sw_key_instead: what bytes without a private key are, in words ("a certificate"), for whoever named the wrong file;
 * NULL if there is one, or nothing that is known.
 */
const char *sw_key_instead(const void *data, size_t len);

/* sw_key_is_encrypted: whether sw_key_read will need a passphrase. */
bool sw_key_is_encrypted(const void *data, size_t len);

/* sw_spki_encode: write a SubjectPublicKeyInfo. A key of a kind that is not known fails the writer. */
void sw_spki_encode(struct sw_writer *w, const struct sw_pubkey *key);

#endif
