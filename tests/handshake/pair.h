/*
 * Two engines joined in memory, for the tests of the handshake: configurations from tests/vectors/tls, a fixed clock,
 * bytes carried in chosen pieces.
 */
#ifndef SW_TESTS_HANDSHAKE_PAIR_H
#define SW_TESTS_HANDSHAKE_PAIR_H

#include "include/sealwax.h"
#include "tests/test.h"

struct pair {
    struct sw_config *client_cfg, *server_cfg;
    struct sw_conn *client, *server;
    size_t piece; /* bytes carried at a time; 0: all there are */
};

/* The clock of the tests: inside the validity of every certificate of tests/vectors/tls. */
enum { PAIR_NOW = 1800000000 };
int64_t pair_now(void *ctx);

/* pair_config: a configuration that trusts the test root; server with its RSA certificate, client with none. */
struct sw_config *pair_config(enum sw_role role);
/* pair_cert: add tests/vectors/tls/NAME.crt and its key. */
void pair_cert(struct sw_config *cfg, const char *name);

/*
 * pair_open: configurations for both sides, connections not made yet; client and server are asked for certificates if
 * mutual.
 */
void pair_open(struct pair *p, bool mutual);
/* pair_connect: make both connections. pair_run: carry bytes until nothing moves; true if both are established. */
void pair_connect(struct pair *p, const char *name);
bool pair_run(struct pair *p);
/* pair_establish: open, connect to "server.example" and run; the test ends here if that fails. */
void pair_establish(struct pair *p, bool mutual);
/*
 * pair_put: one side sends a record of its own, past all rules about when; it is carried over. type: enum
 * sw_content_type.
 */
void pair_put(struct pair *p, bool by_client, unsigned type, const void *data, size_t len);
/* pair_drop: free the connections. pair_close: and the configurations. */
void pair_drop(struct pair *p);
void pair_close(struct pair *p);

/* pair_send: from writes all of data; to reads it; both ends checked. */
bool pair_send(struct pair *p, struct sw_conn *from, struct sw_conn *to, size_t len);

/* pair_exchange: data both ways, then the client closes; both ends must see it. */
void pair_exchange(struct pair *p);

/* pair_carry: move up to `piece` bytes from one to the other; true if anything moved. */
bool pair_carry(struct sw_conn *from, struct sw_conn *to, size_t piece);

#endif
