/*
 * Certificates built and signed from a profile. Everything in a certificate but subject, names and key comes from its
 * profile and its issuer; nothing is read from anywhere.
 */
#ifndef SW_TTP_ISSUE_H
#define SW_TTP_ISSUE_H

#include "ttp/cert.h"

enum {
    SW_CERT_MAX = 32768, /* bytes of one we make */
    SW_SERIAL_LEN = 16
};

/*
 * What a certificate is for. keyUsage depends on the kind of key as well: RSA keys can transport keys, EC keys agree on
 * them.
 */
struct sw_profile {
    const char *name;
    bool ca;
    unsigned eku;                 /* SW_EKU_, 0: none */
    unsigned usage;               /* SW_KU_ for every kind of key */
    unsigned usage_rsa, usage_ec; /* and in addition */
    int days;                     /* of validity by default */
};

/*
 * sw_profile_by_name: root, ca, server, client, peer, email, ocsp; NULL if there is none. sw_profile_at: the i-th; NULL
 * past the last.
 */
const struct sw_profile *sw_profile_by_name(const char *name);
const struct sw_profile *sw_profile_at(size_t i);

struct sw_issue {
    const struct sw_profile *profile;
    struct sw_slice serial;  /* INTEGER contents: positive, at most 20 bytes */
    struct sw_slice subject; /* Name, header included */
    struct sw_slice san;     /* GeneralNames contents, or empty */
    struct sw_slice spki;    /* the subject's key */
    int64_t not_before, not_after;
    int path_len;                                /* of a CA; -1: no limit */
    struct sw_slice permit, exclude;             /* of a CA: contents of GeneralSubtrees, or empty */
    const char *crl_url, *ocsp_url, *issuer_url; /* NULL: none */
    const struct sw_cert *issuer;                /* NULL: self-signed */
    const struct sw_privkey *key;                /* the issuer's */
};

/*
 * sw_issue: build and sign a certificate.
 * Returns SW_OK; SW_ERR_SPACE if it does not fit cap or a part is malformed; SW_ERR_UNSUPPORTED for a key that is not
 * known; SW_ERR_KEY_MISMATCH if key is not the issuer's (self-signed: not the subject's); what signing returned.
 */
enum sw_err sw_issue(const struct sw_issue *what, uint8_t *out, size_t cap, size_t *len) SW_MUST_USE;

/* sw_serial_make: a fresh random serial number, positive, exactly SW_SERIAL_LEN bytes long in DER: 126 random bits. */
enum sw_err sw_serial_make(uint8_t out[SW_SERIAL_LEN]) SW_MUST_USE;

#endif
