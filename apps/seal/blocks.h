/*
 * The form that teaches: a text under RSA alone, cut into blocks that OAEP has room for. Each block costs a private
 * operation and grows by two hashes and two bytes; nobody does this, and this is why. The format is ours, for there is
 * no standard one:
 *
 *     SEQUENCE { INTEGER 1, IssuerAndSerialNumber, AlgorithmIdentifier (id-RSAES-OAEP, SHA-256), OCTET STRING (blocks,
 *     each of the modulus' length) }
 *
 * Blocks can be left out, swapped or made by anybody: what holds them together is the signature inside, as in the other
 * form.
 */
#ifndef SW_APPS_SEAL_BLOCKS_H
#define SW_APPS_SEAL_BLOCKS_H

#include "apps/seal/ber.h"
#include "apps/seal/seal.h"

#define BLOCKS_LABEL "SEALWAX RSA BLOCKS"
/* BLOCKS_PLAIN_MAX: the body, and what is signed and sent with it. */
enum { BLOCKS_PLAIN_MAX = SEAL_RSA_MAX + (48 << 10) };

/* blocks_write: len bytes encrypted to an RSA certificate. */
bool blocks_write(const struct sw_cert *to, const uint8_t *p, size_t len, struct seal_sink *out,
                  struct seal_status *st);

/*
 * A source of what the blocks hold. blocks_open reads up to them from a reader that stands inside the outer SEQUENCE;
 * blocks_close the end.
 */
struct blocks_source {
    struct seal_source source;
    struct ber *in;
    struct seal_status *st;
    const struct sw_privkey *key;
    uint64_t total;
    size_t len, next; /* of the block in plain */
    uint8_t plain[SW_SIG_MAX];
};
bool blocks_open(struct blocks_source *b, struct ber *in, const struct seal_self *self, struct seal_status *st);
bool blocks_close(struct blocks_source *b);

#endif
