/* Handing in: limits, repetitions, and one durable row. */
#include "apps/store/db.h"
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

/*
 * The same request again? A body that is gone cannot be compared, and of one that is sealed end to end the same text is
 * another one each time: then what is outside of it decides.
 */
static bool same_message(struct sw_store *s, const struct row *first, const struct sw_mail *again)
{
    struct sw_mail old = first->mail;
    if (strcmp(old.recipient, again->recipient) != 0 || old.once != again->once || old.sealed != again->sealed)
        return false;
    if (old.ended || old.sealed || row_body(s, &old))
        return true;
    bool same = old.body_len == again->body_len && memcmp(old.body, again->body, old.body_len) == 0;
    sw_mail_free(&old);
    return same;
}

static enum sw_err find_repeated(struct sw_store *s, struct sw_mail *m, const char *idempotency,
                                 enum sw_put_verdict *verdict)
{
    struct row first;
    char turn[SW_NAME_MAX + SW_IDEMPOTENCY_MAX + 8];
    snprintf(turn, sizeof turn, "repeat %s %s", m->sender, idempotency); /* the same may come for another recipient */
    enum sw_err err = s->driver->turn(s, turn);
    if (err == SW_OK)
        err = row_one(s, BY_IDEMPOTENCY, &first, db_text(m->sender), db_text(idempotency));
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

static enum sw_err check_limits(struct sw_store *s, const struct sw_mail *m, int64_t now, enum sw_put_verdict *verdict)
{
    int64_t waiting, recent;
    enum sw_err err = db_get_number(s, COUNT_WAITING, 0, &waiting, db_text(m->recipient), db_number(now));
    if (err == SW_OK)
        err = db_get_number(s, COUNT_RECENT, 0, &recent, db_text(m->recipient), db_number(now - 60));
    if (err == SW_OK && s->spare)
        *verdict = SW_PUT_DISK_FULL;
    else if (err == SW_OK && waiting >= s->limits.queue_max)
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
    if (err == SW_OK)
        err = db_get_number(s, INSERT, 0, &m->cursor, db_text(m->id), db_text(m->sender), db_cert(m->sender_cert),
                            db_text(m->recipient), db_number(now), db_number(m->expires), db_number(m->once),
                            db_number(m->sealed), db_text(idempotency), db_bytes(sealed, len));
    free(sealed);
    m->created = m->changed = now;
    m->state = SW_MAIL_QUEUED;
    m->ended = false;
    m->deliveries = m->turned_away = 0;
    return err;
}

enum sw_err sw_store_put(struct sw_store *store, struct sw_mail *mail, const char *idempotency, int64_t now,
                         enum sw_put_verdict *verdict)
{
    *verdict = mail->body_len > store->limits.body_max                               ? SW_PUT_TOO_LARGE
               : mail->expires <= now || mail->expires - now > store->limits.ttl_max ? SW_PUT_TTL
                                                                                     : SW_PUT_ACCEPTED;
    if (*verdict != SW_PUT_ACCEPTED)
        return SW_OK;
    enum sw_err err = db_begin(store, mail->recipient);
    if (err == SW_OK) {
        if (idempotency)
            err = find_repeated(store, mail, idempotency, verdict);
        if (err == SW_OK && *verdict == SW_PUT_ACCEPTED)
            err = check_limits(store, mail, now, verdict);
        if (err == SW_OK && *verdict == SW_PUT_ACCEPTED)
            err = insert(store, mail, idempotency, now);
        if (err == SW_OK && *verdict == SW_PUT_ACCEPTED)
            err = row_audit(store, "queued", mail, mail->sender_cert, now);
        err = db_finish(store, err);
    }
    if (err == SW_ERR_SYSTEM && store->full) { /* it was not accepted, and nothing else is wrong */
        *verdict = SW_PUT_DISK_FULL;
        return SW_OK;
    }
    if (err == SW_OK && *verdict == SW_PUT_ACCEPTED)
        row_tell(store, mail);
    return err;
}
