/* CertificateRequest with other bodies in its place. */
#include "tests/handshake/middle_pair.h"

static bool done;

struct body_row {
    const char *body;
    enum sw_err err;
};

/* clang-format off */
static const struct body_row bodies[] = {
    {"", SW_ERR_DECODE},
    {"00" "0002" "0401" "0000", SW_ERR_DECODE},                 /* RFC 5246 7.4.4: certificate_types<1..2^8-1> */
    {"0101" "0000" "0000", SW_ERR_DECODE},                      /* no algorithms */
    {"0101" "0003" "040106" "0000", SW_ERR_DECODE},             /* one and a half */
    {"0101" "0004" "0401" "0000", SW_ERR_DECODE},               /* fewer than said */
    {"0101" "0002" "0401" "0000" "00", SW_ERR_DECODE},          /* a byte behind */
    {"0101" "0002" "0401" "0001" "00", SW_ERR_DECODE},          /* half a length of a name */
    {"0101" "0002" "0401" "0002" "0000", SW_ERR_DECODE},        /* DistinguishedName<1..2^16-1> */
    {"0101" "0002" "0401" "0004" "00053000", SW_ERR_DECODE},    /* longer than the list */
    {"0101" "0002" "0401", SW_ERR_DECODE},                      /* no list of names */
};
/* clang-format on */

static const struct body_row *body_current;

static void pass_body(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len)
{
    uint8_t out[128] = {SW_CERTIFICATE_REQUEST};
    size_t n = 4;

    if (type != SW_CT_HANDSHAKE || p[0] != SW_CERTIFICATE_REQUEST || to != MIDDLE_CLIENT) {
        middle_hand_on(m, to, type, p, len);
        return;
    }
    done = true;
    n += sw_unhex(body_current->body, out + 4, sizeof out - 4);
    out[3] = (uint8_t)(n - 4);
    middle_hand_on(m, to, type, out, n);
}

static void bodies_are_judged(void)
{
    struct middle *m = calloc(1, sizeof *m);

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    m->pass = pass_body;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct pair p;

        body_current = &bodies[i];
        done = false;
        middle_connect(m, &p, "0x003C");
        middle_run(m);
        CU_ASSERT_TRUE(done);
        if (!middle_check(m, MIDDLE_CLIENT, body_current->err)) {
            printf("%s: %s, alert %d\n", body_current->body, sw_conn_error_text(m->side[MIDDLE_CLIENT]),
                   sw_conn_alert_sent(m->side[MIDDLE_CLIENT]));
            CU_ASSERT_TRUE(false);
        }
        middle_forget(m);
        pair_close(&p);
    }
    free(m);
}

SW_TEST_SUITE(certificate_request){
    SW_TEST(bodies_are_judged),
};
