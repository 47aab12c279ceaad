/*
 * sealwax recv. A message may be fetched more often than it is shown: connections break, and the server hands it out
 * again until it is acknowledged. So what was shown is written down (seen.h): an ordinary message after it (never
 * lost), a one-time message before it, too (never twice). Then it is acknowledged. A one-time message of which only the
 * first was written down, because this program was killed in between, was seen or was not: it is refused, so that
 * nobody takes it for received and its sender can send another one.
 */
#include "apps/cli/clock.h"
#include "apps/message/client.h"
#include "apps/message/sealing.h"
#include "apps/message/seen.h"
#include "apps/message/show.h"
#include "apps/verbs.h"
#include "base/wipe.h"
#include "ttp/pem.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    STALE = 90, /* seconds without a line, keepalives included: that stream is dead */
    LASTED = 5  /* seconds: a stream that was one */
};

struct reader {
    struct app *app;
    struct http_client stream, control; /* messages come on one, acknowledgements go on the other */
    struct seen *seen;
    struct seal_materials sealing; /* for sealed messages, read when the first one comes */
    bool can_open;
    bool follow, waits, trouble;
    long left;        /* messages wanted, -1: no end */
    int64_t deadline; /* of clock_now() */
    unsigned shown;
    char owed[SW_MAIL_ID_MAX]; /* shown, and its acknowledgement failed; "": none */
    char *line;                /* of the stream, so far */
    size_t len, room;
};

static bool is_sealed(const json_t *mail)
{
    return json_is_true(json_object_get(mail, "sealed"));
}

/* What opens sealed messages; a passphrase or PIN may be asked for, and be wrong. */
static int get_ready(struct reader *r, const json_t *mail)
{
    if (!is_sealed(mail) || r->can_open)
        return APP_DONE;
    int code = seal_materials_read(r->app, &r->sealing);
    r->can_open = !code;
    return code;
}

/* The object with its body opened, and its signed id in signed_id; the old one is released. */
static int open_sealed(struct reader *r, json_t **mail, char signed_id[SEAL_ID_MAX])
{
    struct sw_file body;
    const json_t *text = json_object_get(*mail, "text");
    int ready = get_ready(r, *mail);
    if (ready)
        return ready;
    if (!text)
        return app_error(r->app, APP_NO, "a sealed message from %s: refused: it is not one",
                         client_text(*mail, "from"));
    int code = sealing_open(r->app, &r->sealing, client_text(*mail, "from"), json_string_value(text),
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

/* Acknowledge, refuse, or take a strict one. What is over already is no failure; *out is NULL then. */
static int end_message(struct reader *r, const char *id, const char *how, json_t **out)
{
    char path[128];
    bool over;
    snprintf(path, sizeof path, "/inbox/%.40s/%s", id, how);
    const struct http_send post = {.method = "POST", .path = path};
    return client_ask_until(&r->control, &post, 0, &over, out);
}

/* If it fails, the server may be in trouble: whoever stays owes it, and pays before he reads on. */
static int acknowledge(struct reader *r, const char *id)
{
    json_t *answer;
    int code = end_message(r, id, "ack", &answer);
    json_decref(answer);
    if (code != APP_SYSTEM)
        return APP_DONE;
    if (!r->follow)
        return code;
    memmove(r->owed, id, strlen(id) + 1);
    return APP_DONE;
}

/*
 * A strict message is gone when the server hands it out: it is noted first, and then asked for. *had: it was handed out
 * already.
 */
static int take_strict(struct reader *r, json_t **mail, bool *had)
{
    json_t *whole;
    int code = end_message(r, client_text(*mail, "id"), "take", &whole);
    *had = !code && !whole;
    if (*had)
        app_say(r->app, "a message from %s for one reader: another one had it, or the connection broke as it came",
                client_text(*mail, "from"));
    if (!whole)
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
enum fate { SHOWN, SEEN, ELSEWHERE, INTERRUPTED, GONE, REPLAYED, REFUSED, LEFT };

/*
 * Kept for a year at least: the server decides how long the message lives, and must not decide how long it is
 * remembered.
 */
static int note_sealed(struct reader *r, const char *key, const json_t *mail)
{
    return seen_add(r->seen, key, client_time(mail, "expires") + 365 * 86400);
}

/*
 * A sealed message is opened, and its signed id noted like that of the mailbox: a server that hands out an old letter
 * as a new one is noticed. What cannot be opened is refused, so that it does not come again and its sender knows; but
 * what is for another device of ours is left for that, unless no other can have it.
 */
static int open_once(struct reader *r, json_t **mail, bool only_once, char key[SW_MAIL_ID_MAX], enum fate *fate)
{
    char signed_id[SEAL_ID_MAX];
    json_t *answer;
    int code = open_sealed(r, mail, signed_id);
    if (code == APP_REFUSED && !only_once) {
        *fate = LEFT;
        return APP_DONE;
    }
    if (code == APP_NO || code == APP_REFUSED) {
        *fate = REFUSED;
        if (end_message(r, client_text(*mail, "id"), "refuse?reason=unreadable", &answer) == APP_DONE)
            json_decref(answer);
        return APP_DONE;
    }
    if (code)
        return code;
    snprintf(key, SW_MAIL_ID_MAX, "%.*s", (int)strspn(signed_id, "0123456789abcdef"), signed_id);
    if (seen_has(r->seen, key)) {
        *fate = REPLAYED;
        return app_error(r->app, APP_DONE, "a sealed message from %s: refused: it was delivered before",
                         client_text(*mail, "from"));
    }
    return only_once ? note_sealed(r, key, *mail) : APP_DONE;
}

static void refuse_interrupted(struct reader *r, const char *id)
{
    json_t *answer;
    if (end_message(r, id, "refuse?reason=interrupted", &answer) == APP_DONE)
        json_decref(answer);
}

/*
 * A one-time message that was noted and could not be shown will not be: its sender should know, and send another one.
 */
static void give_back(struct reader *r, const char *id, bool strict)
{
    app_say(r->app, "message %s was shown once only, and that failed: ask for another one", id);
    if (!strict)
        refuse_interrupted(r, id);
}

/* Fetched, opened and shown; of a one-time message it is noted that this begins. */
static int show_it(struct reader *r, json_t **mail, const char *id, char key[SW_MAIL_ID_MAX], enum fate *fate)
{
    const char *once = client_text(*mail, "once");
    bool only_once = strcmp(once, "no") != 0, strict = strcmp(once, "strict") == 0;
    int code = APP_DONE;
    if (strict) {
        bool had = false;
        code = take_strict(r, mail, &had);
        *fate = had ? GONE : *fate;
    }
    if (!code && *fate == SHOWN && is_sealed(*mail))
        code = open_once(r, mail, only_once, key, fate);
    if (!code && *fate == SHOWN) {
        code = message_show(r->app, *mail);
        if (code && only_once)
            give_back(r, id, strict);
    }
    return code;
}

/* What may be shown once only: by us, now, or by nobody. */
static int show_one_time(struct reader *r, json_t **mail, const char *id, enum fate *fate)
{
    static const enum fate fates[] = {
        [SEEN_OURS] = SHOWN, [SEEN_SHOWN] = SEEN, [SEEN_ELSEWHERE] = ELSEWHERE, [SEEN_INTERRUPTED] = INTERRUPTED};
    char key[SW_MAIL_ID_MAX] = "";
    enum seen_claim claim;
    int64_t expires = client_time(*mail, "expires");
    int code = get_ready(r, *mail); /* before it is noted: what fails here is no reason to lose the message */
    if (!code)
        code = seen_claim(r->seen, id, expires, &claim);
    if (code)
        return code;
    *fate = fates[claim];
    if (*fate == INTERRUPTED) {
        (void)app_error(r->app, APP_NO,
                        "a message from %s to be shown once: recv was interrupted as it came, and it may have been "
                        "shown, or not; it is not shown again: ask for another one",
                        client_text(*mail, "from"));
        refuse_interrupted(r, id);
    }
    if (*fate != SHOWN)
        return APP_DONE;
    code = show_it(r, mail, id, key, fate);
    int noted = code ? APP_DONE : seen_finish(r->seen, id, expires);
    return code ? code : noted;
}

/* Another one: it is shown, and then that is noted. */
static int show_ordinary(struct reader *r, json_t **mail, const char *id, enum fate *fate)
{
    char key[SW_MAIL_ID_MAX] = "";
    int64_t expires = client_time(*mail, "expires");
    if (seen_has(r->seen, id)) {
        *fate = SEEN; /* the acknowledgement was lost; or another program has shown it */
        return APP_DONE;
    }
    int code = show_it(r, mail, id, key, fate);
    if (!code && *fate == SHOWN && *key)
        code = note_sealed(r, key, *mail);
    return !code && *fate != LEFT ? seen_add(r->seen, id, expires) : code;
}

/* One message from the stream. */
static int receive(struct reader *r, json_t **mail)
{
    char id[SW_MAIL_ID_MAX];
    enum fate fate = SHOWN;
    const char *once = client_text(*mail, "once");
    bool only_once = strcmp(once, "no") != 0, strict = strcmp(once, "strict") == 0;
    if (!is_id(client_text(*mail, "id")))
        return app_error_of(r->app, APP_BAD_INPUT, &(struct app_cause){.peer = r->stream.where},
                            "a message without identity");
    snprintf(id, sizeof id, "%s", client_text(*mail, "id"));
    seen_begin_turn(r->seen);
    int code = only_once ? show_one_time(r, mail, id, &fate) : show_ordinary(r, mail, id, &fate);
    seen_end_turn(r->seen);
    if (!code && !strict && (fate == SHOWN || fate == REPLAYED || fate == SEEN))
        code = acknowledge(r, id);
    if (fate == SEEN || fate == ELSEWHERE || fate == INTERRUPTED || fate == GONE)
        return code;
    r->shown += fate == SHOWN;
    if (r->left > 0)
        r->left--;
    return code;
}

/*
 * The server cannot read its mailbox: that is not the same as an empty one. Whoever stays asks again, and is told once.
 */
static int hear_trouble(struct reader *r)
{
    static const char said[] = "the server has trouble with its mailbox: there may be messages";
    if (!r->follow && !r->waits)
        return app_error_of(r->app, APP_SYSTEM, &(struct app_cause){.peer = r->stream.where}, "%s", said);
    if (!r->trouble)
        (void)app_error_of(r->app, APP_SYSTEM, &(struct app_cause){.peer = r->stream.where}, "%s", said);
    r->trouble = true;
    return APP_DONE;
}

/* A line of the stream. *replaced: another reader took over. */
static int take_line(struct reader *r, bool *replaced)
{
    json_t *line = json_loadb(r->line, r->len, 0, NULL);
    const char *event = client_text(line, "event");
    int code = APP_DONE;
    if (!line)
        code = app_error_of(r->app, APP_BAD_INPUT, &(struct app_cause){.peer = r->stream.where},
                            "a line that cannot be read");
    else if (strcmp(event, "replaced") == 0)
        *replaced = true;
    else if (strcmp(event, "trouble") == 0)
        code = hear_trouble(r);
    else if (strcmp(event, "held") == 0)
        (void)app_error(r->app, APP_NO,
                        "a message from %s is for one reader, and another certificate of this name has it",
                        client_text(line, "from"));
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
        char *bigger = room > 2 * CLIENT_BODY_MAX ? NULL : malloc(room);
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
    while (n && r->left && !*r->owed) {
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

/*
 * One answer of the stream, to its end or until enough has come. *again: it broke, and reading can go on with a new
 * connection.
 */
static int read_stream(struct reader *r, bool *again)
{
    uint8_t buf[4096];
    size_t got = 1;
    bool replaced = false;
    int code = APP_DONE;
    *again = false;
    r->len = 0;
    while (!code && got && r->left && !replaced && !*r->owed) {
        int64_t stale = clock_now() + STALE * 1000;
        if (!http_client_read(&r->stream, buf, sizeof buf, &got, stale < r->deadline ? stale : r->deadline)) {
            *again = clock_now() < r->deadline;
            break;
        }
        code = take_bytes(r, buf, got, &replaced);
    }
    sw_wipe(buf, sizeof buf);
    if (replaced)
        return app_error(r->app, APP_REFUSED, "another reader with this certificate took over");
    if (*r->owed && !code)
        *again = r->left != 0;
    if (!got && (r->follow || r->waits) && r->left && !code) /* the server went down properly: it will be back */
        *again = true;
    return code;
}

/* What is owed, once more; false: still. */
static bool pay(struct reader *r)
{
    char id[SW_MAIL_ID_MAX];
    memcpy(id, r->owed, sizeof id);
    *r->owed = 0;
    (void)acknowledge(r, id);
    return !*r->owed;
}

static int follow(struct reader *r)
{
    char path[64];
    long wait = 200;
    int code = APP_DONE;
    bool again = true;
    while (!code && again && r->left && clock_now() < r->deadline) {
        const struct http_send get = {.method = "GET", .path = path};
        bool stays = r->follow || r->waits;
        again = false;
        if (*r->owed && !pay(r)) {
            clock_pause(wait);
            wait = wait < 5000 ? 2 * wait : 10000;
            again = true;
            continue;
        }
        r->stream.stays = stays;
        snprintf(path, sizeof path, r->left > 0 ? "/inbox/stream?follow=%d&count=%ld" : "/inbox/stream?follow=%d",
                 stays, r->left);
        enum http_fate fate = http_client_send(&r->stream, &get, stays && !r->app->verbose, &code);
        if (fate == HTTP_ANSWERED && r->stream.reply.status >= 300)
            return http_client_problem(&r->stream);
        if (fate == HTTP_ANSWERED) {
            int64_t began = clock_now();
            unsigned shown = r->shown;
            r->control.reached = true;
            code = read_stream(r, &again);
            if (r->shown > shown || clock_now() - began > LASTED * 1000) { /* it works, after all */
                wait = 200;
                r->trouble = false;
            }
            if (again || r->left == 0)
                http_client_disconnect(&r->stream);
        } else if (fate == HTTP_LOST && stays) {
            again = true;
            code = APP_DONE;
        }
        if (again && r->left) {
            clock_pause(wait);
            wait = wait < 5000 ? 2 * wait : 10000;
        }
    }
    if (!code && *r->owed && !pay(r)) /* it was the last one wanted */
        code = APP_SYSTEM;
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
    r->deadline = r->waits && wait ? clock_now() + wait * 1000 : INT64_MAX;
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
