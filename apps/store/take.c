/* Handing out: leases, deliveries, acknowledgement and refusal. */
#include "apps/store/db.h"
#include <string.h>

static bool may_have(const struct row *row, const uint8_t cert[32], int64_t now)
{
    if (!row->leased || memcmp(row->lease, cert, 32) == 0)
        return true;
    return row->mail.once == SW_ONCE_NO && row->lease_until <= now;
}

static enum sw_err lease(struct sw_store *s, struct sw_mail *m, const uint8_t cert[32], int64_t now)
{
    enum sw_err err =
        db_run(s, LEASE, db_number(m->cursor), db_number(now), db_cert(cert), db_number(now + s->limits.lease));
    m->state = SW_MAIL_DELIVERED;
    m->changed = now;
    m->deliveries++;
    return err;
}

/*
 * Hand out a message this certificate may have, inside a transaction. SW_ERR_STATE: it has been handed out often
 * enough, and that was its end.
 */
static enum sw_err deliver(struct sw_store *s, struct sw_mail *m, const uint8_t cert[32], int64_t now)
{
    if (m->deliveries >= m->allowed) {
        m->reason = SW_REFUSAL_DELIVERIES;
        enum sw_err err = row_end(s, m, SW_MAIL_REFUSED, cert, now);
        return err ? err : SW_ERR_STATE;
    }
    enum sw_err err = row_body(s, m);
    if (err == SW_OK)
        err = lease(s, m, cert, now);
    if (err == SW_OK && m->once == SW_ONCE_STRICT)
        return row_end(s, m, SW_MAIL_DELIVERED, cert, now);
    return err ? err : row_audit(s, "delivered", m, cert, now);
}

/*
 * End a transaction of deliver(): its SW_ERR_STATE is a change, too. Of a message that is not handed out nothing stays.
 */
static enum sw_err finish_delivery(struct sw_store *s, enum sw_err err, struct sw_mail *m)
{
    enum sw_err ended = db_finish(s, err == SW_ERR_STATE ? SW_OK : err);
    if (ended) {
        sw_mail_free(m);
        return ended;
    }
    row_tell(s, m);
    return err;
}

static enum sw_err find_next(struct sw_store *s, const char *recipient, const uint8_t cert[32], int64_t after,
                             int64_t now, struct row *out)
{
    return row_one(s, NEXT, out, db_text(recipient), db_number(after), db_number(now), db_cert(cert));
}

/* One message of sw_store_take; SW_ERR_STATE: it ended instead, look further. */
static enum sw_err take_one(struct sw_store *s, const char *recipient, const uint8_t cert[32], int64_t after,
                            int64_t now, struct sw_mail *out)
{
    struct row row;
    enum sw_err err =
        find_next(s, recipient, cert, after, now, &row); /* without a write lock: most often nothing is there */
    *out = row.mail;
    if (err || row.mail.once == SW_ONCE_STRICT)
        return err;
    err = db_begin(s, recipient);
    if (err)
        return err;
    err = find_next(s, recipient, cert, after, now, &row);
    *out = row.mail;
    if (err == SW_OK && row.mail.once != SW_ONCE_STRICT)
        err = deliver(s, out, cert, now);
    return finish_delivery(s, err, out);
}

enum sw_err sw_store_take(struct sw_store *store, const char *recipient, const uint8_t cert[32], int64_t after,
                          int64_t now, struct sw_mail *out)
{
    enum sw_err err;
    while ((err = take_one(store, recipient, cert, after, now, out)) == SW_ERR_STATE)
        after = out->cursor;
    return err;
}

static enum sw_err turn_away(struct sw_store *s, struct sw_mail *m, const uint8_t cert[32], int64_t now)
{
    enum sw_err err = db_run(s, TURN_AWAY, db_number(m->cursor));
    m->turned_away++;
    return err ? err : row_audit(s, "turned away", m, cert, now);
}

/* A message by its id for its recipient, expiry included although nobody has swept yet. */
static enum sw_err find_for(struct sw_store *s, const char *recipient, const char *id, int64_t now, struct row *out)
{
    enum sw_err err = row_by_id(s, id, out);
    if (err == SW_OK && strcmp(out->mail.recipient, recipient) != 0) {
        *out = (struct row){0};
        return SW_ERR_NOT_FOUND;
    }
    if (err == SW_OK && !out->mail.ended && out->mail.expires <= now) {
        out->mail.state = SW_MAIL_EXPIRED;
        out->mail.ended = true;
    }
    return err;
}

/* The same at the beginning of a transaction, which goes on if this succeeds. */
static enum sw_err find_locked(struct sw_store *s, const char *recipient, const char *id, int64_t now, struct row *out)
{
    *out = (struct row){0};
    enum sw_err err = db_begin(s, recipient);
    if (err)
        return err;
    err = find_for(s, recipient, id, now, out);
    return err ? db_finish(s, err) : SW_OK;
}

enum sw_err sw_store_fetch(struct sw_store *store, const char *recipient, const uint8_t cert[32], const char *id,
                           bool consume, int64_t now, struct sw_mail *out)
{
    struct row row;
    enum sw_err err = find_locked(store, recipient, id, now, &row);
    *out = row.mail; /* not before: id may be in it */
    if (err)
        return err;
    if (out->ended) { /* nobody waits for news of it: nobody is told now */
        err = db_finish(store, turn_away(store, out, cert, now));
        return err ? err : SW_ERR_STATE;
    }
    if (!may_have(&row, cert, now)) {
        err = turn_away(store, out, cert, now);
        return finish_delivery(store, err ? err : SW_ERR_STATE, out);
    }
    if (out->once == SW_ONCE_STRICT && !consume)
        return db_finish(store, SW_ERR_STATE);
    return finish_delivery(store, deliver(store, out, cert, now), out);
}

static enum sw_err find_held(struct sw_store *s, const char *recipient, const uint8_t cert[32], int64_t after,
                             int64_t now, struct row *out)
{
    return row_one(s, HELD, out, db_text(recipient), db_number(after), db_number(now), db_cert(cert));
}

/* One of sw_store_held; SW_ERR_NOT_FOUND: there is no other. */
static enum sw_err turn_away_next(struct sw_store *s, const char *recipient, const uint8_t cert[32], int64_t after,
                                  int64_t now, struct sw_mail *out)
{
    struct row row;
    enum sw_err err = find_held(s, recipient, cert, after, now, &row); /* without a write lock, as above */
    if (err)
        return err;
    err = db_begin(s, recipient);
    if (err)
        return err;
    err = find_held(s, recipient, cert, after, now, &row);
    *out = row.mail;
    if (err == SW_OK)
        err = turn_away(s, out, cert, now);
    err = db_finish(s, err);
    if (err == SW_OK)
        row_tell(s, out);
    return err;
}

enum sw_err sw_store_held(struct sw_store *store, const char *recipient, const uint8_t cert[32], int64_t now,
                          bool (*each)(void *ctx, const struct sw_mail *mail), void *ctx)
{
    struct sw_mail mail = {0};
    enum sw_err err;
    while ((err = turn_away_next(store, recipient, cert, mail.cursor, now, &mail)) == SW_OK)
        if (!each(ctx, &mail))
            return SW_OK;
    return err == SW_ERR_NOT_FOUND ? SW_OK : err;
}

static enum sw_err end(struct sw_store *store, const char *recipient, const uint8_t cert[32], const char *id,
                       enum sw_mail_state state, enum sw_refusal reason, int64_t now, struct sw_mail *out)
{
    struct row row;
    enum sw_err err = find_locked(store, recipient, id, now, &row);
    *out = row.mail; /* not before: id may be in it */
    if (err)
        return err;
    bool ours = row.leased && memcmp(row.lease, cert, 32) == 0;
    if (out->ended && out->state == state && ours)
        return db_finish(store, SW_OK);
    if (out->ended || (!ours && (row.leased || state == SW_MAIL_ACKED)))
        return db_finish(store, SW_ERR_STATE);
    out->reason = reason;
    err = db_finish(store, row_end(store, out, state, cert, now));
    if (err == SW_OK)
        row_tell(store, out);
    return err;
}

enum sw_err sw_store_acknowledge(struct sw_store *store, const char *recipient, const uint8_t cert[32], const char *id,
                                 int64_t now, struct sw_mail *out)
{
    return end(store, recipient, cert, id, SW_MAIL_ACKED, SW_REFUSAL_NONE, now, out);
}

enum sw_err sw_store_refuse(struct sw_store *store, const char *recipient, const uint8_t cert[32], const char *id,
                            enum sw_refusal reason, int64_t now, struct sw_mail *out)
{
    return end(store, recipient, cert, id, SW_MAIL_REFUSED, reason, now, out);
}
