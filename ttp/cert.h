/*
 * A certificate parsed to a struct of views: nothing is copied, nothing allocated, the DER must outlive the struct. The
 * parser is strict about DER and about the syntax of RFC 5280; what a profile may tolerate (serial numbers,
 * criticality, time formats that are valid DER but break RFC 5280) it records in `flaws` for the verifier to judge.
 */
#ifndef SW_TTP_CERT_H
#define SW_TTP_CERT_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/pkey.h"

/* keyUsage bits (RFC 5280 4.2.1.3): bit n of the BIT STRING is 1 << n. */
enum {
    SW_KU_DIGITAL_SIGNATURE = 1 << 0,
    SW_KU_NON_REPUDIATION = 1 << 1,
    SW_KU_KEY_ENCIPHERMENT = 1 << 2,
    SW_KU_DATA_ENCIPHERMENT = 1 << 3,
    SW_KU_KEY_AGREEMENT = 1 << 4,
    SW_KU_KEY_CERT_SIGN = 1 << 5,
    SW_KU_CRL_SIGN = 1 << 6,
    SW_KU_ENCIPHER_ONLY = 1 << 7,
    SW_KU_DECIPHER_ONLY = 1 << 8
};

/* extendedKeyUsage purposes (4.2.1.12) that Sealwax knows; OTHER stands for all it does not. */
enum {
    SW_EKU_ANY = 1 << 0,
    SW_EKU_SERVER_AUTH = 1 << 1,
    SW_EKU_CLIENT_AUTH = 1 << 2,
    SW_EKU_EMAIL = 1 << 3,
    SW_EKU_CODE_SIGNING = 1 << 4,
    SW_EKU_TIME_STAMPING = 1 << 5,
    SW_EKU_OCSP_SIGNING = 1 << 6,
    SW_EKU_OTHER = 1 << 15
};

struct sw_cert {
    struct sw_slice der;    /* the whole certificate */
    struct sw_slice tbs;    /* TBSCertificate, header included: what is signed */
    struct sw_slice serial; /* INTEGER contents, as encoded */
    struct sw_slice issuer; /* Name, header included */
    struct sw_slice subject;
    struct sw_slice spki;                  /* SubjectPublicKeyInfo, header included */
    int64_t not_before;                    /* Unix time, seconds */
    int64_t not_after;                     /* inclusive */
    unsigned version;                      /* 1, 2 or 3 */
    struct sw_pubkey key;                  /* type SW_KEY_NONE: a kind of key that Sealwax does not know */
    const struct sw_sigscheme *sig_scheme; /* NULL: an algorithm that Sealwax does not know or refuses */
    uint16_t sig_salt;                     /* bytes of a PSS signature's salt */
    struct sw_slice sig;

    /* extensions; an absent one has a NULL or false here */
    bool has_basic, is_ca, basic_critical;
    int path_len; /* -1: no limit */
    bool has_key_usage, key_usage_critical;
    unsigned key_usage;
    bool has_eku, eku_critical;
    unsigned eku;
    struct sw_slice san; /* GeneralNames contents */
    bool has_san, san_critical;
    struct sw_slice ski;              /* subjectKeyIdentifier's octets */
    bool has_aki, aki_by_serial;      /* whether it names the issuer's certificate by name and serial number, too */
    struct sw_slice aki;              /* AuthorityKeyIdentifier's keyIdentifier */
    struct sw_slice name_constraints; /* NameConstraints contents */
    struct sw_slice policies, policy_mappings, policy_constraints, inhibit_any; /* extnValue contents */
    struct sw_slice crl_dp, aia;
    struct sw_slice extensions; /* contents of the Extensions SEQUENCE, for those who want to walk them */
    bool must_staple;           /* TLS feature status_request, RFC 7633 */
    bool unknown_critical;
    struct sw_slice unknown_critical_oid; /* the first one's OID contents */
    uint32_t flaws;                       /* SW_FLAW_ */
};

/* Valid DER that breaks RFC 5280: tolerated or not by profile. */
enum {
    SW_FLAW_SERIAL = 1 << 0, /* negative or longer than 20 octets */
    SW_FLAW_SERIAL_ZERO = 1 << 1,
    SW_FLAW_TIME_FORMAT = 1 << 2,       /* UTCTime from 2050 on, GeneralizedTime before */
    SW_FLAW_VERSION = 1 << 3,           /* extensions in a certificate that is not version 3 */
    SW_FLAW_EXT_CRITICAL = 1 << 4,      /* an extension is critical that must not be */
    SW_FLAW_EXT_NOT_CRITICAL = 1 << 5,  /* an extension is not critical that must be */
    SW_FLAW_EMPTY_SUBJECT_SAN = 1 << 6, /* empty subject and no critical SAN, or no SAN */
    SW_FLAW_EXT_EMPTY =
        1 << 7, /* an extension says nothing where it must say something, or a default that it must leave out */
    SW_FLAW_PATH_LEN = 1 << 8,         /* a path length without cA */
    SW_FLAW_SIG_ALG_MISMATCH = 1 << 9, /* signature and signatureAlgorithm differ */
    SW_FLAW_ISSUER_EMPTY = 1 << 10,
    SW_FLAW_AIA = 1 << 11 /* authorityInfoAccess is malformed; nothing here follows it */
};

/* Either of the two that are about criticality. */
enum { SW_FLAW_EXT_CRITICALITY = SW_FLAW_EXT_CRITICAL | SW_FLAW_EXT_NOT_CRITICAL };

/* A longer certificate or request is none: the longest ones in use have some ten thousand bytes. */
enum { SW_CERT_LEN_MAX = 1 << 20 };

/*
 * sw_cert_parse: parse one DER certificate of exactly len bytes, at most SW_CERT_LEN_MAX.
 * Returns SW_OK or SW_ERR_CERT_DECODE. Work is linear in len.
 */
enum sw_err sw_cert_parse(struct sw_cert *cert, const uint8_t *der, size_t len) SW_MUST_USE;

/* sw_spki_parse: a SubjectPublicKeyInfo alone; unknown algorithms give type SW_KEY_NONE and SW_OK. */
enum sw_err sw_spki_parse(struct sw_pubkey *key, struct sw_slice spki) SW_MUST_USE;

/*
 * sw_algorithm_valid: whether this is an AlgorithmIdentifier (header included), known or not: an OID, and at most one
 * element of parameters.
 */
bool sw_algorithm_valid(struct sw_slice algorithm);

/*
 * sw_sigalg_parse: a signature AlgorithmIdentifier (header included); NULL for one that Sealwax does not know or whose
 * parameters are not as they must be.
 *   salt  receives the length of the salt in bytes, where it is PSS; a certificate may have another than the hash's
 *         (RFC 4055 3.1)
 */
const struct sw_sigscheme *sw_sigalg_parse(struct sw_slice algorithm, uint16_t *salt);

/*
 * sw_sigalg_fits, _verify: sw_pubkey_fits and sw_pubkey_verify for what sw_sigalg_parse gave: the signature of a
 * certificate, list, response or request, which does not say which kind of RSA key a PSS signature is by.
 */
bool sw_sigalg_fits(const struct sw_pubkey *key, const struct sw_sigscheme *scheme, size_t salt);
enum sw_err sw_sigalg_verify(const struct sw_pubkey *key, const struct sw_sigscheme *scheme, size_t salt,
                             struct sw_slice msg, struct sw_slice sig) SW_MUST_USE;

/* sw_cert_name_valid: whether this is a well-formed Name. */
bool sw_cert_name_valid(struct sw_slice name);

/*
 * sw_cert_display_name: the first DNS, e-mail or URI name of the SAN, else the subject's common name; NUL-terminated,
 * control characters replaced.
 */
void sw_cert_display_name(const struct sw_cert *cert, char *out, size_t cap);

/*
 * sw_cert_identity: the name somebody is known by: that one, if it is all there and as it is; otherwise "sha256:" and
 * the certificate's fingerprint, so that two names never become one by being cut or cleaned. cap: at least
 * SW_IDENTITY_MIN. SW_ERR_SPACE, SW_ERR_CRYPTO.
 */
enum { SW_IDENTITY_MIN = 7 + 64 + 1 };
enum sw_err sw_cert_identity(const struct sw_cert *cert, char *out, size_t cap) SW_MUST_USE;

/*
 * sw_cert_identity_possible: whether text can be what sw_cert_identity says of some certificate: not empty, UTF-8,
 * nothing in it that is not shown.
 */
bool sw_cert_identity_possible(const char *text);

/*
 * sw_cert_common_name: the last CN of a Name as UTF-8, NUL-terminated into out, control characters replaced; the empty
 * string if there is none.
 */
void sw_cert_common_name(struct sw_slice name, char *out, size_t cap);

/* sw_cert_name_text: a Name as RFC 4514 text, cut to cap. */
void sw_cert_name_text(struct sw_slice name, char *out, size_t cap);

/*
 * sw_cert_name_eq: RFC 5280 7.1 comparison of two Names (case folded, white space folded for printable and UTF-8
 * strings).
 */
bool sw_cert_name_eq(struct sw_slice a, struct sw_slice b);

#endif
