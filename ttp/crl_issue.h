/*
 * Answers about certificates that a CA signs: revocation lists (RFC 5280 5) and OCSP responses (RFC 6960). Reading them
 * is crl.h and ocsp.h.
 */
#ifndef SW_TTP_CRL_ISSUE_H
#define SW_TTP_CRL_ISSUE_H

#include "ttp/cert.h"

/* CRLReason, RFC 5280 5.3.1: those that are given by name. */
enum { SW_REASON_NONE = -1, SW_REASON_UNSPECIFIED = 0, SW_REASON_COUNT = 11 };

/*
 * sw_reason_name: "keyCompromise"; NULL for a number that is none. sw_reason_by_name: its number, SW_REASON_NONE if
 * there is none.
 */
const char *sw_reason_name(int reason);
int sw_reason_by_name(const char *name);

struct sw_revoked {
    struct sw_slice serial; /* INTEGER contents */
    int64_t at;
    int reason;
};

struct sw_crl_issue {
    const struct sw_cert *issuer;
    const struct sw_privkey *key;
    uint64_t number; /* above that of every earlier list: RFC 5280 5.2.3 */
    int64_t this_update, next_update;
    const struct sw_revoked *revoked;
    size_t revoked_len;
};

/* sw_crl_encode: build and sign a list; SW_CRL_CAP(revoked_len) bytes are always enough. Errors as sw_issue. */
#define SW_CRL_CAP(n) (8192 + (n)*64)
enum sw_err sw_crl_encode(const struct sw_crl_issue *what, uint8_t *out, size_t cap, size_t *len) SW_MUST_USE;

struct sw_ocsp_issue {
    const struct sw_cert *issuer; /* of the certificate; it signs the response itself */
    const struct sw_privkey *key;
    struct sw_slice serial;
    int64_t this_update, next_update;
    const struct sw_revoked *revoked; /* NULL: the certificate is good */
};

/*
 * sw_ocsp_encode: an OCSPResponse (successful, one certificate, SHA-1 CertID as every client computes it), for
 * stapling.
 */
enum { SW_OCSP_MAX = 8192 };
enum sw_err sw_ocsp_encode(const struct sw_ocsp_issue *what, uint8_t *out, size_t cap, size_t *len) SW_MUST_USE;

#endif
