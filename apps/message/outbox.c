/* The sender's side: handing in a message, and its receipt, at once or when there is news. */
#include "apps/cli/options.h"
#include "apps/message/service.h"
#include "base/wipe.h"
#include "ttp/cert.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TTL = 7 * 86400, /* of a message whose sender says nothing */
    TTL_ONCE = 300,  /* of a one-time password */
    WAIT_MAX = 3600, /* seconds a sender may wait for a receipt in one request */
    FINGERPRINT_MAX = 128
};

/* A name that somebody's certificate could have: whoever can log in can be written to. */
static bool is_name(const char *text)
{
    return strlen(text) < SW_NAME_MAX && sw_cert_identity_possible(text);
}

static bool once_of(const char *text, enum sw_once *out)
{
    *out = !text || strcmp(text, "no") == 0 || strcmp(text, "0") == 0 ? SW_ONCE_NO
           : strcmp(text, "strict") == 0                              ? SW_ONCE_STRICT
                                                                      : SW_ONCE;
    return *out != SW_ONCE || message_is_yes(text);
}

static bool number_of(const char *text, long least, long most, long *out)
{
    char *end;
    errno = 0;
    *out = strtol(text, &end, 10);
    return end != text && *end == 0 && errno == 0 && *out >= least && *out <= most;
}

/* How often it may be handed out; a strict one is once, whatever anybody says. */
static bool deliveries_of(const char *text, struct sw_mail *mail)
{
    long n = 0;
    if (text && !number_of(text, 1, mail->once == SW_ONCE_STRICT ? 1 : INT32_MAX, &n))
        return false;
    mail->max_deliveries = mail->once == SW_ONCE_STRICT ? 0 : (unsigned)n;
    return true;
}

/* What the request asks for; answers itself, and returns false, if that cannot be. */
static bool read_letter(const struct message_service *s, struct http_request *rq, struct sw_mail *mail)
{
    const char *to = http_query(rq, "to"), *ttl = http_query(rq, "ttl");
    int64_t seconds, most = sw_store_limits(s->store)->ttl_max;
    *mail = (struct sw_mail){0};
    if (!to || !is_name(to)) {
        http_problem(rq, 400, "to=NAME is missing, or nobody can have that name");
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
    if (!deliveries_of(http_query(rq, "max_deliveries"), mail)) {
        http_problem(rq, 400, "max_deliveries is a number from 1 on; of once=strict, 1");
        return false;
    }
    snprintf(mail->sender, sizeof mail->sender, "%s", rq->peer.name);
    snprintf(mail->recipient, sizeof mail->recipient, "%s", to);
    memcpy(mail->sender_cert, rq->peer.sha256, sizeof mail->sender_cert);
    mail->expires = message_now() + seconds;
    mail->sealed = message_is_yes(http_query(rq, "sealed"));
    return true;
}

/* One row per way a message may not be accepted; with a unit, the limit is told in it. */
static const struct {
    enum sw_put_verdict verdict;
    int status, retry_after;
    const char *detail, *unit;
} refusals[] = {
    {SW_PUT_CONFLICT, 422, 0, "this Idempotency-Key was used for another message", NULL},
    {SW_PUT_TOO_LARGE, 413, 0, "the message is too long", "bytes"},
    {SW_PUT_TTL, 422, 0, "ttl is longer than this server keeps messages, or no time at all", "seconds"},
    {SW_PUT_DELIVERIES, 422, 0, "max_deliveries is more than this server allows", "deliveries"},
    {SW_PUT_QUEUE_FULL, 507, 60, "too many messages wait for this recipient", "messages"},
    {SW_PUT_RATE, 429, 60, "too many messages to this recipient in one minute", "messages"},
    {SW_PUT_DISK_FULL, 507, 60, "the server's disk is full", NULL},
};

static int64_t limit_of(const struct sw_store_limits *limits, enum sw_put_verdict verdict)
{
    return verdict == SW_PUT_TOO_LARGE    ? (int64_t)limits->body_max
           : verdict == SW_PUT_TTL        ? limits->ttl_max
           : verdict == SW_PUT_DELIVERIES ? limits->deliveries
           : verdict == SW_PUT_QUEUE_FULL ? limits->queue_max
                                          : limits->rate_max;
}

static void describe_refusal(const struct message_service *s, size_t row, char *out, size_t cap)
{
    if (refusals[row].unit)
        snprintf(out, cap, "%s: at most %" PRId64 " %s", refusals[row].detail,
                 limit_of(sw_store_limits(s->store), refusals[row].verdict), refusals[row].unit);
    else
        snprintf(out, cap, "%s", refusals[row].detail);
}

static void answer_put(struct message_service *s, struct http_request *rq, const struct sw_mail *mail,
                       enum sw_put_verdict verdict)
{
    char detail[128];
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (refusals[i].verdict == verdict) {
            describe_refusal(s, i, detail, sizeof detail);
            if (refusals[i].retry_after)
                http_set_header(rq, "Retry-After", "%d", refusals[i].retry_after);
            /* what its sender alone can mend wakes nobody here */
            if (refusals[i].retry_after && s->events.trouble)
                s->events.trouble(s->events.ctx, rq->peer.name, detail);
            http_problem(rq, refusals[i].status, "%s", detail);
            return;
        }
    message_happened(s, verdict == SW_PUT_REPEATED ? "repeated" : "queued", mail, rq->peer.name);
    http_set_header(rq, "Location", "/messages/%s", mail->id);
    struct sw_mail told = *mail;
    told.body = NULL; /* its sender has it */
    http_reply_json(rq, verdict == SW_PUT_REPEATED ? 200 : 201, message_json(&told));
}

/* A header with a text of ours, or none; answers itself, and returns false, if it is something else. */
static bool read_text(struct http_request *rq, const char *name, size_t most, const char **out)
{
    *out = http_header(rq, name);
    if (!*out || (**out && strlen(*out) <= most && http_is_text(*out)))
        return true;
    http_problem(rq, 400, "%s has 1 to %zu characters", name, most);
    return false;
}

void outbox_send(void *ctx, struct http_request *rq)
{
    struct message_service *s = ctx;
    struct sw_mail mail;
    enum sw_put_verdict verdict;
    const char *idempotency;
    if (!read_letter(s, rq, &mail) ||
        (s->events.may_send && !s->events.may_send(s->events.may_ctx, rq, mail.recipient)))
        return;
    if (!read_text(rq, "Idempotency-Key", SW_IDEMPOTENCY_MAX - 1, &idempotency) ||
        !read_text(rq, "Sealwax-Fingerprint", FINGERPRINT_MAX, &mail.fingerprint))
        return;
    if (!mail.sealed) /* we see for ourselves */
        mail.fingerprint = NULL;
    mail.body = (uint8_t *)(uintptr_t)http_body(rq, &mail.body_len);
    enum sw_err err = sw_store_put(s->store, &mail, idempotency, message_now(), &verdict);
    sw_wipe(mail.body_len ? mail.body : NULL, mail.body_len);
    if (err)
        message_failed(s, rq, err);
    else
        answer_put(s, rq, &mail, verdict);
}

void outbox_end(struct waiter *w)
{
    struct message_service *s = w->service;
    struct http_request *rq = w->rq;
    struct sw_mail mail;
    enum sw_err err = sw_store_receipt(s->store, rq->peer.name, w->key, message_now(), &mail);
    waiter_free(w);
    if (err == SW_OK)
        http_reply_json(rq, 200, message_json(&mail));
    else
        message_failed(s, rq, err);
}

static void patience_over(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    outbox_end(ctx);
}

static bool is_news(const struct sw_mail *mail, int state, long away)
{
    return mail->ended || (int)mail->state != state || (away >= 0 && away != (long)mail->turned_away);
}

/* Woken: is there news for this sender? */
void outbox_serve(struct waiter *w)
{
    struct sw_mail mail;
    enum sw_err err = sw_store_receipt(w->service->store, w->rq->peer.name, w->key, message_now(), &mail);
    if (err || is_news(&mail, w->state, w->away))
        outbox_end(w);
}

static int state_of(const char *text)
{
    for (int i = SW_MAIL_QUEUED; i <= SW_MAIL_REFUSED; i++)
        if (text && strcmp(text, sw_mail_state_name((enum sw_mail_state)i)) == 0)
            return i;
    return -1;
}

void outbox_receipt(void *ctx, struct http_request *rq)
{
    struct message_service *s = ctx;
    struct sw_mail mail;
    struct timeval patience = {0};
    int64_t wait = 0;
    long away = -1;
    const char *text = http_query(rq, "wait"), *known = http_query(rq, "state"), *tries = http_query(rq, "turned_away");
    if (text && (!app_parse_span(text, &wait) || wait > WAIT_MAX)) {
        http_problem(rq, 400, "wait is a length of time of at most an hour");
        return;
    }
    if (tries && !number_of(tries, 0, INT32_MAX, &away)) {
        http_problem(rq, 400, "turned_away is a number");
        return;
    }
    enum sw_err err = sw_store_receipt(s->store, rq->peer.name, rq->part[0], message_now(), &mail);
    if (err == SW_ERR_NOT_FOUND) {
        http_problem(rq, 404, "no such message of %s", rq->peer.name);
    } else if (err) {
        message_failed(s, rq, err);
    } else if (wait == 0 || is_news(&mail, known ? state_of(known) : (int)mail.state, away)) {
        http_reply_json(rq, 200, message_json(&mail));
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
        w->away = away;
    }
}
