/* Private to the verbs of messages: asking the server, and reading what it answers. */
#ifndef SW_APPS_MESSAGE_CLIENT_H
#define SW_APPS_MESSAGE_CLIENT_H

#include "apps/http/client.h"
#include "apps/store/store.h"
#include <jansson.h>

enum {
    CLIENT_BODY_MAX = 8 << 20, /* of a message or answer */
    CLIENT_QUOTED_MAX = 3 * SW_NAME_MAX + 1,
    CLIENT_ID_MAX = 128 /* of a message's number, quoted */
};

/*
 * client_ask: a request that may be repeated, and its whole answer as JSON: tried again while connections break.
 * Returns an exit code; said. The answer is to be released with json_decref.
 */
int client_ask(struct http_client *c, const struct http_send *send, json_t **out);

/*
 * client_ask_until: the same with
 *   deadline   of clock_now(), up to which a server that was there is waited for; 0: some seconds
 *   over       receives, if it is not NULL, whether the answer was that somebody else has the message or that it has
 *              ended (404, 409, 410): then nothing is said, *out is NULL and the result APP_DONE
 */
int client_ask_until(struct http_client *c, const struct http_send *send, int64_t deadline, bool *over, json_t **out);

/*
 * client_text: a string of an object, "" if there is none. client_time: one like "2026-11-20T12:00:00Z" as Unix
 * seconds; 0 if it is none.
 */
const char *client_text(const json_t *object, const char *key);
int64_t client_time(const json_t *object, const char *key);

/* client_print: an object as one line on standard output. */
void client_print(const json_t *object);

/* What a sender waits for: that his message is acknowledged, or only delivered. */
struct receipt_wait {
    bool wanted, delivered;
    int64_t patience; /* seconds; 0: no limit */
};

/*
 * receipt_read_wait: from the command line; returns an exit code; said.
 * receipt_verdict: the exit code for a message as its sender sees it; -1: it is not what he waits for yet, and has not
 * ended. receipt_await: wait until it is, saying what happens; returns the exit code.
 */
int receipt_read_wait(const struct app *app, struct receipt_wait *out);
int receipt_verdict(const json_t *mail, const struct receipt_wait *wait);
int receipt_await(struct http_client *c, json_t *mail, const struct receipt_wait *wait);

#endif
