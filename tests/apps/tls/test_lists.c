/* What is said of revocation lists before a peer is judged by them: nothing of a good one, and of others when and whose. */
#include "apps/tls/lists.h"
#include "tests/said.h"
#include "tests/ttp/vectors.h"
#include "ttp/crl_issue.h"
#include "ttp/file.h"
#include "ttp/pem.h"
#include <unistd.h>

enum { MADE = 1800000000, DAY = 86400, LASTS = 30 * DAY };

/* A list of the root of tests/vectors/ttp, in a file whose name is put into path. */
static void make_list(char *path, uint64_t number, int64_t made, int64_t ends)
{
    uint8_t der[SW_CRL_CAP(0)];
    char pem[2 * sizeof der];
    struct sw_cert root;
    size_t len, root_len;
    uint8_t *root_der = vector_der(VECTOR("root.crt"), &root_len);
    struct sw_privkey *key = vector_key_ok(VECTOR("rsa2048.pem"));
    SW_ASSERT_OK(sw_cert_parse(&root, root_der, root_len));
    struct sw_crl_issue what = {
        .issuer = &root, .key = key, .number = number, .this_update = made, .next_update = ends};
    SW_ASSERT_OK(sw_crl_encode(&what, der, sizeof der, &len));
    SW_ASSERT_OK(sw_pem_encode("X509 CRL", der, len, pem, sizeof pem, &len));
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, pem, len), (ssize_t)len);
    close(fd);
    sw_privkey_free(key);
    free(root_der);
}

static const char *judged(const char **trust, size_t trusts, const char **crl, size_t crls, int64_t now)
{
    struct app app = {.program = "test"};
    app.opt[OPT_TRUST] = (struct app_values){.v = trust, .n = trusts};
    app.opt[OPT_CRL] = (struct app_values){.v = crl, .n = crls};
    said_begin(stderr);
    lists_judge(&app, now);
    return said_end();
}

/* The last third of a list's time is when its successor is due. */
static void by_the_time_that_is_left(void)
{
    char path[] = "/tmp/test_lists.XXXXXX";
    const char *trust[] = {VECTOR("root.crt")}, *crl[] = {path};
    make_list(path, 1, MADE, MADE + LASTS);
    CU_ASSERT_STRING_EQUAL(judged(trust, 1, crl, 1, MADE), "");
    CU_ASSERT_STRING_EQUAL(judged(trust, 1, crl, 1, MADE + 20 * DAY), "");
    CU_ASSERT_PTR_NOT_NULL(strstr(judged(trust, 1, crl, 1, MADE + 20 * DAY + 1), " runs out 2027-02-14T08:00:00Z: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(judged(trust, 1, crl, 1, MADE + LASTS), " runs out "));
    CU_ASSERT_PTR_NOT_NULL(strstr(judged(trust, 1, crl, 1, MADE + LASTS + 1), " ran out 2027-02-14T08:00:00Z: "));
    unlink(path);
}

/* An old list beside a new one does no harm, whichever is named first. */
static void by_the_newest(void)
{
    char old[] = "/tmp/test_lists.XXXXXX", new[] = "/tmp/test_lists.XXXXXX";
    const char *trust[] = {VECTOR("root.crt")}, *crl[][2] = {{old, new}, {new, old}};
    make_list(old, 1, MADE - LASTS, MADE - DAY);
    make_list(new, 2, MADE - DAY, MADE + LASTS);
    for (size_t i = 0; i < 2; i++)
        CU_ASSERT_STRING_EQUAL(judged(trust, 1, crl[i], 2, MADE), "");
    unlink(old);
    unlink(new);
}

static void roots_without_a_list(void)
{
    char path[] = "/tmp/test_lists.XXXXXX";
    const char *trust[] = {VECTOR("root.crt"), "tests/vectors/tls/root.crt"}, *crl[] = {path};
    make_list(path, 1, MADE, MADE + LASTS);
    const char *said = judged(trust, 2, crl, 1, MADE), *first = strstr(said, "there is no list of ");
    CU_ASSERT_PTR_NOT_NULL_FATAL(first);
    CU_ASSERT_PTR_NULL(strstr(first + 1, "there is no list of "));
    CU_ASSERT_STRING_EQUAL(judged(trust, 2, crl, 0, MADE), ""); /* nobody asked for lists */
    unlink(path);
}

/* What cannot be read is for others to say. */
static void silent_about_files(void)
{
    const char *trust[] = {VECTOR("root.crt")}, *crl[] = {"/nonexistent"};
    CU_ASSERT_STRING_EQUAL(judged(trust, 1, crl, 1, MADE), "");
}

SW_TEST_SUITE(lists_judge){
    SW_TEST(by_the_time_that_is_left),
    SW_TEST(by_the_newest),
    SW_TEST(roots_without_a_list),
    SW_TEST(silent_about_files),
};
