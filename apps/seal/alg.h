/*
 * The algorithms of CMS by their object identifiers (RFC 3370, 5084, 5753, 5754, 8418): tables of rows, read and
 * written here alone.
 */
#ifndef SW_APPS_SEAL_ALG_H
#define SW_APPS_SEAL_ALG_H

#include "base/pkey.h"
#include "ttp/der.h"
#include "ttp/oid.h"

extern const struct sw_oid seal_oid_data, seal_oid_signed, seal_oid_enveloped, seal_oid_auth_enveloped;
extern const struct sw_oid seal_oid_content_type, seal_oid_message_digest, seal_oid_signing_time;
extern const struct sw_oid seal_oid_oaep;

/* How content is encrypted. */
struct seal_cipher {
    struct sw_oid oid;
    const char *name; /* "AES-256-GCM" */
    uint8_t key_len;
    bool gcm; /* else CBC */
};
/* seal_cipher_by_oid: NULL for another algorithm. seal_cipher_default: what we write, AES-256-GCM. */
const struct seal_cipher *seal_cipher_by_oid(struct sw_slice oid);
const struct seal_cipher *seal_cipher_default(void);

/*
 * seal_wrap_len: length in bytes of the key of an AES key wrap, 0 for another algorithm. seal_wrap_write: AES-256's
 * AlgorithmIdentifier.
 */
size_t seal_wrap_len(struct sw_slice oid);
void seal_wrap_write(struct sw_writer *w);

/*
 * seal_ecdh_hash: the hash of a one-pass ECDH scheme, SW_HASH_NONE for another algorithm. seal_ecdh_write: the OID of
 * the one with SHA-256.
 */
enum sw_hash_id seal_ecdh_hash(struct sw_slice oid);
void seal_ecdh_write(struct sw_writer *w);

/*
 * seal_digest_read: a hash's AlgorithmIdentifier, SW_HASH_NONE for one that is too weak or not known. SHA-1 is read for
 * OAEP alone. seal_digest_write: SHA-2's; another hash fails the writer.
 */
enum sw_hash_id seal_digest_read(struct sw_reader *r);
void seal_digest_write(struct sw_writer *w, enum sw_hash_id hash);

/*
 * seal_oaep_read: the hash of OAEP's AlgorithmIdentifier parameters (RFC 4055 4.1), the same for MGF1, no label;
 * SW_HASH_NONE otherwise.
 */
enum sw_hash_id seal_oaep_read(struct sw_reader *params);
/* seal_oaep_write: the whole AlgorithmIdentifier with SHA-256. */
void seal_oaep_write(struct sw_writer *w);

/*
 * seal_scheme_for: how a key signs messages, and seal_scheme_digest: the hash over the content, which EdDSA needs
 * besides (RFC 8419 3). NULL for a key that cannot. seal_scheme_write: the signatureAlgorithm. seal_scheme_read: a
 * signatureAlgorithm; plain rsaEncryption takes the digest's hash (RFC 3370 3.2), and *salt is as of sw_sigalg_parse.
 * NULL if it is too weak or not known.
 */
const struct sw_sigscheme *seal_scheme_for(const struct sw_pubkey *key);
enum sw_hash_id seal_scheme_digest(const struct sw_sigscheme *scheme);
void seal_scheme_write(struct sw_writer *w, const struct sw_sigscheme *scheme);
const struct sw_sigscheme *seal_scheme_read(struct sw_slice algorithm, enum sw_hash_id digest, uint16_t *salt);

#endif
