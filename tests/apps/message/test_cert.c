/* sealwax cert: somebody's certificate, checked before anybody sees it; nothing is left behind where it is not good. */
#include "apps/verbs.h"
#include "tests/apps/message/asking.h"
#include "tests/apps/seal/people.h"
#include "tests/said.h"
#include "tests/test.h"
#include "ttp/file.h"
#include "ttp/pem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the directory says: bob is bob, carol is bob, too, and mallory is of an authority of her own. */
static char mallory[8192];

static void directory(void *ctx, struct http_request *rq)
{
    struct sw_file pem = {0};
    bool known = strcmp(rq->part[0], "bob") == 0 || strcmp(rq->part[0], "carol") == 0;
    (void)ctx;
    if (strcmp(rq->part[0], "mallory") == 0)
        http_reply_json(rq, 200, json_pack("{s:[s]}", "chains", mallory));
    else if (known && sw_file_read(ASKING_VECTORS "client-p256.crt", SW_FILE_MAX, &pem) == SW_OK)
        http_reply_json(rq, 200, json_pack("{s:[s%]}", "chains", pem.p, pem.len));
    else
        http_problem(rq, 404, "%s has not been here yet", rq->part[0]);
    sw_file_free(&pem);
}

static const struct http_route routes[] = {{EVHTTP_REQ_GET, "/directory/{}", directory}, {0, NULL, NULL}};
static const struct app_verb verbs[] = {
    {"cert", "NAME", "cert", "Cert.", "cert", APP_TLS | APP_CLIENT | APP_HTTP | APP_CERT, 1, 1, cert_run},
    {0},
};

struct desk {
    struct asking asking;
    char dir[64], path[96];
};

static void setup(struct desk *d)
{
    struct person root = person_make("Another", "root", fresh_key(SW_KEY_EC, SW_CURVE_P256), NULL, 1000);
    struct person p = person_make("mallory", "client", fresh_key(SW_KEY_EC, SW_CURVE_P256), &root, 1000);
    const struct sw_slice der = p.chain.cert[0].der;
    size_t n;
    SW_ASSERT_OK(sw_pem_encode("CERTIFICATE", der.p, der.len, mallory, sizeof mallory, &n));
    person_free(&p);
    person_free(&root);
    snprintf(d->dir, sizeof d->dir, "/tmp/sealwax-cert.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(d->dir));
    snprintf(d->path, sizeof d->path, "%s/out.crt", d->dir);
    asking_begin(&d->asking, routes);
}

static void teardown(struct desk *d)
{
    asking_end(&d->asking);
    unlink(d->path);
    CU_ASSERT_EQUAL(rmdir(d->dir), 0); /* nothing else is in it */
}

static int cert(const struct desk *d, const char *name, const char *more)
{
    return asking_run(&d->asking, verbs, "cert", "client-rsa", (const char *[]){name, "-o", d->path, more, NULL});
}

/* The same certificate, whatever stands around it. */
static bool is_bobs(const char *path)
{
    struct sw_file got = {0}, want = {0};
    struct seal_chain a = {0}, b = {0};
    bool same = sw_file_read(path, SW_FILE_MAX, &got) == SW_OK &&
                sw_file_read(ASKING_VECTORS "client-p256.crt", SW_FILE_MAX, &want) == SW_OK &&
                seal_chain_read(&a, got.p, got.len) == SW_OK && seal_chain_read(&b, want.p, want.len) == SW_OK &&
                a.len == b.len && a.cert[0].der.len == b.cert[0].der.len &&
                memcmp(a.cert[0].der.p, b.cert[0].der.p, a.cert[0].der.len) == 0;
    seal_chain_free(&a);
    seal_chain_free(&b);
    sw_file_free(&got);
    sw_file_free(&want);
    return same;
}

static void writes_what_is_good(void)
{
    struct desk d;
    setup(&d);
    CU_ASSERT_EQUAL(cert(&d, "bob", NULL), APP_DONE);
    CU_ASSERT_TRUE(is_bobs(d.path));
    teardown(&d);
}

static void replaces_nothing_unasked(void)
{
    struct desk d;
    setup(&d);
    SW_ASSERT_OK(sw_file_write(d.path, "mine", 4, 0));
    CU_ASSERT_EQUAL(cert(&d, "bob", NULL), APP_REFUSED);
    CU_ASSERT_FALSE(is_bobs(d.path));
    CU_ASSERT_EQUAL(cert(&d, "bob", "--force"), APP_DONE);
    CU_ASSERT_TRUE(is_bobs(d.path));
    teardown(&d);
}

static void leaves_nothing_of_what_is_not(void)
{
    static const struct {
        const char *name, *why;
    } others[] = {
        {"carol", "a certificate of bob under this name"},
        {"dave", "has not been here yet"},
        {"mallory", "mallory"},
    };
    struct desk d;
    setup(&d);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        CU_ASSERT_EQUAL(cert(&d, others[i].name, NULL), APP_NO);
        CU_ASSERT_PTR_NOT_NULL(strstr(asking_said, others[i].why));
        CU_ASSERT_NOT_EQUAL(access(d.path, F_OK), 0);
    }
    CU_ASSERT_EQUAL(cert(&d, "bob", "--insecure"), APP_DONE); /* of the server, and of nobody else */
    CU_ASSERT_EQUAL(cert(&d, "mallory", "--force"), APP_NO);
    CU_ASSERT_TRUE(is_bobs(d.path));
    teardown(&d);
}

SW_TEST_SUITE(cert){
    SW_TEST(writes_what_is_good),
    SW_TEST(replaces_nothing_unasked),
    SW_TEST(leaves_nothing_of_what_is_not),
};
