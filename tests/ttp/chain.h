/*
 * Certificates for tests of path validation, made on the spot: a recipe says what is in one, Ed25519 keys come from a
 * seed byte. What no issuer of ours would write (wrong extensions, foreign bytes) is put in by hand.
 */
#ifndef SW_TESTS_TTP_CHAIN_H
#define SW_TESTS_TTP_CHAIN_H

#include "tests/test.h"
#include "ttp/der.h"
#include "ttp/key.h"
#include "ttp/san.h"
#include "ttp/sign.h"
#include "ttp/verify.h"
#include <stdlib.h>
#include <string.h>

enum { CHAIN_NOW = 1800000000, CHAIN_DAY = 86400, CHAIN_DER = 8192, CHAIN_NAMES = 6 };

struct made {
    uint8_t der[CHAIN_DER];
    size_t len;
    struct sw_privkey *key;
    struct sw_cert cert;
};

struct recipe {
    const char *cn;            /* "": an empty subject */
    const struct made *issuer; /* NULL: self-signed */
    uint8_t seed;              /* of the key */
    uint8_t serial;
    bool ca, no_basic, basic_not_critical;
    int path_len;       /* 0: none; n: n - 1 */
    unsigned key_usage; /* 0: no extension */
    unsigned eku;       /* SW_EKU_SERVER_AUTH, _CLIENT_AUTH, _OCSP_SIGNING; 0: no extension */
    const char *san[CHAIN_NAMES], *permit[CHAIN_NAMES], *exclude[CHAIN_NAMES];
    int64_t not_before, not_after; /* 0: around CHAIN_NOW */
    struct sw_slice extensions;    /* whole Extensions to append */
    bool version1;
};

static inline struct sw_privkey *chain_key(uint8_t seed)
{
    uint8_t bytes[32];
    struct sw_privkey *key = NULL;

    memset(bytes, seed, sizeof bytes);
    if (sw_privkey_new_ed(&key, SW_KEY_ED25519, (struct sw_slice){bytes, sizeof bytes}) != SW_OK)
        abort();
    return key;
}

/* An Extension around what is written between; OIDs of id-ce (2.5.29) by their last number. */
static inline void ext_open(struct sw_writer *w, uint8_t id, bool critical, size_t mark[2])
{
    const uint8_t oid[] = {0x55, 0x1d, id}, yes = 0xff;

    mark[0] = sw_der_open(w, SW_DER_SEQUENCE);
    sw_der_write(w, SW_DER_OID, oid, sizeof oid);
    if (critical)
        sw_der_write(w, SW_DER_BOOLEAN, &yes, 1);
    mark[1] = sw_der_open(w, SW_DER_OCTET_STRING);
}

static inline void ext_close(struct sw_writer *w, const size_t mark[2])
{
    sw_der_close(w, mark[1]);
    sw_der_close(w, mark[0]);
}

static inline void chain_basic(struct sw_writer *w, const struct recipe *r)
{
    const uint8_t yes = 0xff;
    size_t mark[2], seq;

    if (r->no_basic)
        return;
    ext_open(w, 19, !r->basic_not_critical, mark);
    seq = sw_der_open(w, SW_DER_SEQUENCE);
    if (r->ca)
        sw_der_write(w, SW_DER_BOOLEAN, &yes, 1);
    if (r->path_len > 0)
        sw_der_write_int(w, (uint32_t)r->path_len - 1);
    sw_der_close(w, seq);
    ext_close(w, mark);
}

static inline void chain_usage(struct sw_writer *w, const struct recipe *r)
{
    uint8_t bits[2] = {0, 0}, oid[] = {0x2b, 6, 1, 5, 5, 7, 3, 0};
    static const struct {
        unsigned bit;
        uint8_t id;
    } purposes[] = {{SW_EKU_SERVER_AUTH, 1}, {SW_EKU_CLIENT_AUTH, 2}, {SW_EKU_OCSP_SIGNING, 9}};
    size_t mark[2], seq;

    if (r->key_usage != 0) {
        for (unsigned i = 0; i < 8; i++)
            if ((r->key_usage & 1u << i) != 0) {
                bits[1] = (uint8_t)(bits[1] | 0x80 >> i);
                bits[0] = (uint8_t)(7 - i);
            }
        ext_open(w, 15, true, mark);
        sw_der_write(w, SW_DER_BIT_STRING, bits, 2);
        ext_close(w, mark);
    }
    if (r->eku == 0)
        return;
    ext_open(w, 37, false, mark);
    seq = sw_der_open(w, SW_DER_SEQUENCE);
    for (size_t i = 0; i < sizeof purposes / sizeof purposes[0]; i++)
        if ((r->eku & purposes[i].bit) != 0) {
            oid[7] = purposes[i].id;
            sw_der_write(w, SW_DER_OID, oid, sizeof oid);
        }
    sw_der_close(w, seq);
    ext_close(w, mark);
}

static inline void chain_subtrees(struct sw_writer *w, unsigned tag, const char *const *names)
{
    size_t side = sw_der_open(w, SW_DER_CONTEXT(tag) | SW_DER_CONSTRUCTED);

    for (size_t i = 0; i < CHAIN_NAMES && names[i] != NULL; i++) {
        struct sw_san san;
        size_t seq = sw_der_open(w, SW_DER_SEQUENCE);

        if (sw_san_parse_constraint(&san, names[i]) != NULL)
            abort();
        sw_san_write(w, &san);
        sw_der_close(w, seq);
    }
    sw_der_close(w, side);
}

static inline void chain_names(struct sw_writer *w, const struct recipe *r)
{
    size_t mark[2], seq;

    if (r->san[0] != NULL) {
        ext_open(w, 17, false, mark);
        seq = sw_der_open(w, SW_DER_SEQUENCE);
        for (size_t i = 0; i < CHAIN_NAMES && r->san[i] != NULL; i++) {
            struct sw_san san;

            if (sw_san_parse(&san, r->san[i]) != NULL)
                abort();
            sw_san_write(w, &san);
        }
        sw_der_close(w, seq);
        ext_close(w, mark);
    }
    if (r->permit[0] == NULL && r->exclude[0] == NULL)
        return;
    ext_open(w, 30, true, mark);
    seq = sw_der_open(w, SW_DER_SEQUENCE);
    if (r->permit[0] != NULL)
        chain_subtrees(w, 0, r->permit);
    if (r->exclude[0] != NULL)
        chain_subtrees(w, 1, r->exclude);
    sw_der_close(w, seq);
    ext_close(w, mark);
}

static inline void chain_tbs(struct sw_writer *w, const struct recipe *r, const struct made *m,
                             const struct made *issuer)
{
    const uint8_t serial = r->serial ? r->serial : 1;
    size_t tbs = sw_der_open(w, SW_DER_SEQUENCE), tag, seq;

    if (!r->version1) {
        tag = sw_der_open(w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
        sw_der_write_int(w, 2);
        sw_der_close(w, tag);
    }
    sw_der_write(w, SW_DER_INTEGER, &serial, 1);
    sw_sigalg_encode(w, sw_sign_scheme(sw_privkey_public(issuer->key), true));
    if (issuer == m)
        sw_subject_encode(w, &(struct sw_subject){.cn = r->cn});
    else
        sw_write_slice(w, issuer->cert.subject);
    seq = sw_der_open(w, SW_DER_SEQUENCE);
    sw_time_encode(w, r->not_before ? r->not_before : CHAIN_NOW - CHAIN_DAY);
    sw_time_encode(w, r->not_after ? r->not_after : CHAIN_NOW + CHAIN_DAY);
    sw_der_close(w, seq);
    sw_subject_encode(w, &(struct sw_subject){.cn = r->cn});
    sw_spki_encode(w, sw_privkey_public(m->key));
    if (!r->version1) {
        tag = sw_der_open(w, SW_DER_CONTEXT(3) | SW_DER_CONSTRUCTED);
        seq = sw_der_open(w, SW_DER_SEQUENCE);
        chain_basic(w, r);
        chain_usage(w, r);
        chain_names(w, r);
        sw_write_slice(w, r->extensions);
        sw_der_close(w, seq);
        sw_der_close(w, tag);
    }
    sw_der_close(w, tbs);
}

/* chain_make: a certificate by its recipe; chain_free releases its key. */
static inline void chain_make(struct made *m, const struct recipe *r)
{
    static uint8_t tbs[CHAIN_DER];
    struct sw_writer w = sw_writer_of(tbs, sizeof tbs), out = sw_writer_of(m->der, sizeof m->der);
    const struct made *issuer = r->issuer != NULL ? r->issuer : m;

    m->key = chain_key(r->seed);
    chain_tbs(&w, r, m, issuer);
    if (!sw_writer_ok(&w) || sw_sign_wrap(&out, (struct sw_slice){tbs, w.len}, issuer->key,
                                          sw_sign_scheme(sw_privkey_public(issuer->key), true)) != SW_OK)
        abort();
    m->len = out.len;
    if (sw_cert_parse(&m->cert, m->der, m->len) != SW_OK)
        abort();
}

static inline void chain_free(struct made *m, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sw_privkey_free(m[i].key);
}

/* chain_verify: with one root, intermediates copied to an array, for a name (or NULL), as a server's. */
static inline enum sw_err chain_verify(const struct made *leaf, const struct made *root,
                                       const struct made *const *inter, size_t n, const char *name,
                                       struct sw_verify_result *result)
{
    static struct sw_cert untrusted[128];
    struct sw_trust *trust = sw_trust_new();
    struct sw_verify_params params = {.trust = trust,
                                      .untrusted = untrusted,
                                      .untrusted_len = n,
                                      .time = CHAIN_NOW,
                                      .purpose = SW_PURPOSE_SERVER,
                                      .names = &name,
                                      .names_len = name != NULL ? 1 : 0};
    enum sw_err err;

    for (size_t i = 0; i < n; i++)
        untrusted[i] = inter[i]->cert;
    if (trust == NULL || sw_trust_add(trust, root->der, root->len) != SW_OK)
        abort();
    err = sw_verify(&leaf->cert, &params, result);
    sw_trust_free(trust);
    return err;
}

#endif
