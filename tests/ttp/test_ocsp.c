/*
 * OCSP responses as a responder may write them: who may sign, for whom, until when, and which are no responses. RFC
 * 6960. They are put together by hand, for ours would be right; tests of reading and damage are in test_revoke.c.
 */
#include "base/hash.h"
#include "tests/ttp/chain.h"
#include "ttp/ocsp.h"
#include <stdio.h>

enum who { ROOT, DELEGATE, EXPIRED, UNAPPOINTED, NO_SIGNATURES, OF_ANOTHER, OTHER_ROOT, PEOPLE };
enum said { GOOD, REVOKED, REVOKED_WITH_REASON, UNKNOWN, NOTHING };
enum { LATER = CHAIN_NOW + 100, EARLIER = CHAIN_NOW - 100 };

/* A response; what is zero is as it should be. */
struct form {
    enum who signer;
    bool by_name;       /* ResponderID: its name, else its key's hash */
    enum who responder; /* whose ResponderID is there, if not the signer's (ROOT: the signer's) */
    bool without_certs;
    enum said said;
    uint8_t serial;       /* 0: 5, the leaf's */
    enum sw_hash_id hash; /* of the CertID; 0: SHA-1 */
    enum who about;       /* whose certificate it says it is */
    int64_t from, until;  /* 0: EARLIER, LATER; until -1: not said */
    bool version;         /* v1, said although it is the default */
    bool critical;        /* an extension nobody knows, critical */
    bool tampered;
    bool newer;                 /* a second answer, REVOKED and newer, behind the first */
    enum sw_hash_id newer_hash; /* of its CertID, if not that of the first */
    struct sw_slice nonce;      /* the extension's value, which should be an OCTET STRING; empty: none */
    unsigned status;            /* of the response as a whole */
};

struct scene {
    struct made who[PEOPLE], leaf;
};

static void setup(struct scene *s)
{
    chain_make(&s->who[ROOT], &(struct recipe){.cn = "Root", .seed = 1, .ca = true});
    chain_make(&s->who[OTHER_ROOT], &(struct recipe){.cn = "Root", .seed = 9, .ca = true});
    struct recipe r = {.cn = "Responder", .seed = 4, .serial = 20, .issuer = &s->who[ROOT], .eku = SW_EKU_OCSP_SIGNING};
    chain_make(&s->who[DELEGATE], &r);
    r.not_before = CHAIN_NOW - 2 * CHAIN_DAY;
    r.not_after = CHAIN_NOW - CHAIN_DAY;
    chain_make(&s->who[EXPIRED], &r);
    r.not_before = r.not_after = 0;
    r.eku = SW_EKU_SERVER_AUTH;
    chain_make(&s->who[UNAPPOINTED], &r);
    r.eku = SW_EKU_OCSP_SIGNING;
    r.key_usage = SW_KU_KEY_ENCIPHERMENT;
    chain_make(&s->who[NO_SIGNATURES], &r);
    r.key_usage = 0;
    r.issuer = &s->who[OTHER_ROOT];
    chain_make(&s->who[OF_ANOTHER], &r);
    chain_make(&s->leaf, &(struct recipe){.cn = "leaf", .seed = 2, .serial = 5, .issuer = &s->who[ROOT]});
}

static void teardown(struct scene *s)
{
    chain_free(s->who, PEOPLE);
    chain_free(&s->leaf, 1);
}

static size_t key_hash(const struct sw_cert *c, enum sw_hash_id hash, uint8_t *out)
{
    struct sw_reader r = sw_reader_of_slice(c->spki), spki = sw_der_enter(&r, SW_DER_SEQUENCE);
    unsigned unused;

    (void)sw_der_read(&spki, SW_DER_SEQUENCE);
    struct sw_slice bits = sw_der_read_bits(&spki, &unused);
    SW_ASSERT_OK(sw_hash_once(hash, bits.p, bits.len, out));
    return sw_hash_len(hash);
}

static void write_hash_alg(struct sw_writer *w, enum sw_hash_id hash)
{
    static const uint8_t sha1[] = {0x2b, 0x0e, 0x03, 0x02, 0x1a}, md5[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 5};
    uint8_t sha2[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01};
    size_t seq = sw_der_open(w, SW_DER_SEQUENCE);

    if (hash == SW_HASH_SHA1)
        sw_der_write(w, SW_DER_OID, sha1, sizeof sha1);
    else if (hash == SW_HASH_MD5)
        sw_der_write(w, SW_DER_OID, md5, sizeof md5);
    else
        sw_der_write(w, SW_DER_OID, sha2, sizeof sha2);
    sw_der_close(w, seq);
}

static void write_single(struct sw_writer *w, const struct scene *s, const struct form *f, enum said said, int64_t from)
{
    const uint8_t serial = f->serial ? f->serial : 5, reason = 1;
    enum sw_hash_id hash = f->hash ? f->hash : SW_HASH_SHA1;
    uint8_t digest[64];
    const struct sw_cert *issuer = &s->who[f->about].cert;
    size_t single = sw_der_open(w, SW_DER_SEQUENCE), id = sw_der_open(w, SW_DER_SEQUENCE), tag, inner;

    write_hash_alg(w, hash);
    SW_ASSERT_OK(sw_hash_once(hash, issuer->subject.p, issuer->subject.len, digest));
    sw_der_write(w, SW_DER_OCTET_STRING, digest, sw_hash_len(hash));
    sw_der_write(w, SW_DER_OCTET_STRING, digest, key_hash(issuer, hash, digest));
    sw_der_write(w, SW_DER_INTEGER, &serial, 1);
    sw_der_close(w, id);
    if (said == GOOD || said == UNKNOWN) {
        sw_der_write(w, SW_DER_CONTEXT(said == GOOD ? 0 : 2), "", 0);
    } else {
        tag = sw_der_open(w, SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED);
        sw_der_write(w, SW_DER_GENERALIZED_TIME, "20260101000000Z", 15);
        if (said == REVOKED_WITH_REASON) {
            inner = sw_der_open(w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
            sw_der_write(w, SW_DER_ENUMERATED, &reason, 1);
            sw_der_close(w, inner);
        }
        sw_der_close(w, tag);
    }
    sw_time_encode(w, from);
    if (f->until != -1) {
        tag = sw_der_open(w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
        sw_time_encode(w, f->until ? f->until : LATER);
        sw_der_close(w, tag);
    }
    sw_der_close(w, single);
}

static void write_data(struct sw_writer *w, const struct scene *s, const struct form *f)
{
    static const uint8_t nonce_oid[] = {0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2};
    enum who responder = f->responder != ROOT ? f->responder : f->signer;
    size_t data = sw_der_open(w, SW_DER_SEQUENCE), tag, list, mark[2];
    uint8_t digest[32];

    if (f->version) {
        tag = sw_der_open(w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
        sw_der_write_int(w, 0);
        sw_der_close(w, tag);
    }
    tag = sw_der_open(w, SW_DER_CONTEXT(f->by_name ? 1 : 2) | SW_DER_CONSTRUCTED);
    if (f->by_name)
        sw_write_slice(w, s->who[responder].cert.subject);
    else
        sw_der_write(w, SW_DER_OCTET_STRING, digest, key_hash(&s->who[responder].cert, SW_HASH_SHA1, digest));
    sw_der_close(w, tag);
    sw_time_encode(w, CHAIN_NOW);
    list = sw_der_open(w, SW_DER_SEQUENCE);
    if (f->said != NOTHING)
        write_single(w, s, f, f->said, f->from ? f->from : EARLIER);
    if (f->newer) {
        struct form second = *f;

        second.hash = f->newer_hash ? f->newer_hash : f->hash;
        write_single(w, s, &second, REVOKED, EARLIER + 50);
    }
    sw_der_close(w, list);
    if (f->critical || f->nonce.len > 0) {
        tag = sw_der_open(w, SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED);
        list = sw_der_open(w, SW_DER_SEQUENCE);
        if (f->critical) {
            ext_open(w, 99, true, mark);
            ext_close(w, mark);
        }
        if (f->nonce.len > 0) {
            mark[0] = sw_der_open(w, SW_DER_SEQUENCE);
            sw_der_write(w, SW_DER_OID, nonce_oid, sizeof nonce_oid);
            sw_der_write(w, SW_DER_OCTET_STRING, f->nonce.p, f->nonce.len);
            sw_der_close(w, mark[0]);
        }
        sw_der_close(w, list);
        sw_der_close(w, tag);
    }
    sw_der_close(w, data);
}

static size_t make_response(const struct scene *s, const struct form *f, uint8_t *out, size_t cap)
{
    static const uint8_t basic_oid[] = {0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1};
    const struct made *signer = &s->who[f->signer];
    const struct sw_sigscheme *scheme = sw_sign_scheme(sw_privkey_public(signer->key), true);
    uint8_t tbs[2048], sig[SW_SIG_MAX + 1] = {0}, status = (uint8_t)f->status;
    struct sw_writer t = sw_writer_of(tbs, sizeof tbs), w = sw_writer_of(out, cap);
    size_t whole, tag, bytes, octets, basic, sig_len;

    write_data(&t, s, f);
    SW_ASSERT_OK(sw_privkey_sign(signer->key, scheme, tbs, t.len, sig + 1, &sig_len));
    if (f->tampered)
        sig[10] ^= 1;
    whole = sw_der_open(&w, SW_DER_SEQUENCE);
    sw_der_write(&w, SW_DER_ENUMERATED, &status, 1);
    tag = sw_der_open(&w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
    bytes = sw_der_open(&w, SW_DER_SEQUENCE);
    sw_der_write(&w, SW_DER_OID, basic_oid, sizeof basic_oid);
    octets = sw_der_open(&w, SW_DER_OCTET_STRING);
    basic = sw_der_open(&w, SW_DER_SEQUENCE);
    sw_write_bytes(&w, tbs, t.len);
    sw_sigalg_encode(&w, scheme);
    sw_der_write(&w, SW_DER_BIT_STRING, sig, sig_len + 1);
    if (!f->without_certs && f->signer != ROOT) {
        size_t certs = sw_der_open(&w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED), list = sw_der_open(&w, SW_DER_SEQUENCE);

        sw_write_bytes(&w, s->leaf.der, s->leaf.len); /* one that does not matter */
        sw_write_bytes(&w, signer->der, signer->len);
        sw_der_close(&w, list);
        sw_der_close(&w, certs);
    }
    sw_der_close(&w, basic);
    sw_der_close(&w, octets);
    sw_der_close(&w, bytes);
    sw_der_close(&w, tag);
    sw_der_close(&w, whole);
    CU_ASSERT_TRUE_FATAL(sw_writer_ok(&w));
    return w.len;
}

/* clang-format off */
static const struct {
    const char *what;
    struct form form;
    enum sw_err err;
} rows[] = {
    {"the issuer, by key",               {.signer = ROOT},                                             SW_OK},
    {"the issuer, by name",              {.signer = ROOT, .by_name = true},                            SW_OK},
    {"a delegate, by key",               {.signer = DELEGATE},                                         SW_OK},
    {"a delegate, by name",              {.signer = DELEGATE, .by_name = true},                        SW_OK},
    {"a delegate says revoked",          {.signer = DELEGATE, .said = REVOKED},                        SW_ERR_CERT_REVOKED},
    {"revoked, with a reason",           {.said = REVOKED_WITH_REASON},                                SW_ERR_CERT_REVOKED},
    {"unknown",                          {.said = UNKNOWN},                                            SW_ERR_OCSP},
    {"a delegate whose certificate is not there", {.signer = DELEGATE, .without_certs = true},         SW_ERR_OCSP},
    {"a delegate that has expired",      {.signer = EXPIRED},                                          SW_ERR_OCSP},
    {"a server's certificate",           {.signer = UNAPPOINTED},                                      SW_ERR_OCSP},
    {"a delegate that may not sign",     {.signer = NO_SIGNATURES},                                    SW_ERR_OCSP},
    {"another issuer's delegate",        {.signer = OF_ANOTHER},                                       SW_ERR_OCSP},
    {"another issuer's, by name",        {.signer = OF_ANOTHER, .by_name = true},                      SW_ERR_OCSP},
    {"another issuer of the same name",  {.signer = OTHER_ROOT, .by_name = true},                      SW_ERR_OCSP},
    {"another issuer of the same name, by key", {.signer = OTHER_ROOT},                                SW_ERR_OCSP},
    {"a delegate in somebody's name",    {.signer = DELEGATE, .responder = OTHER_ROOT},                SW_ERR_OCSP},
    {"signed by none of them",           {.signer = DELEGATE, .tampered = true},                       SW_ERR_OCSP},
    {"SHA-256 in the CertID",            {.hash = SW_HASH_SHA256},                                     SW_OK},
    {"MD5 in the CertID",                {.hash = SW_HASH_MD5},                                        SW_ERR_OCSP},
    {"another serial number",            {.serial = 6},                                                SW_ERR_OCSP},
    {"another issuer's certificate",     {.about = OTHER_ROOT},                                        SW_ERR_OCSP},
    {"nothing",                          {.said = NOTHING},                                            SW_ERR_OCSP},
    {"until now",                        {.until = CHAIN_NOW},                                         SW_OK},
    {"until a second ago",               {.until = CHAIN_NOW - 1},                                     SW_ERR_OCSP},
    {"until who knows when",             {.until = -1},                                                SW_ERR_OCSP},
    {"from now",                         {.from = CHAIN_NOW},                                          SW_OK},
    {"from a second from now",           {.from = CHAIN_NOW + 1},                                      SW_ERR_OCSP},
    {"good, and newer: revoked",         {.newer = true},                                              SW_ERR_CERT_REVOKED},
    {"the same, named by another hash",  {.newer = true, .newer_hash = SW_HASH_SHA256},                SW_ERR_CERT_REVOKED},
    {"the same, by one that is not known", {.newer = true, .newer_hash = SW_HASH_MD5},                 SW_OK},
    {"a nonce that nobody asked for",    {.nonce = {(const uint8_t *)"\4\1n", 3}},                     SW_OK},
    {"a nonce that is none",             {.nonce = {(const uint8_t *)"\2\1n", 3}},                     SW_ERR_OCSP},
    {"a nonce and something behind it",  {.nonce = {(const uint8_t *)"\4\1n\5\0", 5}},                 SW_ERR_OCSP},
    {"a version that is the default",    {.version = true},                                            SW_OK},
    {"a critical extension",             {.critical = true},                                           SW_ERR_OCSP},
    {"tryLater",                         {.status = 3},                                                SW_ERR_OCSP},
};
/* clang-format on */

static void who_may_say_what(void)
{
    static uint8_t der[16384];
    struct scene s;
    struct sw_trust *trust = sw_trust_new();

    setup(&s);
    SW_ASSERT_OK(sw_trust_add(trust, s.who[ROOT].der, s.who[ROOT].len));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sw_verify_params params = {.trust = trust, .time = CHAIN_NOW, .purpose = SW_PURPOSE_SERVER};
        struct sw_verify_result result;
        enum sw_err err;

        params.ocsp = (struct sw_slice){der, make_response(&s, &rows[i].form, der, sizeof der)};
        err = sw_verify(&s.leaf.cert, &params, &result);
        if (err != rows[i].err)
            printf("%s: %s\n", rows[i].what, err == SW_OK ? "accepted" : result.reason);
        CU_ASSERT_EQUAL(err, rows[i].err);
    }
    sw_trust_free(trust);
    teardown(&s);
}

/* Who sent a nonce gets it back, or the response is an old one. */
static void repeats_the_nonce(void)
{
    static const struct {
        struct sw_slice sent, got;
        enum sw_err err;
    } nonces[] = {
        {{NULL, 0}, {NULL, 0}, SW_OK},
        {{NULL, 0}, {(const uint8_t *)"\4\4once", 6}, SW_OK},
        {{(const uint8_t *)"once", 4}, {(const uint8_t *)"\4\4once", 6}, SW_OK},
        {{(const uint8_t *)"once", 4}, {(const uint8_t *)"\4\4ones", 6}, SW_ERR_OCSP},
        {{(const uint8_t *)"once", 4}, {(const uint8_t *)"\4\3onc", 5}, SW_ERR_OCSP},
        {{(const uint8_t *)"once", 4}, {(const uint8_t *)"\4\5oncet", 7}, SW_ERR_OCSP},
        {{(const uint8_t *)"once", 4}, {NULL, 0}, SW_ERR_OCSP},
    };
    static uint8_t der[16384];
    struct sw_ocsp_single answer;
    struct sw_ocsp ocsp;
    struct scene s;
    const char *why;

    setup(&s);
    for (size_t i = 0; i < sizeof nonces / sizeof *nonces; i++) {
        size_t len = make_response(&s, &(struct form){.nonce = nonces[i].got}, der, sizeof der);

        SW_ASSERT_OK(sw_ocsp_parse(&ocsp, der, len));
        SW_ASSERT_ERR(sw_ocsp_verify(&ocsp, &s.leaf.cert, &s.who[ROOT].cert, CHAIN_NOW, nonces[i].sent, &answer, &why),
                      nonces[i].err);
        CU_ASSERT((nonces[i].err == SW_OK) == (why == NULL));
        CU_ASSERT(why == NULL || strstr(why, "nonce") != NULL);
    }
    teardown(&s);
}

/* A response with a delegate's certificate, cut short anywhere, is none. */
static void every_truncation(void)
{
    static uint8_t der[16384];
    struct scene s;
    struct sw_ocsp ocsp;
    size_t len;

    setup(&s);
    len = make_response(&s, &(struct form){.signer = DELEGATE, .said = REVOKED_WITH_REASON, .version = true}, der,
                        sizeof der);
    SW_ASSERT_OK(sw_ocsp_parse(&ocsp, der, len));
    for (size_t i = 0; i < len; i++)
        SW_ASSERT_ERR(sw_ocsp_parse(&ocsp, der, i), SW_ERR_OCSP);
    teardown(&s);
}

SW_TEST_SUITE(ocsp){
    SW_TEST(who_may_say_what),
    SW_TEST(repeats_the_nonce),
    SW_TEST(every_truncation),
};
