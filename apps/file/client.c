#include "apps/file/client.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { TRIES = 8 };

void transfer_hex(const uint8_t *p, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++)
        snprintf(out + 2 * i, 3, "%02x", p[i]);
}

int transfer_open(struct transfer *t, struct app *app)
{
    *t = (struct transfer){.app = app, .piece = malloc(TRANSFER_PIECE)};
    if (!t->piece)
        return app_fail(app, SW_ERR_MEMORY, "buffer");
    return http_client_open(&t->http, app);
}

void transfer_close(struct transfer *t)
{
    http_client_close(&t->http);
    free(t->piece);
}

/* An answer without a body worth reading. */
bool transfer_finish(struct transfer *t)
{
    size_t len;
    char *text = http_client_body(&t->http, TRANSFER_ANSWER_MAX, &len);
    free(text);
    return text != NULL;
}

/* Send, trying again while connections break. */
int transfer_request(struct transfer *t, const struct http_send *send)
{
    int code = APP_SYSTEM;
    for (int i = 0; i < TRIES; i++) {
        if (i)
            net_pause(i < 6 ? 100L << i : 5000);
        enum http_fate fate = http_client_send(&t->http, send, i + 1 < TRIES, &code);
        if (fate == HTTP_ANSWERED)
            return APP_DONE;
        if (fate == HTTP_REFUSED)
            return code;
    }
    return code;
}

void transfer_say(struct transfer *t, const char *verb, const char *name, int64_t length, const char *sha256,
                  const struct progress *p)
{
    char size[32], rate[32];
    progress_size(length, size);
    progress_rate(p, length, rate);
    if (t->app->json) {
        json_t *line =
            json_pack("{s:s,s:s,s:I,s:s}", "done", verb, "name", name, "size", (json_int_t)length, "sha256", sha256);
        json_dumpf(line, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(line);
    } else {
        app_say(t->app, "%s %s, %s, %s", verb, name, size, rate);
    }
}
