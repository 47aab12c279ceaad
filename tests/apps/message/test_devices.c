/*
 * The certificates of somebody's devices: what a server may say of them, and which of them may be sealed for.
 */
#include "apps/message/devices.h"
#include "tests/apps/message/asking.h"
#include "tests/apps/seal/people.h"
#include "tests/said.h"
#include "tests/test.h"
#include "ttp/crl_issue.h"
#include "ttp/pem.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what the directory says -------------------------------------------------------------------------------------- */

enum { MANY = SW_DEVICES_MAX + 4 };
static char laptop[4096], phone[4096], carols[4096];

static json_t *chains_of(const char *name)
{
    json_t *many;
    if (strcmp(name, "Bob O'Neil/Home") == 0)
        return json_pack("[s,s]", phone, laptop);
    if (strcmp(name, "mixed") == 0)
        return json_pack("[s,s]", laptop, carols);
    if (strcmp(name, "carol") == 0) {
        many = json_array();
        for (int i = 0; i < MANY; i++)
            json_array_append_new(many, json_string(carols));
        return many;
    }
    return strcmp(name, "none") == 0      ? json_array()
           : strcmp(name, "numbers") == 0 ? json_pack("[i]", 1)
           : strcmp(name, "object") == 0  ? json_object()
                                          : json_pack("[s]", "no certificate");
}

static void directory(void *ctx, struct http_request *rq)
{
    static const char text[] = "[[[";
    const char *all = http_query(rq, "all");
    (void)ctx;
    if (!all || strcmp(all, "yes") != 0)
        http_problem(rq, 400, "all=yes was not asked for");
    else if (strcmp(rq->part[0], "dave") == 0)
        http_problem(rq, 404, "dave has not been here yet");
    else if (strcmp(rq->part[0], "text") == 0)
        http_reply_bytes(rq, 200, "text/plain", text, sizeof text - 1);
    else
        http_reply_json(rq, 200, json_pack("{s:o}", "chains", chains_of(rq->part[0])));
}

static const struct http_route routes[] = {{EVHTTP_REQ_GET, "/directory/{}", directory}, {0, NULL, NULL}};

/* --- asking ------------------------------------------------------------------------------------------------------- */

static struct devices found;

static int fetch_run(struct app *app)
{
    struct http_client c;
    devices_free(&found);
    int code = http_client_open(&c, app);
    if (!code)
        code = devices_fetch(&c, app->argv[0], &found);
    http_client_close(&c);
    return code;
}

static const struct app_verb verbs[] = {
    {"fetch", "NAME", "fetch", "Fetch.", "fetch", APP_TLS | APP_CLIENT | APP_HTTP, 1, 1, fetch_run},
    {0},
};

static void show(const struct person *p, char out[4096])
{
    const struct sw_slice der = p->chain.cert[0].der;
    size_t n;
    SW_ASSERT_OK(sw_pem_encode("CERTIFICATE", der.p, der.len, out, 4096, &n));
}

static struct person device(const char *name, const struct person *root, int days)
{
    return person_make(name, "client", fresh_key(SW_KEY_EC, SW_CURVE_P256), root, days);
}

static bool is(const struct seal_chain *a, const struct person *b)
{
    return a->cert[0].der.len == b->chain.cert[0].der.len &&
           memcmp(a->cert[0].der.p, b->chain.cert[0].der.p, a->cert[0].der.len) == 0;
}

static int fetch(const struct asking *a, const char *name)
{
    return asking_run(a, verbs, "fetch", "client-rsa", (const char *[]){name, NULL});
}

static void takes_what_has_the_name(void)
{
    struct asking a;
    struct person root = person_make("Root", "root", fresh_key(SW_KEY_EC, SW_CURVE_P256), NULL, 1000);
    struct person one = device("Bob O'Neil/Home", &root, 100), two = device("Bob O'Neil/Home", &root, 100);
    struct person carol = device("carol", &root, 100);
    show(&one, laptop);
    show(&two, phone);
    show(&carol, carols);
    asking_begin(&a, routes);
    CU_ASSERT_EQUAL(fetch(&a, "Bob O'Neil/Home"), APP_DONE);
    CU_ASSERT_EQUAL_FATAL(found.n, 2);
    CU_ASSERT_TRUE(is(&found.chain[0], &two)); /* as the server has them: who was there last, first */
    CU_ASSERT_TRUE(is(&found.chain[1], &one));
    CU_ASSERT_EQUAL(fetch(&a, "carol"), APP_DONE);
    CU_ASSERT_EQUAL(found.n, SW_DEVICES_MAX); /* and not what there is no room for */
    asking_end(&a);
    devices_free(&found);
    CU_ASSERT_EQUAL(found.n, 0);
    person_free(&carol);
    person_free(&two);
    person_free(&one);
    person_free(&root);
}

static void refuses_what_a_server_may_say(void)
{
    static const struct {
        const char *name;
        int code;
        const char *why;
    } answers[] = {
        {"mixed", APP_NO, "the server has a certificate of"}, /* one of several is enough */
        {"dave", APP_NO, "has not been here yet"},
        {"none", APP_BAD_INPUT, "none"},
        {"numbers", APP_BAD_INPUT, "numbers"},
        {"object", APP_BAD_INPUT, "object"},
        {"nonsense", APP_BAD_INPUT, "nonsense"},
        {"text", APP_BAD_INPUT, "text"},
    };
    struct asking a;
    struct person root = person_make("Root", "root", fresh_key(SW_KEY_EC, SW_CURVE_P256), NULL, 1000);
    struct person one = device("mixed", &root, 100), carol = device("carol", &root, 100);
    show(&one, laptop);
    show(&carol, carols);
    asking_begin(&a, routes);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        CU_ASSERT_EQUAL(fetch(&a, answers[i].name), answers[i].code);
        CU_ASSERT_PTR_NOT_NULL(strstr(asking_said, answers[i].why));
    }
    asking_end(&a);
    CU_ASSERT_NOT_EQUAL(fetch(&a, "mixed"), APP_DONE); /* there is no server any more */
    devices_free(&found);
    person_free(&carol);
    person_free(&one);
    person_free(&root);
}

/* --- which of them are good --------------------------------------------------------------------------------------- */

static void add(struct devices *d, const struct person *p)
{
    const struct sw_slice der = p->chain.cert[0].der;
    SW_ASSERT_OK(seal_chain_read(&d->chain[d->n++], der.p, der.len));
}

static void put_on_list(struct sw_trust *trust, const struct person *root, const struct person *p)
{
    uint8_t crl[1024];
    size_t len;
    const struct sw_revoked revoked = {
        .serial = p->chain.cert[0].serial, .at = PEOPLE_NOW - 5, .reason = SW_REASON_NONE};
    const struct sw_crl_issue what = {.issuer = &root->chain.cert[0],
                                      .key = root->key,
                                      .number = 1,
                                      .this_update = PEOPLE_NOW - 5,
                                      .next_update = PEOPLE_NOW + PEOPLE_DAY,
                                      .revoked = &revoked,
                                      .revoked_len = 1};
    SW_ASSERT_OK(sw_crl_encode(&what, crl, sizeof crl, &len));
    SW_ASSERT_OK(sw_trust_add_crl(trust, crl, len));
}

static int keep(const struct people *all, struct devices *d)
{
    const struct app app = {.program = "test"};
    const struct seal_params p = {.self = {&all->ed.chain, all->ed.key}, .trust = all->trust, .now = PEOPLE_NOW};
    said_begin(stderr);
    int code = devices_keep_good(&app, &p, d);
    snprintf(asking_said, sizeof asking_said, "%s", said_end());
    return code;
}

static void keeps_the_good_ones_in_order(void)
{
    struct people all = people_make();
    struct person late = device("bob", &all.root, -1), lost = device("bob", &all.root, 100);
    struct devices d = {0};
    put_on_list(all.trust, &all.root, &lost);
    add(&d, &late);
    add(&d, &all.rsa);
    add(&d, &lost);
    add(&d, &all.ec);
    CU_ASSERT_EQUAL(keep(&all, &d), APP_DONE);
    CU_ASSERT_STRING_EQUAL(asking_said, "");
    CU_ASSERT_EQUAL_FATAL(d.n, 2);
    CU_ASSERT_TRUE(is(&d.chain[0], &all.rsa));
    CU_ASSERT_TRUE(is(&d.chain[1], &all.ec));
    devices_free(&d);
    person_free(&lost);
    person_free(&late);
    people_free(&all);
}

/* The first one's reason: it is the one that its owner was there with last. */
static void says_why_none_is_good(void)
{
    struct people all = people_make();
    struct person late = device("bob", &all.root, -1), lost = device("bob", &all.root, 100);
    struct devices d = {0};
    put_on_list(all.trust, &all.root, &lost);
    add(&d, &lost);
    add(&d, &late);
    CU_ASSERT_EQUAL(keep(&all, &d), APP_NO);
    CU_ASSERT_PTR_NOT_NULL(strstr(asking_said, "revoked"));
    devices_free(&d);
    add(&d, &late);
    add(&d, &lost);
    CU_ASSERT_EQUAL(keep(&all, &d), APP_NO);
    CU_ASSERT_PTR_NOT_NULL(strstr(asking_said, "expired"));
    devices_free(&d);
    person_free(&lost);
    person_free(&late);
    people_free(&all);
}

SW_TEST_SUITE(devices){
    SW_TEST(takes_what_has_the_name),
    SW_TEST(refuses_what_a_server_may_say),
    SW_TEST(keeps_the_good_ones_in_order),
    SW_TEST(says_why_none_is_good),
};
