/* What the client makes of servers that are there and are none. */
#include "apps/http/client.h"
#include "tests/handshake/pair.h"
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A socket that listens: the kernel accepts, and nobody ever says a word. */
static int listen_mutely(struct http_client *c)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&at, len), 0);
    CU_ASSERT_EQUAL_FATAL(listen(fd, 8), 0);
    CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    strcpy(c->host, "127.0.0.1");
    snprintf(c->where, sizeof c->where, "127.0.0.1:%d", ntohs(at.sin_port));
    return fd;
}

/*
 * A server that never said a word is given up, and not tried again; one that has answered before may be busy, and
 * whoever stays waits for it in any case. Under TLS and without.
 */
static void silence(void)
{
    static const struct {
        bool tls, met, stays;
        enum http_fate fate;
    } rows[] = {
        {true, false, false, HTTP_REFUSED},
        {false, false, false, HTTP_REFUSED},
        {true, true, false, HTTP_LOST},
        {true, false, true, HTTP_LOST},
    };
    const struct http_send get = {.method = "GET", .path = "/"};
    struct app app = {.program = "test"};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair p;
        struct http_client c = {.app = &app, .patience = 1, .met = rows[i].met, .stays = rows[i].stays};
        int code, fd = listen_mutely(&c);

        pair_open(&p, false);
        c.cfg = rows[i].tls ? p.client_cfg : NULL;
        CU_ASSERT_EQUAL(http_client_send(&c, &get, rows[i].fate == HTTP_LOST, &code), rows[i].fate);
        CU_ASSERT_EQUAL(code, APP_SYSTEM);
        CU_ASSERT_FALSE(c.connected);
        pair_close(&p);
        close(fd);
    }
}

SW_TEST_SUITE(http_client){
    SW_TEST(silence),
};
