/*
 * ttp verify: would a verifier accept this certificate, and if not, why. What is malformed is rejected; what is no
 * certificate at all is bad input.
 */
#include "ttp/ip.h"
#include "ttp/ocsp.h"
#include "ttp/pem.h"
#include "ttp/ttp_ca.h"
#include "ttp/ttp_verbs.h"
#include "ttp/verify.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Thousands of certificates: a system's own roots are a twentieth of this. */
enum { CERTS_FILE_MAX = 4 << 20 };

/* Certificates of one or more files, with the bytes they stand in. */
struct pool {
    struct sw_cert *cert;
    uint8_t **der;
    size_t len, cap;
    size_t found;
    enum sw_err first; /* what became of the first certificate found */
};

struct question {
    struct sw_trust *trust;
    struct pool pool; /* the leaf, then intermediates */
    struct sw_file ocsp;
    struct sw_verify_params params;
};

static void free_question(struct question *q)
{
    for (size_t i = 0; i < q->pool.len; i++)
        free(q->pool.der[i]);
    free(q->pool.der);
    free(q->pool.cert);
    sw_file_free(&q->ocsp);
    sw_trust_free(q->trust);
}

/* --- certificates ------------------------------------------------------------------------------------------------- */

/* A certificate that cannot be decoded is left out, unless it is the leaf. The pool takes der, or frees it. */
static enum sw_err add(struct pool *pool, uint8_t *der, size_t len)
{
    if (pool->len == pool->cap) {
        size_t cap = pool->cap ? 2 * pool->cap : 8;
        struct sw_cert *cert = realloc(pool->cert, cap * sizeof *cert);
        if (cert)
            pool->cert = cert;
        uint8_t **ders = realloc(pool->der, cap * sizeof *ders);
        if (ders)
            pool->der = ders;
        if (!cert || !ders) {
            free(der);
            return SW_ERR_MEMORY;
        }
        pool->cap = cap;
    }
    enum sw_err err = sw_cert_parse(&pool->cert[pool->len], der, len);
    if (pool->found++ == 0)
        pool->first = err;
    if (err == SW_OK)
        pool->der[pool->len++] = der;
    else
        free(der);
    return SW_OK;
}

static enum sw_err add_der(struct pool *pool, const struct sw_file *file)
{
    uint8_t *copy = malloc(file->len);
    if (!copy)
        return SW_ERR_MEMORY;
    memcpy(copy, file->p, file->len);
    return add(pool, copy, file->len);
}

static enum sw_err add_pem(struct pool *pool, const struct sw_file *file)
{
    struct sw_reader r = sw_reader_of(file->p, file->len);
    struct sw_pem block;
    enum sw_err err = SW_OK;
    while (err == SW_OK && sw_pem_next(&r, &block)) {
        if (!sw_pem_is(&block, "CERTIFICATE"))
            continue;
        size_t room = block.body.len / 4 * 3 + 3, len;
        uint8_t *der = malloc(room);
        if (!der)
            return SW_ERR_MEMORY;
        if (sw_pem_decode(&block, der, room, &len) != SW_OK)
            len = 0;
        err = add(pool, der, len);
    }
    return err;
}

/* --- the answer --------------------------------------------------------------------------------------------------- */

/* What the search took of its budget. */
static json_t *work(const struct sw_verify_result *result)
{
    return json_pack("{s:I, s:I}", "steps", (json_int_t)result->steps, "signatures", (json_int_t)result->signatures);
}

static int accepted(const struct ttp *t, const struct sw_verify_result *result)
{
    char name[256];
    json_t *path = t->json ? json_array() : NULL;
    for (unsigned i = 0; i < result->path_len; i++) {
        if (path) {
            json_array_append_new(path, ttp_cert_json(result->path[i]));
            continue;
        }
        sw_cert_name_text(result->path[i]->subject, name, sizeof name);
        if (!t->quiet)
            printf("%s%*s%s\n", i == 0 ? "accepted: " : "", i == 0 ? 0 : (int)(10 + 2 * (i - 1)), i == 0 ? "" : "<- ",
                   name);
    }
    if (!t->json)
        return TTP_DONE;
    return ttp_result(t, TTP_DONE, json_pack("{s:b, s:o, s:o}", "accepted", 1, "path", path, "work", work(result)));
}

static int rejected(const struct ttp *t, const struct sw_verify_result *result)
{
    const char *reason = result->reason[0] ? result->reason : sw_err_reason(result->err);
    if (result->err == SW_ERR_MEMORY)
        return ttp_fail(t, result->err, t->argv[0]);
    if (!t->json)
        return ttp_error(t, TTP_NO, "rejected: %s", reason);
    json_t *text = json_string(reason);
    if (!text)
        text = json_string(sw_err_reason(result->err));
    return ttp_result(t, TTP_NO,
                      json_pack("{s:b, s:s, s:i, s:o, s:o}", "accepted", 0, "error", sw_err_name(result->err), "depth",
                                (int)result->depth, "reason", text, "work", work(result)));
}

/* --- reading files ------------------------------------------------------------------------------------------------ */

static int load_certs(const struct ttp *t, struct pool *pool, const char *path)
{
    struct sw_file file;
    size_t before = pool->found;
    enum sw_err err = sw_file_read(path, CERTS_FILE_MAX, &file);
    if (err != SW_OK)
        return ttp_fail(t, err, path);
    err = file.len && file.p[0] == 0x30 ? add_der(pool, &file) : add_pem(pool, &file);
    sw_file_free(&file);
    if (err != SW_OK)
        return ttp_fail(t, err, path);
    return pool->found > before ? TTP_DONE
                                : ttp_error(t, TTP_BAD_INPUT, "%s: there is no certificate in this file", path);
}

static int undecodable(const struct ttp *t, enum sw_err err, const char *what, const char *path)
{
    struct sw_verify_result result = {.err = err};
    snprintf(result.reason, sizeof result.reason, "%s cannot be decoded: %.100s", what, path);
    return rejected(t, &result);
}

static int load_trust(const struct ttp *t, struct sw_trust *trust, const char *path, bool lists)
{
    struct sw_file file;
    enum sw_err err = sw_file_read(path, lists ? TTP_FILE_MAX : CERTS_FILE_MAX, &file);
    if (err != SW_OK)
        return ttp_fail(t, err, path);
    err = lists ? sw_trust_add_crl(trust, file.p, file.len) : sw_trust_add(trust, file.p, file.len);
    sw_file_free(&file);
    if (err == SW_OK)
        return TTP_DONE;
    if (err == SW_ERR_CERT_DECODE || err == SW_ERR_CRL) /* it is one, and nothing can be trusted by it */
        return undecodable(t, err, lists ? "a revocation list" : "the root", path);
    return ttp_fail(t, err, path);
}

static int load_roots(const struct ttp *t, struct sw_trust *trust)
{
    const struct ttp_values *roots = &t->opt[TTP_OPT_ROOT];
    char own[SW_FILE_PATH_MAX];
    int err = TTP_DONE;
    snprintf(own, sizeof own, "%s/root.crt", t->dir);
    if (roots->n == 0)
        return load_trust(t, trust, own, false);
    for (size_t i = 0; !err && i < roots->n; i++)
        err = load_trust(t, trust, roots->v[i], false);
    return err;
}

/* A response is DER as a rule, since that is what is stapled; GnuTLS writes it as PEM. */
static enum sw_err unarmour(struct sw_file *file)
{
    struct sw_reader r = sw_reader_of(file->p, file->len);
    struct sw_pem block;
    do
        if (!sw_pem_next(&r, &block))
            return SW_OK;
    while (!sw_pem_is(&block, "OCSP RESPONSE"));
    size_t cap = block.body.len / 4 * 3 + 3;
    struct sw_file der = {malloc(cap), 0};
    if (!der.p)
        return SW_ERR_MEMORY;
    enum sw_err err = sw_pem_decode(&block, der.p, cap, &der.len);
    sw_file_free(file);
    *file = der;
    return err;
}

static int load_ocsp(const struct ttp *t, struct question *q)
{
    const char *path = ttp_get(t, TTP_OPT_OCSP);
    enum sw_err err = sw_file_read(path, 2 * SW_OCSP_LEN_MAX, &q->ocsp);
    if (err == SW_OK && q->ocsp.len && q->ocsp.p[0] != 0x30)
        err = unarmour(&q->ocsp);
    if (err != SW_OK)
        return ttp_fail(t, err, path);
    if (q->ocsp.len == 0)
        return ttp_error(t, TTP_BAD_INPUT, "%s: there is no OCSP response in this file", path);
    q->params.ocsp = (struct sw_slice){q->ocsp.p, q->ocsp.len};
    return TTP_DONE;
}

static int load_files(const struct ttp *t, struct question *q)
{
    const struct ttp_values *untrusted = &t->opt[TTP_OPT_UNTRUSTED], *lists = &t->opt[TTP_OPT_CRL];
    int err = load_roots(t, q->trust);
    if (!err)
        err = load_certs(t, &q->pool, t->argv[0]);
    for (size_t i = 0; !err && i < untrusted->n; i++)
        err = load_certs(t, &q->pool, untrusted->v[i]);
    for (size_t i = 0; !err && i < lists->n; i++)
        err = load_trust(t, q->trust, lists->v[i], true);
    if (!err && ttp_has(t, TTP_OPT_OCSP))
        err = load_ocsp(t, q);
    return err;
}

/* --- the question ------------------------------------------------------------------------------------------------- */

static int read_purpose(const struct ttp *t, enum sw_purpose *out)
{
    const char *text = ttp_get(t, TTP_OPT_PURPOSE);
    *out = SW_PURPOSE_ANY;
    if (!text || strcmp(text, "any") == 0)
        return TTP_DONE;
    if (strcmp(text, "server") == 0)
        *out = SW_PURPOSE_SERVER;
    else if (strcmp(text, "client") == 0)
        *out = SW_PURPOSE_CLIENT;
    else if (strcmp(text, "email") == 0)
        *out = SW_PURPOSE_EMAIL;
    else
        return ttp_usage(t, "--purpose %s: it is server, client, email or any", text);
    return TTP_DONE;
}

static int read_names(const struct ttp *t, struct sw_verify_params *params)
{
    const struct ttp_values *names = &t->opt[TTP_OPT_CHECK_NAME];
    uint8_t ip[SW_IP_MAX];
    for (size_t i = 0; i < names->n; i++) {
        static const char *const kinds[] = {"", "dns:", "ip:", "email:", "uri:"};
        const char *name = names->v[i];
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            if (strcasecmp(name, kinds[k]) == 0)
                return ttp_usage(t, "--name %s: the name is empty", name);
        if (strncasecmp(name, "ip:", 3) == 0 && sw_ip_parse(name + 3, strlen(name + 3), ip) == 0)
            return ttp_usage(t, "--name %s: that is no IP address", name);
    }
    params->names = names->v;
    params->names_len = names->n;
    return TTP_DONE;
}

static int read_options(const struct ttp *t, struct sw_verify_params *params)
{
    int depth = SW_DEPTH_DEFAULT, err = read_purpose(t, &params->purpose);
    if (!err)
        err = read_names(t, params);
    if (!err)
        err = ttp_get_time(t, TTP_OPT_TIME, t->now, &params->time);
    if (!err)
        err = ttp_get_int(t, TTP_OPT_MAX_DEPTH, SW_DEPTH_DEFAULT, 0, 1000, &depth);
    params->max_depth = depth == 0 ? SW_DEPTH_NONE : (unsigned)depth;
    params->strict = ttp_has(t, TTP_OPT_STRICT);
    return err;
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

int ttp_verify(struct ttp *t)
{
    struct question q = {.params = {.max_depth = 0}};
    struct sw_verify_result result = {.err = SW_ERR_CERT_DECODE};
    int err = read_options(t, &q.params);
    if (err)
        return err;
    q.trust = sw_trust_new();
    if (!q.trust)
        return ttp_fail(t, SW_ERR_MEMORY, "verify");
    q.params.trust = q.trust;
    err = load_files(t, &q);
    if (!err && q.pool.first != SW_OK) {
        snprintf(result.reason, sizeof result.reason,
                 "%.100s cannot be decoded: it is not strict DER, or not as RFC 5280 has it", t->argv[0]);
        err = rejected(t, &result);
    } else if (!err) {
        q.params.untrusted = q.pool.cert + 1;
        q.params.untrusted_len = q.pool.len - 1;
        err = sw_verify(q.pool.cert, &q.params, &result) == SW_OK ? accepted(t, &result) : rejected(t, &result);
    }
    free_question(&q);
    return err;
}
