/* A message as a row: reading it, its body, its end, the audit of it. */
#include "apps/store/sqlite.h"
#include "base/wipe.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The row a statement stands on. */
void row_read(sqlite3_stmt *st, struct row *out)
{
    struct sw_mail *m = &out->mail;
    *out = (struct row){0};
    m->cursor = sqlite3_column_int64(st, 0);
    db_text(st, 1, m->id, sizeof m->id);
    db_text(st, 2, m->sender, sizeof m->sender);
    db_cert(st, 3, m->sender_cert);
    db_text(st, 4, m->recipient, sizeof m->recipient);
    m->created = sqlite3_column_int64(st, 5);
    m->expires = sqlite3_column_int64(st, 6);
    m->once = (enum sw_once)sqlite3_column_int(st, 7);
    m->sealed = sqlite3_column_int(st, 8) != 0;
    m->state = (enum sw_mail_state)sqlite3_column_int(st, 9);
    m->ended = sqlite3_column_int(st, 10) != 0;
    m->changed = sqlite3_column_int64(st, 11);
    m->deliveries = (unsigned)sqlite3_column_int(st, 12);
    m->turned_away = (unsigned)sqlite3_column_int(st, 13);
    out->leased = db_cert(st, 14, out->lease);
    out->lease_until = sqlite3_column_int64(st, 15);
}

/* A statement that gives one row or none (SW_ERR_NOT_FOUND). */
enum sw_err row_one(struct sw_store *s, sqlite3_stmt *st, struct row *out)
{
    *out = (struct row){0};
    if (!st)
        return db_fail(s);
    int rc = sqlite3_step(st);
    enum sw_err err = rc == SQLITE_ROW ? SW_OK : rc == SQLITE_DONE ? SW_ERR_NOT_FOUND : db_fail(s);
    if (err == SW_OK)
        row_read(st, out);
    db_done(st);
    return err;
}

enum sw_err row_by_id(struct sw_store *s, const char *id, struct row *out)
{
    sqlite3_stmt *st = db_get(s, BY_ID);
    db_put_text(st, 1, id);
    return row_one(s, st, out);
}

enum sw_err row_audit(struct sw_store *s, const char *event, const struct sw_mail *m, const uint8_t *cert, int64_t now)
{
    sqlite3_stmt *st = db_get(s, AUDIT);
    sqlite3_bind_int64(st, 1, now);
    db_put_text(st, 2, event);
    db_put_text(st, 3, m->id);
    db_put_text(st, 4, m->sender);
    db_put_text(st, 5, m->recipient);
    if (cert)
        db_put_cert(st, 6, cert);
    return db_run(s, st);
}

void row_tell(struct sw_store *s, const struct sw_mail *m)
{
    struct sw_mail told = *m;
    told.body = NULL;
    told.body_len = 0;
    if (s->changed)
        s->changed(s->changed_ctx, &told);
}

enum sw_err row_end(struct sw_store *s, struct sw_mail *m, enum sw_mail_state state, const uint8_t *cert, int64_t now)
{
    sqlite3_stmt *st = db_get(s, END);
    sqlite3_bind_int64(st, 1, m->cursor);
    sqlite3_bind_int(st, 2, (int)state);
    sqlite3_bind_int64(st, 3, now);
    enum sw_err err = db_run(s, st);
    m->state = state;
    m->ended = true;
    m->changed = now;
    return err ? err : row_audit(s, sw_mail_state_name(state), m, cert, now);
}

void row_seal_name(const struct sw_mail *m, char out[SEAL_NAME_MAX])
{
    snprintf(out, SEAL_NAME_MAX, "mail %s %s", m->id, m->recipient);
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
    sqlite3_stmt *st = db_get(s, BODY_OF);
    if (!st)
        return db_fail(s);
    sqlite3_bind_int64(st, 1, m->cursor);
    enum sw_err err = sqlite3_step(st) == SQLITE_ROW ? SW_OK : db_fail(s);
    if (err == SW_OK)
        err = unseal(s, m, sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0));
    db_done(st);
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

const char *sw_mail_state_name(enum sw_mail_state state)
{
    static const char *const names[] = {"queued", "delivered", "acknowledged", "expired", "refused"};
    return (size_t)state < sizeof names / sizeof *names ? names[state] : "unknown";
}
