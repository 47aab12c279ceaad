/* CertificateStatus: with other bodies, and unasked. */
#include "tests/handshake/middle_pair.h"

static bool done;

/* A status response that was asked for and promised: malformed, of another type, or empty. */
static const struct {
    const char *body;
    enum sw_err err;
} statuses[] = {
    {"01000003300101", SW_ERR_OCSP},   {"02000003300101", SW_ERR_DECODE},   {"01000000", SW_ERR_DECODE},
    {"01000004300101", SW_ERR_DECODE}, {"0100000330010100", SW_ERR_DECODE}, {"", SW_ERR_DECODE},
};

static const char *status_body;

static void pass_status(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len)
{
    uint8_t out[32] = {SW_CERTIFICATE_STATUS};
    size_t n = 4;

    if (type != SW_CT_HANDSHAKE || p[0] != SW_CERTIFICATE_STATUS) {
        middle_hand_on(m, to, type, p, len);
        return;
    }
    done = true;
    n += sw_unhex(status_body, out + 4, sizeof out - 4);
    out[3] = (uint8_t)(n - 4);
    middle_hand_on(m, to, type, out, n);
}

static void stapled_statuses_are_judged(void)
{
    struct middle *m = middle_new(pass_status);

    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct pair p;

        status_body = statuses[i].body;
        done = false;
        pair_open(&p, false);
        SW_ASSERT_OK(sw_config_set_ocsp(p.server_cfg, "\x30\x01\x01", 3));
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_STATUS_REQUEST, 1));
        pair_connect(&p, "server.example");
        middle_take(m, &p);
        middle_run(m);
        CU_ASSERT_TRUE(done);
        middle_expect(m, MIDDLE_CLIENT, statuses[i].err, "%s", status_body);
        middle_forget(m);
        pair_close(&p);
    }
    free(m);
}

/* Nobody has asked: it comes out of turn. */
static void pass_unasked(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len)
{
    static const uint8_t status[] = {SW_CERTIFICATE_STATUS, 0, 0, 7, 1, 0, 0, 3, 0x30, 1, 1};

    if (type == SW_CT_HANDSHAKE && p[0] == SW_SERVER_HELLO_DONE) {
        done = true;
        middle_hand_on(m, to, type, status, sizeof status);
    }
    middle_hand_on(m, to, type, p, len);
}

static void unasked_is_out_of_turn(void)
{
    struct middle *m = middle_new(pass_unasked);
    struct pair p;

    done = false;
    middle_connect(m, &p, "0x003C");
    middle_run(m);
    CU_ASSERT_TRUE(done);
    CU_ASSERT_TRUE(middle_check(m, MIDDLE_CLIENT, SW_ERR_UNEXPECTED_MESSAGE));
    middle_forget(m);
    pair_close(&p);
    free(m);
}

SW_TEST_SUITE(certificate_status){
    SW_TEST(stapled_statuses_are_judged),
    SW_TEST(unasked_is_out_of_turn),
};
