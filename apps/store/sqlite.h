/* Private to the store in SQLite: its queries, its statements, and what its parts share. */
#ifndef SW_APPS_STORE_SQLITE_H
#define SW_APPS_STORE_SQLITE_H

#include "apps/store.h"
#include "apps/vault.h"
#include <sqlite3.h>

enum { WHY_MAX = 512, SCHEMA = 2 };

/* What a row of messages has, in the order of row_read; behind it, where a query adds it, the body. */
#define COLUMNS                                                                                                        \
    "cursor, id, sender, sender_cert, recipient, created, expires, once, sealed, state, body IS NULL, changed, "       \
    "deliveries, turned_away, lease, lease_until "
enum { BODY = 16 };

enum query {
    BEGIN,
    COMMIT,
    ROLLBACK,
    BY_IDEMPOTENCY,
    COUNT_WAITING,
    COUNT_RECENT,
    INSERT,
    NEXT,
    BY_ID,
    BODY_OF,
    LEASE,
    TURN_AWAY,
    END,
    WAITING,
    OVERDUE,
    FORGET,
    NEXT_EXPIRY,
    AUDIT,
    LEARN,
    CHAINS_OF,
    ENROL,
    EXPEL,
    MEMBER,
    MEMBER_NAMED,
    MEMBERS,
    SEALED_AFTER,
    RESEAL,
    VAULT,
    SET_VAULT,
    QUERIES
};

struct sw_store {
    sqlite3 *db;
    sqlite3_stmt *stmt[QUERIES];
    struct sw_vault vault;
    struct sw_store_limits limits;
    void (*changed)(void *ctx, const struct sw_mail *mail);
    void *changed_ctx;
    char why[WHY_MAX];
};

/* A message and who has it. */
struct row {
    struct sw_mail mail;
    bool leased;
    uint8_t lease[32];
    int64_t lease_until;
};

/* --- sqlite.c: statements ------------------------------------------------------------------------------------------------- */

/* db_open: the database, to be made if there is none and create is set. db_version: of what is in it. db_explain: why what did not work, for people. */
enum sw_err db_open(struct sw_store *s, const char *path, bool create);
enum sw_err db_version(struct sw_store *s, int64_t *out);
const char *db_explain(const struct sw_store *s, enum sw_err err, const char *what);
/* db_get: a query's statement, made once, fresh; NULL: db_fail says why. db_fail: keep what the database said; always an error. */
sqlite3_stmt *db_get(struct sw_store *s, enum query q);
enum sw_err db_fail(struct sw_store *s);
void db_put_text(sqlite3_stmt *st, int i, const char *text);
void db_put_cert(sqlite3_stmt *st, int i, const uint8_t cert[32]);
void db_text(sqlite3_stmt *st, int i, char *out, size_t cap);
bool db_cert(sqlite3_stmt *st, int i, uint8_t out[32]);
/* db_run: a statement without rows. db_number: one with one number (none: what NULL counts as). db_done: no more of it. */
enum sw_err db_run(struct sw_store *s, sqlite3_stmt *st);
enum sw_err db_number(struct sw_store *s, sqlite3_stmt *st, int64_t none, int64_t *out);
void db_done(sqlite3_stmt *st);
/* db_begin, db_finish: a transaction; it is committed if err is SW_OK, rolled back otherwise; returns what came of it. */
enum sw_err db_begin(struct sw_store *s);
enum sw_err db_finish(struct sw_store *s, enum sw_err err);

/* --- row.c: messages ------------------------------------------------------------------------------------------------------ */

/* row_read: where a statement stands. row_one: of a statement that gives one row or none (SW_ERR_NOT_FOUND). */
void row_read(sqlite3_stmt *st, struct row *out);
enum sw_err row_one(struct sw_store *s, sqlite3_stmt *st, struct row *out);
enum sw_err row_by_id(struct sw_store *s, const char *id, struct row *out);
/* row_body: fetch and unseal it. row_seal_name: what it is sealed under. */
enum { SEAL_NAME_MAX = SW_MAIL_ID_MAX + SW_NAME_MAX + 8 };
enum sw_err row_body(struct sw_store *s, struct sw_mail *m);
void row_seal_name(const struct sw_mail *m, char out[SEAL_NAME_MAX]);
/* row_end: it has ended, in the transaction that is open. row_audit: an event of it; cert: who did it, or NULL. */
enum sw_err row_end(struct sw_store *s, struct sw_mail *m, enum sw_mail_state state, const uint8_t *cert, int64_t now);
enum sw_err row_audit(struct sw_store *s, const char *event, const struct sw_mail *m, const uint8_t *cert, int64_t now);
/* row_tell: whoever watches is told of the change, after its commit. */
void row_tell(struct sw_store *s, const struct sw_mail *m);

#endif
