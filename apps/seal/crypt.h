/* Encrypted content: pieces of an octet string, AES-GCM or AES-CBC, as it streams (RFC 5084, RFC 3565). */
#ifndef SW_APPS_SEAL_CRYPT_H
#define SW_APPS_SEAL_CRYPT_H

#include "apps/seal/alg.h"
#include "apps/seal/ber.h"
#include "base/aead.h"
#include "base/keywrap.h"

/* What everything that does not decrypt is: which part was wrong is nobody's business. */
extern const char crypt_tampered[];

/* A sink that encrypts with AES-GCM and writes pieces of an octet string into another sink. */
struct crypt_sink {
    struct seal_sink sink;
    struct seal_sink *out;
    struct seal_status *st;
    struct sw_aead aead;
    size_t have;
    uint8_t buf[SEAL_PIECE];
};
/*
 * crypt_sink_init: with a key of 16, 24 or 32 bytes and a nonce that is used once. crypt_sink_end: write what is left;
 * tag receives GCM's. crypt_sink_wipe: always, in the end. False: st says why.
 */
bool crypt_sink_init(struct crypt_sink *c, struct seal_sink *out, const uint8_t *key, size_t key_len,
                     const uint8_t nonce[SW_AEAD_NONCE], struct seal_status *st);
bool crypt_sink_end(struct crypt_sink *c, uint8_t tag[SW_AEAD_TAG]);
void crypt_sink_wipe(struct crypt_sink *c);

/* piece_write: one piece of an octet string. */
bool piece_write(struct seal_sink *out, const uint8_t *p, size_t len);

/*
 * A source of what is decrypted from an octet string in a BER reader. Nothing of it is authentic before
 * crypt_source_tag, and with CBC nothing ever is.
 */
struct crypt_source {
    struct seal_source source;
    struct ber *in;
    struct seal_status *st;
    const struct seal_cipher *cipher;
    struct sw_aead aead;
    struct sw_cbc cbc;
    bool ended;
    size_t have, ready, next; /* CBC: bytes in buf; of them decrypted; of them given out */
    uint8_t buf[SEAL_PIECE];
};

/*
 * crypt_source_init: the octet string has been begun (ber_octets).
 *   key   as long as cipher says
 *   iv    12 bytes for GCM, 16 for CBC
 * False: st says why. crypt_source_wipe: always, in the end.
 */
bool crypt_source_init(struct crypt_source *c, struct ber *in, const struct seal_cipher *cipher, const uint8_t *key,
                       const uint8_t *iv, struct seal_status *st);
/* crypt_source_drain: read what nobody wanted. crypt_source_tag: whether GCM's tag is right; after the drain. */
bool crypt_source_drain(struct crypt_source *c);
bool crypt_source_tag(struct crypt_source *c, const uint8_t tag[SW_AEAD_TAG]);
void crypt_source_wipe(struct crypt_source *c);

#endif
