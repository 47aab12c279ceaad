/* Whom --trust and --crl name: all of them, or which file it is that cannot be used. */
#include "apps/tls/roots.h"
#include "tests/test.h"

static const char root[] = "tests/vectors/tls/root.crt", no_list[] = "tests/vectors/tls/client-rsa.crt",
                  nothing[] = "/nonexistent";

static struct app with(const char **trust, size_t n, const char **crl)
{
    struct app app = {.program = "test"};
    app.opt[OPT_TRUST] = (struct app_values){.v = trust, .n = n};
    app.opt[OPT_CRL] = (struct app_values){.v = crl, .n = *crl ? 1 : 0};
    return app;
}

static void all_or_the_file_that_is_wrong(void)
{
    static const struct {
        const char *trust[2], *crl, *path;
        enum sw_err err;
    } rows[] = {
        {{root, no_list}, NULL, NULL, SW_OK},
        {{root, nothing}, NULL, nothing, SW_ERR_SYSTEM},
        {{root, root}, no_list, no_list, SW_ERR_PEM}, /* it holds no list */
        {{nothing, root}, no_list, nothing, SW_ERR_SYSTEM},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *trust[2] = {rows[i].trust[0], rows[i].trust[1]}, *crl = rows[i].crl, *path;
        struct app app = with(trust, 2, &crl);
        struct sw_trust *got;
        SW_ASSERT_ERR(roots_read(&app, &got, &path), rows[i].err);
        CU_ASSERT_EQUAL(got != NULL, rows[i].err == SW_OK);
        if (rows[i].path)
            CU_ASSERT_PTR_EQUAL(path, rows[i].path);
        sw_trust_free(got);
    }
}

SW_TEST_SUITE(roots){
    SW_TEST(all_or_the_file_that_is_wrong),
};
