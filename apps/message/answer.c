/* Messages as JSON, and what else the answers of the mailbox have in common. */
#include "apps/message/service.h"
#include "base/bytes.h"
#include "base/wipe.h"
#include "ttp/cli_time.h"
#include "ttp/pem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t message_now(void)
{
    return (int64_t)time(NULL);
}

void message_happened(struct message_service *s, const char *what, const struct sw_mail *mail, const char *who)
{
    if (s->events.happened)
        s->events.happened(s->events.ctx, what, mail, who);
}

void message_trouble(struct message_service *s, const char *what, enum sw_err err)
{
    if (s->events.trouble)
        s->events.trouble(s->events.ctx, what, err == SW_ERR_SYSTEM ? sw_store_why(s->store) : sw_err_reason(err));
}

bool message_is_yes(const char *text)
{
    return text && (strcmp(text, "1") == 0 || strcmp(text, "yes") == 0 || strcmp(text, "true") == 0 || !*text);
}

static json_t *time_json(int64_t at)
{
    char text[CLI_TIME_CAP];
    cli_time_text(at, text);
    return *text ? json_string(text) : json_null();
}

const char *message_once(enum sw_once once)
{
    return once == SW_ONCE ? "yes" : once == SW_ONCE_STRICT ? "strict" : "no";
}

json_t *message_hex(const uint8_t *p, size_t len)
{
    char text[65];
    for (size_t i = 0; i < len && i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", p[i]);
    return json_string(text);
}

/* Text as text; what is not UTF-8 in base64. */
static void set_body(json_t *object, const struct sw_mail *mail)
{
    json_t *text =
        memchr(mail->body, 0, mail->body_len) ? NULL : json_stringn((const char *)mail->body, mail->body_len);
    if (text) {
        json_object_set_new(object, "text", text);
        return;
    }
    size_t cap = SW_BASE64_LEN(mail->body_len) + 1;
    char *armoured = malloc(cap);
    if (armoured && sw_base64_encode(mail->body, mail->body_len, armoured, cap) == SW_OK)
        json_object_set_new(object, "base64", json_string(armoured));
    if (armoured)
        sw_wipe(armoured, cap);
    free(armoured);
}

json_t *message_json(const struct sw_mail *mail)
{
    json_t *object =
        json_pack("{s:s,s:s,s:s,s:o,s:o,s:s,s:b,s:s,s:b,s:o,s:i,s:i,s:i,s:s?}", "id", mail->id, "from", mail->sender,
                  "to", mail->recipient, "sent", time_json(mail->created), "expires", time_json(mail->expires), "once",
                  message_once(mail->once), "sealed", mail->sealed, "state", sw_mail_state_name(mail->state), "ended",
                  mail->ended, "changed", time_json(mail->changed), "deliveries", (int)mail->deliveries,
                  "max_deliveries", (int)mail->allowed, "turned_away", (int)mail->turned_away, "reason",
                  mail->reason ? sw_refusal_name(mail->reason) : NULL);
    if (object) {
        json_object_set_new(object, "cursor", json_integer(mail->cursor));
        json_object_set_new(object, "from_certificate", message_hex(mail->sender_cert, sizeof mail->sender_cert));
    }
    if (object && mail->body)
        set_body(object, mail);
    return object;
}

void message_failed(struct message_service *s, struct http_request *rq, enum sw_err err)
{
    message_trouble(s, "store", err);
    if (err == SW_ERR_SYSTEM && sw_store_full(s->store)) {
        http_set_header(rq, "Retry-After", "60");
        http_problem(rq, 507, "the server's disk is full");
    } else {
        http_problem(rq, err == SW_ERR_MEMORY ? 503 : 500, "the mailbox cannot be used now");
    }
}
