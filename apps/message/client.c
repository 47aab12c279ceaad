/*
 * sealwax send, recv, list, whoami.
 *   A message may be fetched more often than it is shown: connections break, and the server hands it out again until it is acknowledged. So what was
 * shown is written down (seen.h): a one-time message before it is shown (never twice, at worst not at all), another one after
 * it (never lost). Then it is acknowledged.
 */
#include "apps/http_client.h"
#include "apps/message/sealing.h"
#include "apps/message/seen.h"
#include "apps/store.h"
#include "apps/verbs.h"
#include "base/rand.h"
#include "base/wipe.h"
#include "ttp/file.h"
#include "ttp/pem.h"
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    BODY_MAX = 8 << 20, /* of a message or answer */
    TRIES = 5,          /* of a request whose connection breaks */
    QUOTED_MAX = 3 * SW_NAME_MAX + 1,
    HTTP_ID_MAX = 128, /* of a message's number, quoted */
    TTL_ONCE = 300,    /* as the server's, for the date in a sealed one-time message */
    STALE = 90         /* seconds without a line, keepalives included: that stream is dead */
};

/* --- small things ------------------------------------------------------------------------------------------------------- */

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* "2026-11-20T12:00:00Z" as Unix seconds; 0 if it is none. */
static int64_t time_of(const json_t *object, const char *key)
{
    struct tm tm = {0};
    const char *end = strptime(text_of(object, key), "%Y-%m-%dT%H:%M:%SZ", &tm);
    return end && !*end ? (int64_t)timegm(&tm) : 0;
}

static void print_json(const json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
}

/*
 * A request that may be repeated, and its whole answer as JSON: tried again while connections break. Returns an exit code; said. The answer is
 * to be released with json_decref.
 */
static int ask(struct http_client *c, const struct http_send *send, json_t **out)
{
    int code = APP_SYSTEM;
    *out = NULL;
    for (int i = 0; i < TRIES && !*out; i++) {
        size_t len;
        if (i)
            pause_ms(100L << i);
        enum http_fate fate = http_client_send(c, send, i + 1 < TRIES, &code);
        if (fate == HTTP_REFUSED)
            return code;
        if (fate == HTTP_LOST)
            continue;
        if (c->reply.status >= 300)
            return http_client_problem(c);
        char *text = http_client_body(c, BODY_MAX, &len);
        *out = text ? json_loadb(text, len, 0, NULL) : NULL;
        if (text)
            sw_wipe(text, len);
        free(text);
    }
    return *out ? APP_DONE : code ? code : app_error(c->app, APP_SYSTEM, "%s: the answer cannot be read", c->where);
}

/* --- send --------------------------------------------------------------------------------------------------------------- */

static int read_message(struct app *app, struct sw_file *out)
{
    const char *arg = app->argc ? app->argv[0] : "-";
    if (strcmp(arg, "-") == 0) {
        if (isatty(STDIN_FILENO))
            app_say(app, "type the message, then Ctrl-D");
        enum sw_err err = sw_file_read("-", BODY_MAX, out);
        return err ? app_fail(app, err, "standard input") : APP_DONE;
    }
    out->p = (uint8_t *)strdup(arg);
    out->len = strlen(arg);
    return out->p ? APP_DONE : app_fail(app, SW_ERR_MEMORY, "message");
}

static int make_path(const struct app *app, char *out, size_t cap)
{
    char to[QUOTED_MAX], ttl[64] = "";
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
static int verdict(const json_t *mail)
{
    const char *state = text_of(mail, "state");
    if (!json_is_true(json_object_get(mail, "ended")))
        return -1;
    return strcmp(state, "acknowledged") == 0 || strcmp(state, "delivered") == 0 ? APP_DONE : APP_NO;
}

static void say_receipt(const struct app *app, const json_t *mail)
{
    if (app->json)
        print_json(mail);
    else
        app_say(app, "%s %s %s", text_of(mail, "state"),
                strcmp(text_of(mail, "state"), "expired") == 0 ? "before it was acknowledged by" : "by",
                text_of(mail, "to"));
}

static int await_receipt(struct http_client *c, json_t *mail, int64_t patience)
{
    char path[256];
    int64_t deadline = patience ? net_now() + patience * 1000 : INT64_MAX;
    json_incref(mail);
    int code = verdict(mail);
    c->patience = 0;
    while (code < 0) {
        int64_t left = deadline == INT64_MAX ? 300 : (deadline - net_now() + 999) / 1000;
        if (left <= 0) {
            code = app_error(c->app, APP_WAITED, "not acknowledged yet: message %s is %s", text_of(mail, "id"),
                             text_of(mail, "state"));
            break;
        }
        snprintf(path, sizeof path, "/messages/%s?state=%s&wait=%lld", text_of(mail, "id"), text_of(mail, "state"),
                 (long long)(left < 300 ? left : 300));
        const struct http_send get = {.method = "GET", .path = path};
        json_t *news;
        int failed = ask(c, &get, &news);
        if (failed) {
            code = failed;
            break;
        }
        if (strcmp(text_of(news, "state"), text_of(mail, "state")) != 0 || verdict(news) >= 0)
            say_receipt(c->app, news);
        json_decref(mail);
        mail = news;
        code = verdict(mail);
    }
    json_decref(mail);
    return code;
}

static int send_body(struct http_client *c, const struct sw_file *body, int64_t patience)
{
    char path[QUOTED_MAX + 128], headers[SW_IDEMPOTENCY_MAX + 128];
    json_t *mail;
    int code = make_path(c->app, path, sizeof path);
    if (!code)
        code = make_headers(c->app, headers, sizeof headers);
    if (code)
        return code;
    const struct http_send post = {
        .method = "POST", .path = path, .headers = headers, .body = body->p, .body_len = body->len};
    code = ask(c, &post, &mail);
    if (code)
        return code;
    if (c->app->json)
        print_json(mail);
    else
        app_say(c->app, "message %s for %s accepted, until %s", text_of(mail, "id"), text_of(mail, "to"),
                text_of(mail, "expires"));
    if (app_has(c->app, OPT_RECEIPT) || app_has(c->app, OPT_WAIT))
        code = await_receipt(c, mail, patience);
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

/* --- recv --------------------------------------------------------------------------------------------------------------- */

struct reader {
    struct app *app;
    struct http_client stream, control; /* messages come on one, acknowledgements go on the other */
    struct seen *seen;
    struct seal_materials sealing; /* for sealed messages, read when the first one comes */
    bool can_open;
    bool follow, waits;
    long left;        /* messages wanted, -1: no end */
    int64_t deadline; /* of net_now() */
    unsigned shown;
    char *line; /* of the stream, so far */
    size_t len, room;
};

/* Bytes of a message for a person: what would steer the terminal is shown as a question mark. */
static void print_text(const char *text, size_t len)
{
    bool terminal = isatty(STDOUT_FILENO);
    for (size_t i = 0; i < len; i++) {
        unsigned char ch = (unsigned char)text[i];
        bool control = (ch < 0x20 && ch != '\n' && ch != '\t') || ch == 0x7f;
        putchar(terminal && control ? '?' : text[i]);
    }
    if (!len || text[len - 1] != '\n')
        putchar('\n');
}

static int print_bytes(const struct app *app, const char *base64)
{
    size_t len = strlen(base64), n;
    uint8_t *bytes = malloc(len + 1);
    enum sw_err err =
        bytes ? sw_base64_decode((struct sw_slice){(const uint8_t *)base64, len}, bytes, len + 1, &n) : SW_ERR_MEMORY;
    if (err == SW_OK && isatty(STDOUT_FILENO))
        err = SW_ERR_UNSUPPORTED;
    if (err == SW_OK)
        fwrite(bytes, 1, n, stdout);
    if (bytes)
        sw_wipe(bytes, len + 1);
    free(bytes);
    if (err == SW_ERR_UNSUPPORTED)
        return app_error(app, APP_REFUSED, "this message is not text: send standard output to a file");
    return err ? app_fail(app, err, "message") : APP_DONE;
}

/* The object with its body opened, and its signed id in signed_id; the old one is released. */
static int open_sealed(struct reader *r, json_t **mail, char signed_id[SEAL_ID_MAX])
{
    struct sw_file body;
    const json_t *text = json_object_get(*mail, "text");
    if (!r->can_open) {
        int failed = seal_materials_read(r->app, &r->sealing);
        if (failed)
            return failed;
        r->can_open = true;
    }
    if (!text)
        return app_error(r->app, APP_NO, "a sealed message from %s: refused: it is not one", text_of(*mail, "from"));
    int code = sealing_open(r->app, &r->sealing, text_of(*mail, "from"), json_string_value(text),
                            json_string_length(text), &body, signed_id);
    if (code)
        return code;
    json_object_del(*mail, "text");
    json_t *opened = memchr(body.p, 0, body.len) ? NULL : json_stringn((const char *)body.p, body.len);
    char *base64 = opened ? NULL : malloc(SW_BASE64_LEN(body.len) + 1);
    if (opened)
        json_object_set_new(*mail, "text", opened);
    else if (base64 && sw_base64_encode(body.p, body.len, base64, SW_BASE64_LEN(body.len) + 1) == SW_OK)
        json_object_set_new(*mail, "base64", json_string(base64));
    json_object_set_new(*mail, "signed_id", json_string(signed_id));
    free(base64);
    sw_file_free(&body);
    return APP_DONE;
}

static int show(const struct app *app, const json_t *mail)
{
    const json_t *text = json_object_get(mail, "text");
    int code = APP_DONE;
    if (app->json) {
        print_json(mail);
    } else {
        app_say(app, "from %s, %s%s%s", text_of(mail, "from"), text_of(mail, "sent"),
                strcmp(text_of(mail, "once"), "no") == 0 ? "" : ", shown once",
                json_object_get(mail, "signed_id") ? ", sealed and signed" : "");
        if (text)
            print_text(json_string_value(text), json_string_length(text));
        else
            code = print_bytes(app, text_of(mail, "base64"));
    }
    if (fflush(stdout) && !code)
        code = app_error(app, APP_SYSTEM, "standard output: %s", strerror(errno));
    return code;
}

/* Acknowledge, or take a strict one. What is over already is no failure. */
static int end_message(struct reader *r, const char *id, const char *how, json_t **out)
{
    char path[128];
    snprintf(path, sizeof path, "/inbox/%.40s/%s", id, how);
    const struct http_send post = {.method = "POST", .path = path};
    return ask(&r->control, &post, out);
}

/* A strict message is gone when the server hands it out: it is noted first, and then asked for. */
static int take_strict(struct reader *r, json_t **mail)
{
    json_t *whole;
    int code = end_message(r, text_of(*mail, "id"), "take", &whole);
    if (code)
        return code;
    json_decref(*mail);
    *mail = whole;
    return APP_DONE;
}

static bool is_id(const char *id)
{
    return strlen(id) == SW_MAIL_ID_MAX - 1 && strspn(id, "0123456789abcdef") == SW_MAIL_ID_MAX - 1;
}

/* What became of a message that was fetched. */
enum fate { SHOWN, REPLAYED, REFUSED };

/*
 * A sealed message is opened, and its signed id noted like that of the mailbox: a server that hands out an old letter as a new one is noticed. What cannot be
 * opened is refused, so that it does not come again and its sender knows.
 */
static int open_once(struct reader *r, json_t **mail, int64_t expires, enum fate *fate)
{
    char signed_id[SEAL_ID_MAX], key[SW_MAIL_ID_MAX];
    json_t *answer;
    int code = open_sealed(r, mail, signed_id);
    if (code == APP_NO) {
        *fate = REFUSED;
        if (end_message(r, text_of(*mail, "id"), "refuse", &answer) == APP_DONE)
            json_decref(answer);
        return APP_DONE;
    }
    if (code)
        return code;
    snprintf(key, sizeof key, "%.*s", (int)strspn(signed_id, "0123456789abcdef"), signed_id);
    if (seen_has(r->seen, key)) {
        *fate = REPLAYED;
        return app_error(r->app, APP_DONE, "a sealed message from %s: refused: it was delivered before",
                         text_of(*mail, "from"));
    }
    /* kept for a year at least: the server decides how long the message lives, and must not decide how long it is remembered */
    return seen_add(r->seen, key, expires + 365 * 86400);
}

/* One message from the stream. */
static int receive(struct reader *r, json_t **mail)
{
    json_t *ack;
    char id[SW_MAIL_ID_MAX];
    const char *once = text_of(*mail, "once");
    bool only_once = strcmp(once, "no") != 0, strict = strcmp(once, "strict") == 0;
    enum fate fate = SHOWN;
    int64_t expires = time_of(*mail, "expires");
    if (!is_id(text_of(*mail, "id")))
        return app_error(r->app, APP_BAD_INPUT, "%s: a message without identity", r->stream.where);
    snprintf(id, sizeof id, "%s", text_of(*mail, "id"));
    if (seen_has(r->seen, id)) { /* shown, and the acknowledgement was lost */
        if (!strict && end_message(r, id, "ack", &ack) == APP_DONE)
            json_decref(ack);
        return APP_DONE;
    }
    int code = only_once ? seen_add(r->seen, id, expires) : APP_DONE;
    if (!code && strict)
        code = take_strict(r, mail);
    if (!code && json_is_true(json_object_get(*mail, "sealed")))
        code = open_once(r, mail, expires, &fate);
    if (!code && fate == SHOWN)
        code = show(r->app, *mail);
    if (!code && !only_once)
        code = seen_add(r->seen, id, expires);
    if (!code && !strict && fate != REFUSED) {
        code = end_message(r, id, "ack", &ack);
        json_decref(ack);
        if (code != APP_SYSTEM || r->follow) /* it was shown; if it is handed out again, it is acknowledged then */
            code = APP_DONE;
    }
    r->shown += fate == SHOWN;
    if (r->left > 0)
        r->left--;
    return code;
}

/* A line of the stream. *replaced: another reader took over. */
static int take_line(struct reader *r, bool *replaced)
{
    json_t *line = json_loadb(r->line, r->len, 0, NULL);
    const char *event = text_of(line, "event");
    int code = APP_DONE;
    if (!line)
        code = app_error(r->app, APP_BAD_INPUT, "%s: a line that cannot be read", r->stream.where);
    else if (strcmp(event, "replaced") == 0)
        *replaced = true;
    else if (!*event)
        code = receive(r, &line);
    json_decref(line);
    sw_wipe(r->line, r->len);
    r->len = 0;
    return code;
}

static int add_bytes(struct reader *r, const uint8_t *p, size_t n)
{
    if (r->len + n > r->room) {
        size_t room = 2 * (r->len + n);
        char *bigger = room > 2 * BODY_MAX ? NULL : malloc(room);
        if (!bigger)
            return app_fail(r->app, SW_ERR_MEMORY, "message");
        memcpy(bigger, r->line ? r->line : "", r->len);
        if (r->line)
            sw_wipe(r->line, r->room);
        free(r->line);
        r->line = bigger;
        r->room = room;
    }
    memcpy(r->line + r->len, p, n);
    r->len += n;
    return APP_DONE;
}

static int take_bytes(struct reader *r, const uint8_t *p, size_t n, bool *replaced)
{
    while (n && r->left) {
        const uint8_t *end = memchr(p, '\n', n);
        size_t k = end ? (size_t)(end - p) : n;
        int code = add_bytes(r, p, k);
        if (!code && end)
            code = take_line(r, replaced);
        if (code)
            return code;
        k += end != NULL;
        p += k;
        n -= k;
    }
    return APP_DONE;
}

/* One answer of the stream, to its end or until enough has come. *again: it broke, and reading can go on with a new connection. */
static int read_stream(struct reader *r, bool *again)
{
    uint8_t buf[4096];
    size_t got = 1;
    bool replaced = false;
    int code = APP_DONE;
    *again = false;
    r->len = 0;
    while (!code && got && r->left && !replaced) {
        int64_t stale = net_now() + STALE * 1000;
        if (!http_client_read(&r->stream, buf, sizeof buf, &got, stale < r->deadline ? stale : r->deadline)) {
            *again = net_now() < r->deadline;
            break;
        }
        code = take_bytes(r, buf, got, &replaced);
    }
    sw_wipe(buf, sizeof buf);
    if (replaced)
        return app_error(r->app, APP_REFUSED, "another reader with this certificate took over");
    if (!got && r->follow && r->left && !code) /* the server went down properly: it will be back */
        *again = true;
    return code;
}

static int follow(struct reader *r)
{
    char path[64];
    long wait = 200;
    int code = APP_DONE;
    bool again = true;
    while (!code && again && r->left && net_now() < r->deadline) {
        const struct http_send get = {.method = "GET", .path = path};
        bool stays = r->follow || r->waits;
        again = false;
        snprintf(path, sizeof path, r->left > 0 ? "/inbox/stream?follow=%d&count=%ld" : "/inbox/stream?follow=%d",
                 stays, r->left);
        enum http_fate fate = http_client_send(&r->stream, &get, stays && !r->app->verbose, &code);
        if (fate == HTTP_ANSWERED && r->stream.reply.status >= 300)
            return http_client_problem(&r->stream);
        if (fate == HTTP_ANSWERED) {
            wait = 200;
            code = read_stream(r, &again);
            if (again || r->left == 0)
                http_client_disconnect(&r->stream);
        } else if (fate == HTTP_LOST && stays) {
            again = true;
            code = APP_DONE;
        }
        if (again && r->left) {
            pause_ms(wait);
            wait = wait < 5000 ? 2 * wait : 10000;
        }
    }
    return code;
}

static int read_options(struct reader *r)
{
    int64_t wait;
    int code = app_get_int(r->app, OPT_MESSAGES, -1, 1, INT32_MAX, &r->left);
    if (!code)
        code = app_get_span(r->app, OPT_WAIT, 0, &wait);
    if (code)
        return code;
    r->follow = app_has(r->app, OPT_FOLLOW);
    r->waits = app_has(r->app, OPT_WAIT);
    r->deadline = r->waits && wait ? net_now() + wait * 1000 : INT64_MAX;
    if (r->waits && !r->follow && r->left < 0)
        r->left = 1;
    return APP_DONE;
}

int recv_run(struct app *app)
{
    struct reader *r = calloc(1, sizeof *r);
    if (!r)
        return app_fail(app, SW_ERR_MEMORY, "recv");
    r->app = app;
    int code = read_options(r);
    if (!code)
        code = seen_open(&r->seen, app);
    if (!code)
        code = http_client_open(&r->stream, app);
    if (!code)
        code = http_client_open(&r->control, app);
    if (!code)
        code = follow(r);
    if (!code && !r->shown)
        code = app_error(app, APP_WAITED, "no messages");
    http_client_close(&r->stream);
    http_client_close(&r->control);
    seen_close(r->seen);
    seal_materials_free(&r->sealing);
    if (r->line)
        sw_wipe(r->line, r->room);
    free(r->line);
    free(r);
    return code;
}

/* --- list and whoami ---------------------------------------------------------------------------------------------------- */

static int ask_once(struct app *app, const char *path, json_t **out)
{
    struct http_client c;
    const struct http_send get = {.method = "GET", .path = path};
    int code = http_client_open(&c, app);
    *out = NULL;
    if (!code)
        code = ask(&c, &get, out);
    http_client_close(&c);
    return code;
}

int list_run(struct app *app)
{
    json_t *answer, *mail;
    size_t i;
    int code = ask_once(app, "/inbox", &answer);
    if (code)
        return code;
    json_t *messages = json_object_get(answer, "messages");
    json_array_foreach(messages, i, mail)
    {
        if (app->json)
            print_json(mail);
        else
            printf("%s  %-20s  %s  %s%s\n", text_of(mail, "sent"), text_of(mail, "from"), text_of(mail, "id"),
                   text_of(mail, "state"), strcmp(text_of(mail, "once"), "no") == 0 ? "" : ", once");
    }
    if (!app->json && json_array_size(messages) == 0)
        app_say(app, "no messages");
    json_decref(answer);
    return APP_DONE;
}

int receipt_run(struct app *app)
{
    struct http_client c;
    char path[256], id[HTTP_ID_MAX];
    int64_t patience;
    json_t *mail = NULL;
    int code = app_get_span(app, OPT_WAIT, 0, &patience);
    if (!code)
        code = http_client_open(&c, app);
    if (code)
        return code;
    http_quote(app->argv[0], id, sizeof id);
    snprintf(path, sizeof path, "/messages/%s", id);
    const struct http_send get = {.method = "GET", .path = path};
    code = ask(&c, &get, &mail);
    if (!code) {
        if (app->json)
            print_json(mail);
        else
            printf("%s\n", text_of(mail, "state"));
        code = verdict(mail);
    }
    if (code < 0)
        code = app_has(app, OPT_WAIT) ? await_receipt(&c, mail, patience) : APP_WAITED;
    json_decref(mail);
    http_client_close(&c);
    return code;
}

int whoami_run(struct app *app)
{
    json_t *answer;
    int code = ask_once(app, "/whoami", &answer);
    if (code)
        return code;
    if (app->json)
        print_json(answer);
    else
        printf("%s\n", text_of(answer, "name"));
    if (!app->json && app->verbose)
        printf("subject  %s\nserial   %s\nSHA-256  %s\n", text_of(answer, "subject"), text_of(answer, "serial"),
               text_of(answer, "sha256"));
    json_decref(answer);
    return APP_DONE;
}
