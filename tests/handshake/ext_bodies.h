/* Bodies of extensions made by hand, read by a server as offers and by a client as answers: for the tests of ext*.c. */
#ifndef SW_TESTS_HANDSHAKE_EXT_BODIES_H
#define SW_TESTS_HANDSHAKE_EXT_BODIES_H

#include "handshake/ext.h"
#include "tests/handshake/pair.h"

struct ext_body {
    const char *what;
    unsigned id;
    const char *body; /* hex */
    enum sw_err err;
};

/*
 * ext_offers: what a server makes of each row in a block of its own. ext_answers: a client that has offered all it can.
 */
void ext_offers(const struct ext_body *rows, size_t n);
void ext_answers(const struct ext_body *rows, size_t n);

/*
 * ext_client: a pair whose client offers all it can, its hello already written, and the suite settled as by a
 * ServerHello.
 */
void ext_client(struct pair *p);

#define EXT_OFFERS(rows) ext_offers(rows, sizeof rows / sizeof rows[0])
#define EXT_ANSWERS(rows) ext_answers(rows, sizeof rows / sizeof rows[0])

#endif
