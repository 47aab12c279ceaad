/*
 * Revocation of one certificate of a path by its issuer's lists (RFC 5280 6.3.3) and by a stapled response (RFC 6960).
 */
#include "ttp/der.h"
#include "ttp/name.h"
#include "ttp/ocsp.h"
#include "ttp/path.h"

enum { WHO = 64 };

/* --- revocation lists --------------------------------------------------------------------------------------------- */

/* Whether two GeneralNames contents have a name in common. */
static bool names_meet(struct sw_path *p, struct sw_slice a, struct sw_slice b)
{
    struct sw_reader ra = sw_reader_of_slice(a);
    struct sw_general_name x, y;

    while (sw_general_name_next(&ra, &x))
        for (struct sw_reader rb = sw_reader_of_slice(b); sw_general_name_next(&rb, &y);) {
            if (!sw_path_spend(p, 1 + y.value.len / 1024))
                return false;
            if (x.kind == y.kind && sw_slice_eq(x.value, y.value))
                return true;
        }
    return false;
}

/* 6.3.3 (b)(2)(i): the list's distribution point is one of the certificate's. */
static bool point_fits(struct sw_path *p, const struct sw_crl *crl, const struct sw_cert *cert)
{
    enum { FIRST = SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED };
    struct sw_reader points = sw_reader_of_slice(cert->crl_dp);

    if (crl->idp_names.len == 0)
        return true;
    (void)sw_path_spend(p, cert->crl_dp.len / 16);
    while (sw_reader_left(&points) > 0) {
        struct sw_reader point = sw_der_enter(&points, SW_DER_SEQUENCE), name;

        if (sw_der_peek(&point) != FIRST)
            continue;
        name = sw_der_enter(&point, FIRST);
        if (sw_der_peek(&name) == FIRST && names_meet(p, crl->idp_names, sw_der_read(&name, FIRST)))
            return true;
    }
    return false;
}

/* Whether the list is about this certificate at all; a list about others is passed over in silence. */
static bool is_about(struct sw_path *p, const struct sw_crl *crl, const struct sw_cert *cert,
                     const struct sw_cert *issuer)
{
    if (!sw_cert_name_eq(crl->issuer, issuer->subject))
        return false;
    return !(crl->only_user && cert->is_ca) && !(crl->only_ca && !cert->is_ca) && point_fits(p, crl, cert);
}

/*
 * A list's signature. Its hashing, the greater part where the list is long, comes out of the path's budget only where
 * it fails: it succeeds once in the list's life.
 */
static enum sw_err verify_list(struct sw_path *p, size_t i, const struct sw_cert *issuer)
{
    const struct sw_crl *crl = sw_trust_crl(p->params->trust, i);
    long hashing = (long)(crl->tbs.len >> 16);
    enum sw_err err;

    if (sw_trust_crl_signed(p->params->trust, i, issuer->spki))
        return SW_OK;
    p->signatures += hashing;
    err = sw_path_verify(p, &issuer->key, crl->sig_scheme, crl->sig_salt, crl->tbs, crl->sig);
    if (err == SW_OK)
        sw_trust_crl_believe(p->params->trust, i, issuer->spki);
    else
        p->signatures -= hashing / 2;
    return err == SW_ERR_CERT_SIGNATURE ? SW_ERR_CRL : err;
}

/* NULL, or why the list cannot be used. */
static const char *why_not(struct sw_path *p, size_t i, const struct sw_cert *issuer, enum sw_err *err)
{
    const struct sw_crl *crl = sw_trust_crl(p->params->trust, i);

    *err = SW_ERR_CRL;
    if (crl->unsupported != NULL)
        return crl->unsupported;
    if (crl->number_critical)
        return "its number is marked critical";
    if (p->params->strict && crl->number.len == 0)
        return "it has no number";
    if (p->params->time < crl->this_update)
        return "it is not valid yet";
    if (crl->next_update == 0)
        return "it does not say until when it is valid";
    if (p->params->time > crl->next_update)
        return "it is out of date";
    if (issuer->has_key_usage && (issuer->key_usage & SW_KU_CRL_SIGN) == 0)
        return "its issuer may not sign lists by its key usage";
    if (sw_scheme_is_weak(crl->sig_scheme) != NULL)
        return "its signature algorithm is too weak or not supported";
    *err = verify_list(p, i, issuer);
    return *err == SW_OK ? NULL : "its signature does not verify";
}

/* One list: adds the reasons it covers. */
static enum sw_err consult(struct sw_path *p, size_t i, unsigned *covered)
{
    const struct sw_crl *crl = sw_trust_crl(p->params->trust, i);
    unsigned depth = p->len - 2;
    const struct sw_cert *cert = p->cert[depth], *issuer = p->cert[depth + 1];
    struct sw_crl_entry entry;
    char name[WHO];
    enum sw_err err;
    const char *why = why_not(p, i, issuer, &err);
    size_t looked_at;
    bool listed;

    if (why != NULL && err != SW_ERR_CRL)
        return err;
    if (why != NULL) {
        sw_cert_common_name(issuer->subject, name, sizeof name);
        return sw_path_fail(p, SW_ERR_CRL, depth, "the revocation list of %s cannot be used: %s", name, why);
    }
    listed = sw_trust_crl_find(p->params->trust, i, cert->serial, &entry, &looked_at);
    if (!sw_path_spend(p, 1 + looked_at / 4))
        return sw_path_fail(p, SW_ERR_CERT_BUDGET, depth, "the revocation lists take too much work");
    if (listed && entry.reason != 8 /* removeFromCRL */) {
        sw_cert_common_name(cert->subject, name, sizeof name);
        return sw_path_fail(p, SW_ERR_CERT_REVOKED, depth, "%s: it has been revoked (%s)", name,
                            sw_crl_reason_text(entry.reason));
    }
    *covered |= crl->reasons;
    return SW_OK;
}

enum sw_err sw_check_crls(struct sw_path *p)
{
    unsigned depth = p->len - 2, covered = 0;
    const struct sw_cert *cert = p->cert[depth], *issuer = p->cert[depth + 1];
    enum sw_err err = SW_OK, unusable = SW_OK;
    const struct sw_crl *crl;
    char name[WHO];

    if (sw_trust_crl(p->params->trust, 0) == NULL || (p->params->leaf_crl_only && depth > 0))
        return SW_OK;
    for (size_t i = 0; (crl = sw_trust_crl(p->params->trust, i)) != NULL; i++) {
        if (!sw_path_spend(p, 4 + crl->issuer.len / 16))
            return sw_path_fail(p, SW_ERR_CERT_BUDGET, depth, "there are too many revocation lists");
        if (!is_about(p, crl, cert, issuer))
            continue;
        err = consult(p, i, &covered);
        if (err == SW_ERR_CRL)
            unusable = err;
        else if (err != SW_OK)
            return err;
    }
    if ((covered & SW_CRL_ALL_REASONS) == SW_CRL_ALL_REASONS)
        return SW_OK;
    if (unusable != SW_OK)
        return unusable;
    sw_cert_common_name(issuer->subject, name, sizeof name);
    return sw_path_fail(p, SW_ERR_CRL, depth, "there is no revocation list of %s that covers this certificate", name);
}

/* --- the stapled response ----------------------------------------------------------------------------------------- */

static enum sw_err judge_ocsp(struct sw_path *p)
{
    struct sw_slice response = p->params->ocsp;
    struct sw_ocsp ocsp;
    struct sw_ocsp_single answer;
    const char *why = "it cannot be decoded, or is no answer";
    enum sw_err err = sw_ocsp_parse(&ocsp, response.p, response.len);
    char name[WHO];

    if (err == SW_OK)
        err = sw_ocsp_verify(&ocsp, p->cert[0], p->cert[1], p->params->time, (struct sw_slice){NULL, 0}, &answer, &why);
    if (err == SW_ERR_OCSP)
        return sw_path_fail(p, err, 0, "the OCSP response cannot be used: %s", why);
    if (err != SW_OK)
        return err;
    sw_cert_common_name(p->cert[0]->subject, name, sizeof name);
    if (answer.status == SW_OCSP_REVOKED)
        return sw_path_fail(p, SW_ERR_CERT_REVOKED, 0, "%s: it has been revoked (%s)", name,
                            sw_crl_reason_text(answer.reason));
    if (answer.status == SW_OCSP_UNKNOWN)
        return sw_path_fail(p, SW_ERR_OCSP, 0, "%s: the OCSP responder does not know it", name);
    return SW_OK;
}

/* Judged once for each key that may have issued the leaf: paths that differ only above it meet the response again. */
enum sw_err sw_check_ocsp(struct sw_path *p)
{
    static const struct sw_pubkey longest = {.type = SW_KEY_RSA, .bits = SW_RSA_MAX_BITS, .e = {NULL, 8}};
    const struct sw_cert *issuer = p->cert[1];
    size_t len = p->params->ocsp.len;

    if (len == 0)
        return SW_OK;
    if (p->ocsp_key.len > 0 && sw_slice_eq(p->ocsp_key, issuer->spki))
        return p->ocsp_err;
    /* the issuer's key for each delegate's certificate, and for the response whatever key the delegate has */
    if (!sw_path_pay(p, &issuer->key, len, SW_OCSP_CERTS) || !sw_path_pay(p, &longest, len, 1) ||
        !sw_path_spend(p, len / 64))
        return sw_path_fail(p, SW_ERR_CERT_BUDGET, 0, "the OCSP response takes too much work");
    p->ocsp_err = judge_ocsp(p);
    p->ocsp_key = issuer->spki;
    return p->ocsp_err;
}
