/*
 * Random bytes. One wolfCrypt DRBG a thread, made at first use, reseeded after a fork; a test puts its own source in
 * front.
 */
#ifndef SW_BASE_RAND_H
#define SW_BASE_RAND_H

#include "base/err.h"
#include <stddef.h>

/* A source of random bytes. */
struct sw_rand {
    enum sw_err (*fill)(void *ctx, void *out, size_t len);
    void *ctx;
};

/*
 * sw_rand_bytes: fill out with len random bytes.
 *   r   the source; NULL for the thread's DRBG
 * Returns SW_OK or SW_ERR_RANDOM, and then out is zeroed.
 */
enum sw_err sw_rand_bytes(const struct sw_rand *r, void *out, size_t len) SW_MUST_USE;

/*
 * sw_rand_iv: up to 64 public random bytes (an explicit IV, a nonce) from a pool drawn 4 KiB at a time: a tenth of the
 * cost of sw_rand_bytes. Never for keys: the pool waits in memory. The same source and errors.
 */
enum sw_err sw_rand_iv(const struct sw_rand *r, void *out, size_t len) SW_MUST_USE;

/*
 * sw_rand_wolf: the thread's WC_RNG for wolfCrypt calls that want one (RSA blinding, ECDSA nonces); NULL if it cannot
 * be seeded.
 */
void *sw_rand_wolf(void);

/* sw_rand_release: free the calling thread's generator and wipe its pool; it is made again at the next use. */
void sw_rand_release(void);

/* sw_wolf_version: this library's version and that of the wolfCrypt it was built with; static. */
const char *sw_wolf_version(void);

#endif
