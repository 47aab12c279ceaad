/*
 * Private to the store: the SQL that every database shares (query.c), and what a database has to be able to do (struct
 * db_driver: sqlite.c, postgresql.c). Above this header nobody knows which one it is. A query is its own handle: it may
 * run once at a time, beside others.
 */
#ifndef SW_APPS_STORE_DB_H
#define SW_APPS_STORE_DB_H

#include "apps/store/store.h"
#include "apps/vault/vault.h"

enum { WHY_MAX = 512 };

enum query {
    BY_IDEMPOTENCY,
    COUNT_WAITING,
    COUNT_RECENT,
    INSERT,
    NEXT,
    BY_ID,
    BODY_OF,
    LIKENESS_OF,
    HELD,
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
    MEMBER_OF_SERIAL,
    MEMBERS,
    NEWEST,
    SINCE,
    LICENCE,
    LICENCES_NAMED,
    LICENCE_NAMELESS,
    COUNT_NAMELESS,
    PUT_LICENCE,
    RESEAL_LICENCE,
    ADD_LICENCE,
    LICENCES,
    TICKET_KEYS,
    ADD_TICKET_KEY,
    FORGET_TICKET_KEYS,
    SEALED_AFTER,
    RESEAL,
    LICENCE_AFTER,
    STREAMS_OF,
    PUT_STREAM,
    KEEP_STREAM,
    END_STREAM,
    END_STREAMS_OF,
    END_LAPSED_STREAMS,
    FORGET_STREAMS,
    VAULT,
    ADD_VAULT,
    SET_VAULT,
    ALL_ROWS,
    COPY_MAIL,
    COPY_PEOPLE,
    COPY_MEMBERS,
    COPY_AUDIT,
    PASTE_MAIL,
    QUERIES
};

enum { DB_PARAMETERS = 20 /* of a query, at most: a whole message */ };

/* db_query: what a query says; ?1 is its first parameter. */
const char *db_query(enum query q);

/* A parameter, or a column of a row; what p points to is the caller's, or the row's as long as that is the one. */
struct db_value {
    enum { DB_NULL, DB_NUMBER, DB_TEXT, DB_BYTES } type;
    int64_t number;
    const void *p; /* a text ends with a NUL */
    size_t len;
};
struct db_value db_number(int64_t n);
struct db_value db_text(const char *text); /* NULL is NULL */
struct db_value db_bytes(const void *p, size_t len);
struct db_value db_cert(const uint8_t cert[32]); /* NULL is NULL */

struct db_driver {
    /*
     * open: where is what sw_store_open was given. alone: no server works on it meanwhile, and it exists
     * (SW_ERR_NOT_FOUND).
     * version, build: of the schema, 0 for none; build makes the next one of the one there is. settle: logs forget what
     * was overwritten.
     */
    enum sw_err (*open)(struct sw_store *s, const char *where, bool alone);
    void (*close)(struct sw_store *s);
    enum sw_err (*version)(struct sw_store *s, int64_t *out);
    enum sw_err (*build)(struct sw_store *s, int64_t version);
    void (*settle)(struct sw_store *s);
    /*
     * begin: a transaction that writes. Those of the same turn wait for each other, and each sees all that the one
     * before it has done; turn waits in one that is open for another turn, too. commit: durable when it returns.
     * rollback: also of one that a failure has ended.
     */
    enum sw_err (*begin)(struct sw_store *s, const char *turn);
    enum sw_err (*turn)(struct sw_store *s, const char *turn);
    enum sw_err (*commit)(struct sw_store *s);
    void (*rollback)(struct sw_store *s);
    /*
     * ask: a query, outside of a transaction one of its own. next: to the next row; SW_ERR_NOT_FOUND: there is none.
     * done: no more of it.
     */
    enum sw_err (*ask)(struct sw_store *s, enum query q, const struct db_value *v, size_t n);
    enum sw_err (*next)(struct sw_store *s, enum query q);
    struct db_value (*column)(struct sw_store *s, enum query q, int column);
    void (*done)(struct sw_store *s, enum query q);
    /*
     * last_number: the highest that a message ever had, gone or not. number_on: go on behind it, in the transaction
     * that is open.
     */
    enum sw_err (*last_number)(struct sw_store *s, int64_t *out);
    enum sw_err (*number_on)(struct sw_store *s, int64_t last);
    /*
     * For a database on a disk of ours; otherwise NULL. keep_log: carry the log of what was written over into the
     * database as soon as it has so many bytes. shrink: as of sw_store_shrink.
     */
    void (*keep_log)(struct sw_store *s, int64_t bytes);
    void (*shrink)(struct sw_store *s);
    /*
     * For a database that several servers share; otherwise NULL. tell: them a text, for their db_hear. watch, look: as
     * of sw_store_watch.
     */
    void (*tell)(struct sw_store *s, const char *text);
    int (*watch)(const struct sw_store *s);
    enum sw_err (*look)(struct sw_store *s);
};
extern const struct db_driver db_sqlite, db_postgresql;

/*
 * db_open_file: a database of SQLite, to be closed in any case, for whoever runs this alone; what sqlite3_open_v2
 * returns. The directory may be reached by links, as that of a service is that systemd runs under a user of its own
 * (DynamicUser); the file itself may not be one. SQLITE_OPEN_NOFOLLOW alone refuses both.
 */
struct sqlite3;
int db_open_file(const char *path, int flags, struct sqlite3 **out);

/* db_ask_for_room: from now on, SQLite does as room.c has it. */
void db_ask_for_room(void);

struct sw_store {
    const struct db_driver *driver;
    void *db; /* the driver's */
    struct sw_vault vault;
    bool ready; /* opened: that is the key it is sealed with */
    struct sw_store_limits limits;
    void (*changed)(void *ctx, const struct sw_mail *mail, bool here);
    void *changed_ctx;
    void (*claimed)(void *ctx, const char *name, const uint8_t cert[32]);
    void *claimed_ctx;
    char server[SW_STREAM_ID_MAX]; /* whose streams are ours */
    int64_t looked;                /* when sw_store_look last asked for what no notice came of, */
    int64_t seen, before;          /* the newest message then, and the time before that */
    char why[WHY_MAX];             /* what the driver said when it returned SW_ERR_SYSTEM */
    bool full;                     /* that was for lack of space */
    bool spare;                    /* sw_store_set_reserve */
};

/* --- store.c ------------------------------------------------------------------------------------------------------ */

/*
 * db_open: the database at a place (struct db_driver); in any case, sw_store_close ends it. db_name: that place, for
 * people. db_explain: why what did not work.
 */
enum sw_err db_open(struct sw_store *s, const char *where, bool alone);
/* db_open_alone: no server works on it; made if there is none and create is set, otherwise SW_ERR_NOT_FOUND. */
enum sw_err db_open_alone(struct sw_store *s, const char *where, bool create);
const char *db_name(const char *where);
const char *db_explain(const struct sw_store *s, enum sw_err err, const char *what);
/* db_build: bring the schema up from a version to the newest, in a transaction that is open. */
enum sw_err db_build(struct sw_store *s, int64_t version);
/*
 * db_bring_up: the newest schema of the version there is, with the key that id names where there was nothing yet, and
 * the licences that lie beside (NULL: nowhere). For a database that is not open to others.
 */
enum sw_err db_bring_up(struct sw_store *s, int64_t version, const uint8_t id[8], const char *licences);
/* db_vault: which key the database says it is sealed with. */
enum sw_err db_vault(struct sw_store *s, uint8_t id[8]);

/* --- query.c: on any database ------------------------------------------------------------------------------------- */

/*
 * db_ask: with the values that follow. db_run: one without rows. db_get_number: one with one number (none: what NULL or
 * no row counts as).
 */
#define db_ask(s, q, ...)                                                                                              \
    db_ask_values(s, q, (const struct db_value[]){__VA_ARGS__},                                                        \
                  sizeof(struct db_value[]){__VA_ARGS__} / sizeof(struct db_value))
#define db_run(s, q, ...) db_run_asked(s, q, db_ask(s, q, __VA_ARGS__))
#define db_get_number(s, q, none, out, ...) db_number_asked(s, q, none, out, db_ask(s, q, __VA_ARGS__))
enum sw_err db_ask_values(struct sw_store *s, enum query q, const struct db_value *v, size_t n);
enum sw_err db_run_asked(struct sw_store *s, enum query q, enum sw_err asked);
enum sw_err db_number_asked(struct sw_store *s, enum query q, int64_t none, int64_t *out, enum sw_err asked);
/* db_next, db_done: rows. db_end: that, and what came of all of them: running out of them is no error. */
enum sw_err db_next(struct sw_store *s, enum query q);
void db_done(struct sw_store *s, enum query q);
enum sw_err db_end(struct sw_store *s, enum query q, enum sw_err err);
/*
 * Columns of the row a query stands on. db_get_text: what does not fit is cut. db_get_cert: false, and zeros, if it is
 * none.
 */
int64_t db_get(struct sw_store *s, enum query q, int column);
void db_get_text(struct sw_store *s, enum query q, int column, char *out, size_t cap);
bool db_get_cert(struct sw_store *s, enum query q, int column, uint8_t out[32]);
/*
 * db_begin, db_finish: a transaction; it is committed if err is SW_OK, rolled back otherwise; returns what came of it.
 */
enum sw_err db_begin(struct sw_store *s, const char *turn);
enum sw_err db_finish(struct sw_store *s, enum sw_err err);

/* --- row.c: messages ---------------------------------------------------------------------------------------------- */

/* A message and who has it. */
struct row {
    struct sw_mail mail;
    bool leased;
    uint8_t lease[32];
    int64_t lease_until;
};

/* row_read: where a query stands. row_one: of a query that gives one row or none (SW_ERR_NOT_FOUND). */
void row_read(struct sw_store *s, enum query q, struct row *out);
enum sw_err row_one_asked(struct sw_store *s, enum query q, struct row *out, enum sw_err asked);
#define row_one(s, q, out, ...) row_one_asked(s, q, out, db_ask(s, q, __VA_ARGS__))
enum sw_err row_by_id(struct sw_store *s, const char *id, struct row *out);
/*
 * row_allow: how often it may be handed out. row_body: fetch and unseal it. row_seal_name, row_likeness_name: what it,
 * and what a repetition is known by, are sealed under.
 */
enum { SEAL_NAME_MAX = SW_MAIL_ID_MAX + SW_NAME_MAX + 16 };
void row_allow(const struct sw_store *s, struct sw_mail *m);
enum sw_err row_body(struct sw_store *s, struct sw_mail *m);
void row_seal_name(const struct sw_mail *m, char out[SEAL_NAME_MAX]);
void row_likeness_name(const struct sw_mail *m, char out[SEAL_NAME_MAX]);
/*
 * row_end: it has ended, in the transaction that is open; its reason is set. row_audit: an event of it; cert: who did
 * it, or NULL.
 */
enum sw_err row_end(struct sw_store *s, struct sw_mail *m, enum sw_mail_state state, const uint8_t *cert, int64_t now);
enum sw_err row_audit(struct sw_store *s, const char *event, const struct sw_mail *m, const uint8_t *cert, int64_t now);

/* --- licence.c ---------------------------------------------------------------------------------------------------- */

/*
 * licence_name: one of which nothing else is known; false if the names do not fit. licence_seal_name: what it is sealed
 * under. licence_read: names, and what is sealed, of the row a query stands on; false if they do not fit: no licence of
 * ours.
 */
enum {
    LICENCE_NAME_MAX = SW_NAME_MAX + SW_TRACK_MAX + 16, /* a turn's, too */
    LICENCE_PLAIN_MAX = 48 + SW_NAME_MAX,
};
bool licence_name(struct sw_licence *out, const char *holder, const char *track);
void licence_seal_name(const struct sw_licence *a, char out[LICENCE_NAME_MAX]);
bool licence_read(struct sw_store *s, enum query q, struct sw_licence *out, struct db_value *sealed);
/* licence_set_name: the holder's name into a licence of an older sealwaxd, in the transaction that is open. */
enum sw_err licence_set_name(struct sw_store *s, const struct sw_holder *who, const char *track);

/* --- stream.c ----------------------------------------------------------------------------------------------------- */

/*
 * stream_begin: one more stream of a licence, in the transaction that is open in its turn; at most so many. right stays
 * as it is, or says that all places are taken.
 */
enum sw_err stream_begin(struct sw_store *s, const struct sw_stream *stream, unsigned most, int64_t now,
                         enum sw_right *right);

/* --- watch.c ------------------------------------------------------------------------------------------------------ */

/*
 * row_tell: whoever watches is told of the change, after its commit. db_hear: what another server told; NULL: something
 * may have been missed.
 */
void row_tell(struct sw_store *s, const struct sw_mail *m);
void db_hear(struct sw_store *s, const char *text);

#endif
