/* The inside of sealwaxd serve, for the files of this folder that serve.c names. */
#ifndef SW_APPS_DAEMON_SERVE_H
#define SW_APPS_DAEMON_SERVE_H

#include "apps/cli/log.h"
#include "apps/daemon/members.h"
#include "apps/daemon/metrics.h"
#include "apps/file/server.h"
#include "apps/http/http.h"
#include "apps/media/server.h"
#include "apps/message/server.h"
#include "apps/net/net.h"
#include "apps/store/reserve.h"
#include "apps/store/store.h"
#include <sys/queue.h>

enum { SERVE_MESSAGE_LIMIT = 4 << 20, SERVE_SIGNALS = 3 };

/* Settings that were read again; connections made from them may still look at them. */
struct settings {
    struct app app;
    SLIST_ENTRY(settings) in_list;
};

struct server {
    struct app *app;
    struct log log;
    struct metrics *metrics; /* NULL: nobody asks */
    struct event_base *base;
    struct sw_config *cfg;
    struct sw_store *store;
    struct message_service *messages;
    struct members members;
    struct file_service *files;
    struct media_service *media;
    struct http *http;
    struct net_listeners listeners;
    struct event *signals[SERVE_SIGNALS];
    struct event *drain, *watchdog, *tickets;
    struct reserve reserve;
    struct event *look; /* at it; NULL: none is kept */
    bool spare;         /* it is given up */
    int64_t drain_until;
    int lock, serve_lock; /* of the directory */
    SLIST_HEAD(, settings) read_again;
};

/* --- tell.c: what happens, into the log and the metrics; ctx is the server --- */

void serve_on_connected(void *ctx, struct sw_conn *conn);
void serve_on_disconnected(void *ctx, struct sw_conn *conn, int fd);
void serve_on_answered(void *ctx, const struct http_request *rq, int status);
void serve_on_cannot_accept(void *ctx, const char *why);
void serve_on_message(void *ctx, const char *what, const struct sw_mail *mail, const char *who);
void serve_on_file(void *ctx, const char *what, const char *who, int64_t bytes);
void serve_on_media(void *ctx, const char *what, const char *title, const char *who);
void serve_on_trouble(void *ctx, const char *what, const char *why);
/* serve_loop_tells: whose log and metrics get libevent's own complaints from now on; NULL: nobody's. */
void serve_loop_tells(const struct server *s);

/* --- settings.c: options into what the services take; each says what is wrong, and returns the exit code --- */

int serve_store_limits(const struct app *app, struct sw_store_limits *out);
int serve_file_limits(const struct app *app, struct file_limits *out);
int serve_media_limits(const struct app *app, struct media_limits *out);
/* serve_tls: the configuration of the server's connections, which is the caller's to free. */
int serve_tls(const struct app *app, struct sw_config **out);

/* --- space.c --- */

/*
 * serve_reserve_size: as the settings have it, 0 for none. serve_keep_reserve: take it, and see to it from now on;
 * after the services are made. Exit codes; said.
 * serve_tell_space: into the metrics. serve_end_reserve: before the store is closed.
 */
int serve_reserve_size(const struct app *app, int64_t *out);
int serve_keep_reserve(struct server *s);
void serve_tell_space(const struct server *s);
void serve_end_reserve(struct server *s);

/* --- tickets.c --- */

/*
 * serve_share_tickets: from now on, seal session tickets with keys that servers on the same store share, if there may
 * be such. false: no memory.
 */
bool serve_share_tickets(struct server *s);

#endif
