/*
 * OCSP responses (RFC 6960) as they are stapled or kept in files: parsed to a struct of views (the DER must outlive
 * it), and verified for one certificate. Making them is crl_issue.h.
 */
#ifndef SW_TTP_OCSP_H
#define SW_TTP_OCSP_H

#include "ttp/cert.h"

struct sw_ocsp {
    struct sw_slice tbs; /* ResponseData, header included: what is signed */
    const struct sw_sigscheme *sig_scheme;
    uint16_t sig_salt;
    struct sw_slice sig;
    struct sw_slice certs;   /* Certificates that came along, contents of the SEQUENCE */
    struct sw_slice by_name; /* the responder's Name, header included, or */
    struct sw_slice by_key;  /* the SHA-1 of its public key; the other one is empty */
    int64_t produced_at;
    struct sw_slice responses; /* SingleResponses, contents of the SEQUENCE */
    struct sw_slice nonce;     /* empty: none */
};

enum sw_ocsp_status { SW_OCSP_GOOD, SW_OCSP_REVOKED, SW_OCSP_UNKNOWN };

/* What is said about one certificate. */
struct sw_ocsp_single {
    enum sw_hash_id hash; /* of name_hash and key_hash; SW_HASH_NONE: one that is not supported */
    struct sw_slice name_hash, key_hash, serial;
    enum sw_ocsp_status status;
    int64_t revoked_at;
    int reason; /* CRLReason, -1: none given */
    int64_t this_update;
    int64_t next_update; /* 0: not given */
};

/*
 * sw_ocsp_parse: parse an OCSPResponse of exactly len bytes, at most SW_OCSP_LEN_MAX, each SingleResponse too. SW_OK;
 * SW_ERR_OCSP, also for a responder that gave no answer.
 */
enum { SW_OCSP_LEN_MAX = 1 << 20 };
enum sw_err sw_ocsp_parse(struct sw_ocsp *ocsp, const uint8_t *der, size_t len) SW_MUST_USE;

/* sw_ocsp_next: the next answer; start with a reader over ocsp->responses. False at the end. */
bool sw_ocsp_next(struct sw_reader *responses, struct sw_ocsp_single *out);

/*
 * sw_ocsp_verify: whether the response says something about cert that can be believed at this time: an answer for it,
 * in time, signed by its issuer or by a responder to whom the issuer gave a certificate for that (RFC 6960 4.2.2.2).
 *   nonce   that of the request, which the response must repeat; empty: none was sent
 *   answer  receives what is said, on SW_OK
 *   why     receives the reason in words otherwise
 * Returns SW_OK, SW_ERR_OCSP, SW_ERR_MEMORY. At most SW_OCSP_SIGNATURES signatures are checked.
 */
enum { SW_OCSP_CERTS = 4, SW_OCSP_SIGNATURES = SW_OCSP_CERTS + 1 };
enum sw_err sw_ocsp_verify(const struct sw_ocsp *ocsp, const struct sw_cert *cert, const struct sw_cert *issuer,
                           int64_t time, struct sw_slice nonce, struct sw_ocsp_single *answer,
                           const char **why) SW_MUST_USE;

#endif
