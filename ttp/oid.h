/*
 * Object identifiers as their DER contents. A table row holds one; comparing and writing is all that is ever done with
 * them.
 */
#ifndef SW_TTP_OID_H
#define SW_TTP_OID_H

#include "base/bytes.h"
#include "base/hash.h"
#include <string.h>

enum { SW_OID_MAX = 10 };

struct sw_oid {
    uint8_t len, der[SW_OID_MAX];
};

/* sw_oid_is: whether OBJECT IDENTIFIER contents are this one. */
static inline bool sw_oid_is(struct sw_slice got, const struct sw_oid *want)
{
    return got.len == want->len && memcmp(got.p, want->der, got.len) == 0;
}

/* The kinds of keys, in alg.c (RFC 3279 2.3.1, RFC 5480 2.1.1, RFC 8410 3). */
extern const struct sw_oid sw_oid_rsa, sw_oid_rsa_pss, sw_oid_ec, sw_oid_ed25519, sw_oid_ed448;

/*
 * sw_pss_key_read: what stands behind id-RSASSA-PSS in a key's AlgorithmIdentifier (RFC 4055 3.1): nothing (*hash is
 * SW_HASH_NONE), or parameters that bind the key to a hash and a least length of salts (3.3); false for others than
 * SHA-2. sw_pss_write: the same, written; of a signature too, which always says its hash and how long its salt is.
 */
bool sw_pss_key_read(struct sw_reader *alg, enum sw_hash_id *hash, uint16_t *salt);
void sw_pss_write(struct sw_writer *w, enum sw_hash_id hash, size_t salt);

/* sw_curve_oid: of a SW_CURVE_; NULL for one that is none. sw_curve_by_oid: SW_CURVE_NONE for one that is not known. */
const struct sw_oid *sw_curve_oid(uint16_t curve);
uint16_t sw_curve_by_oid(struct sw_slice oid);

#endif
