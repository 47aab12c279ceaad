/* The trust set, and a depth-first search for a path whose every certificate stands. */
#include "ttp/verify.h"
#include "ttp/name.h"
#include "ttp/pem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sw_trust {
    struct sw_cert *roots;
    size_t len;
};

struct sw_trust *sw_trust_new(void)
{
    return calloc(1, sizeof(struct sw_trust));
}

void sw_trust_free(struct sw_trust *trust)
{
    if (trust == NULL)
        return;
    for (size_t i = 0; i < trust->len; i++)
        free((void *)(uintptr_t)trust->roots[i].der.p);
    free(trust->roots);
    free(trust);
}

static enum sw_err add_der(struct sw_trust *trust, uint8_t *der, size_t len)
{
    struct sw_cert *grown = realloc(trust->roots, (trust->len + 1) * sizeof *grown);

    if (grown == NULL) {
        free(der);
        return SW_ERR_MEMORY;
    }
    trust->roots = grown;
    if (sw_cert_parse(&grown[trust->len], der, len) != SW_OK) {
        free(der);
        return SW_ERR_CERT_DECODE;
    }
    trust->len++;
    return SW_OK;
}

enum sw_err sw_trust_add(struct sw_trust *trust, const void *pem, size_t len)
{
    struct sw_reader r = sw_reader_of(pem, len);
    struct sw_pem block;
    enum sw_err err = SW_ERR_PEM;
    uint8_t *der;
    size_t n;

    while (sw_pem_next(&r, &block)) {
        if (!sw_pem_is(&block, "CERTIFICATE"))
            continue;
        der = malloc(block.body.len + 3);
        if (der == NULL)
            return SW_ERR_MEMORY;
        err = sw_pem_decode(&block, der, block.body.len + 3, &n);
        if (err == SW_OK)
            err = add_der(trust, der, n);
        else
            free(der);
        if (err != SW_OK)
            return err;
    }
    if (err == SW_ERR_PEM && len > 0 && *(const uint8_t *)pem == 0x30) {
        der = malloc(len);
        if (der == NULL)
            return SW_ERR_MEMORY;
        memcpy(der, pem, len);
        return add_der(trust, der, len);
    }
    return err;
}

enum sw_err sw_trust_add_crl(struct sw_trust *trust, const void *pem, size_t len)
{
    (void)trust;
    (void)pem;
    (void)len;
    return SW_ERR_UNSUPPORTED;
}

size_t sw_trust_count(const struct sw_trust *trust)
{
    return trust->len;
}

const struct sw_cert *sw_trust_at(const struct sw_trust *trust, size_t i)
{
    return &trust->roots[i];
}

static enum sw_err check_one(const struct sw_cert *c, unsigned depth, const struct sw_verify_params *p)
{
    unsigned want = p->purpose == SW_PURPOSE_SERVER ? (unsigned)SW_EKU_SERVER_AUTH
                    : p->purpose == SW_PURPOSE_CLIENT ? (unsigned)SW_EKU_CLIENT_AUTH
                    : p->purpose == SW_PURPOSE_EMAIL  ? (unsigned)SW_EKU_EMAIL
                                                      : ~0u;

    if (p->time < c->not_before)
        return SW_ERR_CERT_NOT_YET;
    if (p->time > c->not_after)
        return SW_ERR_CERT_EXPIRED;
    if (c->unknown_critical)
        return SW_ERR_CERT_CRITICAL;
    if (c->has_eku && (c->eku & (want | SW_EKU_ANY)) == 0)
        return SW_ERR_CERT_PURPOSE;
    if (depth > 0 && !c->is_ca)
        return SW_ERR_CERT_NOT_CA;
    if (depth > 0 && c->has_key_usage && (c->key_usage & SW_KU_KEY_CERT_SIGN) == 0)
        return SW_ERR_CERT_NOT_CA;
    if (depth > 0 && c->path_len >= 0 && (int)depth - 1 > c->path_len)
        return SW_ERR_CERT_PATH_LEN;
    return SW_OK;
}

static enum sw_err signed_by(const struct sw_cert *c, const struct sw_cert *issuer)
{
    if (c->sig_scheme == NULL || c->sig_scheme->hash == SW_HASH_SHA1)
        return SW_ERR_CERT_ALGORITHM;
    return sw_pubkey_verify(&issuer->key, c->sig_scheme, c->tbs.p, c->tbs.len, c->sig.p, c->sig.len) == SW_OK ? SW_OK
                                                                                                              : SW_ERR_CERT_SIGNATURE;
}

struct search {
    const struct sw_verify_params *params;
    struct sw_verify_result *result;
    unsigned budget;
};

static enum sw_err step(struct search *s, const struct sw_cert *c, unsigned depth);

static enum sw_err try_issuer(struct search *s, const struct sw_cert *c, const struct sw_cert *issuer, unsigned depth, bool root)
{
    enum sw_err err;

    if (!sw_cert_name_eq(c->issuer, issuer->subject))
        return SW_ERR_CERT_UNKNOWN_CA;
    if (s->budget-- == 0)
        return SW_ERR_CERT_BUDGET;
    err = signed_by(c, issuer);
    if (err != SW_OK)
        return err;
    if (!root)
        return step(s, issuer, depth + 1);
    s->result->path[depth + 1] = issuer;
    s->result->path_len = depth + 2;
    return check_one(issuer, depth + 1, s->params);
}

static enum sw_err step(struct search *s, const struct sw_cert *c, unsigned depth)
{
    const struct sw_verify_params *p = s->params;
    unsigned most = p->max_depth == 0 ? 8 : p->max_depth;
    enum sw_err err = check_one(c, depth, p), best = SW_ERR_CERT_UNKNOWN_CA;

    s->result->depth = depth;
    s->result->path[depth] = c;
    if (err != SW_OK)
        return err;
    for (size_t i = 0; i < p->trust->len; i++) {
        if (sw_slice_eq(c->der, p->trust->roots[i].der)) {
            s->result->path_len = depth + 1;
            return SW_OK;
        }
        err = try_issuer(s, c, &p->trust->roots[i], depth, true);
        if (err == SW_OK)
            return err;
        if (err != SW_ERR_CERT_UNKNOWN_CA)
            best = err;
    }
    for (size_t i = 0; depth < most && depth + 2 < SW_PATH_MAX && i < p->untrusted_len; i++) {
        err = try_issuer(s, c, &p->untrusted[i], depth, false);
        if (err == SW_OK)
            return err;
        if (err != SW_ERR_CERT_UNKNOWN_CA)
            best = err;
    }
    return best;
}

static bool named(const struct sw_cert *leaf, const struct sw_verify_params *p)
{
    for (size_t i = 0; i < p->names_len; i++)
        if (sw_name_matches(leaf, p->names[i]))
            return true;
    return p->names_len == 0;
}

enum sw_err sw_verify(const struct sw_cert *leaf, const struct sw_verify_params *params, struct sw_verify_result *result)
{
    struct search s = {params, result, 64};

    memset(result, 0, sizeof *result);
    result->err = step(&s, leaf, 0);
    if (result->err == SW_OK && !named(leaf, params))
        result->err = SW_ERR_CERT_NAME;
    snprintf(result->reason, sizeof result->reason, "%s", sw_err_reason(result->err));
    return result->err;
}
