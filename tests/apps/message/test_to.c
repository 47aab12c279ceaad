/* Whom a file is sealed for: files are what they are, names are asked for, and neither is believed unchecked. */
#include "apps/message/to.h"
#include "tests/apps/message/asking.h"
#include "tests/apps/seal/people.h"
#include "tests/test.h"
#include "ttp/file.h"
#include "ttp/pem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct people all;
static char pem[3][4096], rsa[4096]; /* two devices of bob, and one of his that has expired; a device with an RSA key */

static void directory(void *ctx, struct http_request *rq)
{
    (void)ctx;
    if (strcmp(rq->part[0], "bob") == 0)
        http_reply_json(rq, 200, json_pack("{s:[s,s,s]}", "chains", pem[2], pem[0], pem[1]));
    else if (strcmp(rq->part[0], "rsa") == 0)
        http_reply_json(rq, 200, json_pack("{s:[s,s]}", "chains", rsa, rsa));
    else if (strcmp(rq->part[0], "late") == 0)
        http_reply_json(rq, 200, json_pack("{s:[s]}", "chains", pem[2]));
    else
        http_problem(rq, 404, "%s has not been here yet", rq->part[0]);
}

static const struct http_route routes[] = {{EVHTTP_REQ_GET, "/directory/{}", directory}, {0, NULL, NULL}};

static struct recipients found;
static enum seal_form form;

static int to_run(struct app *app)
{
    const struct seal_params p = {
        .self = {&all.ed.chain, all.ed.key}, .trust = all.trust, .now = PEOPLE_NOW, .form = form};
    recipients_free(&found);
    return recipients_read(app, &p, &found);
}

static const struct app_verb verbs[] = {
    {"to", "", "to", "To.", "to", APP_TLS | APP_CLIENT | APP_HTTP | APP_SEAL, 0, 0, to_run},
    {0},
};

struct desk {
    struct asking asking;
    struct person devices[3];
    char file[64];
};

static void setup(struct desk *d)
{
    all = people_make();
    form = SEAL_HYBRID;
    size_t len;
    const struct sw_slice of_rsa = all.rsa.chain.cert[0].der;
    SW_ASSERT_OK(sw_pem_encode("CERTIFICATE", of_rsa.p, of_rsa.len, rsa, sizeof rsa, &len));
    for (int i = 0; i < 3; i++) {
        size_t n;
        d->devices[i] = person_make("bob", "client", fresh_key(SW_KEY_EC, SW_CURVE_P256), &all.root, i == 2 ? -1 : 100);
        const struct sw_slice der = d->devices[i].chain.cert[0].der;
        SW_ASSERT_OK(sw_pem_encode("CERTIFICATE", der.p, der.len, pem[i], sizeof pem[i], &n));
    }
    snprintf(d->file, sizeof d->file, "/tmp/sealwax-to.XXXXXX");
    int fd = mkstemp(d->file);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, pem[1], strlen(pem[1])), (ssize_t)strlen(pem[1]));
    close(fd);
    asking_begin(&d->asking, routes);
}

static void teardown(struct desk *d)
{
    asking_end(&d->asking);
    recipients_free(&found);
    CU_ASSERT_EQUAL(found.n, 0);
    unlink(d->file);
    for (int i = 0; i < 3; i++)
        person_free(&d->devices[i]);
    people_free(&all);
}

static int to(const struct desk *d, const char *one, const char *two)
{
    return asking_run(&d->asking, verbs, "to", "client-rsa",
                      (const char *[]){"--to", one, two ? "--to" : NULL, two, NULL});
}

static bool is(size_t i, const struct person *p)
{
    return i < found.n && found.chain[i].cert[0].der.len == p->chain.cert[0].der.len &&
           memcmp(found.chain[i].cert[0].der.p, p->chain.cert[0].der.p, p->chain.cert[0].der.len) == 0;
}

static void a_name_is_all_its_good_devices(void)
{
    struct desk d;
    setup(&d);
    CU_ASSERT_EQUAL(to(&d, "bob", NULL), APP_DONE);
    CU_ASSERT_EQUAL(found.n, 2);
    CU_ASSERT_TRUE(is(0, &d.devices[0]) && is(1, &d.devices[1]));
    CU_ASSERT_PTR_NOT_NULL(strstr(asking_said, "sealing for bob: 2 certificates"));
    form = SEAL_RSA;
    CU_ASSERT_EQUAL(to(&d, "rsa", NULL), APP_DONE);
    CU_ASSERT_EQUAL(found.n, 1); /* blocks are for one key, */
    CU_ASSERT_TRUE(is(0, &all.rsa));
    CU_ASSERT_EQUAL(to(&d, "bob", NULL), APP_NO); /* and for one that can encrypt */
    teardown(&d);
}

static void a_file_is_a_file(void)
{
    struct desk d;
    setup(&d);
    CU_ASSERT_EQUAL(to(&d, d.file, "bob"), APP_DONE);
    CU_ASSERT_EQUAL(found.n, 3);
    CU_ASSERT_TRUE(is(0, &d.devices[1]) && is(1, &d.devices[0]) && is(2, &d.devices[1]));
    CU_ASSERT_EQUAL(to(&d, "/nowhere/bob.crt", NULL), APP_SYSTEM); /* nobody is asked for that */
    CU_ASSERT_PTR_NOT_NULL(strstr(asking_said, "No such file"));
    teardown(&d);
}

static void says_what_is_wrong(void)
{
    struct desk d;
    const char *many[2 * 33 + 1];
    size_t n = 0;
    setup(&d);
    CU_ASSERT_EQUAL(to(&d, "dave", NULL), APP_NO);
    CU_ASSERT_PTR_NOT_NULL(strstr(asking_said, "dave has not been here yet"));
    CU_ASSERT_EQUAL(to(&d, "late", NULL), APP_NO); /* bob's certificate under this name */
    CU_ASSERT_EQUAL(found.n, 0);
    CU_ASSERT_EQUAL(asking_run(&d.asking, verbs, "to", "client-rsa", (const char *[]){NULL}), APP_USAGE);
    while (n < 2 * 33) { /* two certificates each */
        many[n++] = "--to";
        many[n++] = "bob";
    }
    many[n] = NULL;
    CU_ASSERT_EQUAL(asking_run(&d.asking, verbs, "to", "client-rsa", many), APP_USAGE);
    CU_ASSERT_EQUAL(found.n, SEAL_TO_MAX);
    many[n - 2] = NULL;
    CU_ASSERT_EQUAL(asking_run(&d.asking, verbs, "to", "client-rsa", many), APP_DONE);
    CU_ASSERT_EQUAL(found.n, SEAL_TO_MAX);
    teardown(&d);
}

SW_TEST_SUITE(to){
    SW_TEST(a_name_is_all_its_good_devices),
    SW_TEST(a_file_is_a_file),
    SW_TEST(says_what_is_wrong),
};
