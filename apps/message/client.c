#include "apps/message/client.h"
#include "apps/cli/clock.h"
#include "base/wipe.h"
#include "ttp/cli_time.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 5 /* of a request whose connection breaks */ };

const char *client_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

int64_t client_time(const json_t *object, const char *key)
{
    int64_t time;
    return cli_parse_time(client_text(object, key), &time) ? time : 0;
}

void client_print(const json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
}

int client_ask(struct http_client *c, const struct http_send *send, json_t **out)
{
    return client_ask_until(c, send, 0, NULL, out);
}

/* Before the next try: longer each time, but not beyond the deadline. */
static void pause_before(int tries, int64_t deadline)
{
    int64_t wait = tries < 7 ? 100L << tries : 10000, left = deadline - clock_now();
    if (tries > 0)
        clock_pause(deadline && left < wait ? (long)(left > 0 ? left : 0) : (long)wait);
}

static bool is_over(int status)
{
    return status == 404 || status == 409 || status == 410;
}

int client_ask_until(struct http_client *c, const struct http_send *send, int64_t deadline, bool *over, json_t **out)
{
    int code = APP_SYSTEM;
    *out = NULL;
    for (int i = 0; !*out && (i == 0 || (deadline ? clock_now() < deadline : i < TRIES)); i++) {
        size_t len;
        pause_before(i, deadline);
        enum http_fate fate = http_client_send(c, send, deadline || i + 1 < TRIES, &code);
        if (fate == HTTP_REFUSED)
            return code;
        if (fate == HTTP_LOST)
            continue;
        bool ended = over && is_over(c->reply.status);
        if (c->reply.status >= 300 && !ended)
            return http_client_problem(c);
        char *text = http_client_body(c, CLIENT_BODY_MAX, &len);
        if (ended) {
            free(text);
            *over = true;
            return APP_DONE;
        }
        *out = text ? json_loadb(text, len, 0, NULL) : NULL;
        if (text)
            sw_wipe(text, len);
        free(text);
    }
    if (*out || deadline)
        return *out ? APP_DONE : APP_SYSTEM;
    return code ? code
                : app_error_of(c->app, APP_SYSTEM, &(struct app_cause){.peer = c->where}, "the answer cannot be read");
}
