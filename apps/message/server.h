/*
 * The mailbox over HTTP: handing in, fetching, acknowledging, receipts, and waiting for any of it. docs/http.md is its
 * manual. Who sends and who reads is who the certificate says, never what a request says.
 */
#ifndef SW_APPS_MESSAGE_SERVER_H
#define SW_APPS_MESSAGE_SERVER_H

#include "apps/http/http.h"
#include "apps/store/store.h"

struct message_service;

extern const struct http_route message_routes[];

/* What the log is told (who is the name in the certificate), and who is asked. */
struct message_events {
    void (*happened)(void *ctx, const char *what, const struct sw_mail *mail, const char *who);
    void (*trouble)(void *ctx, const char *what, const char *why);
    void *ctx;
    /* whether who asks may send to a name; NULL: everybody may. false: it has answered */
    bool (*may_send)(void *may_ctx, struct http_request *rq, const char *to);
    /* whether who waits for messages may still have them; NULL: yes */
    bool (*may_read)(void *may_ctx, const struct http_request *rq);
    void *may_ctx;
};

/* message_service_new: on a store, which must outlive it; its changes are watched from now on. NULL without memory. */
struct message_service *message_service_new(struct event_base *base, struct sw_store *store,
                                            const struct message_events *events);

/*
 * message_service_stop: end what waits, politely: for a server that goes down. message_service_free: when no request is
 * left.
 */
void message_service_stop(struct message_service *service);
void message_service_free(struct message_service *service);

/* message_service_learn: a client has shown its certificates: they are in the directory from now on. */
void message_service_learn(struct message_service *service, struct sw_conn *conn);
/*
 * message_service_set_config: the directory hands out what it accepts now: its roots, revocation lists and clock (NULL,
 * as at first: everything); kept until set again.
 */
void message_service_set_config(struct message_service *service, const struct sw_config *cfg);

/* message_waiting: how many readers and senders wait now. */
size_t message_waiting(const struct message_service *service);

#endif
