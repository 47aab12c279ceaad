/* The recipient's side: listing, following, fetching, acknowledging and refusing messages. */
#include "apps/message/service.h"
#include <stdlib.h>
#include <string.h>

enum { HELD_TOLD = 32 /* at an opening: each is written down, and the others wait meanwhile */ };

void inbox_end(struct waiter *w)
{
    struct http_request *rq = w->rq;
    waiter_free(w);
    http_stream_end(rq);
}

/* All there is for this reader, as lines. */
void inbox_serve(struct waiter *w)
{
    struct message_service *s = w->service;
    struct sw_mail mail;
    enum sw_err err = SW_OK;
    if (s->events.may_read && !s->events.may_read(s->events.may_ctx, w->rq)) {
        inbox_end(w); /* when he comes back he hears why */
        return;
    }
    while (w->left &&
           (err = sw_store_take(s->store, w->key, w->rq->peer.sha256, w->after, message_now(), &mail)) == SW_OK) {
        w->after = mail.cursor;
        w->quiet = false;
        if (w->left > 0)
            w->left--;
        http_stream_line(w->rq, message_json(&mail));
        message_happened(s, mail.body ? "delivered" : "announced", &mail, w->rq->peer.name);
        sw_mail_free(&mail);
    }
    if (err && err != SW_ERR_NOT_FOUND) {
        message_trouble(s, "store", err);
        http_stream_line(w->rq, json_pack("{s:s}", "event", "trouble"));
        w->left = 0;
    }
    if (!w->left || !w->follow)
        inbox_end(w);
}

struct held {
    struct waiter *waiter;
    unsigned left; /* to be told */
};

/* Another certificate of the same name has it: whoever asks here hears so, and its sender, too. */
static bool tell_held(void *ctx, const struct sw_mail *mail)
{
    struct held *held = ctx;
    struct waiter *w = held->waiter;
    http_stream_line(w->rq, json_pack("{s:s,s:s,s:s}", "event", "held", "id", mail->id, "from", mail->sender));
    message_happened(w->service, "turned away", mail, w->rq->peer.name);
    return --held->left > 0;
}

static void look_for_held(struct waiter *w)
{
    struct held held = {w, HELD_TOLD};
    enum sw_err err = sw_store_held(w->service->store, w->key, w->rq->peer.sha256, message_now(), tell_held, &held);
    if (err)
        message_trouble(w->service, "store", err);
}

/* The one there may be a connection that died unnoticed: it must not keep messages from the new one. */
void inbox_replace(struct waiter *w)
{
    http_stream_line(w->rq, json_pack("{s:s}", "event", "replaced"));
    inbox_end(w);
}

struct waiter *inbox_reader(struct message_service *s, const char *name, const uint8_t cert[32])
{
    struct waiter *w;
    LIST_FOREACH(w, waiters_of(s, name), in_bucket)
    if (w->reader && strcmp(w->key, name) == 0 && memcmp(w->rq->peer.sha256, cert, 32) == 0)
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

void inbox_stream(void *ctx, struct http_request *rq)
{
    struct message_service *s = ctx;
    int64_t after, count;
    bool follow = message_is_yes(http_query(rq, "follow"));
    const char *since = http_query(rq, "since"); /* what ntfy calls it */
    struct waiter *w, *other = inbox_reader(s, rq->peer.name, rq->peer.sha256);
    if (!number_of(since ? since : http_query(rq, "after"), 0, &after) ||
        !number_of(http_query(rq, "count"), -1, &count) || count > INT32_MAX) {
        http_problem(rq, 400, "after and count are numbers");
        return;
    }
    if (other && !follow) {
        http_problem(rq, 409, "another reader with this certificate is waiting for messages");
        return;
    }
    if (other)
        inbox_replace(other);
    if (follow)
        sw_store_claim(s->store, rq->peer.name, rq->peer.sha256);
    if (!(w = waiter_new(s, rq, rq->peer.name))) {
        http_problem(rq, 503, "out of memory");
        return;
    }
    w->reader = true;
    w->after = after;
    w->left = (long)count;
    w->follow = follow;
    http_stream_begin(rq);
    look_for_held(w);
    inbox_serve(w);
}

/* It is there, and nobody has fetched it yet. */
static bool is_queued(enum sw_err err, const struct sw_mail *mail)
{
    return err == SW_ERR_STATE && !mail->ended && mail->state == SW_MAIL_QUEUED;
}

/* Another certificate sees that there is a lease, and nothing more. */
static void refuse(struct message_service *s, struct http_request *rq, enum sw_err err, const struct sw_mail *mail)
{
    if (err == SW_ERR_NOT_FOUND)
        http_problem(rq, 404, "no such message for %s", rq->peer.name);
    else if (err == SW_ERR_STATE && mail->ended)
        http_problem(rq, 410, "this message is over: %s", sw_mail_state_name(mail->state));
    else if (err == SW_ERR_STATE)
        http_problem(rq, 409, "another certificate has this message");
    else
        message_failed(s, rq, err);
}

static void fetch(struct message_service *s, struct http_request *rq, bool consume)
{
    struct sw_mail mail;
    enum sw_err err =
        sw_store_fetch(s->store, rq->peer.name, rq->peer.sha256, rq->part[0], consume, message_now(), &mail);
    if (err == SW_ERR_STATE && !is_queued(err, &mail)) /* before the answer, with which rq may be gone */
        message_happened(s, "turned away", &mail, rq->peer.name);
    if (is_queued(err, &mail))
        http_problem(rq, 409, "fetching this message uses it up: POST to /inbox/%s/take", mail.id);
    else if (err)
        refuse(s, rq, err, &mail);
    if (err)
        return;
    message_happened(s, "delivered", &mail, rq->peer.name);
    if (consume) {
        http_reply_json(rq, 200, message_json(&mail));
    } else {
        http_set_header(rq, "Sealwax-From", "%s", mail.sender);
        http_set_header(rq, "Sealwax-Once", "%s", message_once(mail.once));
        http_reply_bytes(rq, 200, "application/octet-stream", mail.body, mail.body_len);
    }
    sw_mail_free(&mail);
}

void inbox_read(void *ctx, struct http_request *rq)
{
    fetch(ctx, rq, false);
}

void inbox_take(void *ctx, struct http_request *rq)
{
    fetch(ctx, rq, true);
}

static bool add_listed(void *ctx, const struct sw_mail *mail)
{
    return json_array_append_new(ctx, message_json(mail)) == 0;
}

void inbox_list(void *ctx, struct http_request *rq)
{
    struct message_service *s = ctx;
    json_t *array = json_array();
    enum sw_err err = array ? sw_store_list(s->store, rq->peer.name, message_now(), add_listed, array) : SW_ERR_MEMORY;
    if (err) {
        json_decref(array);
        message_failed(s, rq, err);
        return;
    }
    http_reply_json(rq, 200, json_pack("{s:o}", "messages", array));
}

static void answer_end(struct message_service *s, struct http_request *rq, enum sw_err err, const struct sw_mail *mail)
{
    if (is_queued(err, mail))
        http_problem(rq, 409, "this message was not fetched yet");
    else if (err)
        refuse(s, rq, err, mail);
    if (err)
        return;
    message_happened(s, sw_mail_state_name(mail->state), mail, rq->peer.name);
    http_reply_json(rq, 200, message_json(mail));
}

void inbox_acknowledge(void *ctx, struct http_request *rq)
{
    struct message_service *s = ctx;
    struct sw_mail mail;
    enum sw_err err = sw_store_acknowledge(s->store, rq->peer.name, rq->peer.sha256, rq->part[0], message_now(), &mail);
    answer_end(s, rq, err, &mail);
}

/* What its reader says of it; how often it was handed out we know ourselves. */
static bool reason_of(const char *text, enum sw_refusal *out)
{
    static const enum sw_refusal may[] = {SW_REFUSAL_READER, SW_REFUSAL_INTERRUPTED, SW_REFUSAL_UNREADABLE};
    *out = SW_REFUSAL_READER;
    for (size_t i = 0; text && i < sizeof may / sizeof *may; i++)
        if (strcmp(text, sw_refusal_name(may[i])) == 0) {
            *out = may[i];
            return true;
        }
    return !text;
}

void inbox_refuse(void *ctx, struct http_request *rq)
{
    struct message_service *s = ctx;
    struct sw_mail mail;
    enum sw_refusal reason;
    if (!reason_of(http_query(rq, "reason"), &reason)) {
        http_problem(rq, 400, "reason is reader, interrupted or unreadable");
        return;
    }
    enum sw_err err =
        sw_store_refuse(s->store, rq->peer.name, rq->peer.sha256, rq->part[0], reason, message_now(), &mail);
    answer_end(s, rq, err, &mail);
}
