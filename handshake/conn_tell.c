/* What a connection says while it runs: why it is about to fail, what each message means, and its secrets to a key log that was asked for. */
#include "base/wipe.h"
#include "handshake/conn.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LABEL_MAX = 32 };

void sw_conn_explain(struct sw_conn *conn, const char *format, ...)
{
    va_list args;

    if (conn->text != NULL)
        return;
    conn->text = sw_conn_alloc(conn, SW_TEXT_MAX);
    if (conn->text == NULL)
        return;
    va_start(args, format);
    (void)vsnprintf(conn->text, SW_TEXT_MAX, format, args);
    va_end(args);
}

void sw_conn_note(struct sw_conn *conn, const char *format, ...)
{
    va_list args;

    if (conn->cfg->trace == NULL || conn->hs == NULL)
        return;
    va_start(args, format);
    (void)vsnprintf(conn->hs->note, SW_NOTE_MAX, format, args);
    va_end(args);
}

void sw_conn_trace(struct sw_conn *conn, bool sent, uint8_t content_type, const uint8_t *data, size_t len)
{
    struct sw_trace_event ev = {.sent = sent, .content_type = content_type, .data = data, .len = len, .note = ""};

    if (conn->cfg->trace == NULL)
        return;
    ev.is_protected = (sent ? conn->out.bulk : conn->in.bulk) != NULL &&
                      !(conn->version == SW_TLS13 && content_type == SW_CT_CHANGE_CIPHER_SPEC);
    if (content_type == SW_CT_HANDSHAKE && len > 0)
        ev.message = data[0];
    else if (content_type == SW_CT_ALERT && len == 2)
        ev.message = data[1];
    if (conn->hs != NULL)
        ev.note = conn->hs->note;
    conn->tracing = true;
    conn->cfg->trace(conn->cfg->trace_ctx, conn, &ev);
    conn->tracing = false;
    if (conn->hs != NULL)
        conn->hs->note[0] = '\0';
}

static char *put_hex(char *out, const uint8_t *p, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        *out++ = digits[p[i] >> 4];
        *out++ = digits[p[i] & 15];
    }
    *out = '\0';
    return out;
}

/* One line (RFC 9850 2): label, the client's random, the secret. */
static void log_secret(struct sw_conn *conn, const char *label, const uint8_t *secret, size_t len)
{
    char line[LABEL_MAX + 1 + 2 * SW_RANDOM_LEN + 1 + 2 * SW_HASH_MAX + 1], *at = line;
    size_t label_len = strlen(label);

    if (conn->cfg->keylog == NULL || label_len > LABEL_MAX)
        return;
    memcpy(at, label, label_len);
    at += label_len;
    *at++ = ' ';
    at = put_hex(at, conn->client_random, SW_RANDOM_LEN);
    *at++ = ' ';
    put_hex(at, secret, len);
    conn->tracing = true;
    conn->cfg->keylog(conn->cfg->keylog_ctx, conn, line);
    conn->tracing = false;
    sw_wipe(line, sizeof line);
}

void sw_conn_keylog(struct sw_conn *conn)
{
    log_secret(conn, "CLIENT_RANDOM", conn->master, SW_MASTER_LEN);
}

void sw_conn_keylog_secret(struct sw_conn *conn, const char *label, const uint8_t *secret)
{
    log_secret(conn, label, secret, sw_hash_len(conn->suite->prf));
}
