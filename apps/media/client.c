/* sealwax media: what there is to hear and see, and playing it: to standard output or into a player, as it comes. */
#include "apps/http/client.h"
#include "apps/cli/clock.h"
#include "apps/cli/printable.h"
#include "apps/cli/progress.h"
#include "apps/verbs.h"
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ANSWER_MAX = 16 << 20,
    QUOTED_MAX = 1024,
    BUFFER = 65536,
    SILENCE = 60 /* seconds */,
    TRIES = 7 /* some ten seconds */
};

struct playing {
    struct app *app;
    struct http_client http;
    FILE *out;
    int64_t offset, total;
    size_t rekey; /* bytes a connection carries, 0: no end */
    char url[QUOTED_MAX + 32];
};

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

/*
 * What is asked for next: the rest, or as much as one connection may carry. At first that is no part but the track: who
 * asks for a part goes on, also at the beginning, with what the server may not know yet to have broken off.
 */
static void say_range(const struct playing *p, bool goes_on, char *out, size_t cap)
{
    out[0] = 0;
    if (p->rekey)
        snprintf(out, cap, "Range: bytes=%lld-%lld\r\n", (long long)p->offset,
                 (long long)(p->offset + (int64_t)p->rekey - 1));
    else if (goes_on)
        snprintf(out, cap, "Range: bytes=%lld-\r\n", (long long)p->offset);
}

/*
 * One answer. *lost: the connection broke, and what has not come can be asked for again; after TRIES - 1 in vain the
 * last one that brings nothing says so.
 */
static int play_part(struct playing *p, int tries, bool *lost)
{
    uint8_t buf[BUFFER];
    char range[96];
    size_t got = 1;
    int code;
    bool last_try = tries + 1 == TRIES;
    say_range(p, p->offset || tries, range, sizeof range);
    const struct http_send get = {.method = "GET", .path = p->url, .headers = range};
    enum http_fate fate = http_client_send(&p->http, &get, !last_try, &code);
    *lost = fate == HTTP_LOST;
    if (fate != HTTP_ANSWERED)
        return code;
    if (p->http.reply.status != 206 && (p->http.reply.status != 200 || p->offset))
        return http_client_problem(&p->http);
    if (p->offset == 0 && p->http.reply.plays_left == 0)
        app_say(p->app, "this is the last play");
    int64_t begin = p->offset, end = begin + p->http.reply.length;
    if (p->http.reply.total >= 0)
        p->total = p->http.reply.total;
    while (got && http_client_read(&p->http, buf, sizeof buf, &got, clock_now() + SILENCE * 1000)) {
        if (got && fwrite(buf, 1, got, p->out) != got) /* the player was closed: that is an end like any other */
            return errno == EPIPE ? -1 : app_error(p->app, APP_SYSTEM, "output: %s", strerror(errno));
        p->offset += (int64_t)got;
    }
    *lost = p->offset < end;
    if (*lost)
        http_client_disconnect(&p->http);
    else if (p->rekey && p->offset < p->total)
        http_client_new_keys(&p->http);
    return !*lost ? APP_DONE
           : last_try && p->offset == begin
               ? app_error_of(p->app, APP_NO, &(struct app_cause){.peer = p->http.where}, "the connection broke")
               : APP_NO;
}

/*
 * To the end. What breaks in between goes on where it was, for the server the same play; only a server that gives
 * nothing for a while ends it.
 */
static int play_all(struct playing *p)
{
    int code, tries = 0;
    bool lost;
    do {
        int64_t before = p->offset;
        code = play_part(p, tries, &lost);
        tries = p->offset > before ? 0 : tries + 1;
        if (lost && tries < TRIES) {
            clock_pause(100L << tries);
            code = APP_DONE;
        }
    } while (!code && (lost || (p->total >= 0 && p->offset < p->total)));
    return code;
}

static int play(struct playing *p, const char *player)
{
    int code;
    signal(SIGPIPE, SIG_IGN);
    p->out = player ? popen(player, "w") : stdout;
    if (!p->out)
        return app_error(p->app, APP_SYSTEM, "%s: %s", player, strerror(errno));
    p->total = -1;
    code = play_all(p);
    if (fflush(p->out) && !code && errno != EPIPE)
        code = app_error(p->app, APP_SYSTEM, "output: %s", strerror(errno));
    if (player && pclose(p->out) > 0 && !code)
        code = app_error(p->app, APP_SYSTEM, "%s: failed", player);
    return code < 0 ? APP_DONE : code;
}

static int ask_licence(struct playing *p)
{
    char path[sizeof p->url + 16];
    size_t len;
    int code;
    snprintf(path, sizeof path, "%s/licence", p->url);
    const struct http_send post = {.method = "POST", .path = path, .body = "", .body_len = 0};
    if (http_client_send(&p->http, &post, false, &code) != HTTP_ANSWERED)
        return code;
    if (p->http.reply.status != 201)
        return http_client_problem(&p->http);
    free(http_client_body(&p->http, ANSWER_MAX, &len));
    app_say(p->app, "a new licence");
    return APP_DONE;
}

static int with_track(struct app *app, bool licence)
{
    struct playing p = {.app = app};
    char quoted[QUOTED_MAX];
    const char *player = app_get(app, OPT_PLAYER);
    if (app->argc != 2)
        return app_usage(app, "media %s TITLE|NUMBER", app->argv[0]);
    if (!licence && !player && isatty(STDOUT_FILENO))
        return app_error(app, APP_REFUSED, "sound is not written to a terminal: --player 'ffplay -', or a pipe");
    int code = app_get_size(app, OPT_REKEY, 0, SIZE_MAX / 2, &p.rekey);
    if (!code)
        code = http_client_open(&p.http, app);
    if (code)
        return code;
    http_quote(app->argv[1], quoted, sizeof quoted);
    snprintf(p.url, sizeof p.url, "/media/%s", quoted);
    code = licence ? ask_licence(&p) : play(&p, player);
    http_client_close(&p.http);
    return code;
}

int media_run(struct app *app)
{
    const char *what = app->argv[0];
    if (strcmp(what, "ls") == 0 && app->argc == 1)
        return list(app);
    if (strcmp(what, "play") == 0)
        return with_track(app, false);
    if (strcmp(what, "licence") == 0)
        return with_track(app, true);
    return app_usage(app, "media ls, media play TITLE|NUMBER, or media licence TITLE|NUMBER");
}
