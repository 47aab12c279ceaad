/* What sealwaxd serve tells: each thing that happens, as a line of its log and a number of its metrics. */
#include "apps/serve_own.h"
#include <stdio.h>

void serve_on_disconnected(void *ctx, struct sw_conn *conn)
{
    const struct server *s = ctx;
    enum sw_err err = sw_conn_error(conn);
    enum sw_alert alert = sw_conn_alert_sent(conn);
    if (!sw_conn_established(conn))
        metrics_add(s->metrics, METRIC_HANDSHAKES, "failed", 1);
    if (alert != SW_ALERT_NONE && alert != SW_ALERT_CLOSE_NOTIFY)
        metrics_add(s->metrics, METRIC_ALERTS, sw_alert_name(alert), 1);
    if (err && err != SW_ERR_TRUNCATED && err != SW_ERR_CLOSED)
        log_event(&s->log, LEVEL_NOTICE, "connection", "failed", sw_conn_error_text(conn), NULL);
}

void serve_on_connected(void *ctx, struct sw_conn *conn)
{
    const struct server *s = ctx;
    struct sw_conn_info info;
    sw_conn_info(conn, &info);
    metrics_add(s->metrics, METRIC_HANDSHAKES, info.resumed ? "resumed" : "full", 1);
    if (!info.resumed)
        message_service_learn(s->messages, conn);
}

void serve_on_answered(void *ctx, const struct http_request *rq, int status)
{
    const struct server *s = ctx;
    char number[16], hundreds[4] = {(char)('0' + status / 100 % 10), 'x', 'x', 0};
    snprintf(number, sizeof number, "%d", status);
    metrics_add(s->metrics, METRIC_REQUESTS, hundreds, 1);
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

/* What libevent has to say, which knows nobody to say it to: the log of the server that runs. */
static const struct log *loop_log;

static void on_loop_says(int severity, const char *text)
{
    static const enum log_level levels[] = {LEVEL_DEBUG, LEVEL_DEBUG, LEVEL_DEBUG, LEVEL_WARNING};
    if (loop_log)
        log_event(loop_log, severity >= 0 && severity < 4 ? levels[severity] : LEVEL_WARNING, "loop", "says", text,
                  NULL);
}

void serve_loop_log(const struct log *log)
{
    loop_log = log;
    if (log)
        event_set_log_callback(on_loop_says);
}
