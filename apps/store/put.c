/* Handing in: limits, repetitions, and one durable row. */
#include "apps/store/sqlite.h"
#include "base/rand.h"
#include "base/wipe.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum sw_err make_id(struct sw_mail *m)
{
    uint8_t bytes[(SW_MAIL_ID_MAX - 1) / 2];
    enum sw_err err = sw_rand_bytes(NULL, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(m->id + 2 * i, 3, "%02x", bytes[i]);
    return err;
}

/* The same request again? A body that is gone cannot be compared: then recipient and length of life decide. */
static bool same_message(struct sw_store *s, const struct row *first, const struct sw_mail *again)
{
    struct sw_mail old = first->mail;
    if (strcmp(old.recipient, again->recipient) != 0 || old.once != again->once || old.sealed != again->sealed)
        return false;
    if (old.ended || row_body(s, &old))
        return true;
    bool same = old.body_len == again->body_len && memcmp(old.body, again->body, old.body_len) == 0;
    sw_mail_free(&old);
    return same;
}

static enum sw_err find_repeated(struct sw_store *s, struct sw_mail *m, const char *idempotency,
                                 enum sw_put_verdict *verdict)
{
    struct row first;
    sqlite3_stmt *st = db_get(s, BY_IDEMPOTENCY);
    db_put_text(st, 1, m->sender);
    db_put_text(st, 2, idempotency);
    enum sw_err err = row_one(s, st, &first);
    if (err == SW_ERR_NOT_FOUND)
        return SW_OK;
    if (err)
        return err;
    *verdict = same_message(s, &first, m) ? SW_PUT_REPEATED : SW_PUT_CONFLICT;
    if (*verdict == SW_PUT_REPEATED) {
        first.mail.body = m->body;
        first.mail.body_len = m->body_len;
        *m = first.mail;
    }
    return SW_OK;
}

static enum sw_err count(struct sw_store *s, enum query q, const char *recipient, int64_t at, int64_t *out)
{
    sqlite3_stmt *st = db_get(s, q);
    db_put_text(st, 1, recipient);
    sqlite3_bind_int64(st, 2, at);
    return db_number(s, st, 0, out);
}

static enum sw_err check_limits(struct sw_store *s, const struct sw_mail *m, int64_t now, enum sw_put_verdict *verdict)
{
    int64_t waiting, recent;
    enum sw_err err = count(s, COUNT_WAITING, m->recipient, now, &waiting);
    if (err == SW_OK)
        err = count(s, COUNT_RECENT, m->recipient, now - 60, &recent);
    if (err == SW_OK && waiting >= s->limits.queue_max)
        *verdict = SW_PUT_QUEUE_FULL;
    else if (err == SW_OK && recent >= s->limits.rate_max)
        *verdict = SW_PUT_RATE;
    return err;
}

static enum sw_err insert(struct sw_store *s, struct sw_mail *m, const char *idempotency, int64_t now)
{
    char name[SEAL_NAME_MAX];
    size_t len = m->body_len + SW_VAULT_EXTRA;
    uint8_t *sealed = malloc(len);
    if (!sealed)
        return SW_ERR_MEMORY;
    enum sw_err err = make_id(m);
    row_seal_name(m, name);
    if (err == SW_OK)
        err = sw_vault_seal(&s->vault, name, m->body, m->body_len, sealed);
    if (err == SW_OK) {
        sqlite3_stmt *st = db_get(s, INSERT);
        db_put_text(st, 1, m->id);
        db_put_text(st, 2, m->sender);
        db_put_cert(st, 3, m->sender_cert);
        db_put_text(st, 4, m->recipient);
        sqlite3_bind_int64(st, 5, now);
        sqlite3_bind_int64(st, 6, m->expires);
        sqlite3_bind_int(st, 7, (int)m->once);
        sqlite3_bind_int(st, 8, m->sealed);
        db_put_text(st, 9, idempotency); /* NULL stays NULL */
        sqlite3_bind_blob64(st, 10, sealed, len, SQLITE_STATIC);
        err = db_run(s, st);
    }
    free(sealed);
    m->cursor = sqlite3_last_insert_rowid(s->db);
    m->created = m->changed = now;
    m->state = SW_MAIL_QUEUED;
    m->ended = false;
    m->deliveries = m->turned_away = 0;
    return err;
}

/* The disk is full: the message was not accepted, and nothing else is wrong. */
static enum sw_err forgive_full(struct sw_store *s, enum sw_err err, enum sw_put_verdict *verdict)
{
    if (err != SW_ERR_SYSTEM || sqlite3_errcode(s->db) != SQLITE_FULL)
        return err;
    *verdict = SW_PUT_DISK_FULL;
    return SW_OK;
}

enum sw_err sw_store_put(struct sw_store *store, struct sw_mail *mail, const char *idempotency, int64_t now,
                         enum sw_put_verdict *verdict)
{
    *verdict = mail->body_len > store->limits.body_max                               ? SW_PUT_TOO_LARGE
               : mail->expires <= now || mail->expires - now > store->limits.ttl_max ? SW_PUT_TTL
                                                                                     : SW_PUT_ACCEPTED;
    if (*verdict != SW_PUT_ACCEPTED)
        return SW_OK;
    enum sw_err err = db_begin(store);
    if (err)
        return forgive_full(store, err, verdict);
    if (idempotency)
        err = find_repeated(store, mail, idempotency, verdict);
    if (err == SW_OK && *verdict == SW_PUT_ACCEPTED)
        err = check_limits(store, mail, now, verdict);
    if (err == SW_OK && *verdict == SW_PUT_ACCEPTED)
        err = insert(store, mail, idempotency, now);
    if (err == SW_OK && *verdict == SW_PUT_ACCEPTED)
        err = row_audit(store, "queued", mail, mail->sender_cert, now);
    bool full = err == SW_ERR_SYSTEM && sqlite3_errcode(store->db) == SQLITE_FULL;
    err = db_finish(store, err);
    if (full) {
        *verdict = SW_PUT_DISK_FULL;
        return SW_OK;
    }
    err = forgive_full(store, err, verdict);
    if (err == SW_OK && *verdict == SW_PUT_ACCEPTED)
        row_tell(store, mail);
    return err;
}
