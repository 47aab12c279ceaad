/* sealwax send: hand in a message, once however often the connection breaks. */
#include "apps/message/client.h"
#include "apps/message/sealing.h"
#include "apps/verbs.h"
#include "base/rand.h"
#include "base/wipe.h"
#include "ttp/file.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TTL_ONCE = 300 /* seconds: as the server's, for the date in a sealed one-time message */ };

static int read_message(struct app *app, struct sw_file *out)
{
    const char *arg = app->argc ? app->argv[0] : "-";
    if (strcmp(arg, "-") == 0) {
        if (isatty(STDIN_FILENO))
            app_say(app, "type the message, then Ctrl-D");
        enum sw_err err = sw_file_read("-", CLIENT_BODY_MAX, out);
        return err ? app_fail(app, err, "standard input") : APP_DONE;
    }
    out->p = (uint8_t *)strdup(arg);
    out->len = strlen(arg);
    return out->p ? APP_DONE : app_fail(app, SW_ERR_MEMORY, "message");
}

static int make_path(const struct app *app, char *out, size_t cap)
{
    char to[CLIENT_QUOTED_MAX], ttl[64] = "";
    const char *once = app_get(app, OPT_SEND_ONCE);
    int64_t seconds;
    int code = app_get_span(app, OPT_TTL, 0, &seconds);
    if (code)
        return code;
    if (app_has(app, OPT_SEND_ONCE) && *once && strcmp(once, "strict") != 0)
        return app_usage(app, "--once, or --once=strict, not --once=%s", once);
    http_quote(app_get(app, OPT_TO), to, sizeof to);
    if (app_has(app, OPT_TTL))
        snprintf(ttl, sizeof ttl, "&ttl=%lld", (long long)seconds);
    snprintf(out, cap, "/messages?to=%s%s%s%s%s", to, ttl, once ? "&once=" : "",
             !once   ? ""
             : *once ? once
                     : "yes",
             app_has(app, OPT_SEND_SEAL) ? "&sealed=1" : "");
    return APP_DONE;
}

static int make_headers(const struct app *app, char *out, size_t cap)
{
    char key[SW_IDEMPOTENCY_MAX];
    uint8_t bytes[16];
    const char *given = app_get(app, OPT_IDEMPOTENCY);
    enum sw_err err = sw_rand_bytes(NULL, bytes, sizeof bytes);
    if (err)
        return app_fail(app, err, "random numbers");
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(key + 2 * i, 3, "%02x", bytes[i]);
    if (given) {
        for (const char *p = given; *p; p++)
            if (*p <= 0x20 || *p >= 0x7f)
                return app_usage(app, "--idempotency-key: printable characters without spaces");
        if (!*given || strlen(given) >= sizeof key)
            return app_usage(app, "--idempotency-key: 1 to %zu characters", sizeof key - 1);
    }
    snprintf(out, cap, "Content-Type: application/octet-stream\r\nIdempotency-Key: %s\r\n", given ? given : key);
    return APP_DONE;
}

/* What a receipt says, as an exit code: 1 is the answer no. -1: not over yet. */
static int send_body(struct http_client *c, const struct sw_file *body, int64_t patience)
{
    char path[CLIENT_QUOTED_MAX + 128], headers[SW_IDEMPOTENCY_MAX + 128];
    json_t *mail;
    int code = make_path(c->app, path, sizeof path);
    if (!code)
        code = make_headers(c->app, headers, sizeof headers);
    if (code)
        return code;
    const struct http_send post = {
        .method = "POST", .path = path, .headers = headers, .body = body->p, .body_len = body->len};
    code = client_ask(c, &post, &mail);
    if (code)
        return code;
    if (c->app->json)
        client_print(mail);
    else
        app_say(c->app, "message %s for %s accepted, until %s", client_text(mail, "id"), client_text(mail, "to"),
                client_text(mail, "expires"));
    if (app_has(c->app, OPT_RECEIPT) || app_has(c->app, OPT_WAIT))
        code = receipt_await(c, mail, patience);
    json_decref(mail);
    return code;
}

int send_run(struct app *app)
{
    struct http_client c;
    struct sw_file body = {0};
    int64_t patience, ttl;
    if (!app_get(app, OPT_TO))
        return app_usage(app, "say who shall get it: --to NAME");
    int code = app_get_span(app, OPT_WAIT, 0, &patience);
    if (!code)
        code = http_client_open(&c, app);
    if (code)
        return code;
    code = read_message(app, &body);
    if (!code && app_has(app, OPT_SEND_SEAL))
        code = app_get_span(app, OPT_TTL, app_has(app, OPT_SEND_ONCE) ? TTL_ONCE : 0, &ttl);
    if (!code && app_has(app, OPT_SEND_SEAL))
        code = sealing_seal(&c, app_get(app, OPT_TO), ttl, &body);
    if (!code)
        code = send_body(&c, &body, patience);
    sw_file_free(&body);
    http_client_close(&c);
    return code;
}
