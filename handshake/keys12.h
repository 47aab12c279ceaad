/*
 * The TLS 1.2 key schedule: PRF, master secret, key block, Finished (RFC 5246 5, 6.3, 7.4.9, 8.1; RFC 7627; RFC 5705).
 */
#ifndef SW_HANDSHAKE_KEYS12_H
#define SW_HANDSHAKE_KEYS12_H

#include "handshake/suite.h"
#include "record/record.h"

enum { SW_MASTER_LEN = 48, SW_VERIFY_DATA_LEN = 12, SW_RANDOM_LEN = 32 };

/*
 * sw_prf: PRF(secret, label, seed_a + seed_b) of RFC 5246 5 with a suite's hash (SHA-256, SHA-384 or, private use,
 * SHA-512).
 *   out, len   any length
 * Returns SW_OK; SW_ERR_ARGUMENT for SW_HASH_NONE; SW_ERR_CRYPTO, as every function here. Time depends on the lengths
 * alone.
 */
enum sw_err sw_prf(enum sw_hash_id hash, const void *secret, size_t secret_len, const char *label,
                   struct sw_slice seed_a, struct sw_slice seed_b, uint8_t *out, size_t len) SW_MUST_USE;

/*
 * sw_keys12_master: the classic master secret, from both randoms. sw_keys12_master_ems: the extended one, from the
 * session hash (RFC 7627 4).
 */
enum sw_err sw_keys12_master(enum sw_hash_id prf, const void *premaster, size_t len,
                             const uint8_t client_random[SW_RANDOM_LEN], const uint8_t server_random[SW_RANDOM_LEN],
                             uint8_t master[SW_MASTER_LEN]) SW_MUST_USE;
enum sw_err sw_keys12_master_ems(enum sw_hash_id prf, const void *premaster, size_t len, const uint8_t *session_hash,
                                 size_t hash_len, uint8_t master[SW_MASTER_LEN]) SW_MUST_USE;

/*
 * sw_keys12_expand: cut the key block into the two directions' secrets (RFC 5246 6.3), sequence numbers 0; the block is
 * wiped.
 *   client  what the client writes with; server: what the server writes with
 */
enum sw_err sw_keys12_expand(const struct sw_suite *suite, bool etm, const uint8_t master[SW_MASTER_LEN],
                             const uint8_t client_random[SW_RANDOM_LEN], const uint8_t server_random[SW_RANDOM_LEN],
                             struct sw_record_secrets *client, struct sw_record_secrets *server) SW_MUST_USE;

/* sw_keys12_finished: verify_data of the client's or the server's Finished over a transcript hash. */
enum sw_err sw_keys12_finished(enum sw_hash_id prf, const uint8_t master[SW_MASTER_LEN], bool client,
                               const uint8_t *transcript_hash, size_t hash_len,
                               uint8_t out[SW_VERIFY_DATA_LEN]) SW_MUST_USE;

/*
 * sw_keys12_export: RFC 5705.
 *   label         SW_ERR_ARGUMENT if it is, or begins with, a label of the key schedule's own
 *   with_context  false leaves the context out, which differs from an empty one
 *   context       at most 65,535 bytes: SW_ERR_ARGUMENT
 */
enum sw_err sw_keys12_export(enum sw_hash_id prf, const uint8_t master[SW_MASTER_LEN],
                             const uint8_t client_random[SW_RANDOM_LEN], const uint8_t server_random[SW_RANDOM_LEN],
                             const char *label, bool with_context, struct sw_slice context, uint8_t *out,
                             size_t len) SW_MUST_USE;

#endif
