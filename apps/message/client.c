#include "apps/message/client.h"
#include "apps/cli/clock.h"
#include "base/wipe.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TRIES = 5 /* of a request whose connection breaks */ };

const char *client_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

int64_t client_time(const json_t *object, const char *key)
{
    struct tm tm = {0};
    const char *end = strptime(client_text(object, key), "%Y-%m-%dT%H:%M:%SZ", &tm);
    return end && !*end ? (int64_t)timegm(&tm) : 0;
}

void client_print(const json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
}

int client_ask(struct http_client *c, const struct http_send *send, json_t **out)
{
    int code = APP_SYSTEM;
    *out = NULL;
    for (int i = 0; i < TRIES && !*out; i++) {
        size_t len;
        if (i)
            clock_pause(100L << i);
        enum http_fate fate = http_client_send(c, send, i + 1 < TRIES, &code);
        if (fate == HTTP_REFUSED)
            return code;
        if (fate == HTTP_LOST)
            continue;
        if (c->reply.status >= 300)
            return http_client_problem(c);
        char *text = http_client_body(c, CLIENT_BODY_MAX, &len);
        *out = text ? json_loadb(text, len, 0, NULL) : NULL;
        if (text)
            sw_wipe(text, len);
        free(text);
    }
    return *out ? APP_DONE : code ? code : app_error(c->app, APP_SYSTEM, "%s: the answer cannot be read", c->where);
}
