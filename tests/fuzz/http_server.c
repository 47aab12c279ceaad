/*
 * The HTTP glue: a request of any bytes to the mailbox, over a real TLS connection on loopback, as an authenticated but
 * hostile client can send it. The first byte says in which pieces. The store is a real one in a directory of its own;
 * the connection is resumed, so that time goes into HTTP.
 */
#include "apps/http/http.h"
#include "apps/message/server.h"
#include "apps/net/bev.h"
#include "include/sealwax.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 4096, SESSION_MAX = 8192 };

static struct {
    struct event_base *base;
    struct http *http;
    struct message_service *messages;
    struct sw_config *client;
    struct sockaddr_in at;
    uint8_t session[SESSION_MAX];
    size_t session_len;
} world;

static int64_t now(void *ctx)
{
    (void)ctx;
    return 1800000000;
}

#define must(fine) hold((fine), __LINE__)

static void hold(bool fine, int line)
{
    if (!fine) {
        fprintf(stderr, "line %d does not hold: %s\n", line, strerror(errno));
        abort();
    }
}

static size_t load(const char *path, char *out, size_t cap)
{
    FILE *f = fopen(path, "rb");
    must(f != NULL); /* run at the top of the tree */
    size_t n = fread(out, 1, cap, f);
    fclose(f);
    return n;
}

static struct sw_config *config(enum sw_role role, const char *cert_path, const char *key_path)
{
    char root[8192], cert[8192], key[8192];
    size_t root_len = load("tests/vectors/tls/root.crt", root, sizeof root);
    size_t cert_len = load(cert_path, cert, sizeof cert), key_len = load(key_path, key, sizeof key);
    struct sw_config *cfg = sw_config_new(role, NULL);
    must(cfg && sw_config_add_trust(cfg, root, root_len) == SW_OK &&
         sw_config_add_cert(cfg, cert, cert_len, key, key_len, NULL) == SW_OK);
    sw_config_set_clock(cfg, now, NULL);
    return cfg;
}

static void remove_store(void)
{
    must(system("rm -rf \"$SEALWAX_FUZZ_DIR\"") == 0);
}

static struct sw_store *open_store(void)
{
    static char dir[] = "/tmp/sealwax-fuzz.XXXXXX";
    char db[128], key[128];
    const char *why;
    struct sw_store *store;
    must(mkdtemp(dir) != NULL);
    setenv("SEALWAX_FUZZ_DIR", dir, 1);
    atexit(remove_store);
    snprintf(db, sizeof db, "%s/mail.db", dir);
    snprintf(key, sizeof key, "%s/key", dir);
    must(sw_store_open(&store, db, SW_VAULT_FILE(key), &sw_store_defaults, &why) == SW_OK);
    return store;
}

static void quiet(int severity, const char *text)
{
    (void)severity;
    (void)text;
}

static void set_up(void)
{
    const struct http_events events = {0};
    const struct message_events said = {0};
    const struct http_limits limits = {.body_max = BODY_MAX, .timeout = 60};
    socklen_t len = sizeof world.at;
    signal(SIGPIPE, SIG_IGN);
    event_set_log_callback(quiet);
    struct sw_config *server =
        config(SW_SERVER, "tests/vectors/tls/server-p256.crt", "tests/vectors/tls/server-p256.key");
    world.client = config(SW_CLIENT, "tests/vectors/tls/client-p256.crt", "tests/vectors/tls/client-p256.key");
    world.base = event_base_new();
    world.http = http_new(world.base, &events, NULL, server, &limits);
    world.messages = message_service_new(world.base, open_store(), &said);
    world.at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    must(bind(fd, (struct sockaddr *)&world.at, sizeof world.at) == 0 && listen(fd, 64) == 0 &&
         getsockname(fd, (struct sockaddr *)&world.at, &len) == 0);
    must(http_serve(world.http, message_routes, world.messages) && http_listen(world.http, fd));
}

static void turn(void)
{
    for (int i = 0; i < 4; i++)
        event_base_loop(world.base, EVLOOP_NONBLOCK);
}

/* Both directions, once. What the server answers is read and thrown away. */
static bool carry(struct sw_conn *conn, int fd)
{
    size_t n;
    const uint8_t *from;
    uint8_t *to;
    while ((from = sw_conn_out_buf(conn, &n)) != NULL) {
        ssize_t sent = send(fd, from, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        must(sw_conn_out_ack(conn, (size_t)sent) == SW_OK);
    }
    turn();
    while ((sw_conn_wants(conn) & SW_WANT_RECV) && (to = sw_conn_in_buf(conn, &n)) != NULL) {
        ssize_t got = recv(fd, to, n, 0);
        if (got <= 0)
            return got < 0;
        must(sw_conn_in_ack(conn, (size_t)got) == SW_OK); /* the server never says what breaks TLS */
        while (sw_conn_peek(conn, &n) != NULL)
            must(sw_conn_skip(conn, n) == SW_OK);
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_conn *conn;
    if (size < 2)
        return 0;
    if (!world.base)
        set_up();
    size_t piece = data[0] ? data[0] : size;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    must(connect(fd, (struct sockaddr *)&world.at, sizeof world.at) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0 &&
         sw_conn_new(&conn, world.client, "server.example") == SW_OK);
    if (world.session_len)
        must(sw_conn_set_session(conn, world.session, world.session_len) == SW_OK);
    for (int i = 0; i < 10000 && !sw_conn_established(conn); i++) { /* a busy machine takes its time */
        must(carry(conn, fd));
        if (!sw_conn_established(conn))
            poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 1);
    }
    must(sw_conn_established(conn));
    if (sw_conn_session(conn, world.session, sizeof world.session, &world.session_len))
        world.session_len = 0;
    bool open = true;
    for (size_t at = 1; at < size && open;) {
        size_t n = size - at < piece ? size - at : piece, taken = 0;
        if (sw_conn_write(conn, data + at, n, &taken) || !taken)
            break;
        at += taken;
        open = carry(conn, fd);
    }
    carry(conn, fd);
    sw_conn_free(conn);
    close(fd);
    turn();
    return 0;
}
