/* sealwax send: hand in a message, once however often the connection breaks. */
#include "apps/message/client.h"
#include "apps/message/repeat.h"
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

/* What the options ask for. */
struct request {
    char path[CLIENT_QUOTED_MAX + 160], headers[SW_IDEMPOTENCY_MAX + REPEAT_MAX + 160];
    int64_t ttl;
    struct receipt_wait wait;
};

static int read_message(struct app *app, struct sw_file *out)
{
    const char *arg = app->argc ? app->argv[0] : "-";
    if (strcmp(arg, "-") == 0) {
        if (isatty(STDIN_FILENO))
            app_say(app, "type the message, then Ctrl-D");
        enum sw_err err = sw_file_read("-", CLIENT_BODY_MAX, out);
        if (err == SW_ERR_SYSTEM && errno == EFBIG)
            return app_error(app, APP_BAD_INPUT,
                             "standard input: longer than %d bytes, which is no message: put takes files",
                             CLIENT_BODY_MAX);
        if (err)
            return app_fail(app, err, "standard input");
        /* "make-password | sealwax send" where the first one failed */
        return out->len ? APP_DONE : app_error(app, APP_BAD_INPUT, "standard input is empty: nothing is sent");
    }
    out->p = (uint8_t *)strdup(arg);
    out->len = strlen(arg);
    return out->p ? APP_DONE : app_fail(app, SW_ERR_MEMORY, "message");
}

static int make_path(const struct app *app, char *out, size_t cap)
{
    char to[CLIENT_QUOTED_MAX], ttl[64] = "", most[48] = "";
    const char *once = app_get(app, OPT_SEND_ONCE);
    int64_t seconds;
    long deliveries;
    int code = app_get_span(app, OPT_TTL, 0, &seconds);
    if (!code)
        code = app_get_int(app, OPT_DELIVERIES, 0, 1, INT32_MAX, &deliveries);
    if (code)
        return code;
    if (app_has(app, OPT_SEND_ONCE) && *once && strcmp(once, "strict") != 0)
        return app_usage(app, "--once, or --once=strict, not --once=%s", once);
    if (once && *once && deliveries > 1)
        return app_usage(app, "--once=strict is handed out once: no --max-deliveries %ld", deliveries);
    http_quote(app_get(app, OPT_TO), to, sizeof to);
    if (deliveries)
        snprintf(most, sizeof most, "&max_deliveries=%ld", deliveries);
    if (app_has(app, OPT_TTL))
        snprintf(ttl, sizeof ttl, "&ttl=%lld", (long long)seconds);
    snprintf(out, cap, "/messages?to=%s%s%s%s%s%s", to, ttl, most, once ? "&once=" : "",
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

/* Only where somebody else may send it again: what we try again ourselves are the same bytes. */
static int add_fingerprint(const struct app *app, struct request *rq, const struct sw_file *body)
{
    char fingerprint[REPEAT_MAX];
    const char *key = app_get(app, OPT_IDEMPOTENCY);
    if (!key)
        return APP_DONE;
    int code = repeat_fingerprint(app, key, app_get(app, OPT_TO), body->p, body->len, fingerprint);
    if (code)
        return code;
    size_t n = strlen(rq->headers);
    snprintf(rq->headers + n, sizeof rq->headers - n, "Sealwax-Fingerprint: %s\r\n", fingerprint);
    return APP_DONE;
}

static int send_body(struct http_client *c, const struct request *rq, const struct sw_file *body)
{
    json_t *mail;
    const struct http_send post = {
        .method = "POST", .path = rq->path, .headers = rq->headers, .body = body->p, .body_len = body->len};
    int code = client_ask(c, &post, &mail);
    if (code)
        return code;
    if (c->app->json)
        client_print(mail);
    else if (strcmp(client_text(mail, "state"), "queued") == 0)
        app_say(c->app, "message %s for %s accepted, until %s", client_text(mail, "id"), client_text(mail, "to"),
                client_text(mail, "expires"));
    else /* the answer to the same Idempotency-Key again */
        app_say(c->app, "message %s for %s was accepted before: %s", client_text(mail, "id"), client_text(mail, "to"),
                client_text(mail, "state"));
    if (rq->wait.wanted)
        code = receipt_await(c, mail, &rq->wait);
    json_decref(mail);
    return code;
}

/* All that can be wrong with the command line, before anybody types a message. */
static int read_request(const struct app *app, struct request *rq)
{
    const char *to = app_get(app, OPT_TO);
    if (!to || !*to)
        return app_usage(app, "say who shall get it: --to NAME");
    int code = receipt_read_wait(app, &rq->wait);
    if (!code)
        code = app_get_span(app, OPT_TTL, app_has(app, OPT_SEND_ONCE) ? TTL_ONCE : 0, &rq->ttl);
    if (!code)
        code = make_path(app, rq->path, sizeof rq->path);
    return code ? code : make_headers(app, rq->headers, sizeof rq->headers);
}

int send_run(struct app *app)
{
    struct http_client c;
    struct request rq;
    struct sw_file body = {0};
    int code = read_request(app, &rq);
    if (!code)
        code = http_client_open(&c, app);
    if (code)
        return code;
    code = read_message(app, &body);
    if (!code && app_has(app, OPT_SEND_SEAL))
        code = add_fingerprint(app, &rq, &body);
    if (!code && app_has(app, OPT_SEND_SEAL))
        code = sealing_seal(&c, app_get(app, OPT_TO), rq.ttl, &body);
    if (!code)
        code = send_body(&c, &rq, &body);
    sw_file_free(&body);
    http_client_close(&c);
    return code;
}
