/*
 * Object identifiers and AlgorithmIdentifiers (RFC 5280 4.1.1.2) that several structures of X.509 and CMS share. Those of
 * signatures and hashes stand in their rows in base/; here are the kinds of keys and their curves. All in alg.c.
 */
#ifndef SW_TTP_OID_H
#define SW_TTP_OID_H

#include "base/bytes.h"
#include "base/hash.h"
#include "base/oid.h"

/* The kinds of keys (RFC 3279 2.3.1, RFC 4055 1.2, RFC 5480 2.1.1, RFC 8410 3), and PSS' and OAEP's mask function. */
extern const struct sw_oid sw_oid_rsa, sw_oid_rsa_pss, sw_oid_ec, sw_oid_ed25519, sw_oid_ed448, sw_oid_mgf1;

/* sw_oid_write: the whole element; NULL fails the writer. */
void sw_oid_write(struct sw_writer *w, const struct sw_oid *oid);

/*
 * sw_plain_alg_read: the identifier of an AlgorithmIdentifier whose parameters are NULL or absent; one that has others,
 * or is none at all, fails the reader. sw_hash_alg_read: the same for a hash (RFC 5754 2): SW_HASH_NONE if it is not
 * known. sw_hash_alg_write: a hash's, with NULL.
 */
struct sw_slice sw_plain_alg_read(struct sw_reader *r);
enum sw_hash_id sw_hash_alg_read(struct sw_reader *r);
void sw_hash_alg_write(struct sw_writer *w, enum sw_hash_id hash);

/*
 * sw_pss_key_read: what stands behind id-RSASSA-PSS in a key's AlgorithmIdentifier (RFC 4055 3.1): nothing (*hash is
 * SW_HASH_NONE), or parameters that bind the key to a hash and a least length of salts (3.3); false for a hash that is
 * not strong. sw_pss_write: the same, written; of a signature too, which always says its hash and how long its salt is.
 */
bool sw_pss_key_read(struct sw_reader *alg, enum sw_hash_id *hash, uint16_t *salt);
void sw_pss_write(struct sw_writer *w, enum sw_hash_id hash, size_t salt);

/* sw_curve_oid: of a SW_CURVE_; NULL for one that is none. sw_curve_by_oid: SW_CURVE_NONE for one that is not known. */
const struct sw_oid *sw_curve_oid(uint16_t curve);
uint16_t sw_curve_by_oid(struct sw_slice oid);

#endif
