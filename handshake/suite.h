/*
 * Cipher suites: one row each, in order of preference with the reason beside it. No length, hash or nonce shape of a suite is
 * written anywhere else.
 */
#ifndef SW_HANDSHAKE_SUITE_H
#define SW_HANDSHAKE_SUITE_H

#include "base/pkey.h"
#include "record/bulk.h"

enum sw_kex_kind { SW_KEX_RSA, SW_KEX_DHE, SW_KEX_ECDHE, SW_KEX_TLS13 };

/* Which key the server's certificate must have. */
enum sw_auth_kind { SW_AUTH_RSA, SW_AUTH_ECDSA /* Ed25519 and Ed448 too, RFC 8422 */, SW_AUTH_ANY };

enum { SW_POLICY_CLASSIC = 1, SW_POLICY_MODERN = 2, SW_POLICY_ALL = 4 };

struct sw_suite {
    uint16_t id;
    const char *name;         /* registered name */
    const char *openssl_name; /* NULL: OpenSSL has none */
    enum sw_kex_kind kex;
    enum sw_auth_kind auth;
    const struct sw_bulk *bulk;
    enum sw_hash_id mac;  /* of CBC and NULL suites; SW_HASH_NONE for AEAD */
    enum sw_hash_id prf;  /* PRF, Finished and transcript hash */
    uint16_t min_version; /* SW_TLS12 or SW_TLS13: a suite belongs to exactly one */
    unsigned policies;    /* SW_POLICY_: where it is on without being named */
};

/* sw_suite_by_id, _by_name (either name, or "0x003C"): the row or NULL. sw_suite_row: row i, NULL past the last. */
const struct sw_suite *sw_suite_by_id(uint16_t id);
const struct sw_suite *sw_suite_by_name(const char *name, size_t len);
const struct sw_suite *sw_suite_row(size_t i);

#endif
