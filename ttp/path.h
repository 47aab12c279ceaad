/*
 * Inside the path validation: what the search and the checks share. A path is built upwards, from the leaf; each check
 * is made as soon as the certificates it needs are on the path, so that a failure of any kind makes the search try
 * another branch.
 */
#ifndef SW_TTP_PATH_H
#define SW_TTP_PATH_H

#include "ttp/crl.h"
#include "ttp/verify.h"

/*
 * The budget of one verification. Steps are comparisons of names, candidates and list entries, weighted by length;
 * signature units are an RSA-2048 or P-256 check each. Together they keep the worst input under 100 ms on a slow
 * machine.
 */
enum { SW_BUDGET_STEPS = 400000, SW_BUDGET_SIGNATURES = 320, SW_SIGNATURES_KNOWN = 128 };

/*
 * A step from a certificate to its issuer that was looked at before: paths that differ only above it meet it again. A
 * signature is by a key, in whichever certificates it stands; a revocation list is one certificate's (alone).
 */
struct sw_step_seen {
    const struct sw_cert *cert;
    const struct sw_cert *issuer;
    enum sw_err err;
    bool alone;
};

/* When the straight search has cost so much, the rooms of all certificates are computed. */
enum { SW_REACH_STEPS = 8192, SW_REACH_SIGNATURES = 40 };

struct sw_path {
    const struct sw_verify_params *params;
    const struct sw_cert *cert[SW_PATH_MAX]; /* from the leaf */
    bool self_issued[SW_PATH_MAX];           /* subject and issuer are the same name: asked once, names may be long */
    unsigned len;
    long steps, signatures; /* left */
    unsigned seen_len;
    struct sw_step_seen seen[SW_SIGNATURES_KNOWN];
    struct sw_reach *reach; /* NULL: not yet */
    bool unreached;         /* there is no memory for it */
    bool again;             /* what was learned is reason to begin again */
    /* SubjectPublicKeyInfo of the issuer by which the stapled response was judged, and how; empty: none yet */
    struct sw_slice ocsp_key;
    enum sw_err ocsp_err;
    unsigned rank; /* how far the failure in result came; the farthest is told */
    struct sw_verify_result *result;
};

/* sw_trust_crl: list i, NULL past the last. */
const struct sw_crl *sw_trust_crl(const struct sw_trust *trust, size_t i);

/* sw_trust_crl_find: look a serial number up in list i; looked_at receives how many entries were compared. */
bool sw_trust_crl_find(const struct sw_trust *trust, size_t i, struct sw_slice serial, struct sw_crl_entry *entry,
                       size_t *looked_at);

/*
 * sw_trust_crl_signed: whether the signature of list i is known to be this key's (a SubjectPublicKeyInfo).
 * sw_trust_crl_believe: it has been verified. A list is verified once and not at every handshake; threads may share the
 * trust.
 */
bool sw_trust_crl_signed(const struct sw_trust *trust, size_t i, struct sw_slice spki);
void sw_trust_crl_believe(const struct sw_trust *trust, size_t i, struct sw_slice spki);

/* sw_path_spend: take steps from the budget; false when it is used up. */
bool sw_path_spend(struct sw_path *p, size_t steps);

/*
 * sw_path_fail: note a failure about the certificate at depth, with a sentence; kept if it is farther up than the one
 * noted before. Returns err.
 */
enum sw_err sw_path_fail(struct sw_path *p, enum sw_err err, unsigned depth, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* sw_path_pay: take n signatures by key of messages of this length from the budget; false when it is used up. */
bool sw_path_pay(struct sw_path *p, const struct sw_pubkey *key, size_t msg_len, unsigned n);

/* sw_path_verify: a signature by key, from the budget. */
enum sw_err sw_path_verify(struct sw_path *p, const struct sw_pubkey *key, const struct sw_sigscheme *scheme,
                           size_t salt, struct sw_slice msg, struct sw_slice sig) SW_MUST_USE;

/* sw_path_is_bad: whether the step from a certificate to this issuer is known to fail, whatever is below or above. */
bool sw_path_is_bad(const struct sw_path *p, const struct sw_cert *cert, const struct sw_cert *issuer);

/*
 * sw_path_limit: how many intermediates a path may have, self-issued ones not counted. sw_path_below: how many it has
 * below depth.
 */
unsigned sw_path_limit(const struct sw_path *p);
unsigned sw_path_below(const struct sw_path *p, unsigned depth);

/* --- reach.c --- */

/* A certificate that may be an issuer, in the search with rooms. */
struct sw_candidate {
    const struct sw_cert *cert;
    int8_t room; /* how many CAs may stand below it, self-issued ones not counted; negative: it leads nowhere */
    bool anchor, self_issued;
};

/*
 * sw_reach_new: all that could stand above the leaf, which alone is on the path. NULL: no memory, or the budget is used
 * up.
 * sw_reach_measure: compute the rooms, without the steps that are known to be bad; false when the budget is used up.
 * sw_reach_hurt: a step upwards from this certificate has become known to be bad.
 * sw_reach_issuers: how many candidates may have the name of a certificate's issuer, from *first. sw_reach_at:
 * candidate i.
 */
struct sw_reach;
struct sw_reach *sw_reach_new(struct sw_path *p);
void sw_reach_free(struct sw_reach *r);
bool sw_reach_measure(struct sw_reach *r, struct sw_path *p);
void sw_reach_hurt(struct sw_reach *r, const struct sw_cert *cert);
size_t sw_reach_issuers(const struct sw_reach *r, const struct sw_cert *cert, size_t *first);
const struct sw_candidate *sw_reach_at(const struct sw_reach *r, size_t i);

/* sw_scheme_is_weak, sw_key_is_weak: NULL, or why not to be relied on. */
const char *sw_scheme_is_weak(const struct sw_sigscheme *scheme);
const char *sw_key_is_weak(const struct sw_pubkey *key, bool strict);

/* sw_is_self_issued: subject and issuer are the same name (RFC 5280 3.2 and 6.1). */
bool sw_is_self_issued(const struct sw_cert *cert);

/*
 * sw_check_leaf: what concerns the leaf alone; its name apart. sw_check_name: that it is for a name that was asked for.
 */
enum sw_err sw_check_leaf(struct sw_path *p) SW_MUST_USE;
enum sw_err sw_check_name(struct sw_path *p) SW_MUST_USE;

/*
 * sw_check_issuer: whether the last certificate of the path may be the issuer of the one before it, the signature
 * apart.
 */
enum sw_err sw_check_issuer(struct sw_path *p, bool anchor) SW_MUST_USE;

/*
 * sw_check_constraints: hold all names below against the name constraints of the last certificate. RFC 5280 4.2.1.10.
 */
enum sw_err sw_check_constraints(struct sw_path *p) SW_MUST_USE;

/*
 * sw_constraints_valid: NameConstraints contents are well-formed, so that nothing in them would be overlooked; budget
 * in *steps.
 */
bool sw_constraints_valid(struct sw_slice constraints);

/* sw_check_policies: RFC 5280 6.1 policy processing over the whole path, which ends with an anchor. */
enum sw_err sw_check_policies(struct sw_path *p) SW_MUST_USE;

/* sw_check_crls: revocation of the certificate before the last by lists of the last. RFC 5280 6.3. */
enum sw_err sw_check_crls(struct sw_path *p) SW_MUST_USE;

/* sw_check_ocsp: the stapled response, with leaf and issuer on the path. RFC 6960. */
enum sw_err sw_check_ocsp(struct sw_path *p) SW_MUST_USE;

#endif
