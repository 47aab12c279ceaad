/*
 * Handlers of the mailbox. Those that wait are in a table by what they wait for: a reader by the recipient's name, a sender by the message's id.
 * A change in the store marks them, and the next turn of the event loop looks again; the store decides, so a mark too many does no harm.
 */
#include "apps/message/server.h"
#include "apps/options.h"
#include "base/bytes.h"
#include "base/wipe.h"
#include "ttp/pem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

enum {
    TTL = 7 * 86400, /* of a message whose sender says nothing */
    TTL_ONCE = 300,  /* of a one-time password */
    WAIT_MAX = 3600, /* seconds a sender may wait for a receipt in one request */
    BUCKETS = 4096,  /* of the table of those who wait */
    KEEPALIVE = 30 /* seconds of silence before a line says that the stream lives */,
    CHAIN_MAX = 65536 /* PEM of somebody's certificates */
};

/* One who waits. */
struct waiter {
    LIST_ENTRY(waiter) in_bucket;
    TAILQ_ENTRY(waiter) in_ready;
    bool ready; /* is in that list */
    struct message_service *service;
    struct http_request *rq;
    struct event *timer; /* a sender's patience; a reader's keepalive is the service's */
    char key[SW_NAME_MAX];
    bool reader;
    int64_t after; /* reader: cursor */
    long left;     /* reader: messages wanted, -1: no end */
    bool follow;   /* reader: stays when there is nothing */
    bool quiet;    /* reader: nothing was sent since the last keepalive */
    int state;     /* sender: as far as he knows */
};

LIST_HEAD(waiters, waiter);

struct message_service {
    struct event_base *base;
    struct sw_store *store;
    struct message_events events;
    struct event *wake, *sweep, *keepalive;
    size_t waiting;
    TAILQ_HEAD(, waiter) ready;
    struct waiters by_key[BUCKETS];
};

static int64_t now(void)
{
    return (int64_t)time(NULL);
}

/* To the millisecond, where it matters who came last. */
static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void happened(struct message_service *s, const char *what, const struct sw_mail *mail, const char *who)
{
    if (s->events.happened)
        s->events.happened(s->events.ctx, what, mail, who);
}

/* --- answers ------------------------------------------------------------------------------------------------------------ */

static json_t *time_json(int64_t at)
{
    char text[32];
    struct tm tm;
    time_t t = (time_t)at;
    if (!gmtime_r(&t, &tm) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm))
        return json_null();
    return json_string(text);
}

static const char *once_name(enum sw_once once)
{
    return once == SW_ONCE ? "yes" : once == SW_ONCE_STRICT ? "strict" : "no";
}

static json_t *hex_json(const uint8_t *p, size_t len)
{
    char text[65];
    for (size_t i = 0; i < len && i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", p[i]);
    return json_string(text);
}

/* Text as text; what is not UTF-8 in base64. */
static void set_body(json_t *object, const struct sw_mail *mail)
{
    json_t *text =
        memchr(mail->body, 0, mail->body_len) ? NULL : json_stringn((const char *)mail->body, mail->body_len);
    if (text) {
        json_object_set_new(object, "text", text);
        return;
    }
    size_t cap = SW_BASE64_LEN(mail->body_len) + 1;
    char *armoured = malloc(cap);
    if (armoured && sw_base64_encode(mail->body, mail->body_len, armoured, cap) == SW_OK)
        json_object_set_new(object, "base64", json_string(armoured));
    if (armoured)
        sw_wipe(armoured, cap);
    free(armoured);
}

static json_t *mail_json(const struct sw_mail *mail)
{
    json_t *object =
        json_pack("{s:s,s:s,s:s,s:o,s:o,s:s,s:b,s:s,s:b,s:o,s:i,s:i}", "id", mail->id, "from", mail->sender, "to",
                  mail->recipient, "sent", time_json(mail->created), "expires", time_json(mail->expires), "once",
                  once_name(mail->once), "sealed", mail->sealed, "state", sw_mail_state_name(mail->state), "ended",
                  mail->ended, "changed", time_json(mail->changed), "deliveries", (int)mail->deliveries, "turned_away",
                  (int)mail->turned_away);
    if (object) {
        json_object_set_new(object, "cursor", json_integer(mail->cursor));
        json_object_set_new(object, "from_certificate", hex_json(mail->sender_cert, sizeof mail->sender_cert));
    }
    if (object && mail->body)
        set_body(object, mail);
    return object;
}

static void store_failed(struct message_service *s, struct http_request *rq, enum sw_err err)
{
    if (s->events.trouble)
        s->events.trouble(s->events.ctx, "store", err == SW_ERR_SYSTEM ? sw_store_why(s->store) : sw_err_reason(err));
    http_problem(rq, err == SW_ERR_MEMORY ? 503 : 500, "the mailbox cannot be used now");
}

/* --- who waits ---------------------------------------------------------------------------------------------------------- */

static struct waiters *bucket(struct message_service *s, const char *key)
{
    uint32_t h = 2166136261u; /* FNV-1a: names come from certificates and ids from us, nobody can aim */
    for (; *key; key++)
        h = (h ^ (uint8_t)*key) * 16777619u;
    return &s->by_key[h % BUCKETS];
}

static void waiter_free(struct waiter *w)
{
    if (w->ready)
        TAILQ_REMOVE(&w->service->ready, w, in_ready);
    LIST_REMOVE(w, in_bucket);
    if (w->timer)
        event_free(w->timer);
    w->service->waiting--;
    free(w);
}

static void waiter_gone(void *user, struct http_request *rq)
{
    (void)rq;
    waiter_free(user);
}

static struct waiter *waiter_new(struct message_service *s, struct http_request *rq, const char *key)
{
    struct waiter *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->service = s;
    w->rq = rq;
    snprintf(w->key, sizeof w->key, "%s", key);
    LIST_INSERT_HEAD(bucket(s, key), w, in_bucket);
    s->waiting++;
    http_keep(rq, waiter_gone, w);
    return w;
}

static void mark(struct waiter *w)
{
    if (!w->ready)
        TAILQ_INSERT_TAIL(&w->service->ready, w, in_ready);
    w->ready = true;
    event_active(w->service->wake, 0, 0);
}

static void mark_all(struct message_service *s, const char *key, bool reader)
{
    struct waiter *w;
    LIST_FOREACH(w, bucket(s, key), in_bucket)
    if (w->reader == reader && strcmp(w->key, key) == 0)
        mark(w);
}

static void plan_sweep(struct message_service *s, int64_t next)
{
    struct timeval wait = {.tv_sec = 60};
    if (next < now() + 60)
        wait.tv_sec = next > now() ? (time_t)(next - now()) : 0;
    event_add(s->sweep, &wait);
}

static void on_change(void *ctx, const struct sw_mail *mail)
{
    struct message_service *s = ctx;
    mark_all(s, mail->id, false);
    if (mail->state == SW_MAIL_QUEUED) {
        mark_all(s, mail->recipient, true);
        plan_sweep(s, mail->expires); /* an earlier plan is replaced; the sweep looks at all */
    }
}

size_t message_waiting(const struct message_service *service)
{
    return service->waiting;
}

/* --- reading ------------------------------------------------------------------------------------------------------------ */

static void end_reader(struct waiter *w)
{
    struct http_request *rq = w->rq;
    waiter_free(w);
    http_stream_end(rq);
}

/* All there is for this reader, as lines. */
static void serve_reader(struct waiter *w)
{
    struct message_service *s = w->service;
    struct sw_mail mail;
    enum sw_err err = SW_OK;
    while (w->left && (err = sw_store_take(s->store, w->key, w->rq->peer.sha256, w->after, now(), &mail)) == SW_OK) {
        w->after = mail.cursor;
        w->quiet = false;
        if (w->left > 0)
            w->left--;
        http_stream_line(w->rq, mail_json(&mail));
        happened(s, mail.body ? "delivered" : "announced", &mail, w->rq->peer.name);
        sw_mail_free(&mail);
    }
    if (err && err != SW_ERR_NOT_FOUND) {
        if (s->events.trouble)
            s->events.trouble(s->events.ctx, "store",
                              err == SW_ERR_SYSTEM ? sw_store_why(s->store) : sw_err_reason(err));
        http_stream_line(w->rq, json_pack("{s:s}", "event", "trouble"));
        w->left = 0;
    }
    if (!w->left || !w->follow)
        end_reader(w);
}

static struct waiter *other_reader(struct message_service *s, const struct http_request *rq)
{
    struct waiter *w;
    LIST_FOREACH(w, bucket(s, rq->peer.name), in_bucket)
    if (w->reader && memcmp(w->rq->peer.sha256, rq->peer.sha256, sizeof rq->peer.sha256) == 0)
        return w;
    return NULL;
}

static bool number_of(const char *text, int64_t fallback, int64_t *out)
{
    char *end;
    *out = fallback;
    if (!text)
        return true;
    *out = strtoll(text, &end, 10);
    return end != text && *end == 0 && *out >= 0;
}

static bool is_yes(const char *text)
{
    return text && (strcmp(text, "1") == 0 || strcmp(text, "yes") == 0 || strcmp(text, "true") == 0 || !*text);
}

static void read_stream(void *ctx, struct http_request *rq)
{
    struct message_service *s = ctx;
    int64_t after, count;
    bool follow = is_yes(http_query(rq, "follow"));
    struct waiter *w, *other = other_reader(s, rq);
    if (!number_of(http_query(rq, "after"), 0, &after) || !number_of(http_query(rq, "count"), -1, &count) ||
        count > INT32_MAX) {
        http_problem(rq, 400, "after and count are numbers");
        return;
    }
    if (other && !follow) {
        http_problem(rq, 409, "another reader with this certificate is waiting for messages");
        return;
    }
    if (other) { /* the one there may be a connection that died unnoticed: it must not keep messages from the new one */
        http_stream_line(other->rq, json_pack("{s:s}", "event", "replaced"));
        end_reader(other);
    }
    if (!(w = waiter_new(s, rq, rq->peer.name))) {
        http_problem(rq, 503, "out of memory");
        return;
    }
    w->reader = true;
    w->after = after;
    w->left = (long)count;
    w->follow = follow;
    http_stream_begin(rq);
    serve_reader(w);
}

/* Others see that there is a lease, and nothing more. */
static void fetch(struct message_service *s, struct http_request *rq, bool consume)
{
    struct sw_mail mail;
    enum sw_err err = sw_store_fetch(s->store, rq->peer.name, rq->peer.sha256, rq->part[0], consume, now(), &mail);
    if (err == SW_ERR_NOT_FOUND)
        http_problem(rq, 404, "no such message for %s", rq->peer.name);
    else if (err == SW_ERR_STATE && mail.ended)
        http_problem(rq, 410, "this message is over: %s", sw_mail_state_name(mail.state));
    else if (err == SW_ERR_STATE && mail.state == SW_MAIL_DELIVERED)
        http_problem(rq, 409, "another certificate has this message");
    else if (err == SW_ERR_STATE)
        http_problem(rq, 409, "fetching this message uses it up: POST to /inbox/%s/take", mail.id);
    else if (err)
        store_failed(s, rq, err);
    if (err == SW_ERR_STATE && !mail.ended && mail.state == SW_MAIL_DELIVERED)
        happened(s, "turned away", &mail, "another certificate");
    if (err)
        return;
    happened(s, "delivered", &mail, rq->peer.name);
    if (consume) {
        http_reply_json(rq, 200, mail_json(&mail));
    } else {
        http_set_header(rq, "Sealwax-From", "%s", mail.sender);
        http_set_header(rq, "Sealwax-Once", "%s", once_name(mail.once));
        http_reply_bytes(rq, 200, "application/octet-stream", mail.body, mail.body_len);
    }
    sw_mail_free(&mail);
}

static void read_one(void *ctx, struct http_request *rq)
{
    fetch(ctx, rq, false);
}

static void take_one(void *ctx, struct http_request *rq)
{
    fetch(ctx, rq, true);
}

static bool add_listed(void *ctx, const struct sw_mail *mail)
{
    return json_array_append_new(ctx, mail_json(mail)) == 0;
}

static void list(void *ctx, struct http_request *rq)
{
    struct message_service *s = ctx;
    json_t *array = json_array();
    enum sw_err err = array ? sw_store_list(s->store, rq->peer.name, now(), add_listed, array) : SW_ERR_MEMORY;
    if (err) {
        json_decref(array);
        store_failed(s, rq, err);
        return;
    }
    http_reply_json(rq, 200, json_pack("{s:o}", "messages", array));
}

static void end_message(struct message_service *s, struct http_request *rq, enum sw_mail_state state)
{
    struct sw_mail mail;
    enum sw_err err = sw_store_end(s->store, rq->peer.name, rq->peer.sha256, rq->part[0], state, now(), &mail);
    if (err == SW_ERR_NOT_FOUND)
        http_problem(rq, 404, "no such message for %s", rq->peer.name);
    else if (err == SW_ERR_STATE && mail.ended)
        http_problem(rq, 410, "this message is over: %s", sw_mail_state_name(mail.state));
    else if (err == SW_ERR_STATE && mail.state == SW_MAIL_QUEUED)
        http_problem(rq, 409, "this message was not fetched yet");
    else if (err == SW_ERR_STATE)
        http_problem(rq, 409, "another certificate has this message");
    else if (err)
        store_failed(s, rq, err);
    if (err)
        return;
    happened(s, sw_mail_state_name(state), &mail, rq->peer.name);
    http_reply_json(rq, 200, mail_json(&mail));
}

static void acknowledge(void *ctx, struct http_request *rq)
{
    end_message(ctx, rq, SW_MAIL_ACKED);
}

static void refuse(void *ctx, struct http_request *rq)
{
    end_message(ctx, rq, SW_MAIL_REFUSED);
}

/* --- sending ------------------------------------------------------------------------------------------------------------ */

/* A name a certificate could have: printable, without what paths and logs take for something else. */
static bool is_name(const char *text)
{
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] <= 0x20 || text[i] == 0x7f || strchr("/\\\"<>|", text[i]))
            return false;
    return n > 0 && n < SW_NAME_MAX;
}

static bool once_of(const char *text, enum sw_once *out)
{
    *out = !text || strcmp(text, "no") == 0 || strcmp(text, "0") == 0 ? SW_ONCE_NO
           : strcmp(text, "strict") == 0                              ? SW_ONCE_STRICT
                                                                      : SW_ONCE;
    return *out != SW_ONCE || is_yes(text);
}

/* What the request asks for; answers itself, and returns false, if that cannot be. */
static bool read_letter(const struct message_service *s, struct http_request *rq, struct sw_mail *mail)
{
    const char *to = http_query(rq, "to"), *ttl = http_query(rq, "ttl");
    int64_t seconds, most = sw_store_limits(s->store)->ttl_max;
    *mail = (struct sw_mail){0};
    if (!to || !is_name(to)) {
        http_problem(rq, 400, "to=NAME is missing, or is no name");
        return false;
    }
    if (!once_of(http_query(rq, "once"), &mail->once)) {
        http_problem(rq, 400, "once is no, yes or strict");
        return false;
    }
    seconds = mail->once == SW_ONCE_NO ? TTL : TTL_ONCE;
    if (seconds > most)
        seconds = most;
    if (ttl && !app_parse_span(ttl, &seconds)) {
        http_problem(rq, 400, "ttl is a length of time like 90s, 5m or 12h");
        return false;
    }
    snprintf(mail->sender, sizeof mail->sender, "%s", rq->peer.name);
    snprintf(mail->recipient, sizeof mail->recipient, "%s", to);
    memcpy(mail->sender_cert, rq->peer.sha256, sizeof mail->sender_cert);
    mail->expires = now() + seconds;
    mail->sealed = is_yes(http_query(rq, "sealed"));
    return true;
}

/* One row per way a message may not be accepted. */
static const struct {
    enum sw_put_verdict verdict;
    int status, retry_after;
    const char *detail;
} refusals[] = {
    {SW_PUT_CONFLICT, 422, 0, "this Idempotency-Key was used for another message"},
    {SW_PUT_TOO_LARGE, 413, 0, "the message is too long"},
    {SW_PUT_TTL, 422, 0, "the message would be kept too long, or not at all"},
    {SW_PUT_QUEUE_FULL, 507, 60, "too many messages wait for this recipient"},
    {SW_PUT_RATE, 429, 60, "too many messages to this recipient in one minute"},
    {SW_PUT_DISK_FULL, 507, 60, "the server's disk is full"},
};

static void answer_put(struct message_service *s, struct http_request *rq, const struct sw_mail *mail,
                       enum sw_put_verdict verdict)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (refusals[i].verdict == verdict) {
            if (refusals[i].retry_after)
                http_set_header(rq, "Retry-After", "%d", refusals[i].retry_after);
            if (s->events.trouble)
                s->events.trouble(s->events.ctx, rq->peer.name, refusals[i].detail);
            http_problem(rq, refusals[i].status, "%s", refusals[i].detail);
            return;
        }
    happened(s, verdict == SW_PUT_REPEATED ? "repeated" : "queued", mail, rq->peer.name);
    http_set_header(rq, "Location", "/messages/%s", mail->id);
    struct sw_mail told = *mail;
    told.body = NULL; /* its sender has it */
    http_reply_json(rq, verdict == SW_PUT_REPEATED ? 200 : 201, mail_json(&told));
}

static void send_message(void *ctx, struct http_request *rq)
{
    struct message_service *s = ctx;
    struct sw_mail mail;
    enum sw_put_verdict verdict;
    const char *idempotency = http_header(rq, "Idempotency-Key");
    if (!read_letter(s, rq, &mail))
        return;
    if (idempotency && (!*idempotency || strlen(idempotency) >= SW_IDEMPOTENCY_MAX)) {
        http_problem(rq, 400, "Idempotency-Key has 1 to %d characters", SW_IDEMPOTENCY_MAX - 1);
        return;
    }
    mail.body = (uint8_t *)(uintptr_t)http_body(rq, &mail.body_len);
    enum sw_err err = sw_store_put(s->store, &mail, idempotency, now(), &verdict);
    sw_wipe(mail.body_len ? mail.body : NULL, mail.body_len);
    if (err)
        store_failed(s, rq, err);
    else
        answer_put(s, rq, &mail, verdict);
}

static void give_receipt(struct waiter *w)
{
    struct message_service *s = w->service;
    struct http_request *rq = w->rq;
    struct sw_mail mail;
    enum sw_err err = sw_store_receipt(s->store, rq->peer.name, w->key, now(), &mail);
    waiter_free(w);
    if (err == SW_OK)
        http_reply_json(rq, 200, mail_json(&mail));
    else
        store_failed(s, rq, err);
}

static void patience_over(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    give_receipt(ctx);
}

/* Woken: is there news for this sender? */
static void serve_sender(struct waiter *w)
{
    struct sw_mail mail;
    enum sw_err err = sw_store_receipt(w->service->store, w->rq->peer.name, w->key, now(), &mail);
    if (err || mail.ended || (int)mail.state != w->state)
        give_receipt(w);
}

static int state_of(const char *text)
{
    for (int i = SW_MAIL_QUEUED; i <= SW_MAIL_REFUSED; i++)
        if (text && strcmp(text, sw_mail_state_name((enum sw_mail_state)i)) == 0)
            return i;
    return -1;
}

static void receipt(void *ctx, struct http_request *rq)
{
    struct message_service *s = ctx;
    struct sw_mail mail;
    struct timeval patience = {0};
    int64_t wait = 0;
    const char *text = http_query(rq, "wait"), *known = http_query(rq, "state");
    if (text && (!app_parse_span(text, &wait) || wait > WAIT_MAX)) {
        http_problem(rq, 400, "wait is a length of time of at most an hour");
        return;
    }
    enum sw_err err = sw_store_receipt(s->store, rq->peer.name, rq->part[0], now(), &mail);
    if (err == SW_ERR_NOT_FOUND) {
        http_problem(rq, 404, "no such message of %s", rq->peer.name);
    } else if (err) {
        store_failed(s, rq, err);
    } else if (wait == 0 || mail.ended || (known && state_of(known) != (int)mail.state)) {
        http_reply_json(rq, 200, mail_json(&mail));
    } else {
        struct waiter *w = waiter_new(s, rq, rq->part[0]);
        patience.tv_sec = (time_t)wait;
        if (!w || !(w->timer = event_new(s->base, -1, 0, patience_over, w)) || event_add(w->timer, &patience)) {
            if (w)
                waiter_free(w);
            http_problem(rq, 503, "out of memory");
            return;
        }
        w->state = (int)mail.state;
    }
}

static void whoami(void *ctx, struct http_request *rq)
{
    (void)ctx;
    http_reply_json(rq, 200,
                    json_pack("{s:s,s:s,s:o,s:o}", "name", rq->peer.name, "subject", rq->peer.subject, "serial",
                              hex_json(rq->peer.serial, rq->peer.serial_len), "sha256",
                              hex_json(rq->peer.sha256, sizeof rq->peer.sha256)));
}

/* What the directory knows of a name; whoever asks checks it himself. */
static void directory(void *ctx, struct http_request *rq)
{
    struct message_service *s = ctx;
    char *chain;
    enum sw_err err = sw_store_chain_of(s->store, rq->part[0], &chain);
    if (err == SW_ERR_NOT_FOUND)
        http_problem(rq, 404, "%s has not been here yet, so that there is no certificate to seal for", rq->part[0]);
    else if (err)
        store_failed(s, rq, err);
    else
        http_reply_bytes(rq, 200, "application/pem-certificate-chain", chain, strlen(chain));
    free(chain);
}

void message_service_learn(struct message_service *service, struct sw_conn *conn)
{
    struct sw_peer peer;
    const uint8_t *der;
    char chain[CHAIN_MAX];
    size_t len, at = 0, n;
    if (sw_conn_peer(conn, &peer))
        return;
    for (size_t i = 0; (der = sw_conn_peer_cert(conn, i, &len)) != NULL; i++) {
        if (sw_pem_encode("CERTIFICATE", der, len, chain + at, sizeof chain - at, &n))
            return;
        at += n;
    }
    if (at && sw_store_learn(service->store, peer.name, peer.sha256, chain, now_ms()) && service->events.trouble)
        service->events.trouble(service->events.ctx, "directory", sw_store_why(service->store));
}

static void healthz(void *ctx, struct http_request *rq)
{
    (void)ctx;
    http_reply_json(rq, 200, json_pack("{s:s}", "status", "ok"));
}

const struct http_route message_routes[] = {
    {EVHTTP_REQ_POST, "/messages", send_message},
    {EVHTTP_REQ_GET, "/messages/{}", receipt},
    {EVHTTP_REQ_GET, "/inbox", list},
    {EVHTTP_REQ_GET, "/inbox/stream", read_stream},
    {EVHTTP_REQ_GET, "/inbox/{}", read_one},
    {EVHTTP_REQ_POST, "/inbox/{}/ack", acknowledge},
    {EVHTTP_REQ_POST, "/inbox/{}/refuse", refuse},
    {EVHTTP_REQ_POST, "/inbox/{}/take", take_one},
    {EVHTTP_REQ_GET, "/directory/{}", directory},
    {EVHTTP_REQ_GET, "/whoami", whoami},
    {EVHTTP_REQ_GET, "/healthz", healthz},
    {0, NULL, NULL},
};

/* --- the service -------------------------------------------------------------------------------------------------------- */

static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
    struct message_service *s = ctx;
    struct waiter *w;
    (void)fd;
    (void)what;
    while ((w = TAILQ_FIRST(&s->ready)) != NULL) {
        TAILQ_REMOVE(&s->ready, w, in_ready);
        w->ready = false;
        if (w->reader)
            serve_reader(w);
        else
            serve_sender(w);
    }
}

static void on_sweep(evutil_socket_t fd, short what, void *ctx)
{
    struct message_service *s = ctx;
    int64_t next;
    (void)fd;
    (void)what;
    enum sw_err err = sw_store_sweep(s->store, now(), &next);
    if (err && s->events.trouble)
        s->events.trouble(s->events.ctx, "sweep", err == SW_ERR_SYSTEM ? sw_store_why(s->store) : sw_err_reason(err));
    plan_sweep(s, err ? INT64_MAX : next);
}

/* A line now and then shows the reader that the server lives, and shows us that the reader does. */
static void on_keepalive(evutil_socket_t fd, short what, void *ctx)
{
    struct message_service *s = ctx;
    (void)fd;
    (void)what;
    for (size_t i = 0; i < BUCKETS; i++) {
        struct waiter *w;
        LIST_FOREACH(w, &s->by_key[i], in_bucket)
        {
            if (w->reader && w->quiet)
                http_stream_line(w->rq, json_pack("{s:s}", "event", "keepalive"));
            w->quiet = true;
            if (w->reader)
                mark(w); /* a lease of another certificate may have run out */
        }
    }
}

static bool make_events(struct message_service *s)
{
    const struct timeval every = {.tv_sec = KEEPALIVE};
    s->wake = event_new(s->base, -1, 0, on_wake, s);
    s->sweep = event_new(s->base, -1, 0, on_sweep, s);
    s->keepalive = event_new(s->base, -1, EV_PERSIST, on_keepalive, s);
    if (!s->wake || !s->sweep || !s->keepalive || event_add(s->keepalive, &every))
        return false;
    plan_sweep(s, 0);
    return true;
}

struct message_service *message_service_new(struct event_base *base, struct sw_store *store,
                                            const struct message_events *events)
{
    struct message_service *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->base = base;
    s->store = store;
    s->events = *events;
    TAILQ_INIT(&s->ready);
    if (!make_events(s)) {
        message_service_free(s);
        return NULL;
    }
    sw_store_on_change(store, on_change, s);
    return s;
}

void message_service_stop(struct message_service *service)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        struct waiter *w, *next;
        for (w = LIST_FIRST(&service->by_key[i]); w; w = next) {
            next = LIST_NEXT(w, in_bucket);
            if (w->reader)
                end_reader(w);
            else
                give_receipt(w);
        }
    }
}

void message_service_free(struct message_service *service)
{
    if (!service)
        return;
    sw_store_on_change(service->store, NULL, NULL);
    if (service->wake)
        event_free(service->wake);
    if (service->sweep)
        event_free(service->sweep);
    if (service->keepalive)
        event_free(service->keepalive);
    free(service);
}
