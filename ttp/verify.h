/*
 * Certification path building and validation: RFC 5280 section 6, RFC 9525 names. Time and trust are arguments; nothing
 * is read from anywhere. A backtracking search with a budget: alternatives are tried, a hopeless input ends quickly
 * with an answer.
 */
#ifndef SW_TTP_VERIFY_H
#define SW_TTP_VERIFY_H

#include "ttp/cert.h"
#include <limits.h>

enum sw_purpose { SW_PURPOSE_SERVER, SW_PURPOSE_CLIENT, SW_PURPOSE_EMAIL, SW_PURPOSE_ANY };

/*
 * What is trusted: root certificates and revocation lists, with the bytes they stand in. Immutable once built, so it
 * may be shared.
 */
struct sw_trust;

/* sw_trust_new, _free: an empty set; free takes NULL. */
struct sw_trust *sw_trust_new(void);
void sw_trust_free(struct sw_trust *trust);

/*
 * sw_trust_add: add the certificates of a PEM file's bytes (or one DER certificate); copied. One that cannot be decoded
 * is left out: a store of a hundred roots is not void because of one. A trusted certificate need not be self-signed.
 * Returns SW_ERR_PEM if there is no certificate at all, SW_ERR_CERT_DECODE if none can be decoded, SW_ERR_MEMORY.
 */
enum sw_err sw_trust_add(struct sw_trust *trust, const void *pem, size_t len) SW_MUST_USE;

/*
 * sw_trust_add_crl: add revocation lists, PEM or DER; copied. With any list present, every certificate on a path needs
 * a current one, but the trusted one at its end. Returns SW_ERR_PEM if there is none, SW_ERR_CRL if one cannot be
 * decoded, SW_ERR_MEMORY.
 */
enum sw_err sw_trust_add_crl(struct sw_trust *trust, const void *pem, size_t len) SW_MUST_USE;

/*
 * sw_trust_lists: whether any of the lists has this serial number, whoever issued it: a reason to look again, not a
 * verdict.
 */
bool sw_trust_lists(const struct sw_trust *trust, struct sw_slice serial);

/* sw_trust_has_lists: whether there are any. */
bool sw_trust_has_lists(const struct sw_trust *trust);

/*
 * sw_trust_root_id: by what a root is known again when its certificate is not there: the first bytes of the SHA-256 of
 * its name and key, which are what is trusted (RFC 5280 6.1.1). SW_ERR_CRYPTO, SW_ERR_MEMORY. sw_trust_has_root:
 * whether a root of this set has those.
 */
enum { SW_ROOT_ID_LEN = 8 };
enum sw_err sw_trust_root_id(const struct sw_cert *root, uint8_t id[SW_ROOT_ID_LEN]) SW_MUST_USE;
bool sw_trust_has_root(const struct sw_trust *trust, const uint8_t id[SW_ROOT_ID_LEN]);

/* sw_trust_count, sw_trust_at: the roots. */
size_t sw_trust_count(const struct sw_trust *trust);
const struct sw_cert *sw_trust_at(const struct sw_trust *trust, size_t i);

enum { SW_PATH_MAX = 16, SW_VERIFY_REASON_MAX = 200, SW_DEPTH_DEFAULT = 8 };

/* max_depth of a path without intermediates. */
#define SW_DEPTH_NONE UINT_MAX

struct sw_verify_params {
    const struct sw_trust *trust;
    const struct sw_cert *untrusted; /* intermediates offered by the peer, any order, any number */
    size_t untrusted_len;
    int64_t time; /* Unix time; both ends of a validity period are inside it */
    enum sw_purpose purpose;
    const char *const
        *names; /* the leaf must be for at least one: DNS name, IP literal, "email:", "uri:", "dns:", "ip:"; RFC 9525 */
    size_t names_len; /* 0: any name */
    /* intermediates on the path, self-issued ones not counted; 0: SW_DEPTH_DEFAULT; none: SW_DEPTH_NONE */
    unsigned max_depth;
    bool strict;          /* RFC 5280 and the CA/Browser rules to the letter */
    bool leaf_crl_only;   /* revocation is asked for the leaf alone */
    struct sw_slice ocsp; /* a stapled response for the leaf, or empty */
};

/*
 * The verdict: the error, which certificate of the path it concerns (0: leaf), whose, and a sentence a person
 * understands.
 */
struct sw_verify_result {
    enum sw_err err;
    unsigned depth;
    char reason[SW_VERIFY_REASON_MAX];
    /* leaf to root when err is SW_OK; each pointer as long-lived as what it was found in */
    const struct sw_cert *path[SW_PATH_MAX];
    unsigned path_len;
    long steps, signatures; /* the work it took, of SW_BUDGET_STEPS and SW_BUDGET_SIGNATURES */
};

/*
 * sw_verify: find a path from leaf to a root and validate it.
 * Returns the same error as in *result: SW_OK or one of the CERT_, CRL or OCSP rows of err.def.
 * Work is bounded by a fixed budget of signature checks and steps (SW_ERR_CERT_BUDGET).
 */
enum sw_err sw_verify(const struct sw_cert *leaf, const struct sw_verify_params *params,
                      struct sw_verify_result *result) SW_MUST_USE;

#endif
