/* A message as a row: reading it, its body, its end, the audit of it. */
#include "apps/store/db.h"
#include "base/wipe.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void row_allow(const struct sw_store *s, struct sw_mail *m)
{
    unsigned usual = m->once == SW_ONCE_NO ? s->limits.deliveries : s->limits.once_deliveries;
    unsigned wanted = m->once == SW_ONCE_STRICT ? 1 : m->max_deliveries ? m->max_deliveries : usual;
    m->allowed = wanted < s->limits.deliveries ? wanted : s->limits.deliveries;
}

void row_read(struct sw_store *s, enum query q, struct row *out)
{
    struct sw_mail *m = &out->mail;
    *out = (struct row){0};
    m->cursor = db_get(s, q, 0);
    db_get_text(s, q, 1, m->id, sizeof m->id);
    db_get_text(s, q, 2, m->sender, sizeof m->sender);
    db_get_cert(s, q, 3, m->sender_cert);
    db_get_text(s, q, 4, m->recipient, sizeof m->recipient);
    m->created = db_get(s, q, 5);
    m->expires = db_get(s, q, 6);
    m->once = (enum sw_once)db_get(s, q, 7);
    m->sealed = db_get(s, q, 8) != 0;
    m->state = (enum sw_mail_state)db_get(s, q, 9);
    m->ended = db_get(s, q, 10) != 0;
    m->changed = db_get(s, q, 11);
    m->deliveries = (unsigned)db_get(s, q, 12);
    m->turned_away = (unsigned)db_get(s, q, 13);
    out->leased = db_get_cert(s, q, 14, out->lease);
    out->lease_until = db_get(s, q, 15);
    m->max_deliveries = (unsigned)db_get(s, q, 16);
    m->reason = (enum sw_refusal)db_get(s, q, 17);
    row_allow(s, m);
}

enum sw_err row_one_asked(struct sw_store *s, enum query q, struct row *out, enum sw_err asked)
{
    enum sw_err err = asked ? asked : db_next(s, q);
    *out = (struct row){0}; /* not before: a parameter may be in it */
    if (err == SW_OK)
        row_read(s, q, out);
    db_done(s, q);
    return err;
}

enum sw_err row_by_id(struct sw_store *s, const char *id, struct row *out)
{
    return row_one(s, BY_ID, out, db_text(id));
}

enum sw_err row_audit(struct sw_store *s, const char *event, const struct sw_mail *m, const uint8_t *cert, int64_t now)
{
    return db_run(s, AUDIT, db_number(now), db_text(event), db_text(m->id), db_text(m->sender), db_text(m->recipient),
                  db_cert(cert));
}

/* Who refuses what he does not want is all that "refused" means there. */
static const char *end_event(const struct sw_mail *m)
{
    return m->state == SW_MAIL_REFUSED && m->reason > SW_REFUSAL_READER ? sw_refusal_name(m->reason)
                                                                        : sw_mail_state_name(m->state);
}

enum sw_err row_end(struct sw_store *s, struct sw_mail *m, enum sw_mail_state state, const uint8_t *cert, int64_t now)
{
    enum sw_err err = db_run(s, END, db_number(m->cursor), db_number(state), db_number(now), db_number(m->reason));
    m->state = state;
    m->ended = true;
    m->changed = now;
    return err ? err : row_audit(s, end_event(m), m, cert, now);
}

void row_seal_name(const struct sw_mail *m, char out[SEAL_NAME_MAX])
{
    snprintf(out, SEAL_NAME_MAX, "mail %s %s", m->id, m->recipient);
}

void row_likeness_name(const struct sw_mail *m, char out[SEAL_NAME_MAX])
{
    snprintf(out, SEAL_NAME_MAX, "likeness %s %s", m->id, m->recipient);
}

static enum sw_err unseal(struct sw_store *s, struct sw_mail *m, const uint8_t *p, size_t len)
{
    char name[SEAL_NAME_MAX];
    if (len < SW_VAULT_EXTRA)
        return SW_ERR_CRYPTO;
    m->body_len = len - SW_VAULT_EXTRA;
    m->body = malloc(m->body_len + 1);
    if (!m->body)
        return SW_ERR_MEMORY;
    row_seal_name(m, name);
    enum sw_err err = sw_vault_unseal(&s->vault, name, p, len, m->body);
    if (err)
        sw_mail_free(m);
    else
        m->body[m->body_len] = 0;
    return err;
}

enum sw_err row_body(struct sw_store *s, struct sw_mail *m)
{
    enum sw_err err = db_ask(s, BODY_OF, db_number(m->cursor));
    if (err == SW_OK)
        err = db_next(s, BODY_OF);
    if (err == SW_OK) {
        struct db_value body = s->driver->column(s, BODY_OF, 0);
        err = unseal(s, m, body.p, body.len);
    }
    db_done(s, BODY_OF);
    return err;
}

void sw_mail_free(struct sw_mail *mail)
{
    if (mail->body)
        sw_wipe(mail->body, mail->body_len);
    free(mail->body);
    mail->body = NULL;
    mail->body_len = 0;
}

const char *sw_refusal_name(enum sw_refusal reason)
{
    static const char *const names[] = {"", "reader", "deliveries", "interrupted", "unreadable"};
    return (size_t)reason < sizeof names / sizeof *names ? names[reason] : "unknown";
}

const char *sw_mail_state_name(enum sw_mail_state state)
{
    static const char *const names[] = {"queued", "delivered", "acknowledged", "expired", "refused"};
    return (size_t)state < sizeof names / sizeof *names ? names[state] : "unknown";
}
