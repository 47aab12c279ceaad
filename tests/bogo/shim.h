/* The inside of the shim: what its files share. Each function that finds something wrong ends the process. */
#ifndef SW_TESTS_BOGO_SHIM_H
#define SW_TESTS_BOGO_SHIM_H

#include "include/sealwax.h"
#include "tests/bogo/flags.h"

enum { SHIM_SESSION_ROOM = 65536 + 4096 };

/* What lives as long as the process. */
struct shim {
    const struct settings *set; /* of the connection in progress */
    struct sw_config *previous; /* whose session cache and ticket keys the next connection's configuration shares */
    uint8_t *session;           /* client: newest session */
    size_t session_len;
    int connection;         /* 0 for the first */
    long waited;            /* seconds that the clock is ahead of the machine's */
    bool previous_retained; /* what the previous connection kept of a client's certificate */

    /* taken from the peer's messages as they went by */
    struct blob peer_alpn, peer_sigalgs, certificate_types, authorities;
    bool got_new_session_ticket, verify_called, ocsp_called, cert_requested, retried;
    /* TLS 1.3: what the client's and the server's keys are made of when the handshake is done */
    struct blob traffic[2];
    int fd;
};

/* --- shim.c: ends --- */

/*
 * shim_fail: the test failed; name goes between colons. shim_broken: the shim cannot run it. shim_must: what cannot
 * fail here.
 */
_Noreturn void shim_fail(const char *name, const char *text);
_Noreturn void shim_broken(const char *what);
void shim_must(enum sw_err err, const char *what);
/* shim_read_file: a whole file, NUL-terminated; the caller's to free. */
uint8_t *shim_read_file(const char *path, size_t *len);

/* --- configure.c --- */

/* shim_configure: the configuration of the connection in progress. */
struct sw_config *shim_configure(struct shim *shim);

/* --- callbacks.c: what the library calls; ctx is the shim --- */

enum sw_err shim_verify(void *ctx, struct sw_conn *conn, const struct sw_peer_chain *chain);
/* shim_verify_alert: what a peer is told whose certificates the test has refused. */
enum sw_alert shim_verify_alert(const struct settings *s);
enum sw_err shim_hello(void *ctx, struct sw_conn *conn);
void shim_watch(void *ctx, struct sw_conn *conn, const struct sw_trace_event *ev);
void shim_secret(void *ctx, struct sw_conn *conn, const char *line);
/* shim_forget: what the peer of another connection said. */
void shim_forget(struct shim *shim);

/* --- transport.c --- */

/* shim_dial: connect to the runner and say which test this is. shim_hang_up: half-close, and read the rest. */
int shim_dial(const struct settings *s);
void shim_hang_up(struct shim *shim);
/* shim_flush: send all that waits. shim_turn: that, and receive once; false when nothing can move any more. */
void shim_flush(struct shim *shim, struct sw_conn *conn);
bool shim_turn(struct shim *shim, struct sw_conn *conn);
/* shim_fail_connection: the connection has failed: its alert is sent, its error is the verdict. */
_Noreturn void shim_fail_connection(struct shim *shim, struct sw_conn *conn);

/* --- expect.c --- */

/* shim_expect: what has to be true. shim_check: all a test expects of a handshake that is done. */
void shim_expect(bool ok, const char *what);
void shim_check(struct shim *shim, struct sw_conn *conn);
/*
 * shim_check_session: a client's session of a handshake that is done: kept for the next connection, if it is as
 * expected. shim_check_late_session: that of TLS 1.3, which comes behind the handshake.
 */
void shim_check_session(struct shim *shim, struct sw_conn *conn);
void shim_check_late_session(struct shim *shim, struct sw_conn *conn);

#endif
