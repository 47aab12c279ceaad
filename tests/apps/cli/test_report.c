/* What the programs say on standard error, and that a daemon with a log says it there. */
#include "apps/cli/log.h"
#include "tests/said.h"
#include "tests/test.h"
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct app_verb daemon_verb = {.name = "serve", .groups = APP_SERVE};
static const struct app_verb tool_verb = {.name = "users", .groups = APP_USERS};

static char *said;

/* Standard error into a file; as_journal: one that claims to be the journal. */
static void capture(bool as_journal)
{
    struct stat st;
    char name[64];
    said_begin(stderr);
    CU_ASSERT_EQUAL_FATAL(fstat(STDERR_FILENO, &st), 0);
    snprintf(name, sizeof name, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    if (as_journal)
        setenv("JOURNAL_STREAM", name, 1);
    else
        unsetenv("JOURNAL_STREAM");
}

static const char *captured(void)
{
    unsetenv("JOURNAL_STREAM");
    return said = said_end();
}

/* One of each. */
static const char *say_all(struct app *app, bool as_journal)
{
    capture(as_journal);
    CU_ASSERT_EQUAL(app_error(app, APP_SYSTEM, "a%cb: gone", '\n'), APP_SYSTEM);
    CU_ASSERT_EQUAL(app_usage(app, "unknown option"), APP_USAGE);
    CU_ASSERT_EQUAL(app_fail(app, SW_ERR_PEM, "root.crt"), APP_BAD_INPUT);
    app_warn(app, "warning: beware");
    app_say(app, "by the way");
    return captured();
}

static void a_person_reads_sentences(void)
{
    struct app app = {.program = "p", .verb = &daemon_verb};
    char want[256];
    snprintf(
        want, sizeof want,
        "p: a?b: gone\np: unknown option\ntry: p serve --help\np: root.crt: %s\np: warning: beware\np: by the way\n",
        sw_err_reason(SW_ERR_PEM));
    CU_ASSERT_STRING_EQUAL(say_all(&app, false), want);
}

static void json_for_programs(void)
{
    struct app app = {.program = "p", .verb = &tool_verb, .json = true, .quiet = true};
    CU_ASSERT_PTR_NOT_NULL(
        strstr(say_all(&app, true),
               "{\"error\":{\"name\":\"usage\",\"alert\":null,\"message\":\"unknown option\",\"peer\":null}}\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "{\"error\":{\"name\":\"PEM\","));
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "\n{\"warning\":\"beware\"}\n"));
    CU_ASSERT_PTR_NULL(strstr(said, "by the way"));
    app.quiet = false;
    CU_ASSERT_PTR_NOT_NULL(strstr(say_all(&app, true), "\n{\"notice\":\"by the way\"}\n"));
}

/* What is about a peer says so apart, and a person reads the same in one sentence. */
static void a_peer_and_its_alerts(void)
{
    struct app app = {.program = "p", .verb = &tool_verb};
    static const struct app_cause peer = {.peer = "h:1"}, sent = {SW_ERR_CERT_UNKNOWN_CA, "h:1", "unknown_ca", NULL},
                                  received = {SW_ERR_PEER_ALERT, "h:1", NULL, "bad_certificate"};
    capture(false);
    CU_ASSERT_EQUAL(app_error_of(&app, APP_SYSTEM, &peer, "cannot %s", "connect"), APP_SYSTEM);
    (void)app_error_of(&app, APP_NO, &sent, "why");
    (void)app_error_of(&app, APP_NO, &received, "why");
    CU_ASSERT_STRING_EQUAL(captured(), "p: h:1: cannot connect\n"
                                       "p: h:1: sent alert unknown_ca: why\n"
                                       "p: h:1: received alert bad_certificate: why\n");
    app.json = true;
    capture(false);
    (void)app_error_of(&app, APP_SYSTEM, &peer, "gone");
    (void)app_error_of(&app, APP_NO, &sent, "why");
    (void)app_error_of(&app, APP_NO, &received, "why");
    CU_ASSERT_STRING_EQUAL(
        captured(),
        "{\"error\":{\"name\":\"system\",\"alert\":null,\"message\":\"gone\",\"peer\":\"h:1\"}}\n"
        "{\"error\":{\"name\":\"CERT_UNKNOWN_CA\",\"alert\":\"unknown_ca\",\"message\":\"why\",\"peer\":\"h:1\"}}\n"
        "{\"error\":{\"name\":\"PEER_ALERT\",\"alert\":\"bad_certificate\",\"message\":\"why\",\"peer\":\"h:1\","
        "\"alert_received\":\"bad_certificate\"}}\n");
}

/* A file's name need not be UTF-8, but JSON must. */
static void json_for_any_name(void)
{
    struct app app = {.program = "p", .verb = &tool_verb, .json = true};
    capture(false);
    app_error(&app, APP_SYSTEM, "m\xc3\xbcll: gone");
    app_error(&app, APP_SYSTEM, "m\xfcll: gone");
    app_say(&app, "m\xfcll: here");
    CU_ASSERT_PTR_NOT_NULL(strstr(captured(), "\"message\":\"m\xc3\xbcll: gone\",\"peer\":null}}\n"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(said, "{\"error\":{\"name\":\"system\",\"alert\":null,\"message\":\"m?ll: gone\",\"peer\":null}}\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "{\"notice\":\"m?ll: here\"}\n"));
}

/* Each line an object as the log has them: level, event, message. */
static void a_log_in_json_has_everything(void)
{
    static const char *const want[][3] = {{"error", "failed", "a\nb: gone"},
                                          {"error", "failed", "unknown option"},
                                          {"error", "failed", "root.crt"},
                                          {"warning", "warning", "beware"},
                                          {"notice", "notice", "by the way"}};
    struct app app = {.program = "p", .verb = &daemon_verb};
    size_t n = 0;
    CU_ASSERT_EQUAL(app_add_value(&app, OPT_LOG, "json", NULL), APP_DONE);
    say_all(&app, false);
    for (char *line = strtok(said, "\n"); line; line = strtok(NULL, "\n"), n++) {
        json_t *object = json_loads(line, 0, NULL);
        CU_ASSERT_TRUE_FATAL(object && n < 5);
        CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(object, "level")), want[n][0]);
        CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(object, "event")), want[n][1]);
        const char *message = json_string_value(json_object_get(object, "message"));
        CU_ASSERT_TRUE(message && strncmp(message, want[n][2], strlen(want[n][2])) == 0);
        json_decref(object);
    }
    CU_ASSERT_EQUAL(n, 5);
    app_free(&app);
}

static void the_journal_learns_how_urgent_it_is(void)
{
    struct app app = {.program = "p", .verb = &daemon_verb}, tool = {.program = "p", .verb = &tool_verb};
    CU_ASSERT_PTR_EQUAL(strstr(say_all(&app, true), "<3>failed message=\"a\\x0ab: gone\"\n"), said);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "\n<3>failed name=PEM message=\"root.crt: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "\n<4>warning message=beware\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "\n<5>notice message=\"by the way\"\n"));
    CU_ASSERT_PTR_NULL(strstr(said, "try:"));
    CU_ASSERT_EQUAL(strncmp(say_all(&tool, true), "p: ", 3), 0); /* what is no daemon has no log */
}

SW_TEST_SUITE(report){
    SW_TEST(a_person_reads_sentences),     SW_TEST(json_for_programs),
    SW_TEST(a_peer_and_its_alerts),        SW_TEST(json_for_any_name),
    SW_TEST(a_log_in_json_has_everything), SW_TEST(the_journal_learns_how_urgent_it_is),
};
