/*
 * Certificate requests, PKCS#10 (RFC 2986). Parsed to a struct of views like a certificate; what a request asks for
 * beyond a subject and names is recorded so that it can be shown, and never granted for that reason.
 */
#ifndef SW_TTP_CSR_H
#define SW_TTP_CSR_H

#include "ttp/cert.h"

enum { SW_CSR_MAX = 16384 /* bytes of one we make */ };

struct sw_csr {
    struct sw_slice der;
    struct sw_slice info;    /* CertificationRequestInfo, header included: what is signed */
    struct sw_slice subject; /* Name, header included */
    struct sw_slice spki;
    struct sw_pubkey key;
    const struct sw_sigscheme *sig_scheme; /* NULL: an algorithm that Sealwax does not know or refuses */
    uint16_t sig_salt;                     /* bytes of a PSS signature's salt */
    struct sw_slice sig;

    /* what its extensionRequest (RFC 2985 5.4.2) asks for */
    struct sw_slice san; /* GeneralNames contents, or empty */
    bool asks_ca;        /* basicConstraints with cA TRUE */
    bool has_key_usage;
    unsigned key_usage; /* SW_KU_ */
    bool has_eku;
    unsigned eku;    /* SW_EKU_ */
    unsigned others; /* further extensions and attributes */
};

/*
 * sw_csr_parse: parse one DER request of exactly len bytes, at most SW_CERT_LEN_MAX.
 * Returns SW_OK; SW_ERR_DER. The signature is another matter:
 * sw_csr_verify: that the requester holds the key. SW_OK, SW_ERR_SIGNATURE, SW_ERR_UNSUPPORTED.
 */
enum sw_err sw_csr_parse(struct sw_csr *csr, const uint8_t *der, size_t len) SW_MUST_USE;
enum sw_err sw_csr_verify(const struct sw_csr *csr) SW_MUST_USE;

/*
 * sw_csr_encode: make a request, signed with the key it is about.
 *   subject   a Name, header included
 *   san       GeneralNames contents; may be empty
 *   ca        ask for a CA certificate, so that the tools of others see what it is
 * Returns SW_OK; SW_ERR_SPACE; SW_ERR_UNSUPPORTED for a key that cannot sign; SW_ERR_CRYPTO, SW_ERR_MEMORY.
 */
enum sw_err sw_csr_encode(const struct sw_privkey *key, struct sw_slice subject, struct sw_slice san, bool ca,
                          uint8_t *out, size_t cap, size_t *len) SW_MUST_USE;

#endif
