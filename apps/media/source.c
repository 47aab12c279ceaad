#include "apps/media/source.h"
#include "apps/cli/clock.h"
#include "apps/verbs.h"
#include <stdio.h>
#include <string.h>

enum { SILENCE = 60 /* seconds */, TRIES = 7 /* some ten seconds */, SOON_MS = 1 };

int source_open(struct source *s, struct app *app, const char *what)
{
    char quoted[SOURCE_URL_MAX - 32];
    *s = (struct source){.app = app, .total = -1};
    int code = app_get_size(app, OPT_REKEY, 0, SIZE_MAX / 2, &s->rekey);
    if (!code)
        code = http_client_open(&s->http, app);
    http_quote(what, quoted, sizeof quoted);
    snprintf(s->url, sizeof s->url, "/media/%s", quoted);
    return code;
}

void source_close(struct source *s)
{
    http_client_close(&s->http);
}

void source_seek(struct source *s, int64_t offset)
{
    s->again_at = 0;
    s->tries = 0;
    if (offset == s->offset)
        return;
    if (s->asked) /* what is still to come of it nobody wants */
        http_client_disconnect(&s->http);
    s->asked = false;
    s->offset = offset;
}

bool source_at_end(const struct source *s)
{
    return s->total >= 0 && s->offset >= s->total;
}

/*
 * What is asked for next: the rest, or as much as may go under the same keys. At first that is no part but the track: who
 * asks for a part goes on, also at the beginning, with what the server may not know yet to have broken off. And it must
 * still be the same track.
 */
static void say_range(const struct source *s, char *out, size_t cap)
{
    const int64_t most = INT64_MAX - s->offset, some = (int64_t)s->rekey;
    int n = 0;
    out[0] = 0;
    if (s->rekey)
        n = snprintf(out, cap, "Range: bytes=%lld-%lld\r\n", (long long)s->offset,
                     (long long)(s->offset + (some < most ? some : most) - 1));
    else if (s->goes_on || s->offset)
        n = snprintf(out, cap, "Range: bytes=%lld-\r\n", (long long)s->offset);
    if (*s->etag && n >= 0 && (size_t)n < cap)
        snprintf(out + n, cap - (size_t)n, "If-Match: %s\r\n", s->etag);
}

/* Something broke; after TRIES - 1 in vain the last one that brings nothing says so itself. */
static int lost(struct source *s, int code)
{
    http_client_disconnect(&s->http);
    s->asked = false;
    s->tries = s->offset > s->began ? 0 : s->tries + 1;
    s->again_at = clock_now() + (100L << s->tries);
    return s->tries < TRIES ? APP_DONE : code;
}

static void learn(struct source *s)
{
    const struct http_reply *r = &s->http.reply;
    s->end = s->offset + r->length;
    s->total = r->total >= 0 ? r->total : s->total >= 0 ? s->total : s->end;
    memcpy(s->type, r->type, sizeof s->type);
    memcpy(s->etag, r->etag, sizeof s->etag);
}

static int ask(struct source *s)
{
    char headers[160];
    int code;
    bool last_try = s->tries + 1 == TRIES;
    say_range(s, headers, sizeof headers);
    s->began = s->offset;
    const struct http_send get = {.method = "GET", .path = s->url, .headers = headers};
    enum http_fate fate = http_client_send(&s->http, &get, !last_try, &code);
    s->goes_on = true;
    if (fate == HTTP_LOST)
        return lost(s, code);
    if (fate != HTTP_ANSWERED)
        return code;
    const struct http_reply *r = &s->http.reply;
    if ((r->status != 206 && (r->status != 200 || s->offset)) || r->length < 0 || r->length > INT64_MAX - s->offset)
        return http_client_problem(&s->http);
    if (s->offset == 0 && r->plays_left == 0 && s->total < 0)
        app_say(s->app, "this is the last play");
    learn(s);
    s->asked = true;
    s->silent = clock_now() + SILENCE * 1000;
    return APP_DONE;
}

/* One step towards the next bytes. */
static int step(struct source *s, void *buf, size_t cap, size_t *got, bool wait)
{
    const int64_t now = clock_now();
    if (!s->asked) {
        int code = now < s->again_at ? APP_DONE : ask(s);
        if (code || !s->asked)
            return code;
    }
    int64_t until = wait ? s->silent : clock_now() + SOON_MS;
    bool fine = http_client_read(&s->http, buf, cap, got, until);
    s->offset += (int64_t)*got;
    if (*got)
        s->silent = clock_now() + SILENCE * 1000;
    if (fine && *got)
        return APP_DONE;
    bool silent = !fine && s->http.connected && s->http.reply.state == HTTP_BODY && wire_silent(&s->http.wire);
    if (silent && clock_now() < s->silent)
        return APP_DONE;
    if (s->offset < s->end)
        return lost(
            s, s->tries + 1 == TRIES && s->offset == s->began
                   ? app_error_of(s->app, APP_NO, &(struct app_cause){.peer = s->http.where}, "the connection broke")
                   : APP_NO);
    s->asked = false;
    s->tries = 0;
    if (s->rekey && !source_at_end(s))
        http_client_new_keys(&s->http);
    return APP_DONE;
}

int source_begin(struct source *s)
{
    int code = APP_DONE;
    while (!code && !s->asked && !source_at_end(s)) {
        int64_t left = s->again_at - clock_now();
        if (left > 0)
            clock_pause((long)left);
        code = ask(s);
    }
    return code;
}

int source_read(struct source *s, void *buf, size_t cap, size_t *got, bool wait)
{
    int code = APP_DONE;
    *got = 0;
    do {
        if (wait)
            code = source_begin(s);
        if (!code && !source_at_end(s))
            code = step(s, buf, cap, got, wait);
    } while (wait && !code && !*got && !source_at_end(s));
    return code;
}

int64_t source_wait(const struct source *s, int *fd)
{
    int64_t left = (s->asked ? s->silent : s->again_at) - clock_now();
    *fd = s->asked && s->http.connected ? s->http.wire.link.fd : -1;
    return left > 0 ? left : 0;
}
