/* People who write to each other: certificates of every kind of key under one root, made on the spot. */
#ifndef SW_TESTS_APPS_SEAL_PEOPLE_H
#define SW_TESTS_APPS_SEAL_PEOPLE_H

#include "apps/seal/seal.h"
#include "tests/base/keys.h"
#include "ttp/der.h"
#include "ttp/issue.h"
#include "ttp/key.h"
#include "ttp/sign.h"
#include <string.h>

enum { PEOPLE_NOW = 1800000000, PEOPLE_DAY = 86400 };

struct person {
    struct sw_privkey *key;
    struct seal_chain chain;
};

/* sw_spki_encode knows all kinds of key but RSASSA-PSS ones (RFC 4055 1.2), here without parameters. */
static inline void person_spki(struct sw_writer *w, const struct sw_pubkey *key)
{
    static const uint8_t pss[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a};
    if (key->type != SW_KEY_RSA_PSS) {
        sw_spki_encode(w, key);
        return;
    }
    size_t spki = sw_der_open(w, SW_DER_SEQUENCE), alg = sw_der_open(w, SW_DER_SEQUENCE);
    sw_der_write(w, SW_DER_OID, pss, sizeof pss);
    sw_der_close(w, alg);
    size_t bits = sw_der_open(w, SW_DER_BIT_STRING);
    sw_write_u8(w, 0);
    size_t rsa = sw_der_open(w, SW_DER_SEQUENCE);
    sw_der_write_unsigned(w, key->n);
    sw_der_write_unsigned(w, key->e);
    sw_der_close(w, rsa);
    sw_der_close(w, bits);
    sw_der_close(w, spki);
}

/* person_make: takes over the key. by: NULL for a root. expires: days from PEOPLE_NOW. */
static inline struct person person_make(const char *name, const char *profile, struct sw_privkey *key,
                                        const struct person *by, int expires)
{
    static uint8_t serial = 1;
    uint8_t subject[128], spki[SW_SPKI_MAX], der[4096];
    struct sw_writer s = sw_writer_of(subject, sizeof subject), k = sw_writer_of(spki, sizeof spki);
    struct person p = {key, {0}};
    size_t len;
    serial = (uint8_t)(serial % 100 + 1);
    sw_subject_encode(&s, &(struct sw_subject){.cn = name});
    person_spki(&k, sw_privkey_public(key));
    struct sw_issue what = {
        .profile = sw_profile_by_name(profile),
        .serial = {&serial, 1},
        .subject = {subject, s.len},
        .spki = {spki, k.len},
        .not_before = PEOPLE_NOW - PEOPLE_DAY * 100,
        .not_after = PEOPLE_NOW + (int64_t)PEOPLE_DAY * expires,
        .path_len = -1,
        .issuer = by ? &by->chain.cert[0] : NULL,
        .key = by ? by->key : key,
    };
    if (sw_issue(&what, der, sizeof der, &len) != SW_OK || seal_chain_read(&p.chain, der, len) != SW_OK)
        abort();
    return p;
}

static inline struct sw_privkey *fresh_key(enum sw_key_type type, unsigned param)
{
    struct sw_privkey *key = NULL;
    if (sw_privkey_generate(&key, type, param) != SW_OK)
        abort();
    return key;
}

static inline void person_free(struct person *p)
{
    sw_privkey_free(p->key);
    seal_chain_free(&p->chain);
}

static inline struct sw_trust *trust_in(const struct person *root)
{
    struct sw_trust *trust = sw_trust_new();
    if (!trust || sw_trust_add(trust, root->chain.cert[0].der.p, root->chain.cert[0].der.len) != SW_OK)
        abort();
    return trust;
}

/* The people of most tests. */
struct people {
    struct person root, rsa, ec, ed, other;
    struct sw_trust *trust;
};

static inline struct people people_make(void)
{
    struct people p;
    p.root = person_make("Root", "root", fresh_key(SW_KEY_EC, SW_CURVE_P256), NULL, 1000);
    p.rsa = person_make("rsa", "client", test_rsa_key(TEST_RSA_NUMBERS(2048)), &p.root, 100);
    p.ec = person_make("ec", "client", fresh_key(SW_KEY_EC, SW_CURVE_P256), &p.root, 100);
    p.ed = person_make("ed", "client", fresh_key(SW_KEY_ED25519, 0), &p.root, 100);
    p.other = person_make("other", "client", fresh_key(SW_KEY_EC, SW_CURVE_P384), &p.root, 100);
    p.trust = trust_in(&p.root);
    return p;
}

static inline void people_free(struct people *p)
{
    person_free(&p->root);
    person_free(&p->rsa);
    person_free(&p->ec);
    person_free(&p->ed);
    person_free(&p->other);
    sw_trust_free(p->trust);
}

/* What is usual between two. */
static inline struct seal_params sending(const struct people *all, const struct person *from, const struct person *to)
{
    return (struct seal_params){
        .self = {&from->chain, from->key}, .trust = all->trust, .to = &to->chain, .to_len = 1, .now = PEOPLE_NOW};
}

static inline struct seal_open_params opening(const struct people *all, const struct person *who)
{
    return (struct seal_open_params){
        .self = {&who->chain, who->key}, .trust = all->trust, .now = PEOPLE_NOW + 5, .require_bound = true};
}

#endif
