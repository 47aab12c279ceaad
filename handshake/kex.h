/*
 * Key exchange groups: finite-field (RFC 7919) and elliptic-curve (RFC 8422, RFC 7748) Diffie-Hellman, one row per
 * group. A key pair lives from ServerKeyExchange to ClientKeyExchange and is wiped with its struct.
 */
#ifndef SW_HANDSHAKE_KEX_H
#define SW_HANDSHAKE_KEX_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/rand.h"
#include <stdbool.h>

enum sw_group_kind { SW_GROUP_NIST, SW_GROUP_MONTGOMERY, SW_GROUP_FFDHE };

struct sw_group {
    uint16_t id;              /* supported_groups number */
    const char *name;         /* "x25519", "secp256r1", "ffdhe2048" */
    const char *openssl_name; /* "X25519", "P-256"; also accepted */
    enum sw_group_kind kind;
    unsigned bits;
    uint16_t public_len; /* bytes of a public value on the wire */
    uint16_t shared_len; /* bytes of a shared secret */
};

enum { SW_GROUP_X25519 = 29, SW_GROUP_X448 = 30, SW_GROUP_FFDHE2048 = 256 };
enum {
    SW_KEX_PUBLIC_MAX = 1024 /* DH of 8192 bits */,
    SW_KEX_SECRET_MAX = 1024,
    SW_KEX_PRIVATE_MAX = 512,
    SW_KEX_ROW_PRIVATE_MAX = 66, /* in a group of the table: P-521 */
    SW_DH_MIN_BITS = 2048,
    SW_DH_MAX_BITS = 8192
};

/* sw_group_by_id, _by_name: the row or NULL. sw_group_row: row i in order of preference. */
const struct sw_group *sw_group_by_id(uint16_t id);
const struct sw_group *sw_group_by_name(const char *name, size_t len);
const struct sw_group *sw_group_row(size_t i);

/* Our half of an exchange. Secret; wiped by sw_kex_wipe. */
struct sw_kex {
    const struct sw_group *group; /* NULL: a finite-field group of the server's own, in p and g */
    struct sw_slice p, g; /* such a group's numbers: views of the ServerKeyExchange, which must outlive sw_kex_derive */
    uint8_t secret[512];  /* private scalar or exponent */
    size_t secret_len;
    uint8_t public_value[SW_KEX_PUBLIC_MAX];
    size_t public_len;
};

/* sw_kex_generate: make a key pair in a group; SW_ERR_RANDOM, SW_ERR_CRYPTO. */
enum sw_err sw_kex_generate(struct sw_kex *kex, const struct sw_group *group) SW_MUST_USE;

/*
 * sw_kex_generate_dh: make a key pair in a group that a TLS 1.2 server sent by its numbers. A known ffdhe group is
 * recognised; any other p of SW_DH_MIN_BITS to SW_DH_MAX_BITS (or what wolfCrypt was built for) is taken: p odd, g
 * between 2 and p-2. Leading zeros of either do not count. SW_ERR_WEAK_DH, SW_ERR_KEY_SHARE; SW_ERR_RANDOM,
 * SW_ERR_CRYPTO.
 */
enum sw_err sw_kex_generate_dh(struct sw_kex *kex, struct sw_slice p, struct sw_slice g) SW_MUST_USE;

/*
 * sw_kex_generate_from, _dh_from: the same, the private half drawn from a given source; NULL: the thread's generator,
 * as above.
 */
enum sw_err sw_kex_generate_from(struct sw_kex *kex, const struct sw_rand *rand,
                                 const struct sw_group *group) SW_MUST_USE;
enum sw_err sw_kex_generate_dh_from(struct sw_kex *kex, const struct sw_rand *rand, struct sw_slice p,
                                    struct sw_slice g) SW_MUST_USE;

/*
 * sw_kex_derive: the shared secret with the peer's public value.
 *   peer         as on the wire: NIST uncompressed point; x25519/x448 little-endian; DH big-endian
 *   strip_zeros  true for DHE in TLS 1.2: the secret's leading zeros are stripped (RFC 5246 8.1.2), the peer's number
 *                may have some. False
 *                otherwise: zeros are kept, and a DH value must be as long as p (RFC 8446 4.2.8.1, 7.4.1). Of no effect
 *                on ECDHE
 *   out          SW_KEX_SECRET_MAX bytes of room
 * Returns SW_OK; SW_ERR_KEY_SHARE for a value out of range, a point off the curve, at infinity or compressed, an
 * all-zero x25519/x448 result. Time does not depend on the private half, with two exceptions that wolfCrypt makes and
 * kex.c and kex_dh.c weigh: how many zero bytes a DH secret begins with, and in which of two cache lines of a table a
 * NIST scalar's windows are looked up.
 */
enum sw_err sw_kex_derive(const struct sw_kex *kex, struct sw_slice peer, bool strip_zeros, uint8_t *out,
                          size_t *out_len) SW_MUST_USE;

/* sw_kex_dh_numbers: p and g of a finite-field group, for ServerKeyExchange. */
void sw_kex_dh_numbers(const struct sw_kex *kex, struct sw_slice *p, struct sw_slice *g);

/*
 * sw_kex_bits: of the group, or of the prime that the server sent: what the exchange is worth, whatever zeros stood
 * before it.
 */
unsigned sw_kex_bits(const struct sw_kex *kex);

void sw_kex_wipe(struct sw_kex *kex);

#endif
