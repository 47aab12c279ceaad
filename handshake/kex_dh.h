/* The finite-field half of kex.h, for kex.c alone. */
#ifndef SW_HANDSHAKE_KEX_DH_H
#define SW_HANDSHAKE_KEX_DH_H

#include "handshake/kex.h"

/* sw_kex_dh_number: an encoded number without its leading zeros. */
struct sw_slice sw_kex_dh_number(struct sw_slice n);

/* sw_kex_dh_bits: how long it is without them. */
unsigned sw_kex_dh_bits(struct sw_slice n);

/*
 * sw_kex_dh_judge: whether numbers that a server sent can be a group: SW_ERR_WEAK_DH for a prime that is too short;
 * SW_ERR_KEY_SHARE for one too long to compute with or even, or a generator that is not between 2 and p - 2.
 */
enum sw_err sw_kex_dh_judge(struct sw_slice p, struct sw_slice g) SW_MUST_USE;

/* sw_kex_dh_can: whether this wolfCrypt computes with primes of so many bits. */
bool sw_kex_dh_can(unsigned bits);

/*
 * sw_kex_dh_make: fill kex's secret and public value.
 *   exponent_len  bytes of the private exponent, its top bit set; at most sizeof kex->secret
 */
enum sw_err sw_kex_dh_make(struct sw_kex *kex, const struct sw_rand *rand, struct sw_slice p, struct sw_slice g,
                           size_t exponent_len) SW_MUST_USE;

/*
 * sw_kex_dh_shared: peer to the power of kex's secret, for a peer's value between 2 and p - 2. Rules of sw_kex_derive.
 */
enum sw_err sw_kex_dh_shared(const struct sw_kex *kex, struct sw_slice p, struct sw_slice g, struct sw_slice peer,
                             bool strip_zeros, uint8_t *out, size_t *out_len) SW_MUST_USE;

#endif
