/* What sealwaxd serve tells: each thing that happens, as a line of its log and a number of its metrics. */
#include "apps/daemon/serve.h"
#include <inttypes.h>
#include <stdio.h>

/* The two that end a connection without anything being wrong (RFC 8446 6.1) do not count. */
static void count_alert(const struct server *s, enum metric id, enum sw_alert alert)
{
    if (alert != SW_ALERT_NONE && alert != SW_ALERT_CLOSE_NOTIFY && alert != SW_ALERT_USER_CANCELED)
        metrics_add(s->metrics, id, sw_alert_name(alert), 1);
}

void serve_on_disconnected(void *ctx, struct sw_conn *conn, int fd)
{
    const struct server *s = ctx;
    enum sw_err err = sw_conn_error(conn);
    char peer[NET_NAME_MAX];
    if (!sw_conn_established(conn))
        metrics_add(s->metrics, METRIC_HANDSHAKES, "failed", 1);
    count_alert(s, METRIC_ALERTS, sw_conn_alert_sent(conn));
    count_alert(s, METRIC_ALERTS_RECEIVED, sw_conn_alert_received(conn));
    if (err && err != SW_ERR_TRUNCATED && err != SW_ERR_CLOSED)
        log_event(&s->log, LEVEL_NOTICE, "connection", "from", net_peer_name(fd, peer), "failed",
                  sw_conn_error_text(conn), NULL);
}

void serve_on_connected(void *ctx, struct sw_conn *conn)
{
    const struct server *s = ctx;
    /* a handshake begun before a reload has looked into the roots and lists of then */
    const enum sw_err doubt = sw_config_doubts(s->cfg, conn);
    struct sw_conn_info info;
    if (doubt) {
        sw_conn_abort(conn, sw_err_alert(doubt), doubt);
        return;
    }
    sw_conn_info(conn, &info);
    metrics_add(s->metrics, METRIC_HANDSHAKES, info.resumed ? "resumed" : "full", 1);
    if (!info.resumed)
        message_service_learn(s->messages, conn);
}

/*
 * Limits, quotas and permissions, which an owner may want to change: what is wrong with a request is its sender's
 * business.
 */
static bool is_refusal(int status)
{
    return status == 403 || status == 413 || status == 429 || status == 503 || status == 507;
}

void serve_on_answered(void *ctx, const struct http_request *rq, int status)
{
    const struct server *s = ctx;
    char number[16], hundreds[4] = {(char)('0' + status / 100 % 10), 'x', 'x', 0};
    snprintf(number, sizeof number, "%d", status);
    metrics_add(s->metrics, METRIC_REQUESTS, hundreds, 1);
    if (is_refusal(status))
        metrics_add(s->metrics, METRIC_REFUSALS, number, 1);
    log_event(&s->log, LEVEL_DEBUG, "answered", "status", number, "to", rq->peer.name, "uri",
              evhttp_request_get_uri(rq->ev), NULL);
}

void serve_on_message(void *ctx, const char *what, const struct sw_mail *mail, const char *who)
{
    const struct server *s = ctx;
    metrics_add(s->metrics, METRIC_MESSAGES, what, 1);
    log_event(&s->log, LEVEL_INFO, "message", "state", what, "id", mail->id, "from", mail->sender, "to",
              mail->recipient, "by", *who ? who : NULL, NULL);
}

void serve_on_file(void *ctx, const char *what, const char *who, int64_t bytes)
{
    const struct server *s = ctx;
    char number[24];
    snprintf(number, sizeof number, "%" PRId64, bytes);
    metrics_add(s->metrics, METRIC_FILE_EVENTS, what, 1);
    metrics_add(s->metrics, METRIC_FILE_BYTES, what, (uint64_t)bytes);
    log_event(&s->log, LEVEL_INFO, "file", "what", what, "by", who, "bytes", number, NULL);
}

void serve_on_media(void *ctx, const char *what, const char *title, const char *who)
{
    const struct server *s = ctx;
    metrics_add(s->metrics, METRIC_MEDIA, what, 1);
    log_event(&s->log, LEVEL_INFO, "media", "what", what, "title", title, "by", who, NULL);
}

void serve_on_trouble(void *ctx, const char *what, const char *why)
{
    const struct server *s = ctx;
    metrics_add(s->metrics, METRIC_TROUBLE, "", 1);
    log_event(&s->log, LEVEL_WARNING, "trouble", "at", what, "why", why, NULL);
}

void serve_on_cannot_accept(void *ctx, const char *why)
{
    serve_on_trouble(ctx, "accept", why);
}

/* What libevent has to say, which knows nobody to say it to: the server that runs. */
static const struct server *loop_owner;

static void on_loop_says(int severity, const char *text)
{
    bool warning = severity != EVENT_LOG_DEBUG && severity != EVENT_LOG_MSG;
    if (!loop_owner)
        return;
    if (warning)
        metrics_add(loop_owner->metrics, METRIC_LOOP, "", 1);
    log_event(&loop_owner->log, warning && severity != EVENT_LOG_WARN ? LEVEL_WARNING : LEVEL_DEBUG, "loop", "says",
              text, NULL);
}

void serve_loop_tells(const struct server *s)
{
    loop_owner = s;
    if (s)
        event_set_log_callback(on_loop_says);
}
