/* Handing in: limits, repetitions, and one durable row. */
#include "apps/store/db.h"
#include "base/hash.h"
#include "base/rand.h"
#include "base/wipe.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIKENESS = 32 /* SHA-256 */, LIKENESS_SEALED = LIKENESS + SW_VAULT_EXTRA };

static enum sw_err make_id(struct sw_mail *m)
{
    uint8_t bytes[(SW_MAIL_ID_MAX - 1) / 2];
    enum sw_err err = sw_rand_bytes(NULL, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(m->id + 2 * i, 3, "%02x", bytes[i]);
    return err;
}

/*
 * What a repetition is known by when the body is gone: a hash, sealed as bodies are, or whoever has the database could
 * try all one-time passwords against it. A message that is sealed end to end is other bytes each time it is sealed: its
 * sender says what it is known by.
 */
static enum sw_err likeness_of(const struct sw_mail *m, uint8_t out[LIKENESS])
{
    return m->fingerprint ? sw_hash_once(SW_HASH_SHA256, m->fingerprint, strlen(m->fingerprint), out)
                          : sw_hash_once(SW_HASH_SHA256, m->body, m->body_len, out);
}

static enum sw_err seal_likeness(struct sw_store *s, const struct sw_mail *m, uint8_t out[LIKENESS_SEALED])
{
    char name[SEAL_NAME_MAX];
    uint8_t plain[LIKENESS];
    enum sw_err err = likeness_of(m, plain);
    row_likeness_name(m, name);
    if (err == SW_OK)
        err = sw_vault_seal(&s->vault, name, plain, sizeof plain, out);
    sw_wipe(plain, sizeof plain);
    return err;
}

/* SW_ERR_NOT_FOUND: it has none, having been handed in to an older sealwaxd. */
static enum sw_err read_likeness(struct sw_store *s, const struct sw_mail *first, uint8_t out[LIKENESS])
{
    char name[SEAL_NAME_MAX];
    row_likeness_name(first, name);
    enum sw_err err = db_ask(s, LIKENESS_OF, db_number(first->cursor));
    if (err == SW_OK)
        err = db_next(s, LIKENESS_OF);
    if (err == SW_OK) {
        struct db_value v = s->driver->column(s, LIKENESS_OF, 0);
        err = v.type == DB_NULL          ? SW_ERR_NOT_FOUND
              : v.len != LIKENESS_SEALED ? SW_ERR_CRYPTO
                                         : sw_vault_unseal(&s->vault, name, v.p, v.len, out);
    }
    db_done(s, LIKENESS_OF);
    return err;
}

/*
 * The same request again? What is outside of the message must be the same, too, except its time. What it was known by
 * cannot be read where somebody has changed it: nothing is like that.
 */
static enum sw_err same_message(struct sw_store *s, const struct sw_mail *first, const struct sw_mail *again,
                                bool *same)
{
    uint8_t was[LIKENESS], is[LIKENESS];
    *same = false;
    if (strcmp(first->recipient, again->recipient) != 0 || first->once != again->once ||
        first->sealed != again->sealed || first->max_deliveries != again->max_deliveries)
        return SW_OK;
    enum sw_err err = read_likeness(s, first, was);
    *same = err == SW_ERR_NOT_FOUND;
    if (err == SW_OK)
        err = likeness_of(again, is);
    if (err == SW_OK)
        *same = memcmp(was, is, LIKENESS) == 0;
    sw_wipe(was, sizeof was);
    sw_wipe(is, sizeof is);
    return err == SW_ERR_NOT_FOUND || err == SW_ERR_CRYPTO ? SW_OK : err;
}

static enum sw_err find_repeated(struct sw_store *s, struct sw_mail *m, const char *idempotency,
                                 enum sw_put_verdict *verdict)
{
    struct row first;
    bool same;
    char turn[SW_NAME_MAX + SW_IDEMPOTENCY_MAX + 8];
    snprintf(turn, sizeof turn, "repeat %s %s", m->sender, idempotency); /* the same may come for another recipient */
    enum sw_err err = s->driver->turn(s, turn);
    if (err == SW_OK)
        err = row_one(s, BY_IDEMPOTENCY, &first, db_text(m->sender), db_text(idempotency));
    if (err == SW_ERR_NOT_FOUND)
        return SW_OK;
    if (err)
        return err;
    err = same_message(s, &first.mail, m, &same);
    if (err)
        return err;
    *verdict = same ? SW_PUT_REPEATED : SW_PUT_CONFLICT;
    if (same) {
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
    uint8_t likeness[LIKENESS_SEALED], *sealed = malloc(len);
    if (!sealed)
        return SW_ERR_MEMORY;
    enum sw_err err = make_id(m);
    row_seal_name(m, name);
    if (err == SW_OK)
        err = sw_vault_seal(&s->vault, name, m->body, m->body_len, sealed);
    if (err == SW_OK && idempotency)
        err = seal_likeness(s, m, likeness);
    if (err == SW_OK)
        err = db_get_number(s, INSERT, 0, &m->cursor, db_text(m->id), db_text(m->sender), db_cert(m->sender_cert),
                            db_text(m->recipient), db_number(now), db_number(m->expires), db_number(m->once),
                            db_number(m->sealed), db_text(idempotency), db_bytes(sealed, len),
                            db_number(m->max_deliveries),
                            idempotency ? db_bytes(likeness, sizeof likeness) : db_text(NULL));
    free(sealed);
    m->created = m->changed = now;
    m->state = SW_MAIL_QUEUED;
    m->ended = false;
    m->deliveries = m->turned_away = 0;
    row_allow(s, m);
    return err;
}

enum sw_err sw_store_put(struct sw_store *store, struct sw_mail *mail, const char *idempotency, int64_t now,
                         enum sw_put_verdict *verdict)
{
    *verdict = mail->body_len > store->limits.body_max                               ? SW_PUT_TOO_LARGE
               : mail->expires <= now || mail->expires - now > store->limits.ttl_max ? SW_PUT_TTL
               : mail->max_deliveries > store->limits.deliveries                     ? SW_PUT_DELIVERIES
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
