#include "apps/file/client.h"
#include "apps/cli/clock.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SILENCE = 30000,  /* ms */
    BUSY_TRIES = 120, /* some ten minutes */
    BUSY_SAID = 5     /* after which of them it is said */
};

void transfer_hex(const uint8_t *p, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++)
        snprintf(out + 2 * i, 3, "%02x", p[i]);
}

const char *const transfer_protections[] = {"session", "rsa", "auth", "none"};

int transfer_protection(const struct app *app, enum protection *out)
{
    const char *mode = app_get(app, OPT_PROTECT);
    *out = PROTECT_SESSION;
    if (!mode)
        return APP_DONE;
    for (int i = PROTECT_SESSION; i <= PROTECT_NONE; i++)
        if (strcmp(mode, transfer_protections[i]) == 0) {
            *out = (enum protection)i;
            return APP_DONE;
        }
    return app_usage(app, "--protect takes session, rsa, auth or none, not %s", mode);
}

int transfer_open_with(struct transfer *t, struct app *app, enum protection protection)
{
    *t = (struct transfer){.app = app, .piece = malloc(TRANSFER_PIECE)};
    if (!t->piece)
        return app_fail(app, SW_ERR_MEMORY, "buffer");
    return http_client_open_with(&t->http, app, protection);
}

int transfer_open(struct transfer *t, struct app *app)
{
    enum protection protection;
    *t = (struct transfer){0};
    int code = transfer_protection(app, &protection);
    if (!code && protection == PROTECT_RSA)
        code = app_usage(app, "--protect rsa is for put: it encrypts to the server");
    return code ? code : transfer_open_with(t, app, protection);
}

void transfer_close(struct transfer *t)
{
    http_client_close(&t->http);
    free(t->piece);
}

bool transfer_finish(struct transfer *t)
{
    uint8_t unread[4096];
    size_t got = 1, all = 0;
    while (got && all < TRANSFER_ANSWER_MAX &&
           http_client_read(&t->http, unread, sizeof unread, &got, clock_now() + SILENCE))
        all += got;
    if (t->http.reply.state == HTTP_DONE)
        return true;
    http_client_disconnect(&t->http);
    return false;
}

void transfer_pause(unsigned tries)
{
    if (tries)
        clock_pause(tries < 6 ? 100L << tries : 5000);
}

bool transfer_is_busy(const struct transfer *t)
{
    return t->http.reply.status == 423 || (t->http.reply.status == 503 && t->http.reply.retry_after >= 0);
}

int transfer_request(struct transfer *t, const struct http_send *send)
{
    int code = APP_SYSTEM;
    for (unsigned lost = 0, busy = 0; lost < TRANSFER_TRIES;) {
        transfer_pause(lost + busy);
        enum http_fate fate = http_client_send(&t->http, send, lost + 1 < TRANSFER_TRIES, &code);
        if (fate == HTTP_REFUSED)
            return code;
        if (fate == HTTP_LOST) {
            lost++;
        } else if (transfer_is_busy(t) && busy++ < BUSY_TRIES) {
            if (busy == BUSY_SAID)
                app_say(t->app, "%s: is busy with what came before; waiting", t->http.where);
            (void)transfer_finish(t);
        } else {
            return APP_DONE;
        }
    }
    return code;
}

int transfer_delete(struct transfer *t, const char *name)
{
    char url[TRANSFER_URL_MAX], quoted[3 * FILE_NAME_MAX];
    const struct http_send del = {.method = "DELETE", .path = url};
    http_quote(name, quoted, sizeof quoted);
    snprintf(url, sizeof url, "/files/%s", quoted);
    int code = transfer_request(t, &del);
    if (!code && t->http.reply.status != 204)
        return http_client_problem(&t->http);
    if (!code)
        (void)transfer_finish(t);
    return code;
}

static void print_done(const char *verb, const char *name, int64_t length, const char *sha256)
{
    json_t *line =
        json_pack("{s:s,s:s,s:I,s:s}", "done", verb, "name", name, "size", (json_int_t)length, "sha256", sha256);
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(line);
}

void transfer_say(struct transfer *t, const char *verb, const char *name, int64_t length, const char *sha256,
                  const struct progress *p)
{
    char size[32], rate[32];
    if (t->silent)
        return;
    progress_size(length, size);
    progress_rate(p, length, rate);
    if (t->app->json)
        print_done(verb, name, length, sha256);
    else
        app_say(t->app, "%s %s, %s, %s", verb, name, size, rate);
}

void transfer_say_there(struct transfer *t, const char *name, int64_t length, const char *sha256)
{
    if (t->silent)
        return;
    if (t->app->json)
        print_done("there", name, length, sha256);
    else
        app_say(t->app, "%s: is there already", name);
}
