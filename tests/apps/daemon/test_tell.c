/* What happens, as numbers: which number grows, and which does not. */
#include "apps/daemon/serve.h"
#include "tests/handshake/pair.h"
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A server that tells, and nothing else; its log goes nowhere. */
static void open_teller(struct server *s)
{
    *s = (struct server){.metrics = metrics_new()};
    s->log = (struct log){.out = fopen("/dev/null", "w"), .most = LEVEL_DEBUG};
    CU_ASSERT_TRUE_FATAL(s->metrics && s->log.out);
}

static void close_teller(struct server *s)
{
    metrics_free(s->metrics);
    fclose(s->log.out);
}

static bool shows(const struct server *s, const char *sample)
{
    char *text = metrics_text(s->metrics), line[128];
    snprintf(line, sizeof line, "\n%s\n", sample);
    bool found = text && strstr(text, line);
    free(text);
    return found;
}

static void refusals_by_status(void)
{
    static const int statuses[] = {200, 206, 404, 409, 403, 413, 429, 429, 500, 503, 507};
    struct server s;
    struct http_request rq = {.ev = evhttp_request_new(NULL, NULL), .peer = {.name = "alice"}};
    open_teller(&s);
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        serve_on_answered(&s, &rq, statuses[i]);
    CU_ASSERT_TRUE(shows(&s, "sealwax_requests_total{code=\"2xx\"} 2"));
    CU_ASSERT_TRUE(shows(&s, "sealwax_requests_total{code=\"4xx\"} 6"));
    CU_ASSERT_TRUE(shows(&s, "sealwax_refusals_total{code=\"403\"} 1"));
    CU_ASSERT_TRUE(shows(&s, "sealwax_refusals_total{code=\"413\"} 1"));
    CU_ASSERT_TRUE(shows(&s, "sealwax_refusals_total{code=\"429\"} 2"));
    CU_ASSERT_TRUE(shows(&s, "sealwax_refusals_total{code=\"503\"} 1"));
    CU_ASSERT_TRUE(shows(&s, "sealwax_refusals_total{code=\"507\"} 1"));
    CU_ASSERT_FALSE(shows(&s, "sealwax_refusals_total{code=\"404\"} 1"));
    evhttp_request_free(rq.ev);
    close_teller(&s);
}

static void files_and_their_bytes(void)
{
    struct server s;
    open_teller(&s);
    serve_on_file(&s, "uploaded", "alice", 1000);
    serve_on_file(&s, "uploaded", "bob", 1);
    serve_on_file(&s, "deleted", "bob", 1);
    CU_ASSERT_TRUE(shows(&s, "sealwax_files_total{event=\"uploaded\"} 2"));
    CU_ASSERT_TRUE(shows(&s, "sealwax_file_bytes_total{event=\"uploaded\"} 1001"));
    CU_ASSERT_TRUE(shows(&s, "sealwax_files_total{event=\"deleted\"} 1"));
    close_teller(&s);
}

/*
 * Both sides of a handshake that one of them ends: it has sent the alert, the other one has received it. A polite end
 * is no alert.
 */
static void alerts_of_both_directions(void)
{
    struct server s;
    struct pair p;
    open_teller(&s);
    pair_open(&p, true);
    pair_connect(&p, "nobody.example"); /* whom the server's certificate is not for */
    CU_ASSERT_FALSE(pair_run(&p));
    serve_on_disconnected(&s, p.client, -1);
    CU_ASSERT_TRUE(shows(&s, "sealwax_alerts_sent_total{alert=\"bad_certificate\"} 1"));
    serve_on_disconnected(&s, p.server, -1);
    CU_ASSERT_TRUE(shows(&s, "sealwax_alerts_sent_total{alert=\"bad_certificate\"} 1"));
    CU_ASSERT_TRUE(shows(&s, "sealwax_alerts_received_total{alert=\"bad_certificate\"} 1"));
    pair_close(&p);
    close_teller(&s);

    open_teller(&s);
    pair_establish(&p, true);
    pair_exchange(&p);
    serve_on_disconnected(&s, p.server, -1);
    char *text = metrics_text(s.metrics);
    CU_ASSERT_PTR_NULL(strstr(text, "alert=\""));
    free(text);
    pair_close(&p);
    close_teller(&s);
}

/* libevent complains of a loop that is begun inside itself. */
static void begin_again(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    CU_ASSERT_EQUAL(event_base_loop(ctx, EVLOOP_NONBLOCK), -1);
}

static void what_the_loop_warns_of(void)
{
    struct server s;
    struct event_base *base = event_base_new();
    open_teller(&s);
    struct event *ev = event_new(base, -1, 0, begin_again, base);
    CU_ASSERT_TRUE_FATAL(base && ev);
    serve_loop_tells(&s);
    CU_ASSERT_TRUE(shows(&s, "sealwax_event_loop_warnings_total 0"));
    event_active(ev, 0, 0);
    event_base_loop(base, EVLOOP_NONBLOCK);
    CU_ASSERT_TRUE(shows(&s, "sealwax_event_loop_warnings_total 1"));
    serve_loop_tells(NULL);
    event_active(ev, 0, 0);
    event_base_loop(base, EVLOOP_NONBLOCK);
    CU_ASSERT_TRUE(shows(&s, "sealwax_event_loop_warnings_total 1"));
    event_free(ev);
    event_base_free(base);
    close_teller(&s);
}

SW_TEST_SUITE(serve_tell){
    SW_TEST(refusals_by_status),
    SW_TEST(files_and_their_bytes),
    SW_TEST(alerts_of_both_directions),
    SW_TEST(what_the_loop_warns_of),
};
