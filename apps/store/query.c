/* The queries of the store, in the SQL that all its databases understand, and what runs them on whichever it is. */
#include "apps/store/db.h"
#include <stdio.h>
#include <string.h>

/* What a row of messages has, in the order of row_read. */
#define COLUMNS                                                                                                        \
    "cursor, id, sender, sender_cert, recipient, created, expires, once, sealed, state, "                              \
    "CAST(body IS NULL AS INTEGER), changed, deliveries, turned_away, lease, lease_until, max_deliveries, reason "
#define WHOLE_MAIL                                                                                                     \
    "cursor, id, sender, sender_cert, recipient, created, expires, once, sealed, state, changed, deliveries, "         \
    "turned_away, lease, lease_until, idempotency, body, max_deliveries, reason, likeness"
#define LICENCE_COLUMNS "holder, track, sealed, name"
#define MEMBER_COLUMNS "cert, name, role, since, serial"

const char *db_query(enum query q)
{
    static const char *const queries[QUERIES] = {
        [BY_IDEMPOTENCY] = "SELECT " COLUMNS " FROM message WHERE sender = ?1 AND idempotency = ?2",
        [COUNT_WAITING] = "SELECT count(*) FROM message WHERE recipient = ?1 AND body IS NOT NULL AND expires > ?2",
        [COUNT_RECENT] = "SELECT count(*) FROM message WHERE recipient = ?1 AND created > ?2",
        [INSERT] = "INSERT INTO message (id, sender, sender_cert, recipient, created, expires, once, sealed, changed, "
                   "idempotency, body, max_deliveries, likeness) "
                   "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?5, ?9, ?10, ?11, ?12) RETURNING cursor",
        /* what has no lease, ours, or one that has run out and may */
        [NEXT] = "SELECT " COLUMNS " FROM message WHERE recipient = ?1 AND body IS NOT NULL AND cursor > ?2 AND "
                 "expires > ?3 AND (lease IS NULL OR lease = ?4 OR (once = 0 AND lease_until <= ?3)) "
                 "ORDER BY cursor LIMIT 1",
        [BY_ID] = "SELECT " COLUMNS " FROM message WHERE id = ?1",
        [BODY_OF] = "SELECT body FROM message WHERE cursor = ?1",
        [LIKENESS_OF] = "SELECT likeness FROM message WHERE cursor = ?1",
        /* what is for one certificate, and another one has it */
        [HELD] = "SELECT " COLUMNS " FROM message WHERE recipient = ?1 AND body IS NOT NULL AND cursor > ?2 AND "
                 "expires > ?3 AND once <> 0 AND lease <> ?4 ORDER BY cursor LIMIT 1",
        [LEASE] = "UPDATE message SET state = 1, changed = ?2, deliveries = deliveries + 1, lease = ?3, "
                  "lease_until = ?4 WHERE cursor = ?1",
        [TURN_AWAY] = "UPDATE message SET turned_away = turned_away + 1 WHERE cursor = ?1",
        [END] = "UPDATE message SET state = ?2, changed = ?3, reason = ?4, body = NULL WHERE cursor = ?1",
        [WAITING] = "SELECT " COLUMNS " FROM message WHERE recipient = ?1 AND body IS NOT NULL AND expires > ?2 "
                    "ORDER BY cursor",
        [OVERDUE] = "SELECT " COLUMNS " FROM message WHERE body IS NOT NULL AND expires <= ?1 "
                    "ORDER BY expires LIMIT 1",
        [FORGET] = "DELETE FROM message WHERE body IS NULL AND changed < ?1 AND expires <= ?2",
        [NEXT_EXPIRY] = "SELECT min(expires) FROM message WHERE body IS NOT NULL",
        [LEARN] = "INSERT INTO person (name, cert, chain, seen) VALUES (?1, ?2, ?3, ?4) "
                  "ON CONFLICT (name, cert) DO UPDATE SET chain = ?3, seen = ?4",
        [CHAINS_OF] = "SELECT chain FROM person WHERE name = ?1 ORDER BY seen DESC LIMIT ?2",
        [ENROL] = "INSERT INTO member (cert, name, role, since, serial) VALUES (?1, ?2, ?3, ?4, ?5) "
                  "ON CONFLICT (cert) DO UPDATE SET role = ?3, serial = ?5",
        [EXPEL] = "DELETE FROM member WHERE name = ?1 RETURNING cert",
        [MEMBER] = "SELECT " MEMBER_COLUMNS " FROM member WHERE cert = ?1",
        [MEMBER_NAMED] = "SELECT " MEMBER_COLUMNS " FROM member WHERE name = ?1 ORDER BY since DESC LIMIT 1",
        [MEMBER_OF_SERIAL] = "SELECT " MEMBER_COLUMNS " FROM member WHERE serial = ?1 ORDER BY since DESC LIMIT 1",
        [MEMBERS] = "SELECT " MEMBER_COLUMNS " FROM member ORDER BY name, since",
        [AUDIT] = "INSERT INTO audit (at, event, id, sender, recipient, cert) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        [NEWEST] = "SELECT max(cursor) FROM message",
        [SINCE] = "SELECT cursor, id, recipient, expires FROM message WHERE cursor > ?1 AND body IS NOT NULL",
        [LICENCE] = "SELECT " LICENCE_COLUMNS " FROM licence WHERE holder = ?1 AND track = ?2",
        [LICENCES_NAMED] = "SELECT " LICENCE_COLUMNS " FROM licence WHERE name = ?1 AND name <> '' AND track = ?2 "
                           "ORDER BY holder",
        [LICENCE_NAMELESS] = "SELECT " LICENCE_COLUMNS " FROM licence WHERE holder = ?1 AND name = '' AND track > ?2 "
                             "ORDER BY track LIMIT 1",
        [COUNT_NAMELESS] = "SELECT count(*) FROM licence WHERE name = ''",
        [PUT_LICENCE] = "INSERT INTO licence (" LICENCE_COLUMNS ") VALUES (?1, ?2, ?3, ?4) "
                        "ON CONFLICT (holder, track) DO UPDATE SET sealed = ?3, name = ?4",
        [RESEAL_LICENCE] = "UPDATE licence SET sealed = ?3 WHERE holder = ?1 AND track = ?2",
        [ADD_LICENCE] = "INSERT INTO licence (holder, track, sealed) VALUES (?1, ?2, ?3) "
                        "ON CONFLICT (holder, track) DO NOTHING",
        [LICENCES] = "SELECT " LICENCE_COLUMNS " FROM licence ORDER BY holder, track",
        [TICKET_KEYS] = "SELECT epoch, sealed FROM ticket_key WHERE epoch >= ?1 AND epoch <= ?2 ORDER BY epoch",
        [ADD_TICKET_KEY] = "INSERT INTO ticket_key (epoch, sealed) VALUES (?1, ?2) ON CONFLICT (epoch) DO NOTHING",
        [FORGET_TICKET_KEYS] = "DELETE FROM ticket_key WHERE epoch < ?1",
        [STREAMS_OF] = "SELECT cert FROM stream WHERE holder = ?1 AND track = ?2 AND expires > ?3",
        [PUT_STREAM] = "INSERT INTO stream (id, holder, track, cert, server, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
                       "ON CONFLICT (id) DO UPDATE SET expires = ?6",
        [KEEP_STREAM] = "UPDATE stream SET expires = ?2 WHERE id = ?1 RETURNING id",
        [END_STREAM] = "DELETE FROM stream WHERE id = ?1",
        [END_STREAMS_OF] = "DELETE FROM stream WHERE server = ?1",
        [END_LAPSED_STREAMS] = "DELETE FROM stream WHERE holder = ?1 AND track = ?2 AND expires <= ?3",
        [FORGET_STREAMS] = "DELETE FROM stream WHERE expires <= ?1",
        /* the key of the vault, and its change for another one */
        [SEALED_AFTER] = "SELECT cursor, id, recipient, body, likeness FROM message WHERE cursor > ?1 AND "
                         "(body IS NOT NULL OR likeness IS NOT NULL) ORDER BY cursor LIMIT 1",
        [RESEAL] = "UPDATE message SET body = ?2, likeness = ?3 WHERE cursor = ?1",
        [LICENCE_AFTER] = "SELECT " LICENCE_COLUMNS " FROM licence WHERE (holder, track) > (?1, ?2) "
                          "ORDER BY holder, track LIMIT 1",
        [VAULT] = "SELECT vault FROM meta",
        [ADD_VAULT] = "INSERT INTO meta (vault) VALUES (?1)",
        [SET_VAULT] = "UPDATE meta SET vault = ?1",
        /* for another database; a row is written as it is read */
        [ALL_ROWS] = "SELECT (SELECT count(*) FROM message) + (SELECT count(*) FROM person) + "
                     "(SELECT count(*) FROM member) + (SELECT count(*) FROM licence) + (SELECT count(*) FROM audit)",
        [COPY_MAIL] = "SELECT " WHOLE_MAIL " FROM message WHERE cursor > ?1 ORDER BY cursor LIMIT 1",
        [COPY_PEOPLE] = "SELECT name, cert, chain, seen FROM person",
        [COPY_MEMBERS] = "SELECT " MEMBER_COLUMNS " FROM member",
        [COPY_AUDIT] = "SELECT at, event, id, sender, recipient, cert FROM audit",
        [PASTE_MAIL] = "INSERT INTO message (" WHOLE_MAIL ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
                       "?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
    };
    return queries[q];
}

/* --- values ------------------------------------------------------------------------------------------------------- */

struct db_value db_number(int64_t n)
{
    return (struct db_value){.type = DB_NUMBER, .number = n};
}

struct db_value db_text(const char *text)
{
    return text ? (struct db_value){.type = DB_TEXT, .p = text, .len = strlen(text)}
                : (struct db_value){.type = DB_NULL};
}

struct db_value db_bytes(const void *p, size_t len)
{
    return (struct db_value){.type = DB_BYTES, .p = p, .len = len};
}

struct db_value db_cert(const uint8_t cert[32])
{
    return cert ? db_bytes(cert, 32) : (struct db_value){.type = DB_NULL};
}

int64_t db_get(struct sw_store *s, enum query q, int column)
{
    return s->driver->column(s, q, column).number;
}

void db_get_text(struct sw_store *s, enum query q, int column, char *out, size_t cap)
{
    struct db_value v = s->driver->column(s, q, column);
    snprintf(out, cap, "%s", v.type == DB_TEXT ? (const char *)v.p : "");
}

bool db_get_cert(struct sw_store *s, enum query q, int column, uint8_t out[32])
{
    struct db_value v = s->driver->column(s, q, column);
    bool is = v.type == DB_BYTES && v.len == 32;
    if (is)
        memcpy(out, v.p, 32);
    else
        memset(out, 0, 32);
    return is;
}

/* --- running ------------------------------------------------------------------------------------------------------ */

enum sw_err db_ask_values(struct sw_store *s, enum query q, const struct db_value *v, size_t n)
{
    return s->driver->ask(s, q, v, n);
}

enum sw_err db_next(struct sw_store *s, enum query q)
{
    return s->driver->next(s, q);
}

void db_done(struct sw_store *s, enum query q)
{
    s->driver->done(s, q);
}

enum sw_err db_end(struct sw_store *s, enum query q, enum sw_err err)
{
    db_done(s, q);
    return err == SW_ERR_NOT_FOUND ? SW_OK : err;
}

enum sw_err db_run_asked(struct sw_store *s, enum query q, enum sw_err asked)
{
    return db_end(s, q, asked ? asked : db_next(s, q));
}

enum sw_err db_number_asked(struct sw_store *s, enum query q, int64_t none, int64_t *out, enum sw_err asked)
{
    enum sw_err err = asked ? asked : db_next(s, q);
    *out = none;
    if (err == SW_OK && s->driver->column(s, q, 0).type == DB_NUMBER)
        *out = db_get(s, q, 0);
    return db_end(s, q, err);
}

enum sw_err db_begin(struct sw_store *s, const char *turn)
{
    s->full = false;
    return s->driver->begin(s, turn);
}

/* Commit what went well, roll back what did not; the first error counts, and what was said of it. */
enum sw_err db_finish(struct sw_store *s, enum sw_err err)
{
    char why[WHY_MAX];
    if (err == SW_OK)
        err = s->driver->commit(s);
    if (err == SW_OK)
        return SW_OK;
    bool full = s->full;
    memcpy(why, s->why, sizeof why);
    s->driver->rollback(s);
    memcpy(s->why, why, sizeof why);
    s->full = full;
    return err;
}
