/*
 * The store in PostgreSQL, for several servers that share the work, by libpq (apps/store/libpq.h).
 *   Two connections. One works, with synchronous_commit on: what was committed survives a crash. The other one listens
 * to what other servers change and tells them of our changes, each notice in a transaction of its own after the commit
 * it tells of: a notice locks out all other commits that have one, so it must not wait for a disk. A notice that is
 * lost costs a little time and nothing else (watch.c).
 *   Transactions take turns by advisory locks, which are taken before anything is read: at READ COMMITTED each
 * statement after that sees what the one before has committed, and numbers of one recipient's messages are committed in
 * their order. A lock shared by all servers keeps the key of the vault from being changed under them.
 *   When the connection breaks, what was under way has failed; the next thing asked for connects anew. An answer that
 * may have been lost with a commit is an error, and whoever asked asks again: that is what idempotency keys and leases
 * are for.
 */
#include "apps/cli/clock.h"
#include "apps/store/db.h"
#include "apps/store/libpq.h"
#include "apps/store/schema.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHANNEL "sealwax"

/* Codes of SQL: PostgreSQL's documentation, appendix A. */
#define DISK_FULL "53100"
#define LOCK_TIMEOUT "55P03"

/* --- connections -------------------------------------------------------------------------------------------------- */

struct link {
    char *where;
    bool alone;
    struct pg_conn *work, *ear;
    bool in_transaction, connecting;
    char state[6];      /* the code of what failed last, in SQL's terms */
    int64_t not_before; /* when the next try to connect may be made, on the clock of clock_now */
    struct pg_result *rows[QUERIES];
    int row[QUERIES];
    bool prepared[QUERIES];
};

/* What went wrong, by the result of a query or, without one, of a connection. */
static enum sw_err fail(struct sw_store *s, const struct pg_conn *conn, const struct pg_result *result)
{
    struct link *link = s->db;
    const char *state = result ? PQresultErrorField(result, 'C') : NULL;
    const char *text = result ? PQresultErrorField(result, 'M') : NULL;
    if (!text)
        text = conn ? PQerrorMessage(conn) : "not connected";
    snprintf(s->why, sizeof s->why, "%.*s", (int)strcspn(text, "\n"), text);
    snprintf(link->state, sizeof link->state, "%s", state ? state : "");
    s->full = strcmp(link->state, DISK_FULL) == 0;
    return SW_ERR_SYSTEM;
}

static bool is_up(const struct pg_conn *conn)
{
    return conn && PQstatus(conn) == CONNECTED;
}

static enum sw_err execute(struct sw_store *s, struct pg_conn *conn, const char *sql)
{
    struct pg_result *r = PQexec(conn, sql);
    int status = r ? PQresultStatus(r) : -1;
    enum sw_err err = status == DONE_WITHOUT_ROWS || status == DONE_WITH_ROWS ? SW_OK : fail(s, conn, r);
    PQclear(r);
    return err;
}

/* One text as parameter; the first column of the first row, as text, is answer (NULL: nobody asks). */
static enum sw_err execute_with(struct sw_store *s, struct pg_conn *conn, const char *sql, const char *text,
                                char answer[24])
{
    struct pg_result *r = PQexecParams(conn, sql, text ? 1 : 0, NULL, &text, NULL, NULL, 0);
    enum sw_err err = r && PQresultStatus(r) == DONE_WITH_ROWS ? SW_OK : fail(s, conn, r);
    if (err == SW_OK && answer)
        snprintf(answer, 24, "%s", PQntuples(r) > 0 ? PQgetvalue(r, 0, 0) : "");
    PQclear(r);
    return err;
}

static void say_nothing(void *ctx, const char *text)
{
    (void)ctx;
    (void)text;
}

/* What stands before dbname is a default that the URI may change. */
static enum sw_err connect_one(struct sw_store *s, const char *settings, struct pg_conn **out)
{
    static const char *const keys[] = {"connect_timeout", "tcp_user_timeout",          "target_session_attrs",
                                       "dbname",          "fallback_application_name", NULL};
    struct link *link = s->db;
    const char *const values[] = {"3", "10000", "read-write", link->where, "sealwaxd", NULL};
    struct pg_conn *conn = PQconnectdbParams(keys, values, 1);
    if (!conn)
        return SW_ERR_MEMORY;
    PQsetNoticeProcessor(conn, say_nothing, NULL);
    enum sw_err err = is_up(conn) ? execute(s, conn, "SET client_encoding = 'UTF8'") : fail(s, conn, NULL);
    if (err == SW_OK)
        err = execute(s, conn, settings);
    if (err) {
        PQfinish(conn);
        conn = NULL;
    }
    *out = conn;
    return err;
}

/*
 * All servers hold one lock together, and who changes the key of the vault holds it alone. One that has just ended may
 * have it for a moment.
 */
static enum sw_err lock_database(struct sw_store *s)
{
    struct link *link = s->db;
    enum sw_err err = execute_with(s, link->work,
                                   link->alone ? "SELECT pg_advisory_lock(hashtextextended($1, 0))"
                                               : "SELECT pg_advisory_lock_shared(hashtextextended($1, 0))",
                                   "sealwaxd", NULL);
    if (err && strcmp(link->state, LOCK_TIMEOUT) == 0)
        snprintf(s->why, sizeof s->why, "%s",
                 link->alone ? "a sealwaxd is at work on it; stop it first" : "its key is being changed just now");
    return err;
}

static void disconnect(struct link *link)
{
    for (int i = 0; i < QUERIES; i++) {
        PQclear(link->rows[i]);
        link->rows[i] = NULL;
        link->prepared[i] = false;
    }
    PQfinish(link->work);
    link->work = NULL;
    link->in_transaction = false;
}

/* The key may have been changed while this server was not connected. */
static enum sw_err check_vault(struct sw_store *s)
{
    uint8_t id[sizeof s->vault.id];
    enum sw_err err = s->ready ? db_vault(s, id) : SW_OK;
    if (err || !s->ready || memcmp(id, s->vault.id, sizeof id) == 0)
        return err;
    return SW_ERR_KEY_MISMATCH;
}

static enum sw_err connect_work(struct sw_store *s)
{
    struct link *link = s->db;
    int64_t began = clock_now();
    if (link->connecting || began < link->not_before)
        return fail(s, link->work, NULL);
    link->connecting = true;
    disconnect(link);
    enum sw_err err = connect_one(s,
                                  "SET statement_timeout = '10s'; SET lock_timeout = '5s';"
                                  "SET idle_in_transaction_session_timeout = '30s';"
                                  "SELECT set_config('synchronous_commit', 'on', false)"
                                  " WHERE current_setting('synchronous_commit') = 'off'",
                                  &link->work);
    if (err == SW_OK && link->alone) /* nobody waits for it */
        err = execute(s, link->work, "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0");
    if (err == SW_OK)
        err = lock_database(s);
    if (err == SW_OK)
        err = check_vault(s);
    if (err)
        disconnect(link);
    link->connecting = false;
    int64_t took = clock_now() - began; /* a place that does not answer must not hold us up all the time */
    link->not_before = err ? clock_now() + 500 + 3 * took : 0;
    return err;
}

/* --- queries ------------------------------------------------------------------------------------------------------ */

static enum sw_err prepare(struct sw_store *s, enum query q, const char *name)
{
    struct link *link = s->db;
    char sql[1024];
    if (link->prepared[q])
        return SW_OK;
    snprintf(sql, sizeof sql, "%s", db_query(q));
    for (char *p = sql; (p = strchr(p, '?')) != NULL;)
        *p = '$';
    struct pg_result *r = PQprepare(link->work, name, sql, 0, NULL);
    enum sw_err err = r && PQresultStatus(r) == DONE_WITHOUT_ROWS ? SW_OK : fail(s, link->work, r);
    PQclear(r);
    link->prepared[q] = err == SW_OK;
    return err;
}

static enum sw_err send(struct sw_store *s, enum query q, const struct db_value *v, size_t n)
{
    struct link *link = s->db;
    const char *value[DB_PARAMETERS] = {0};
    char number[DB_PARAMETERS][24], name[16];
    int len[DB_PARAMETERS] = {0}, binary[DB_PARAMETERS] = {0};
    for (size_t i = 0; i < n && i < DB_PARAMETERS; i++) {
        snprintf(number[i], sizeof number[i], "%" PRId64, v[i].number);
        value[i] = v[i].type == DB_NUMBER ? number[i] : v[i].p;
        len[i] = (int)v[i].len;
        binary[i] = v[i].type == DB_BYTES;
    }
    snprintf(name, sizeof name, "q%d", (int)q);
    enum sw_err err = prepare(s, q, name);
    if (err)
        return err;
    struct pg_result *r = PQexecPrepared(link->work, name, (int)n, value, len, binary, 1);
    int status = r ? PQresultStatus(r) : -1;
    if (status != DONE_WITHOUT_ROWS && status != DONE_WITH_ROWS) {
        err = fail(s, link->work, r);
        PQclear(r);
        return err;
    }
    link->rows[q] = r;
    link->row[q] = -1;
    return SW_OK;
}

static void done(struct sw_store *s, enum query q)
{
    struct link *link = s->db;
    PQclear(link->rows[q]);
    link->rows[q] = NULL;
}

/* A connection that turns out to be dead is made anew, once, where nothing is under way on it. */
static enum sw_err ask(struct sw_store *s, enum query q, const struct db_value *v, size_t n)
{
    struct link *link = s->db;
    done(s, q);
    enum sw_err err = is_up(link->work) ? send(s, q, v, n) : fail(s, link->work, NULL);
    if (err == SW_OK || is_up(link->work) || link->in_transaction)
        return err;
    err = connect_work(s);
    return err ? err : send(s, q, v, n);
}

static enum sw_err next(struct sw_store *s, enum query q)
{
    struct link *link = s->db;
    return ++link->row[q] < PQntuples(link->rows[q]) ? SW_OK : SW_ERR_NOT_FOUND;
}

static int64_t integer(const char *p, int len)
{
    uint64_t n = (*p & 0x80) ? UINT64_MAX : 0;
    for (int i = 0; i < len; i++)
        n = n << 8 | (uint8_t)p[i];
    return (int64_t)n;
}

static struct db_value column(struct sw_store *s, enum query q, int i)
{
    struct link *link = s->db;
    const struct pg_result *r = link->rows[q];
    int row = link->row[q];
    const char *p = PQgetvalue(r, row, i);
    if (PQgetisnull(r, row, i))
        return (struct db_value){.type = DB_NULL};
    switch (PQftype(r, i)) {
    case TYPE_INT4:
    case TYPE_INT8:
        return db_number(integer(p, PQgetlength(r, row, i)));
    case TYPE_BYTEA:
        return db_bytes(p, (size_t)PQgetlength(r, row, i));
    default:
        return db_text(p);
    }
}

/* --- transactions ------------------------------------------------------------------------------------------------- */

static enum sw_err turn_too(struct sw_store *s, const char *turn)
{
    struct link *link = s->db;
    return execute_with(s, link->work, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", turn, NULL);
}

static enum sw_err start(struct sw_store *s)
{
    struct link *link = s->db;
    return is_up(link->work) ? execute(s, link->work, "BEGIN ISOLATION LEVEL READ COMMITTED")
                             : fail(s, link->work, NULL);
}

static void rollback(struct sw_store *s)
{
    struct link *link = s->db;
    if (link->in_transaction && is_up(link->work) && execute(s, link->work, "ROLLBACK"))
        disconnect(link);
    link->in_transaction = false;
}

static enum sw_err begin(struct sw_store *s, const char *turn)
{
    struct link *link = s->db;
    enum sw_err err = start(s);
    if (err && !is_up(link->work)) {
        err = connect_work(s);
        if (err == SW_OK)
            err = start(s);
    }
    if (err)
        return err;
    link->in_transaction = true;
    err = turn_too(s, turn);
    return err ? db_finish(s, err) : SW_OK;
}

static enum sw_err commit(struct sw_store *s)
{
    struct link *link = s->db;
    struct pg_result *r = PQexec(link->work, "COMMIT");
    /* of a transaction in which something failed it makes a rollback, and calls that a success */
    bool committed = r && PQresultStatus(r) == DONE_WITHOUT_ROWS && strcmp(PQcmdStatus(r), "COMMIT") == 0;
    enum sw_err err = committed ? SW_OK : fail(s, link->work, r);
    PQclear(r);
    if (committed)
        link->in_transaction = false;
    return err;
}

/* --- other servers ------------------------------------------------------------------------------------------------ */

static void hear_all(struct sw_store *s)
{
    struct link *link = s->db;
    struct pg_notice *notice;
    while ((notice = PQnotifies(link->ear)) != NULL) {
        if (notice->pid != PQbackendPID(link->ear))
            db_hear(s, notice->text);
        PQfreemem(notice);
    }
}

static void tell(struct sw_store *s, const char *text)
{
    struct link *link = s->db;
    char why[WHY_MAX];
    if (!is_up(link->ear))
        return;
    memcpy(why, s->why, sizeof why); /* what came of what is told is known already */
    if (execute_with(s, link->ear, "SELECT pg_notify('" CHANNEL "', $1)", text, NULL) == SW_OK)
        hear_all(s);
    memcpy(s->why, why, sizeof why);
}

static int watch(const struct sw_store *s)
{
    const struct link *link = s->db;
    return is_up(link->ear) ? PQsocket(link->ear) : -1;
}

static enum sw_err look(struct sw_store *s)
{
    struct link *link = s->db;
    enum sw_err err = SW_OK;
    if (is_up(link->ear) && PQconsumeInput(link->ear)) {
        hear_all(s);
        return SW_OK;
    }
    PQfinish(link->ear);
    link->ear = NULL;
    if (!is_up(link->work)) /* it waits between its tries */
        err = connect_work(s);
    if (err == SW_OK)
        err =
            connect_one(s, "SET synchronous_commit = off; SET statement_timeout = '10s'; LISTEN " CHANNEL, &link->ear);
    if (err == SW_OK)
        db_hear(s, NULL);
    return err;
}

/* --- open and close ----------------------------------------------------------------------------------------------- */

static enum sw_err version_of(struct sw_store *s, int64_t *out)
{
    struct link *link = s->db;
    char text[24];
    enum sw_err err = execute_with(s, link->work, "SELECT to_regclass('sealwax_version') IS NOT NULL", NULL, text);
    *out = 0;
    if (err || *text != 't')
        return err;
    err = execute_with(s, link->work, "SELECT version FROM sealwax_version", NULL, text);
    if (err == SW_OK)
        *out = strtoll(text, NULL, 10);
    return err;
}

static enum sw_err build(struct sw_store *s, int64_t version)
{
    struct link *link = s->db;
    char sql[64];
    snprintf(sql, sizeof sql, "UPDATE sealwax_version SET version = %d", (int)version + 1);
    enum sw_err err = execute(s, link->work, db_postgresql_steps[version]);
    return err ? err : execute(s, link->work, sql);
}

#define NUMBERS "pg_get_serial_sequence('message', 'cursor')"

static enum sw_err last_number(struct sw_store *s, int64_t *out)
{
    struct link *link = s->db;
    char text[24] = "";
    enum sw_err err = execute_with(s, link->work, "SELECT pg_sequence_last_value(" NUMBERS ")", NULL, text);
    *out = strtoll(text, NULL, 10); /* nothing: none was given yet */
    return err;
}

static enum sw_err number_on(struct sw_store *s, int64_t last)
{
    struct link *link = s->db;
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, last);
    return last ? execute_with(s, link->work, "SELECT setval(" NUMBERS ", $1::bigint)", text, NULL) : SW_OK;
}

/* Its logs are archives and standbys, too: nothing of ours reaches them. */
static void settle(struct sw_store *s)
{
    (void)s;
}

static void close_database(struct sw_store *s)
{
    struct link *link = s->db;
    if (!link)
        return;
    if (PQclear) { /* the last one that is found */
        disconnect(link);
        PQfinish(link->ear);
    }
    free(link->where);
    free(link);
    s->db = NULL;
}

static enum sw_err open_database(struct sw_store *s, const char *where, bool alone)
{
    struct link *link = calloc(1, sizeof *link);
    if (!link)
        return SW_ERR_MEMORY;
    s->db = link;
    link->alone = alone;
    link->where = strdup(where);
    if (!link->where)
        return SW_ERR_MEMORY;
    return libpq_load(s->why, sizeof s->why) ? connect_work(s) : SW_ERR_SYSTEM;
}

const struct db_driver db_postgresql = {
    .open = open_database,
    .close = close_database,
    .version = version_of,
    .build = build,
    .last_number = last_number,
    .number_on = number_on,
    .settle = settle,
    .begin = begin,
    .turn = turn_too,
    .commit = commit,
    .rollback = rollback,
    .ask = ask,
    .next = next,
    .column = column,
    .done = done,
    .tell = tell,
    .watch = watch,
    .look = look,
};
