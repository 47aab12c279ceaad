/*
 * Revocation lists (RFC 5280 5), parsed to a struct of views: the DER must outlive it. Whole lists of one CA; delta and
 * indirect lists are refused by name.
 */
#ifndef SW_TTP_CRL_H
#define SW_TTP_CRL_H

#include "ttp/cert.h"

/* ReasonFlags (RFC 5280 4.2.1.13): bits 1 to 8; bit 0 is unused. */
enum { SW_CRL_ALL_REASONS = 0x1fe };

struct sw_crl {
    struct sw_slice der;
    struct sw_slice tbs;
    struct sw_slice issuer; /* Name, header included */
    const struct sw_sigscheme *sig_scheme;
    uint16_t sig_salt;
    struct sw_slice sig;
    int64_t this_update;
    int64_t next_update;     /* 0: none, which RFC 5280 does not allow */
    struct sw_slice entries; /* contents of revokedCertificates */
    size_t entries_len;      /* how many */
    struct sw_slice number;  /* CRLNumber's contents; empty: none */
    struct sw_slice aki;
    bool number_critical;
    bool has_idp, only_user, only_ca;
    unsigned reasons;          /* those that the list covers */
    struct sw_slice idp_names; /* fullName's contents, or empty */
    const char *unsupported;   /* why the list must not be used, NULL: it may */
};

/*
 * sw_crl_parse: parse one list of exactly len bytes, at most SW_CRL_LEN_MAX, each entry too. SW_OK or SW_ERR_CRL. Work
 * is linear in len.
 */
enum { SW_CRL_LEN_MAX = 4 << 20 };
enum sw_err sw_crl_parse(struct sw_crl *crl, const uint8_t *der, size_t len) SW_MUST_USE;

/* An entry: CRLReason (RFC 5280 5.3.1) is -1 where none is given. */
struct sw_crl_entry {
    struct sw_slice serial;
    int64_t at;
    int reason;
};

/* sw_crl_next: the next entry; start with a reader over crl->entries. False at the end. */
bool sw_crl_next(struct sw_reader *entries, struct sw_crl_entry *entry);

/* sw_crl_find: look a serial number up; linear in the list's length. */
bool sw_crl_find(const struct sw_crl *crl, struct sw_slice serial, struct sw_crl_entry *entry);

/* sw_crl_reason_text: "keyCompromise"; "unspecified" for none. Static. */
const char *sw_crl_reason_text(int reason);

#endif
