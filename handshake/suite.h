/*
 * Cipher suites: one row each, in order of preference with the reason beside it. No length, hash or nonce shape of a
 * suite is written anywhere else. docs/suites.md shows the same rows to people, and a test holds the two together.
 */
#ifndef SW_HANDSHAKE_SUITE_H
#define SW_HANDSHAKE_SUITE_H

#include "base/bytes.h"
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
    unsigned named;       /* SW_POLICY_: where it may be switched on by name; always holds `policies` */
};

/*
 * sw_suite_by_id, _by_name: the row or NULL. A name is the registered one, OpenSSL's, or a number written "0x003C"; len
 * bytes, exact case.
 * sw_suite_row: row i, NULL past the last.
 */
const struct sw_suite *sw_suite_by_id(uint16_t id);
const struct sw_suite *sw_suite_by_name(const char *name, size_t len);
const struct sw_suite *sw_suite_row(size_t i);

/*
 * sw_number_parse: a number written "0x003C", 0x and four digits of either case, as suites, groups and signature
 * schemes may be named.
 */
bool sw_number_parse(const char *text, size_t len, uint16_t *out);

/* Whether this connection could carry a suite out: it has a certificate, a group and a signature scheme for it. */
typedef bool sw_suite_usable(void *ctx, const struct sw_suite *suite);

/*
 * sw_suite_choose: what a server answers a ClientHello with.
 *   version       SW_TLS12 or SW_TLS13, negotiated before: suites of the other one do not take part
 *   ours, count   our suites, most wanted first
 *   theirs        the hello's cipher_suites as on the wire, an even number of bytes; unknown and GREASE values are
 *                 passed over
 *   server_order  true: our order decides; false: theirs
 *   usable, ctx   asked for each candidate in turn, best first
 * Returns NULL if there is none: SW_ERR_NO_SUITE. Time grows with the length of `theirs`, not with its square.
 */
const struct sw_suite *sw_suite_choose(uint16_t version, const uint16_t *ours, size_t count, struct sw_slice theirs,
                                       bool server_order, sw_suite_usable *usable, void *ctx);

#endif
