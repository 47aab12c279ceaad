/* Private to the mailbox over HTTP: the service, those who wait on it, and what its handlers share. */
#ifndef SW_APPS_MESSAGE_SERVICE_H
#define SW_APPS_MESSAGE_SERVICE_H

#include "apps/message/server.h"
#include <sys/queue.h>

enum { MESSAGE_BUCKETS = 4096 /* of the table of those who wait */ };

/* One who waits: a reader for messages to his name, a sender for news of one message. */
struct waiter {
    LIST_ENTRY(waiter) in_bucket;
    TAILQ_ENTRY(waiter) in_ready;
    bool ready; /* is in that list */
    struct message_service *service;
    struct http_request *rq;
    struct event *timer; /* a sender's patience; a reader's keepalive is the service's */
    bool reader;
    int64_t after; /* reader: cursor */
    long left;     /* reader: messages wanted, -1: no end */
    bool follow;   /* reader: stays when there is nothing */
    bool replaced; /* reader: another one with this certificate waits at another server */
    bool quiet;    /* reader: nothing was sent since the last keepalive */
    int state;     /* sender: as far as he knows, */
    long away;     /* and how many tries were turned away; -1: that is no news to him */
    char key[];    /* a reader's name, a sender's message */
};

LIST_HEAD(waiters, waiter);

struct message_service {
    struct event_base *base;
    struct sw_store *store;
    struct message_events events;
    const struct sw_config *cfg; /* of the directory, or NULL */
    struct event *wake, *sweep, *keepalive;
    struct event *others; /* other servers on the same store; NULL: there can be none */
    int others_fd;
    bool alone; /* the store could not be asked about them; said */
    size_t waiting;
    TAILQ_HEAD(, waiter) ready;
    struct waiters by_key[MESSAGE_BUCKETS];
};

/* --- waiting.c ---------------------------------------------------------------------------------------------------- */

/*
 * waiter_new: for a request, which from now on is answered later; NULL without memory. waiter_free: it is answered, or
 * gone.
 */
struct waiter *waiter_new(struct message_service *s, struct http_request *rq, const char *key);
void waiter_free(struct waiter *w);
/* waiters_of: the bucket in which those who wait for key are, among others. */
struct waiters *waiters_of(struct message_service *s, const char *key);
/*
 * waiter_mark, waiters_mark: look again in the next turn of the event loop, at one or at all readers or senders of a
 * key.
 */
void waiter_mark(struct waiter *w);
void waiters_mark(struct message_service *s, const char *key, bool reader);

/* --- inbox.c, outbox.c: the handlers, and what they do when their waiter is woken or has to end ------------------- */

void inbox_list(void *ctx, struct http_request *rq);
void inbox_stream(void *ctx, struct http_request *rq);
void inbox_read(void *ctx, struct http_request *rq);
void inbox_take(void *ctx, struct http_request *rq);
void inbox_acknowledge(void *ctx, struct http_request *rq);
void inbox_refuse(void *ctx, struct http_request *rq);
void inbox_serve(struct waiter *w);
void inbox_end(struct waiter *w);
void inbox_replace(struct waiter *w);
struct waiter *inbox_reader(struct message_service *s, const char *name, const uint8_t cert[32]);

void outbox_send(void *ctx, struct http_request *rq);
void outbox_receipt(void *ctx, struct http_request *rq);
void outbox_serve(struct waiter *w);
void outbox_end(struct waiter *w);

/* --- directory.c -------------------------------------------------------------------------------------------------- */

void directory_show(void *ctx, struct http_request *rq);

/* --- answer.c ----------------------------------------------------------------------------------------------------- */

int64_t message_now(void);
/*
 * message_json: what a message is, with its body if that is there. message_hex: at most 32 bytes. message_once: "no",
 * "yes", "strict".
 */
json_t *message_json(const struct sw_mail *mail);
json_t *message_hex(const uint8_t *p, size_t len);
const char *message_once(enum sw_once once);
/* message_is_yes: of a value in a query: there and not a no. */
bool message_is_yes(const char *text);
/*
 * message_happened, message_trouble: to the log. message_failed: the store failed: to the log, and 500, 503 or 507 to
 * whoever asked.
 */
void message_happened(struct message_service *s, const char *what, const struct sw_mail *mail, const char *who);
void message_trouble(struct message_service *s, const char *what, enum sw_err err);
void message_failed(struct message_service *s, struct http_request *rq, enum sw_err err);

#endif
