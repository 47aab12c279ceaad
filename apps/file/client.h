/* Private to put, get, ls and rm: requests that are tried again, and what is said when a transfer is over. */
#ifndef SW_APPS_FILE_CLIENT_H
#define SW_APPS_FILE_CLIENT_H

#include "apps/cli/progress.h"
#include "apps/file/server.h"
#include "apps/http/client.h"
#include <jansson.h>

enum {
    TRANSFER_PIECE = 4 << 20,
    TRANSFER_BUFFER = 65536,
    TRANSFER_PATH_MAX = 4096,
    TRANSFER_HEX = 65,
    TRANSFER_URL_MAX = 3 * FILE_NAME_MAX + 64,
    TRANSFER_ANSWER_MAX = 16 << 20,
    TRANSFER_TRIES = 8
};

struct transfer {
    struct app *app;
    struct http_client http;
    uint8_t *piece; /* TRANSFER_PIECE bytes */
    bool silent;    /* what was done is not said */
};

/*
 * transfer_open: a buffer and a client of the server in the options, protected as --protect says, which may not be rsa,
 * for that is of uploads; an exit code; said. transfer_open_with: protected like this. transfer_protection: what
 * --protect says. transfer_close: give all back, also after a failure.
 */
int transfer_open(struct transfer *t, struct app *app);
int transfer_open_with(struct transfer *t, struct app *app, enum protection protection);
int transfer_protection(const struct app *app, enum protection *out);
void transfer_close(struct transfer *t);

/*
 * transfer_request: send, trying again while connections break or the server is busy; an exit code; said.
 * transfer_is_busy: whether this answer says that it is. transfer_finish: pass over the answer's body; false: it broke
 * off, and the connection is closed.
 */
int transfer_request(struct transfer *t, const struct http_send *send);
bool transfer_is_busy(const struct transfer *t);
/* transfer_pause: before the next of so many tries; none before the first. */
void transfer_pause(unsigned tries);
bool transfer_finish(struct transfer *t);

void transfer_hex(const uint8_t *p, size_t len, char *out);
/* transfer_say: what was done, how much and how fast. */
void transfer_say(struct transfer *t, const char *verb, const char *name, int64_t length, const char *sha256,
                  const struct progress *p);

/* transfer_say_there: it was there already, so that nothing was done. */
void transfer_say_there(struct transfer *t, const char *name, int64_t length, const char *sha256);

/*
 * transfer_list: the files in our space, an array of objects in *answer, which is to be given back; an exit code; said.
 */
int transfer_list(struct transfer *t, json_t **answer, json_t **files);

/*
 * transfer_protections: their names, as --protect has them. transfer_put: a file, or a directory with all that is in
 * it; - is standard input. transfer_delete: a file.
 */
extern const char *const transfer_protections[PROTECT_NONE + 1];
int transfer_put(struct transfer *t, const char *path, const char *name);
int transfer_delete(struct transfer *t, const char *name);

#endif
