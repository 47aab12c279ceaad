/*
 * A shim: the program a foreign TLS conformance suite drives. It connects to the suite's runner over TCP on loopback,
 * speaks TLS through the library as the flags ask, checks what the flags expect, echoes data, and says by exit code and
 * one line on stderr how it went.
 *
 * Which error stands for which of the suite's is the table in config.json; the line printed here always carries our
 * error's name between colons, so that a mapping is exact.
 */
#include "tests/bogo/shim.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_MAX = 16384, DEFAULT_READ = 512 };

/* --- ends --------------------------------------------------------------------------------------------------------- */

_Noreturn void shim_fail(const char *name, const char *text)
{
    fprintf(stderr, ":%s: %s\n", name, text);
    exit(SHIM_FAILED);
}

_Noreturn void shim_broken(const char *what)
{
    fprintf(stderr, "shim: %s\n", what);
    exit(SHIM_BROKEN);
}

void shim_must(enum sw_err err, const char *what)
{
    if (err != SW_OK) {
        fprintf(stderr, "shim: %s: %s\n", what, sw_err_reason(err));
        exit(SHIM_BROKEN);
    }
}

uint8_t *shim_read_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    uint8_t *p;
    long size;

    if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0)
        shim_broken(path);
    rewind(f);
    p = malloc((size_t)size + 1);
    if (p == NULL || fread(p, 1, (size_t)size, f) != (size_t)size)
        shim_broken(path);
    fclose(f);
    p[size] = '\0';
    *len = (size_t)size;
    return p;
}

/* --- one connection ----------------------------------------------------------------------------------------------- */

static void write_all(struct shim *shim, struct sw_conn *conn, const uint8_t *p, size_t len)
{
    while (len > 0) {
        size_t taken;

        if (sw_conn_write(conn, p, len, &taken) != SW_OK)
            shim_fail_connection(shim, conn);
        shim_flush(shim, conn);
        p += taken;
        len -= taken;
    }
    shim_flush(shim, conn);
}

/* Until data can be written: the end, or False Start. */
static void handshake(struct shim *shim, struct sw_conn *conn)
{
    while (!sw_conn_established(conn) && !(sw_conn_wants(conn) & SW_WANT_WRITE))
        if (sw_conn_error(conn) != SW_OK || !shim_turn(shim, conn))
            shim_fail_connection(shim, conn);
    shim_flush(shim, conn);
    /* what came along with the end of the handshake may have ended the connection, too */
    if (sw_conn_error(conn) != SW_OK)
        shim_fail_connection(shim, conn);
}

/* Their length, least significant byte first, what the peer's keys are made of, and what ours are. */
static void send_secrets(struct shim *shim, struct sw_conn *conn)
{
    const struct blob *ours = &shim->traffic[shim->set->server], *theirs = &shim->traffic[!shim->set->server];
    uint8_t len[2] = {(uint8_t)ours->len, (uint8_t)(ours->len >> 8)};

    if (!ours->set || !theirs->set)
        shim_fail("EXPORT", "failed to export traffic secrets");
    write_all(shim, conn, len, sizeof len);
    write_all(shim, conn, theirs->p, theirs->len);
    write_all(shim, conn, ours->p, ours->len);
}

static void send_derived(struct shim *shim, struct sw_conn *conn)
{
    const struct settings *s = shim->set;

    if (s->export_len >= 0) {
        const void *context = s->export_context.p != NULL ? (const void *)s->export_context.p : "";
        uint8_t *out = malloc((size_t)s->export_len + 1);

        if (out == NULL ||
            sw_conn_export(conn, s->export_label != NULL ? s->export_label : "", s->use_export_context ? context : NULL,
                           s->export_context.len, out, (size_t)s->export_len) != SW_OK)
            shim_fail("EXPORT", "failed to export keying material");
        write_all(shim, conn, out, (size_t)s->export_len);
        free(out);
    }
    if (s->export_traffic_secrets)
        send_secrets(shim, conn);
    if (s->tls_unique) {
        uint8_t out[12];

        if (sw_conn_tls_unique(conn, out) != SW_OK)
            shim_fail("TLS_UNIQUE", "failed to get tls-unique");
        write_all(shim, conn, out, sizeof out);
    }
}

/* Read until something comes, the peer ends, or the connection fails; 0 at the end. */
static size_t read_some(struct shim *shim, struct sw_conn *conn, uint8_t *buf, size_t cap)
{
    for (;;) {
        size_t got, seen, again;
        const uint8_t *view;
        enum sw_err err;

        if (shim->set->peek_then_read && (view = sw_conn_peek(conn, &seen)) != NULL && seen > 0) {
            size_t n = seen < cap ? seen : cap;

            memcpy(buf, view, n);
            view = sw_conn_peek(conn, &again);
            shim_expect(view != NULL && again == seen && memcmp(buf, view, n) == 0, "the same bytes at a second look");
        }
        err = sw_conn_read(conn, buf, cap, &got);
        if (got > 0)
            return got;
        if (err == SW_ERR_CLOSED)
            return 0;
        if (err == SW_ERR_TRUNCATED && !shim->set->check_close_notify)
            return 0;
        if (err != SW_OK || sw_conn_error(conn) != SW_OK || !shim_turn(shim, conn)) {
            if (sw_conn_error(conn) == SW_ERR_TRUNCATED && !shim->set->check_close_notify && sw_conn_established(conn))
                return 0;
            if (sw_conn_error(conn) != SW_OK)
                shim_fail_connection(shim, conn);
        }
    }
}

static void echo(struct shim *shim, struct sw_conn *conn)
{
    uint8_t buf[READ_MAX];
    size_t cap = shim->set->read_size > 0 && shim->set->read_size < READ_MAX ? (size_t)shim->set->read_size
                                                                             : DEFAULT_READ,
           got;

    if (shim->set->read_size > READ_MAX)
        cap = READ_MAX;
    while ((got = read_some(shim, conn, buf, cap)) > 0) {
        shim_expect(sw_conn_established(conn), "data only after the handshake");
        for (size_t i = 0; i < got; i++)
            buf[i] ^= 0xff;
        write_all(shim, conn, buf, got);
    }
}

/* With check_close_notify the peer's close_notify must come, and no data before it. */
static void close_connection(struct shim *shim, struct sw_conn *conn)
{
    uint8_t byte;

    sw_conn_close(conn);
    shim_flush(shim, conn);
    if (!shim->set->check_close_notify)
        return;
    if (shim->set->shim_shuts_down && read_some(shim, conn, &byte, 1) != 0) {
        shim_hang_up(shim);
        shim_fail("DATA_ON_SHUTDOWN", "application data arrived while closing");
    }
    if (sw_conn_alert_received(conn) != SW_ALERT_CLOSE_NOTIFY)
        shim_fail_connection(shim, conn);
}

/* The library takes a session's peer for what it was: whoever wants to look again does so when it goes on. */
static void verify_again(struct shim *shim, struct sw_conn *conn)
{
    const struct settings *s = shim->set;
    struct sw_conn_info info;

    sw_conn_info(conn, &info);
    if (!info.resumed || !s->reverify_on_resume || !s->verify_fail || !s->verify_peer)
        return;
    sw_conn_abort(conn, shim_verify_alert(s), SW_ERR_CERT_REJECTED);
    shim_fail_connection(shim, conn);
}

static void run_connection(struct shim *shim)
{
    const struct settings *s = shim->set;
    struct sw_config *cfg = shim_configure(shim);
    struct sw_conn *conn;
    struct sw_conn_info info;
    bool began_early = false;

    shim_forget(shim);
    shim_must(sw_conn_new(&conn, cfg, s->server ? NULL : s->host_name), "connection");
    if (!s->server && shim->connection > 0) {
        if (shim->session_len == 0)
            shim_fail("NO_SESSION", "there is no session to offer");
        shim_must(sw_conn_set_session(conn, shim->session, shim->session_len), "session");
    }
    shim->fd = shim_dial(s);
    if (!s->implicit_handshake) {
        handshake(shim, conn);
        verify_again(shim, conn);
        shim_check(shim, conn);
        began_early = !sw_conn_established(conn);
    } else if (s->shim_writes_first || s->shim_shuts_down || s->export_len >= 0 || s->tls_unique || s->key_update ||
               s->export_traffic_secrets) {
        handshake(shim, conn);
    }
    send_derived(shim, conn);
    if (s->send_alert) {
        sw_conn_abort(conn, SW_ALERT_DECOMPRESSION_FAILURE, SW_ERR_CALLBACK);
        shim_flush(shim, conn);
        shim_hang_up(shim);
        exit(SHIM_OK);
    }
    if (s->key_update && sw_conn_update_keys(conn, false) != SW_OK)
        shim_fail("KEY_UPDATE", "failed to update the keys");
    shim_flush(shim, conn);
    /* a write that is not finished is one that goes on beside the first read */
    if (s->shim_writes_first || s->unfinished_write)
        write_all(shim, conn, (const uint8_t *)"hello", 5);
    if (!s->shim_shuts_down)
        echo(shim, conn);
    shim_expect(!s->handshake_never_done || !sw_conn_established(conn), "a handshake that is never done");
    if (began_early && sw_conn_established(conn))
        shim_check_session(shim, conn);
    sw_conn_info(conn, &info);
    if (!s->implicit_handshake && !s->server && info.version == SW_TLS13)
        shim_check_late_session(shim, conn);
    if (s->implicit_handshake && !s->server &&
        sw_conn_session(conn, shim->session, SHIM_SESSION_ROOM, &shim->session_len) != SW_OK)
        shim->session_len = 0;
    close_connection(shim, conn);
    shim_hang_up(shim);
    sw_conn_free(conn);
    sw_config_free(shim->previous);
    shim->previous = cfg;
}

static void on_crash(int signal_number)
{
    (void)signal_number;
    _exit(SHIM_BROKEN);
}

int main(int argc, char **argv)
{
    static struct command cmd;
    static struct shim shim;

    if (argc == 2 && strcmp(argv[1], "-is-handshaker-supported") == 0) {
        puts("No");
        return SHIM_OK;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGSEGV, on_crash);
    signal(SIGABRT, on_crash);
    shim_parse(&cmd, argc, argv);
    shim.session = malloc(SHIM_SESSION_ROOM);
    if (shim.session == NULL)
        shim_broken("out of memory");
    for (shim.connection = 0; shim.connection <= cmd.initial.resume_count; shim.connection++) {
        shim.set = shim.connection == 0 ? &cmd.initial : &cmd.resumed;
        shim.waited += shim.connection > 0 ? shim.set->resumption_delay : 0;
        run_connection(&shim);
    }
    sw_config_free(shim.previous);
    free(shim.session);
    free(shim.peer_alpn.p);
    free(shim.peer_sigalgs.p);
    free(shim.certificate_types.p);
    free(shim.authorities.p);
    free(shim.traffic[0].p);
    free(shim.traffic[1].p);
    return SHIM_OK;
}
