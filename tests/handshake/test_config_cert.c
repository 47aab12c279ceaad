/* Our certificates: what is taken for a chain, and which key fits. */
#include "base/bytes.h"
#include "handshake/config.h"
#include "tests/handshake/pair.h"
#include "ttp/pem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct files {
    void *crt, *key, *root, *other;
    size_t crt_len, key_len, root_len, other_len;
};

static void files_open(struct files *f)
{
    f->crt = sw_test_file("tests/vectors/tls/server-rsa.crt", &f->crt_len);
    f->key = sw_test_file("tests/vectors/tls/server-rsa.key", &f->key_len);
    f->root = sw_test_file("tests/vectors/tls/root.crt", &f->root_len);
    f->other = sw_test_file("tests/vectors/tls/server-p256.key", &f->other_len);
}

static void files_close(struct files *f)
{
    free(f->crt);
    free(f->key);
    free(f->root);
    free(f->other);
}

/* PEM with more than certificates in it, several certificates, or the DER of one. */
static void chains_of_each_form(void)
{
    struct sw_config *cfg = sw_config_new(SW_SERVER, NULL);
    struct files f;
    uint8_t der[4096], *both;
    struct sw_reader r;
    struct sw_pem block;
    size_t n;

    files_open(&f);
    r = sw_reader_of(f.crt, f.crt_len);
    CU_ASSERT_TRUE(sw_pem_next(&r, &block));
    SW_ASSERT_OK(sw_pem_decode(&block, der, sizeof der, &n));
    SW_ASSERT_OK(sw_config_add_cert(cfg, der, n, f.key, f.key_len, NULL));
    CU_ASSERT_EQUAL(cfg->creds[0]->der_len, 1);
    CU_ASSERT_EQUAL(cfg->creds[0]->chain_bytes, 3 + n);
    for (unsigned i = 0; sw_sigscheme_at(i) != NULL; i++)
        CU_ASSERT_EQUAL(cfg->creds[0]->signed_with >> i & 1, sw_sigscheme_at(i)->id == 0x0501);
    CU_ASSERT_EQUAL(cfg->creds[0]->signed_with & SW_SIGNED_OTHERWISE, 0);
    SW_ASSERT_BYTES(cfg->creds[0]->der[0].p, der, n);
    both = malloc(f.key_len + f.crt_len + f.root_len);
    memcpy(both, f.key, f.key_len);
    memcpy(both + f.key_len, f.crt, f.crt_len);
    memcpy(both + f.key_len + f.crt_len, f.root, f.root_len);
    SW_ASSERT_OK(sw_config_add_cert(cfg, both, f.key_len + f.crt_len + f.root_len, f.key, f.key_len, NULL));
    CU_ASSERT_EQUAL(cfg->creds[1]->der_len, 2);
    /* the root has signed itself, which nobody checks */
    CU_ASSERT_EQUAL(cfg->creds[1]->signed_with, cfg->creds[0]->signed_with);
    SW_ASSERT_BYTES(cfg->creds[1]->der[0].p, der, n);
    CU_ASSERT_PTR_NOT_NULL(sw_config_key(cfg, 1));
    CU_ASSERT_PTR_NULL(sw_config_key(cfg, 2));
    free(both);
    files_close(&f);
    sw_config_free(cfg);
}

static void what_does_not_fit_is_refused(void)
{
    struct sw_config *cfg = sw_config_new(SW_SERVER, NULL);
    struct files f;

    files_open(&f);
    SW_ASSERT_ERR(sw_config_add_cert(cfg, f.crt, f.crt_len, f.other, f.other_len, NULL), SW_ERR_KEY_MISMATCH);
    CU_ASSERT_NOT_EQUAL(sw_config_add_cert(cfg, f.crt, f.crt_len, f.crt, f.crt_len, NULL), SW_OK);
    SW_ASSERT_ERR(sw_config_add_cert(cfg, f.key, f.key_len, f.key, f.key_len, NULL), SW_ERR_PEM);
    SW_ASSERT_ERR(sw_config_add_cert(cfg, "", 0, f.key, f.key_len, NULL), SW_ERR_PEM);
    CU_ASSERT_NOT_EQUAL(sw_config_add_cert(cfg, "0\x03\x02\x01\x01", 5, f.key, f.key_len, NULL), SW_OK);
    CU_ASSERT_EQUAL(cfg->creds_len, 0);
    /* and there is no certificate yet to belong to */
    SW_ASSERT_ERR(sw_config_set_ocsp(cfg, "x", 1), SW_ERR_STATE);
    SW_ASSERT_ERR(sw_config_set_cert_sigalgs(cfg, "rsa_pkcs1_sha256"), SW_ERR_STATE);
    SW_ASSERT_ERR(sw_config_set_cert_match_issuer(cfg, true), SW_ERR_STATE);
    for (int i = 0; i < SW_CREDENTIALS_MAX; i++)
        SW_ASSERT_OK(sw_config_add_cert(cfg, f.crt, f.crt_len, f.key, f.key_len, NULL));
    SW_ASSERT_ERR(sw_config_add_cert(cfg, f.crt, f.crt_len, f.key, f.key_len, NULL), SW_ERR_ARGUMENT);
    files_close(&f);
    sw_config_free(cfg);
}

/*
 * A key of id-RSASSA-PSS signs with the schemes of its own kind, and does not do key transport (RFC 8446 4.2.3, RFC
 * 4055 1.2).
 */
static void pss_keys_serve(void)
{
    static const struct {
        const char *suites, *sigalgs;
        uint16_t scheme; /* 0: no handshake */
    } rows[] = {
        {"0xC02F", "rsa_pss_rsae_sha256:rsa_pss_pss_sha384", 0x080a},
        {"0x009E", "rsa_pss_pss_sha256", 0x0809},
        {"0xC02F", "rsa_pss_rsae_sha256:rsa_pkcs1_sha256", 0},
        {"0x003C", "rsa_pss_pss_sha256", 0},
    };
    size_t crt_len, key_len, other_len;
    void *crt = sw_test_file("tests/vectors/ttp/rsapss2048.crt", &crt_len),
         *key = sw_test_file("tests/vectors/ttp/rsapss2048.pem", &key_len),
         *other = sw_test_file("tests/vectors/ttp/rsapss2048-sha384.pem", &other_len);

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pair p = {.client_cfg = pair_config(SW_CLIENT), .server_cfg = sw_config_new(SW_SERVER, NULL)};
        struct sw_conn_info info;

        sw_config_set_clock(p.server_cfg, pair_now, NULL);
        SW_ASSERT_ERR(sw_config_add_cert(p.server_cfg, crt, crt_len, other, other_len, NULL), SW_ERR_KEY_MISMATCH);
        SW_ASSERT_OK(sw_config_add_cert(p.server_cfg, crt, crt_len, key, key_len, NULL));
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_INSECURE_NO_VERIFY, 1));
        SW_ASSERT_OK(sw_config_set_suites(p.client_cfg, rows[i].suites));
        SW_ASSERT_OK(sw_config_set_sigalgs(p.client_cfg, rows[i].sigalgs));
        pair_connect(&p, "server.example");
        CU_ASSERT_EQUAL(pair_run(&p), rows[i].scheme != 0);
        sw_conn_info(p.client, &info);
        CU_ASSERT_EQUAL(info.sigscheme, rows[i].scheme);
        pair_close(&p);
    }
    free(crt);
    free(key);
    free(other);
}

/* What is set belongs to the certificate added last, and replaces what was there. */
static void belongings_go_to_the_newest(void)
{
    struct sw_config *cfg = sw_config_new(SW_SERVER, NULL);

    pair_cert(cfg, "server-rsa");
    SW_ASSERT_OK(sw_config_set_ocsp(cfg, "one", 3));
    pair_cert(cfg, "server-p256");
    SW_ASSERT_OK(sw_config_set_ocsp(cfg, "two", 3));
    SW_ASSERT_OK(sw_config_set_ocsp(cfg, "three", 5));
    SW_ASSERT_OK(sw_config_set_cert_match_issuer(cfg, true));
    SW_ASSERT_ERR(sw_config_set_cert_sigalgs(cfg, "nobody's"), SW_ERR_ARGUMENT);
    CU_ASSERT_FALSE(cfg->creds[1]->has_sigalgs);
    SW_ASSERT_OK(sw_config_set_cert_sigalgs(cfg, "ecdsa_secp256r1_sha256"));
    CU_ASSERT_TRUE(cfg->creds[1]->has_sigalgs && !cfg->creds[0]->has_sigalgs);
    CU_ASSERT_TRUE(cfg->creds[1]->match_issuer && !cfg->creds[0]->match_issuer);
    CU_ASSERT_EQUAL(cfg->creds[0]->ocsp.len, 3);
    SW_ASSERT_BYTES(cfg->creds[0]->ocsp.p, "one", 3);
    CU_ASSERT_EQUAL(cfg->creds[1]->ocsp.len, 5);
    SW_ASSERT_OK(sw_config_set_ocsp(cfg, NULL, 0));
    CU_ASSERT_EQUAL(cfg->creds[1]->ocsp.len, 0);
    sw_config_free(cfg);
}

SW_TEST_SUITE(config_cert){
    SW_TEST(chains_of_each_form),
    SW_TEST(what_does_not_fit_is_refused),
    SW_TEST(pss_keys_serve),
    SW_TEST(belongings_go_to_the_newest),
};
