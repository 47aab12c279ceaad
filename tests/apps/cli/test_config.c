/*
 * Settings from the environment and from files: which one counts, what is refused, and where files named in files lie.
 */
#include "apps/cli/config.h"
#include "tests/said.h"
#include "tests/test.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int nothing(struct app *app)
{
    (void)app;
    return APP_DONE;
}

static const struct app_verb verbs[] = {
    {"serve", "", "serve", "Serve.", "serve", APP_TLS | APP_SERVER | APP_SERVE, 0, 0, nothing},
    {"send", "", "send", "Send.", "send", APP_SEND, 0, 0, nothing},
    {0},
};

static char dir[] = "/tmp/sealwax-config-XXXXXX";
static const char *said; /* on standard error */

static void in_dir(const char *name, char out[128])
{
    snprintf(out, 128, "%s/%s", dir, name);
}

static void put(const char *name, const void *text, size_t len)
{
    char path[128];
    in_dir(name, path);
    FILE *f = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL(fwrite(text, 1, len, f), len);
    fclose(f);
}

static void put_text(const char *name, const char *text)
{
    put(name, text, strlen(text));
}

static void drop(const char *name)
{
    char path[128];
    in_dir(name, path);
    unlink(path);
}

/* What config_apply_from makes of the main file and the further ones, with what it says kept. */
static int apply(struct app *app)
{
    char path[128], more[128];
    in_dir("main", path);
    in_dir("*.conf", more);
    said_begin(stderr);
    int code = config_apply_from(app, path, more);
    said = said_end();
    return code;
}

static struct app fresh(size_t verb)
{
    return (struct app){.program = "sealwaxd", .verbs = verbs, .default_verb = "serve", .verb = &verbs[verb]};
}

static void begin(void)
{
    memcpy(dir + sizeof dir - 7, "XXXXXX", 6);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
}

static void end(void)
{
    static const char *const names[] = {"main", "10.conf", "20.conf"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        drop(names[i]);
    rmdir(dir);
}

/* One main file; the exit code. */
static int try_text(struct app *app, const char *text)
{
    *app = fresh(0);
    put_text("main", text);
    return apply(app);
}

static void reads_options_of_the_table(void)
{
    struct app app;
    char want[128];
    begin();
    CU_ASSERT_EQUAL(try_text(&app, "# comment\n; comment\n[sealwaxd]\nlisten = 1\nlisten = 2 ; why\nno-etm = yes\n"
                                   "no-ems = off\ntrust = root.crt\ncrl = /a.crl\ngroups = x\ntrace = json\n"),
                    APP_DONE);
    CU_ASSERT_EQUAL_FATAL(app.opt[OPT_LISTEN].n, 2);
    CU_ASSERT_STRING_EQUAL(app.opt[OPT_LISTEN].v[0], "1");
    CU_ASSERT_STRING_EQUAL(app.opt[OPT_LISTEN].v[1], "2");
    CU_ASSERT_TRUE(app_has(&app, OPT_NO_ETM));
    CU_ASSERT_FALSE(app_has(&app, OPT_NO_EMS));
    in_dir("root.crt", want);
    CU_ASSERT_STRING_EQUAL(app_get(&app, OPT_TRUST), want);
    CU_ASSERT_STRING_EQUAL(app_get(&app, OPT_CRL), "/a.crl");
    CU_ASSERT_STRING_EQUAL(app_get(&app, OPT_GROUPS), "x"); /* no file */
    CU_ASSERT_STRING_EQUAL(app_get(&app, OPT_TRACE), "json");
    app_free(&app);
    end();
}

static void an_indented_line_is_one_more_value(void)
{
    struct app app;
    begin();
    CU_ASSERT_EQUAL(try_text(&app, "listen = 1\n  2\n\t3\n"), APP_DONE);
    CU_ASSERT_EQUAL_FATAL(app.opt[OPT_LISTEN].n, 3);
    CU_ASSERT_STRING_EQUAL(app.opt[OPT_LISTEN].v[2], "3");
    app_free(&app);
    end();
}

static void refuses_with_file_and_line(void)
{
    char longest[260], words[160];
    struct app app;
    static const struct {
        const char *text, *where;
    } bad[] = {
        {"listen = 1\nlissen = 2\n", "main:2: unknown setting lissen"},
        {"just words\n", "main:1: this is neither"},
        {"[other]\nlisten = 1\n", "main:2: unknown section [other]"},
        {"\n\nno-etm = perhaps\n", "main:3: no-etm is yes or no"},
        {"config = none\n", "main:1: unknown setting config"},
        {"help = yes\n", "main:1: unknown setting help"},
        {"player = mpv\n", "main:1: unknown setting player"}, /* of no verb of this program */
    };
    begin();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CU_ASSERT_EQUAL(try_text(&app, bad[i].text), APP_BAD_INPUT);
        CU_ASSERT_PTR_NOT_NULL(strstr(said, bad[i].where));
        app_free(&app);
    }
    /* the end of a long comment must not become a setting, wherever the line is cut */
    for (int fill = 150; fill < 230; fill++) {
        snprintf(longest, sizeof longest, "\n#%*s\n", fill, "no-etm = yes");
        int code = try_text(&app, longest);
        CU_ASSERT_FALSE(app_has(&app, OPT_NO_ETM));
        CU_ASSERT_EQUAL(code, fill < 199 ? APP_DONE : APP_BAD_INPUT);
        if (code)
            CU_ASSERT_PTR_NOT_NULL(strstr(said, "main:2: the line is longer than"));
        app_free(&app);
    }
    app = fresh(0);
    put("main", "listen = 1\0no-etm = yes\n", 24);
    CU_ASSERT_EQUAL(apply(&app), APP_BAD_INPUT);
    app_free(&app);
    in_dir("absent", words);
    app = fresh(0);
    CU_ASSERT_EQUAL(app_add_value(&app, OPT_CONFIG, words, NULL), APP_DONE);
    CU_ASSERT_EQUAL(apply(&app), APP_SYSTEM);
    app_free(&app);
    end();
}

static void passes_over_what_is_for_another_verb(void)
{
    struct app app = fresh(1);
    begin();
    put_text("main", "listen = 1\nto = alice\n");
    CU_ASSERT_EQUAL(apply(&app), APP_DONE);
    CU_ASSERT_FALSE(app_has(&app, OPT_LISTEN));
    CU_ASSERT_STRING_EQUAL(app_get(&app, OPT_TO), "alice");
    app_free(&app);
    end();
}

static void later_files_change_earlier_ones(void)
{
    struct app app = fresh(0);
    begin();
    put_text("main", "max-rate = 1\nlisten = 1\nno-etm = yes\n");
    put_text("10.conf", "max-rate = 2\nlisten = 2\n");
    put_text("20.conf", "max-rate = 3\nno-etm = no\n");
    CU_ASSERT_EQUAL(apply(&app), APP_DONE);
    CU_ASSERT_STRING_EQUAL(app_get(&app, OPT_MAX_RATE), "3");
    CU_ASSERT_EQUAL(app.opt[OPT_LISTEN].n, 2);
    CU_ASSERT_FALSE(app_has(&app, OPT_NO_ETM));
    app_free(&app);
    app = fresh(0);
    drop("main"); /* need not be there */
    CU_ASSERT_EQUAL(apply(&app), APP_DONE);
    CU_ASSERT_EQUAL(app.opt[OPT_LISTEN].n, 1);
    app_free(&app);
    app = fresh(0);
    CU_ASSERT_EQUAL(app_add_value(&app, OPT_CONFIG, "none", NULL), APP_DONE);
    CU_ASSERT_EQUAL(apply(&app), APP_DONE);
    CU_ASSERT_FALSE(app_has(&app, OPT_LISTEN));
    app_free(&app);
    end();
}

static void command_line_then_environment_then_file(void)
{
    struct app app = fresh(0);
    begin();
    put_text("main", "max-rate = 1\nmax-queue = 1\nmax-ttl = 1\njson = yes\n");
    setenv("SEALWAX_MAX_RATE", "2", 1);
    setenv("SEALWAX_MAX_QUEUE", "2", 1);
    setenv("SEALWAX_JSON", "no", 1);
    setenv("SEALWAX_TRUST", "root.crt", 1);
    CU_ASSERT_EQUAL(app_add_value(&app, OPT_MAX_RATE, "3", NULL), APP_DONE);
    CU_ASSERT_EQUAL(apply(&app), APP_DONE);
    CU_ASSERT_STRING_EQUAL(app_get(&app, OPT_MAX_RATE), "3");
    CU_ASSERT_STRING_EQUAL(app_get(&app, OPT_MAX_QUEUE), "2");
    CU_ASSERT_STRING_EQUAL(app_get(&app, OPT_MAX_TTL), "1");
    CU_ASSERT_FALSE(app_has(&app, OPT_JSON));                     /* "no" is an answer, too */
    CU_ASSERT_STRING_EQUAL(app_get(&app, OPT_TRUST), "root.crt"); /* relative to where we are */
    CU_ASSERT_EQUAL(app.opt[OPT_MAX_RATE].n, 1);
    app_free(&app);
    app = fresh(0);
    setenv("SEALWAX_JSON", "perhaps", 1);
    CU_ASSERT_EQUAL(apply(&app), APP_BAD_INPUT);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "SEALWAX_JSON: "));
    app_free(&app);
    unsetenv("SEALWAX_MAX_RATE");
    unsetenv("SEALWAX_MAX_QUEUE");
    unsetenv("SEALWAX_JSON");
    unsetenv("SEALWAX_TRUST");
    end();
}

/*
 * A message about a setting has the place where it was said; what was given nearer, and what is about no file, has
 * none.
 */
static void knows_where_each_was_said(void)
{
    struct app app;
    char path[128], about[200], want[200];
    begin();
    setenv("SEALWAX_MAX_QUEUE", "5", 1);
    setenv("SEALWAX_CRL", "/a.crl", 1);
    CU_ASSERT_EQUAL(try_text(&app, "max-rate = 1\ntrust = one.crt\n  two.crt\nlisten = 1\n"), APP_DONE);
    in_dir("main", path);
    snprintf(want, sizeof want, "%s:1", path);
    CU_ASSERT_STRING_EQUAL(app_place_of(&app, "--max-rate takes a number"), want);
    snprintf(want, sizeof want, "%s:3", path);
    snprintf(about, sizeof about, "%s: not PEM", app.opt[OPT_TRUST].v[1]);
    CU_ASSERT_STRING_EQUAL(app_place_of(&app, about), want);
    CU_ASSERT_STRING_EQUAL(app_place_of(&app, "--max-queue: no"), "SEALWAX_MAX_QUEUE");
    CU_ASSERT_PTR_NULL(app_place_of(&app, "/a.crl: not PEM")); /* a file that a variable names is said by its name */
    CU_ASSERT_PTR_NULL(app_place_of(&app, "--max-rates takes a number"));
    CU_ASSERT_PTR_NULL(app_place_of(&app, "--max-ttl takes a length"));
    CU_ASSERT_PTR_NULL(app_place_of(&app, "1: connection refused")); /* the value of listen is no file */
    CU_ASSERT_EQUAL(app_add_value(&app, OPT_MAX_RATE, "2", NULL), APP_DONE);
    CU_ASSERT_PTR_NULL(app_place_of(&app, "--max-rate takes a number"));
    app_free(&app);
    unsetenv("SEALWAX_CRL");
    unsetenv("SEALWAX_MAX_QUEUE");
    end();
}

static void a_reload_reads_the_file_again(void)
{
    char path[128], *argv[] = {"sealwaxd", "--config", path, "--max-rate", "9", NULL};
    struct app old = fresh(0), app;
    begin();
    in_dir("main", path);
    put_text("main", "max-rate = 1\nmax-queue = 1\n");
    old.all_argc = 5;
    old.all_argv = argv;
    CU_ASSERT_EQUAL(app_reload(&old, &app), APP_DONE);
    CU_ASSERT_STRING_EQUAL(app_get(&app, OPT_MAX_QUEUE), "1");
    put_text("main", "max-queue = 2\n");
    struct app again;
    CU_ASSERT_EQUAL(app_reload(&app, &again), APP_DONE);
    CU_ASSERT_STRING_EQUAL(app_get(&app, OPT_MAX_QUEUE), "1"); /* each owns its values */
    CU_ASSERT_STRING_EQUAL(app_get(&again, OPT_MAX_QUEUE), "2");
    CU_ASSERT_STRING_EQUAL(app_get(&again, OPT_MAX_RATE), "9");
    app_free(&app);
    app_free(&again);
    end();
}

SW_TEST_SUITE(config){
    SW_TEST(reads_options_of_the_table),      SW_TEST(an_indented_line_is_one_more_value),
    SW_TEST(refuses_with_file_and_line),      SW_TEST(passes_over_what_is_for_another_verb),
    SW_TEST(later_files_change_earlier_ones), SW_TEST(command_line_then_environment_then_file),
    SW_TEST(knows_where_each_was_said),       SW_TEST(a_reload_reads_the_file_again),
};
