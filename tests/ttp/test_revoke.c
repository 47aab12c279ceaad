/*
 * Revocation lists and OCSP responses, read and believed: made by our own issuer, then damaged, aged, and signed by
 * others.
 */
#include "tests/ttp/chain.h"
#include "ttp/crl.h"
#include "ttp/crl_issue.h"
#include "ttp/ocsp.h"

/* A CA, a good leaf (serial 5) and a revoked one (serial 7), and what the CA says of them. */
struct scene {
    struct made root, other, good, bad;
    uint8_t crl[8192], ocsp[2][SW_OCSP_MAX];
    size_t crl_len, ocsp_len[2];
};

static void begin(struct scene *s, unsigned ca_usage)
{
    const struct sw_revoked revoked = {.serial = {(const uint8_t *)"\x07", 1}, .at = CHAIN_NOW - 10, .reason = 1};

    chain_make(&s->root, &(struct recipe){.cn = "Root", .seed = 1, .ca = true, .key_usage = ca_usage});
    chain_make(&s->other, &(struct recipe){.cn = "Root", .seed = 9, .ca = true});
    chain_make(&s->good, &(struct recipe){.cn = "good", .seed = 2, .serial = 5, .issuer = &s->root});
    chain_make(&s->bad, &(struct recipe){.cn = "bad", .seed = 3, .serial = 7, .issuer = &s->root});
    SW_ASSERT_OK(sw_crl_encode(&(struct sw_crl_issue){.issuer = &s->root.cert,
                                                      .key = s->root.key,
                                                      .number = 1,
                                                      .this_update = CHAIN_NOW - 100,
                                                      .next_update = CHAIN_NOW + 100,
                                                      .revoked = &revoked,
                                                      .revoked_len = 1},
                               s->crl, sizeof s->crl, &s->crl_len));
    for (int i = 0; i < 2; i++)
        SW_ASSERT_OK(sw_ocsp_encode(&(struct sw_ocsp_issue){.issuer = &s->root.cert,
                                                            .key = s->root.key,
                                                            .serial = (i ? &s->bad : &s->good)->cert.serial,
                                                            .this_update = CHAIN_NOW - 100,
                                                            .next_update = CHAIN_NOW + 100,
                                                            .revoked = i ? &revoked : NULL},
                                    s->ocsp[i], sizeof s->ocsp[i], &s->ocsp_len[i]));
}

static void end(struct scene *s)
{
    chain_free(&s->root, 1);
    chain_free(&s->other, 1);
    chain_free(&s->good, 1);
    chain_free(&s->bad, 1);
}

/* What a verifier with this list, or this response, says at this time. */
static enum sw_err judge(const struct scene *s, const struct made *leaf, struct sw_slice crl, struct sw_slice ocsp,
                         int64_t time)
{
    struct sw_trust *trust = sw_trust_new();
    struct sw_verify_params params = {.trust = trust, .time = time, .purpose = SW_PURPOSE_SERVER, .ocsp = ocsp};
    struct sw_verify_result result;
    enum sw_err err = sw_trust_add(trust, s->root.der, s->root.len);

    if (err == SW_OK && crl.len > 0)
        err = sw_trust_add_crl(trust, crl.p, crl.len);
    if (err == SW_OK)
        err = sw_verify(&leaf->cert, &params, &result);
    sw_trust_free(trust);
    return err;
}

#define CRL(s) ((struct sw_slice){(s).crl, (s).crl_len})
#define OCSP(s, i) ((struct sw_slice){(s).ocsp[i], (s).ocsp_len[i]})
#define NOTHING ((struct sw_slice){NULL, 0})

static void believes_a_current_list(void)
{
    struct scene s;

    begin(&s, SW_KU_KEY_CERT_SIGN | SW_KU_CRL_SIGN);
    SW_ASSERT_OK(judge(&s, &s.good, CRL(s), NOTHING, CHAIN_NOW));
    SW_ASSERT_ERR(judge(&s, &s.bad, CRL(s), NOTHING, CHAIN_NOW), SW_ERR_CERT_REVOKED);
    SW_ASSERT_OK(judge(&s, &s.bad, NOTHING, NOTHING, CHAIN_NOW));
    SW_ASSERT_OK(judge(&s, &s.good, CRL(s), NOTHING, CHAIN_NOW + 100));
    SW_ASSERT_ERR(judge(&s, &s.good, CRL(s), NOTHING, CHAIN_NOW + 101), SW_ERR_CRL);
    SW_ASSERT_ERR(judge(&s, &s.good, CRL(s), NOTHING, CHAIN_NOW - 101), SW_ERR_CRL);
    end(&s);
    begin(&s, SW_KU_KEY_CERT_SIGN);
    SW_ASSERT_ERR(judge(&s, &s.good, CRL(s), NOTHING, CHAIN_NOW), SW_ERR_CRL);
    end(&s);
}

static void wants_a_list_of_the_issuer(void)
{
    struct scene s;
    struct sw_crl_issue what;

    begin(&s, 0);
    /* same name, another key */
    what = (struct sw_crl_issue){.issuer = &s.other.cert,
                                 .key = s.other.key,
                                 .number = 1,
                                 .this_update = CHAIN_NOW,
                                 .next_update = CHAIN_NOW + 9};
    SW_ASSERT_OK(sw_crl_encode(&what, s.crl, sizeof s.crl, &s.crl_len));
    SW_ASSERT_ERR(judge(&s, &s.good, CRL(s), NOTHING, CHAIN_NOW), SW_ERR_CRL);
    /* another name */
    what.issuer = &s.good.cert;
    what.key = s.good.key;
    SW_ASSERT_OK(sw_crl_encode(&what, s.crl, sizeof s.crl, &s.crl_len));
    SW_ASSERT_ERR(judge(&s, &s.good, CRL(s), NOTHING, CHAIN_NOW), SW_ERR_CRL);
    end(&s);
}

static void notices_each_flipped_byte_of_a_list(void)
{
    struct scene s;
    struct sw_crl crl;

    begin(&s, 0);
    for (size_t i = 0; i < s.crl_len; i++) {
        s.crl[i] ^= 1;
        CU_ASSERT(judge(&s, &s.bad, CRL(s), NOTHING, CHAIN_NOW) != SW_OK);
        s.crl[i] ^= 1;
        SW_ASSERT_ERR(sw_crl_parse(&crl, s.crl, i), SW_ERR_CRL);
    }
    SW_ASSERT_ERR(sw_crl_parse(&crl, s.crl, s.crl_len + 1), SW_ERR_CRL);
    SW_ASSERT_OK(sw_crl_parse(&crl, s.crl, s.crl_len));
    CU_ASSERT_EQUAL(crl.entries_len, 1);
    CU_ASSERT_EQUAL(crl.next_update, CHAIN_NOW + 100);
    end(&s);
}

static void believes_a_current_response(void)
{
    struct scene s;

    begin(&s, 0);
    SW_ASSERT_OK(judge(&s, &s.good, NOTHING, OCSP(s, 0), CHAIN_NOW));
    SW_ASSERT_OK(judge(&s, &s.good, NOTHING, OCSP(s, 0), CHAIN_NOW + 100));
    SW_ASSERT_ERR(judge(&s, &s.bad, NOTHING, OCSP(s, 1), CHAIN_NOW), SW_ERR_CERT_REVOKED);
    SW_ASSERT_ERR(judge(&s, &s.good, NOTHING, OCSP(s, 0), CHAIN_NOW + 101), SW_ERR_OCSP);
    SW_ASSERT_ERR(judge(&s, &s.good, NOTHING, OCSP(s, 0), CHAIN_NOW - 101), SW_ERR_OCSP);
    SW_ASSERT_ERR(judge(&s, &s.good, NOTHING, OCSP(s, 1), CHAIN_NOW), SW_ERR_OCSP); /* about another certificate */
    end(&s);
}

static void notices_each_flipped_byte_of_a_response(void)
{
    struct scene s;
    struct sw_ocsp ocsp;

    begin(&s, 0);
    for (size_t i = 0; i < s.ocsp_len[0]; i++) {
        s.ocsp[0][i] ^= 1;
        CU_ASSERT(judge(&s, &s.good, NOTHING, OCSP(s, 0), CHAIN_NOW) != SW_OK);
        s.ocsp[0][i] ^= 1;
        SW_ASSERT_ERR(sw_ocsp_parse(&ocsp, s.ocsp[0], i), SW_ERR_OCSP);
    }
    SW_ASSERT_ERR(sw_ocsp_parse(&ocsp, s.ocsp[0], s.ocsp_len[0] + 1), SW_ERR_OCSP);
    SW_ASSERT_OK(sw_ocsp_parse(&ocsp, s.ocsp[0], s.ocsp_len[0]));
    end(&s);
}

static void wants_the_nonce_back(void)
{
    struct scene s;
    struct sw_ocsp ocsp;
    struct sw_ocsp_single answer;
    const char *why;

    begin(&s, 0);
    SW_ASSERT_OK(sw_ocsp_parse(&ocsp, s.ocsp[0], s.ocsp_len[0]));
    SW_ASSERT_OK(sw_ocsp_verify(&ocsp, &s.good.cert, &s.root.cert, CHAIN_NOW, NOTHING, &answer, &why));
    CU_ASSERT_EQUAL(answer.status, SW_OCSP_GOOD);
    SW_ASSERT_ERR(sw_ocsp_verify(&ocsp, &s.good.cert, &s.root.cert, CHAIN_NOW, s.good.cert.serial, &answer, &why),
                  SW_ERR_OCSP);
    CU_ASSERT_PTR_NOT_NULL(why);
    /* the same name with another key did not sign it, nor is it about its certificate */
    SW_ASSERT_ERR(sw_ocsp_verify(&ocsp, &s.good.cert, &s.other.cert, CHAIN_NOW, NOTHING, &answer, &why), SW_ERR_OCSP);
    end(&s);
}

SW_TEST_SUITE(revoke){
    SW_TEST(believes_a_current_list),
    SW_TEST(wants_a_list_of_the_issuer),
    SW_TEST(notices_each_flipped_byte_of_a_list),
    SW_TEST(believes_a_current_response),
    SW_TEST(notices_each_flipped_byte_of_a_response),
    SW_TEST(wants_the_nonce_back),
};
