/* Whether certificates would be accepted, asked without a connection. */
#include "tests/handshake/pair.h"
#include "ttp/cert.h"
#include "ttp/pem.h"
#include <stdio.h>
#include <stdlib.h>

static uint8_t der[4096];

/* tests/vectors/tls/NAME.crt; the views point into der, until the next one is read. */
static struct sw_cert cert_of(const char *name)
{
    struct sw_cert cert = {0};
    struct sw_pem block;
    char path[64];
    size_t len, n;
    snprintf(path, sizeof path, "tests/vectors/tls/%s.crt", name);
    void *pem = sw_test_file(path, &len);
    struct sw_reader r = sw_reader_of(pem, len);
    CU_ASSERT_TRUE_FATAL(sw_pem_next(&r, &block));
    SW_ASSERT_OK(sw_pem_decode(&block, der, sizeof der, &n));
    SW_ASSERT_OK(sw_cert_parse(&cert, der, n));
    free(pem);
    return cert;
}

static int64_t far_future(void *ctx)
{
    (void)ctx;
    return (int64_t)32503680000; /* the year 3000 */
}

static void by_roots_clock_and_purpose(void)
{
    struct sw_config *server = pair_config(SW_SERVER), *client = pair_config(SW_CLIENT);
    struct sw_config *trusts_nobody = sw_config_new(SW_SERVER, NULL);
    struct sw_cert cert = cert_of("client-p256");
    SW_ASSERT_OK(sw_config_check_chain(server, &cert, 1));
    SW_ASSERT_ERR(sw_config_check_chain(client, &cert, 1), SW_ERR_CERT_PURPOSE);
    sw_config_set_clock(trusts_nobody, pair_now, NULL);
    SW_ASSERT_ERR(sw_config_check_chain(trusts_nobody, &cert, 1), SW_ERR_CERT_UNKNOWN_CA);
    sw_config_free(trusts_nobody);
    sw_config_set_clock(server, far_future, NULL);
    SW_ASSERT_ERR(sw_config_check_chain(server, &cert, 1), SW_ERR_CERT_EXPIRED);
    sw_config_set_clock(server, pair_now, NULL);
    cert = cert_of("server-p256");
    SW_ASSERT_ERR(sw_config_check_chain(server, &cert, 1), SW_ERR_CERT_PURPOSE);
    SW_ASSERT_OK(sw_config_check_chain(client, &cert, 1));
    sw_config_free(server);
    sw_config_free(client);
}

static void something_must_be_there(void)
{
    struct sw_config *cfg = pair_config(SW_SERVER);
    struct sw_cert cert = cert_of("client-p256");
    SW_ASSERT_ERR(sw_config_check_chain(cfg, &cert, 0), SW_ERR_ARGUMENT);
    sw_config_set_clock(cfg, NULL, NULL);
    SW_ASSERT_ERR(sw_config_check_chain(cfg, &cert, 1), SW_ERR_ARGUMENT);
    sw_config_free(cfg);
}

SW_TEST_SUITE(config_check){
    SW_TEST(by_roots_clock_and_purpose),
    SW_TEST(something_must_be_there),
};
