/* Paths, times, revocation and key usage of everybody who takes part in a message. */
#include "apps/seal/judge.h"
#include "apps/seal/header.h"
#include <stdio.h>

static bool usage_allows(const struct sw_cert *cert, unsigned bits)
{
    return !cert->has_key_usage || (cert->key_usage & bits) != 0;
}

bool judge_self(const struct seal_self *self, bool to_sign, struct seal_status *st)
{
    const struct sw_cert *cert = &self->chain->cert[0];
    if (!sw_pubkey_eq(&cert->key, sw_privkey_public(self->key)))
        return seal_fail(st, SEAL_CONFIG, "%s", sw_err_reason(SW_ERR_KEY_MISMATCH));
    if (to_sign && !usage_allows(cert, SW_KU_DIGITAL_SIGNATURE | SW_KU_NON_REPUDIATION))
        return seal_fail(st, SEAL_CONFIG, "our certificate is not for signatures (its keyUsage)");
    if (!to_sign && cert->key.type != SW_KEY_RSA && cert->key.type != SW_KEY_EC)
        return seal_fail(st, SEAL_CONFIG, "nothing can be encrypted to this kind of key, nor opened with it");
    return true;
}

/* --- recipients --------------------------------------------------------------------------------------------------- */

static bool judge_use(const struct sw_cert *cert, const char *name, enum seal_form form, struct seal_status *st)
{
    if (cert->key.type != SW_KEY_RSA && (cert->key.type != SW_KEY_EC || form == SEAL_RSA))
        return seal_fail(st, SEAL_RECIPIENT, "%s: the certificate's key is not %s", name,
                         form == SEAL_RSA ? "RSA, which this form needs" : "one that can be encrypted to");
    if (cert->key.type == SW_KEY_RSA && !usage_allows(cert, SW_KU_KEY_ENCIPHERMENT))
        return seal_fail(st, SEAL_RECIPIENT, "%s: the certificate is not for encryption (no keyEncipherment)", name);
    if (cert->key.type == SW_KEY_EC && !usage_allows(cert, SW_KU_KEY_AGREEMENT))
        return seal_fail(st, SEAL_RECIPIENT, "%s: the certificate is not for encryption (no keyAgreement)", name);
    return true;
}

bool seal_recipient_ok(const struct seal_params *p, const struct seal_chain *to, struct seal_status *st)
{
    char name[SEAL_NAME_MAX];
    struct sw_verify_result result;
    struct sw_verify_params params = {
        .trust = p->trust,
        .untrusted = to->cert + 1,
        .untrusted_len = to->len - 1,
        .time = p->now,
        .purpose = SW_PURPOSE_ANY,
    };
    *st = (struct seal_status){0};
    sw_cert_display_name(&to->cert[0], name, sizeof name);
    if (sw_verify(&to->cert[0], &params, &result) != SW_OK)
        return seal_fail(st, SEAL_RECIPIENT, "%s: the recipient's certificate is refused: %s", name, result.reason);
    return judge_use(&to->cert[0], name, p->form, st);
}

bool judge_recipients(const struct seal_params *p, struct seal_status *st)
{
    if (p->to_len == 0 || p->to_len > SEAL_TO_MAX)
        return seal_fail(st, SEAL_CONFIG, "a message has 1 to %d recipients", SEAL_TO_MAX);
    if (p->form == SEAL_RSA && p->to_len != 1)
        return seal_fail(st, SEAL_CONFIG, "in this form a message has one recipient");
    for (size_t i = 0; i < p->to_len; i++)
        if (!seal_recipient_ok(p, &p->to[i], st))
            return false;
    return true;
}

/* --- the signer --------------------------------------------------------------------------------------------------- */

static enum sw_err describe(const struct sw_cert *cert, struct seal_verdict *v)
{
    size_t n = cert->serial.len < 20 ? cert->serial.len : 20, at = 0;
    sw_cert_display_name(cert, v->signer, sizeof v->signer);
    sw_cert_name_text(cert->issuer, v->issuer, sizeof v->issuer);
    for (size_t i = n > 1 && cert->serial.p[0] == 0; i < n; i++, at += 2)
        snprintf(v->serial + at, 3, "%02x", cert->serial.p[i]);
    return fingerprint(cert, v->fingerprint);
}

bool judge_signer(const struct seal_open_params *p, const struct sw_cert *signer, const struct sw_cert *others,
                  size_t others_len, struct seal_verdict *v)
{
    struct sw_verify_result result;
    struct sw_verify_params params = {
        .trust = p->trust,
        .untrusted = others,
        .untrusted_len = others_len,
        .time = p->now,
        .purpose = signer->eku & SW_EKU_EMAIL ? SW_PURPOSE_EMAIL : SW_PURPOSE_CLIENT,
    };
    enum sw_err err = describe(signer, v);
    if (err != SW_OK)
        return seal_fail_err(&v->status, err);
    if (sw_verify(signer, &params, &result) != SW_OK)
        return seal_fail(&v->status, SEAL_SIGNER, "the signer's certificate is refused: %s", result.reason);
    if (!usage_allows(signer, SW_KU_DIGITAL_SIGNATURE | SW_KU_NON_REPUDIATION))
        return seal_fail(&v->status, SEAL_SIGNER, "the signer's certificate is not for signatures (its keyUsage)");
    sw_cert_name_text(result.path[result.path_len - 1]->subject, v->root, sizeof v->root);
    return true;
}
