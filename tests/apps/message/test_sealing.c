/*
 * Sealed messages on their way: sealed for whom the directory names, and what a server can try. A child process serves
 * the directory; it says that bob is bob, and that carol is bob, too.
 */
#include "apps/message/sealing.h"
#include "apps/message/server.h"
#include "tests/apps/http/peer.h"
#include "tests/said.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DIRECTORY "tests/vectors/tls/"

/* --- the server --------------------------------------------------------------------------------------------------- */

static void directory(void *ctx, struct http_request *rq)
{
    struct sw_file pem = {0};
    (void)ctx;
    bool known = strcmp(rq->part[0], "bob") == 0 || strcmp(rq->part[0], "carol") == 0;
    if (known && sw_file_read(DIRECTORY "client-p256.crt", SW_FILE_MAX, &pem) == SW_OK)
        http_reply_json(rq, 200, json_pack("{s:[s%]}", "chains", pem.p, pem.len));
    else if (strcmp(rq->part[0], "nonsense") == 0)
        http_reply_json(rq, 200, json_pack("{s:[s]}", "chains", "nonsense"));
    else
        http_problem(rq, 404, "%s has not been here yet", rq->part[0]);
    sw_file_free(&pem);
}

static const struct http_route routes[] = {{EVHTTP_REQ_GET, "/directory/{}", directory}, {0, NULL, NULL}};

static pid_t serve(int *port)
{
    int told[2];
    CU_ASSERT_EQUAL_FATAL(pipe(told), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        struct http_world w;
        http_world_open(&w, routes, NULL, 1000);
        if (write(told[1], &w.port, sizeof w.port) == (ssize_t)sizeof w.port)
            event_base_dispatch(w.base);
        _exit(0);
    }
    CU_ASSERT_TRUE_FATAL(pid > 0 && read(told[0], port, sizeof *port) == (ssize_t)sizeof *port);
    close(told[0]);
    close(told[1]);
    return pid;
}

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

/* A copy of a key that nobody else can read: others are refused, and a checkout does not keep modes. */
static void copy_key(const char *who, char path[64])
{
    char from[64];
    struct sw_file key = {0};
    snprintf(from, sizeof from, DIRECTORY "%s.key", who);
    snprintf(path, 64, "/tmp/sealwax-sealing.XXXXXX");
    int fd = mkstemp(path);
    CU_ASSERT_TRUE_FATAL(fd >= 0 && sw_file_read(from, SW_FILE_MAX, &key) == SW_OK);
    CU_ASSERT_EQUAL(write(fd, key.p, key.len), (ssize_t)key.len);
    close(fd);
    sw_file_free(&key);
}

/* Run a verb as somebody, with standard error elsewhere: its complaints are not the matter here. */
static int run(const char *verb, const char *who, const char *form, int port)
{
    struct app app = {.program = "test", .about = "Test.", .verbs = verbs};
    char server[32], cert[64], key[64], seal[32];
    char *argv[] = {"test",     (char *)(uintptr_t)verb,
                    "--server", server,
                    "--name",   "server.example",
                    "--cert",   cert,
                    "--key",    key,
                    "--trust",  DIRECTORY "root.crt",
                    "--config", "none",
                    seal,       NULL};
    snprintf(server, sizeof server, "127.0.0.1:%d", port);
    snprintf(cert, sizeof cert, DIRECTORY "%s.crt", who);
    copy_key(who, key);
    snprintf(seal, sizeof seal, "--seal%s", form);
    said_begin(stderr);
    int code = app_main(&app, 15, argv);
    said_end();
    unlink(key);
    return code;
}

static int seal_for(const char *name, const char *form, int port)
{
    to = name;
    return run("seal", "client-rsa", form, port);
}

static int open_as(const char *who, const char *from, int port)
{
    claimed = from;
    return run("open", who, "", port);
}

/* --- tests -------------------------------------------------------------------------------------------------------- */

static void seals_for_whom_the_directory_names(void)
{
    int port, status;
    pid_t pid = serve(&port);
    CU_ASSERT_EQUAL(seal_for("bob", "", port), APP_DONE);
    CU_ASSERT_TRUE_FATAL(letter.len > 400);
    CU_ASSERT_PTR_NULL(memmem(letter.p, letter.len, "4711", 4));
    CU_ASSERT_EQUAL(open_as("client-p256", "alice", port), APP_DONE);
    CU_ASSERT_STRING_EQUAL(text, "the number is 4711");
    CU_ASSERT_STRING_NOT_EQUAL(id, "");

    /* nobody else opens it, and nobody else sent it */
    CU_ASSERT_EQUAL(open_as("client-rsa", "alice", port), APP_REFUSED);
    CU_ASSERT_EQUAL(open_as("client-p256", "mallory", port), APP_NO);
    CU_ASSERT_STRING_EQUAL(text, "");

    /* a changed one is refused, wherever it was changed */
    for (flip = letter.len / 8; flip < letter.len - 40; flip += letter.len / 8)
        CU_ASSERT_EQUAL(open_as("client-p256", "alice", port), APP_NO);
    flip = 0;
    CU_ASSERT_EQUAL(open_as("client-p256", "alice", port), APP_DONE);

    kill(pid, SIGKILL);
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    sw_file_free(&letter);
}

static void does_not_believe_the_directory(void)
{
    int port, status;
    pid_t pid = serve(&port);
    CU_ASSERT_EQUAL(seal_for("carol", "", port), APP_NO); /* bob's certificate */
    CU_ASSERT_EQUAL(letter.len, strlen("the number is 4711"));
    CU_ASSERT_EQUAL(seal_for("dave", "", port), APP_NO);
    CU_ASSERT_EQUAL(seal_for("nonsense", "", port), APP_BAD_INPUT);
    CU_ASSERT_EQUAL(seal_for("bob", "=carefully", port), APP_USAGE);
    CU_ASSERT_NOT_EQUAL(seal_for("bob", "=rsa", port), APP_DONE); /* his key is an EC one */
    kill(pid, SIGKILL);
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    sw_file_free(&letter);
}

SW_TEST_SUITE(sealing){
    SW_TEST(seals_for_whom_the_directory_names),
    SW_TEST(does_not_believe_the_directory),
};
