/* What `listen` answers: --reply echo, http, discard. */
#ifndef SW_APPS_TLS_REPLY_H
#define SW_APPS_TLS_REPLY_H

#include "apps/net/link.h"

enum reply_mode { REPLY_ECHO, REPLY_HTTP, REPLY_DISCARD, REPLY_PIPE };

/* What a connection needs to remember between its records. */
struct reply {
    enum reply_mode mode;
    size_t header_len; /* http: bytes of the request so far */
    size_t line_len;   /* of its current line, without CR */
    bool line_seen;    /* a line that is not empty has come */
    bool answered;
};

/* reply_mode_parse: false for an unknown word. */
bool reply_mode_parse(const char *text, enum reply_mode *out);

/*
 * reply_work: deal with what has been decrypted, as far as there is room for answers. Call it after receiving and after
 * sending. Returns whether it did anything.
 */
bool reply_work(struct reply *reply, struct link *link);

#endif
