/*
 * HMAC over a message whose length is secret within known bounds: the same compressions and the same memory accesses
 * whatever the length is. The heart of opening MAC-then-encrypt records without telling an attacker how long the
 * padding was (Lucky Thirteen).
 */
#ifndef SW_RECORD_HMAC_CT_H
#define SW_RECORD_HMAC_CT_H

#include "base/hash.h"

/*
 * sw_hmac_ct: out = HMAC(msg[0..len)).
 *   m     keyed; unchanged
 *   msg   `have` bytes that can be read; those past max do not matter
 *   len   secret; min <= len <= max <= have, all others public
 *   out   digest
 * Time depends on min, max and have alone; the work beyond hashing min bytes is the compressions that max - min bytes
 * can need. SHA-1, SHA-256, SHA-384 and SHA-512.
 */
enum sw_err sw_hmac_ct(const struct sw_hmac *m, const uint8_t *msg, size_t have, size_t min, size_t len, size_t max,
                       uint8_t *out) SW_MUST_USE;

#endif
