/*
 * Finite fields whose primes are known to be safe: the groups of RFC 7919, by number, and those of RFC 3526, which
 * older servers send. In such a field a private exponent of about twice the field's strength is as good as one of its
 * full length, at a tenth of the cost.
 */
#ifndef SW_HANDSHAKE_FFDHE_H
#define SW_HANDSHAKE_FFDHE_H

#include "base/bytes.h"

/* A group of RFC 7919; its generator is 2. */
struct sw_ffdhe {
    uint16_t id;          /* supported_groups number */
    uint8_t exponent_len; /* bytes of a private exponent */
    struct sw_slice p;    /* big-endian, static */
};

/* sw_ffdhe_by_id, _by_prime: the group, or NULL; p without leading zeros. */
const struct sw_ffdhe *sw_ffdhe_by_id(uint16_t id);
const struct sw_ffdhe *sw_ffdhe_by_prime(struct sw_slice p);

/*
 * sw_ffdhe_modp_exponent: bytes of a private exponent for a prime of RFC 3526 with generator 2; 0 if p is none of them.
 */
size_t sw_ffdhe_modp_exponent(struct sw_slice p);

#endif
