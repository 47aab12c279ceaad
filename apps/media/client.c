/*
 * sealwax media: what there is to hear and see, and playing it: to standard output or into a player, as it comes, or at
 * an address of this machine (local.c).
 */
#include "apps/http/client.h"
#include "apps/cli/printable.h"
#include "apps/cli/progress.h"
#include "apps/media/local.h"
#include "apps/verbs.h"
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER_MAX = 16 << 20, QUOTED_MAX = 1024, BUFFER = 65536 };

/* A title may have come from another version of the server, which took any. */
static void print_track(const json_t *track)
{
    const char *text = json_string_value(json_object_get(track, "title"));
    const char *until = json_string_value(json_object_get(track, "until"));
    double length = json_number_value(json_object_get(track, "length"));
    char size[32], lasts[32] = "", *title = text ? strdup(text) : NULL;
    if (length > 0 && length < INT32_MAX)
        progress_span((int64_t)(length + 0.5), lasts);
    progress_size(json_integer_value(json_object_get(track, "size")), size);
    if (title)
        make_printable(title);
    printf("%3d  %-40s  %8s  %10s  %2d plays%s%s%s\n", (int)json_integer_value(json_object_get(track, "number")),
           title ? title : "", lasts, size, (int)json_integer_value(json_object_get(track, "plays")),
           json_is_true(json_object_get(track, "revoked")) ? ", revoked" : "",
           !until                                          ? ""
           : json_is_true(json_object_get(track, "ended")) ? ", ended "
                                                           : ", until ",
           until ? until : "");
    free(title);
}

static int list(struct app *app)
{
    struct http_client c;
    const struct http_send get = {.method = "GET", .path = "/media"};
    size_t len, i;
    json_t *track;
    int code = http_client_open(&c, app);
    if (!code && http_client_send(&c, &get, false, &code) == HTTP_ANSWERED) {
        char *text = c.reply.status == 200 ? http_client_body(&c, ANSWER_MAX, &len) : NULL;
        json_t *answer = text ? json_loadb(text, len, 0, NULL) : NULL;
        json_array_foreach(json_object_get(answer, "tracks"), i, track)
        {
            if (app->json) {
                json_dumpf(track, stdout, JSON_COMPACT);
                putchar('\n');
            } else {
                print_track(track);
            }
        }
        if (!answer)
            code = c.reply.status == 200 ? app_error_of(app, APP_SYSTEM, &(struct app_cause){.peer = c.where},
                                                        "the answer cannot be read")
                                         : http_client_problem(&c);
        json_decref(answer);
        free(text);
    }
    http_client_close(&c);
    return code;
}

/* To the end, into a program or standard output. */
static int play_pipe(struct source *s, const char *player)
{
    uint8_t buf[BUFFER];
    size_t got;
    int code;
    bool closed;
    FILE *out = player ? popen(player, "w") : stdout;
    if (!out)
        return app_error(s->app, APP_SYSTEM, "%s: %s", player, strerror(errno));
    do {
        code = source_read(s, buf, sizeof buf, &got, true);
        closed = got && fwrite(buf, 1, got, out) != got;
    } while (!code && got && !closed);
    closed = fflush(out) || closed;
    if (closed && !code && errno != EPIPE) /* a player that was closed is an end like any other */
        code = app_error(s->app, APP_SYSTEM, "output: %s", strerror(errno));
    if (player && pclose(out) > 0 && !code && !closed)
        code = app_error(s->app, APP_SYSTEM, "%s: failed", player);
    return code;
}

static int play(struct app *app)
{
    struct source s;
    const char *player = app_get(app, OPT_PLAYER);
    bool takes_url = player && strstr(player, "{}"), local = takes_url || app_has(app, OPT_URL);
    if (player && local && !takes_url)
        return app_usage(app, "--url: say where in --player the address stands: {}");
    if (!player && !local && isatty(STDOUT_FILENO))
        return app_error(app, APP_REFUSED,
                         "sound is not written to a terminal: --player 'ffplay -', --player 'mpv {}', or a pipe");
    int code = source_open(&s, app, app->argv[1]);
    if (code)
        return code;
    signal(SIGPIPE, SIG_IGN);
    code = local ? local_play(&s, player) : play_pipe(&s, player);
    source_close(&s);
    return code;
}

static int ask_licence(struct app *app)
{
    struct http_client c;
    char path[QUOTED_MAX + 32], quoted[QUOTED_MAX];
    size_t len;
    int code = http_client_open(&c, app);
    if (code)
        return code;
    http_quote(app->argv[1], quoted, sizeof quoted);
    snprintf(path, sizeof path, "/media/%s/licence", quoted);
    const struct http_send post = {.method = "POST", .path = path, .body = "", .body_len = 0};
    if (http_client_send(&c, &post, false, &code) == HTTP_ANSWERED) {
        if (c.reply.status == 201) {
            free(http_client_body(&c, ANSWER_MAX, &len));
            app_say(app, "a new licence");
        } else {
            code = http_client_problem(&c);
        }
    }
    http_client_close(&c);
    return code;
}

int media_run(struct app *app)
{
    const char *what = app->argv[0];
    if (strcmp(what, "ls") == 0 && app->argc == 1)
        return list(app);
    if (strcmp(what, "play") == 0 && app->argc == 2)
        return play(app);
    if (strcmp(what, "licence") == 0 && app->argc == 2)
        return ask_licence(app);
    return app_usage(app, "media ls, media play TITLE|NUMBER, or media licence TITLE|NUMBER");
}
