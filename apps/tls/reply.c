/*
 * The answers of the test server. Foreign test suites look at records, so an answer is one record: nothing is answered
 * before all that was queued has gone, and then in one write.
 */
#include "apps/tls/reply.h"
#include "apps/tls/describe.h"
#include <stdio.h>
#include <string.h>

enum { HEADER_MAX = 64 << 10 };

static const char *const mode_names[] = {"echo", "http", "discard", "pipe"};

bool reply_mode_parse(const char *text, enum reply_mode *out)
{
    for (unsigned i = 0; i < sizeof mode_names / sizeof *mode_names; i++)
        if (strcmp(text, mode_names[i]) == 0) {
            *out = (enum reply_mode)i;
            return true;
        }
    return false;
}

static void skip_all(struct sw_conn *conn)
{
    size_t len;
    while (sw_conn_peek(conn, &len) != NULL)
        (void)sw_conn_skip(conn, len);
}

/* The peer's close_notify is answered with ours. Nothing is left to do then: false, for reply_work. */
static bool close_at_end(struct sw_conn *conn)
{
    uint8_t none;
    size_t got;
    if ((sw_conn_wants(conn) & SW_WANT_READ) && sw_conn_read(conn, &none, 0, &got) == SW_ERR_CLOSED)
        sw_conn_close(conn);
    return false;
}

/* One record back for each, of the same length. */
static bool echo(struct sw_conn *conn)
{
    uint8_t copy[16384]; /* what peek shows is gone with the next call */
    size_t len, taken = 0;
    if (sw_conn_wants(conn) & SW_WANT_SEND)
        return false;
    const uint8_t *p = sw_conn_peek(conn, &len);
    if (!p)
        return close_at_end(conn);
    if (len > sizeof copy)
        len = sizeof copy;
    memcpy(copy, p, len);
    if (sw_conn_write(conn, copy, len, &taken) != SW_OK)
        return false;
    (void)sw_conn_skip(conn, taken);
    return taken > 0;
}

/*
 * Whether the request's header ends in these bytes: at an empty line, whatever mixture of CRLF and LF ends the lines.
 * Empty lines before the request line are passed over (RFC 9112 2.2).
 */
static bool header_ends(struct reply *reply, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (p[i] == '\r')
            continue;
        if (p[i] != '\n') {
            reply->line_len++;
            continue;
        }
        if (reply->line_len == 0 && reply->line_seen)
            return true;
        reply->line_seen |= reply->line_len > 0;
        reply->line_len = 0;
    }
    reply->header_len += len;
    return false;
}

static void http_answer(struct sw_conn *conn, bool too_long)
{
    char line[512], body[640], answer[1024];
    size_t taken;
    describe_line(conn, line, sizeof line);
    int n = snprintf(body, sizeof body, too_long ? "The header is too long.\n" : "Sealwax listens.\n%s\n", line);
    n = snprintf(answer, sizeof answer,
                 "HTTP/1.0 %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s",
                 too_long ? "431 Request Header Fields Too Large" : "200 OK", n, body);
    if (sw_conn_write(conn, answer, (size_t)n, &taken) == SW_OK)
        sw_conn_close(conn);
}

/* The answer waits until all that was queued has gone (the Finished, a ticket): then it is sure to fit. */
static bool http(struct reply *reply, struct link *link)
{
    size_t len;
    if (reply->answered) {
        skip_all(link->conn);
        link_finish(link);
        return false;
    }
    if (sw_conn_wants(link->conn) & SW_WANT_SEND)
        return false;
    const uint8_t *p = sw_conn_peek(link->conn, &len);
    if (!p)
        return close_at_end(link->conn);
    bool complete = header_ends(reply, p, len), too_long = reply->header_len > HEADER_MAX;
    if (complete || too_long) { /* before the next record is looked at, which may be the end */
        http_answer(link->conn, too_long);
        reply->answered = true;
    }
    (void)sw_conn_skip(link->conn, len);
    return true;
}

static bool discard(struct sw_conn *conn)
{
    skip_all(conn);
    return close_at_end(conn);
}

bool reply_work(struct reply *reply, struct link *link)
{
    if (link->state != LINK_OPEN || sw_conn_error(link->conn) != SW_OK)
        return false;
    switch (reply->mode) {
    case REPLY_ECHO:
        return echo(link->conn);
    case REPLY_HTTP:
        return http(reply, link);
    default:
        return discard(link->conn);
    }
}
