/*
 * Sealed messages on their way: sealed for whom the directory names, and what a server can try. A child process serves
 * the directory; it says that bob is bob, and that carol is bob, too.
 */
#include "apps/message/sealing.h"
#include "apps/message/server.h"
#include "tests/apps/message/asking.h"
#include "tests/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the server --------------------------------------------------------------------------------------------------- */

static void directory(void *ctx, struct http_request *rq)
{
    struct sw_file pem = {0};
    (void)ctx;
    bool known = strcmp(rq->part[0], "bob") == 0 || strcmp(rq->part[0], "carol") == 0;
    if (known && sw_file_read(ASKING_VECTORS "client-p256.crt", SW_FILE_MAX, &pem) == SW_OK)
        http_reply_json(rq, 200, json_pack("{s:[s%]}", "chains", pem.p, pem.len));
    else if (strcmp(rq->part[0], "nonsense") == 0)
        http_reply_json(rq, 200, json_pack("{s:[s]}", "chains", "nonsense"));
    else
        http_problem(rq, 404, "%s has not been here yet", rq->part[0]);
    sw_file_free(&pem);
}

static const struct http_route routes[] = {{EVHTTP_REQ_GET, "/directory/{}", directory}, {0, NULL, NULL}};

/* --- what alice and bob do ---------------------------------------------------------------------------------------- */

static const char *to, *claimed;
static size_t flip; /* a byte of the sealed message that the server changes; 0: none */
static char text[64], id[SEAL_ID_MAX];
static struct sw_file letter; /* as it lies at the server */

static int seal_it(struct app *app)
{
    static const char secret[] = "the number is 4711";
    struct http_client c;
    int code = http_client_open(&c, app);
    sw_file_free(&letter);
    letter = (struct sw_file){malloc(sizeof secret - 1), sizeof secret - 1};
    memcpy(letter.p, secret, sizeof secret - 1);
    if (!code)
        code = sealing_seal(&c, to, 300, &letter);
    http_client_close(&c);
    return code;
}

static int open_it(struct app *app)
{
    struct seal_materials m = {0};
    struct sw_file out = {0};
    int code = seal_materials_read(app, &m);
    text[0] = id[0] = 0;
    if (flip)
        letter.p[flip] ^= 1;
    if (!code)
        code = sealing_open(app, &m, claimed, letter.p, letter.len, &out, id);
    if (flip)
        letter.p[flip] ^= 1;
    if (!code)
        snprintf(text, sizeof text, "%.*s", (int)out.len, (const char *)out.p);
    sw_file_free(&out);
    seal_materials_free(&m);
    return code;
}

static const struct app_verb verbs[] = {
    {"seal", "", "seal", "Seal.", "seal", APP_TLS | APP_CLIENT | APP_HTTP | APP_SEND, 0, 0, seal_it},
    {"open", "", "open", "Open.", "open", APP_TLS | APP_CLIENT | APP_HTTP | APP_SEND, 0, 0, open_it},
    {0},
};

static int seal_for(const char *name, const char *form, const struct asking *a)
{
    char seal[32];
    to = name;
    snprintf(seal, sizeof seal, "--seal%s", form);
    return asking_run(a, verbs, "seal", "client-rsa", (const char *[]){seal, NULL});
}

static int open_as(const char *who, const char *from, const struct asking *a)
{
    claimed = from;
    return asking_run(a, verbs, "open", who, (const char *[]){NULL});
}

/* --- tests -------------------------------------------------------------------------------------------------------- */

static void seals_for_whom_the_directory_names(void)
{
    struct asking a;
    asking_begin(&a, routes);
    CU_ASSERT_EQUAL(seal_for("bob", "", &a), APP_DONE);
    CU_ASSERT_TRUE_FATAL(letter.len > 400);
    CU_ASSERT_PTR_NULL(memmem(letter.p, letter.len, "4711", 4));
    CU_ASSERT_EQUAL(open_as("client-p256", "alice", &a), APP_DONE);
    CU_ASSERT_STRING_EQUAL(text, "the number is 4711");
    CU_ASSERT_STRING_NOT_EQUAL(id, "");

    /* nobody else opens it, and nobody else sent it */
    CU_ASSERT_EQUAL(open_as("client-rsa", "alice", &a), APP_REFUSED);
    CU_ASSERT_EQUAL(open_as("client-p256", "mallory", &a), APP_NO);
    CU_ASSERT_STRING_EQUAL(text, "");

    /* a changed one is refused, wherever it was changed */
    for (flip = letter.len / 8; flip < letter.len - 40; flip += letter.len / 8)
        CU_ASSERT_EQUAL(open_as("client-p256", "alice", &a), APP_NO);
    flip = 0;
    CU_ASSERT_EQUAL(open_as("client-p256", "alice", &a), APP_DONE);

    asking_end(&a);
    sw_file_free(&letter);
}

static void does_not_believe_the_directory(void)
{
    struct asking a;
    asking_begin(&a, routes);
    CU_ASSERT_EQUAL(seal_for("carol", "", &a), APP_NO); /* bob's certificate */
    CU_ASSERT_EQUAL(letter.len, strlen("the number is 4711"));
    CU_ASSERT_EQUAL(seal_for("dave", "", &a), APP_NO);
    CU_ASSERT_EQUAL(seal_for("nonsense", "", &a), APP_BAD_INPUT);
    CU_ASSERT_EQUAL(seal_for("bob", "=carefully", &a), APP_USAGE);
    CU_ASSERT_NOT_EQUAL(seal_for("bob", "=rsa", &a), APP_DONE); /* his key is an EC one */
    asking_end(&a);
    sw_file_free(&letter);
}

SW_TEST_SUITE(sealing){
    SW_TEST(seals_for_whom_the_directory_names),
    SW_TEST(does_not_believe_the_directory),
};
