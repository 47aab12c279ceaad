/*
 * The tables of the store, step by step: step N makes version N + 1 out of what is there, so that a new database and an
 * old one get the same. A database gives its own words for a number that grows by itself, for integers, text and bytes,
 * and for a table kept in its key.
 */
#ifndef SW_APPS_STORE_SCHEMA_H
#define SW_APPS_STORE_SCHEMA_H

enum { SCHEMA = 5 };
extern const char *const db_postgresql_steps[SCHEMA];

#define SCHEMA_1(CURSOR, INTEGER, TEXT, BYTES, KEYED)                                                                  \
    "CREATE TABLE meta (vault " BYTES " NOT NULL);"                                                                    \
    "CREATE TABLE message ("                                                                                           \
    " cursor " CURSOR ","                                                                                              \
    " id " TEXT " NOT NULL UNIQUE,"                                                                                    \
    " sender " TEXT " NOT NULL, sender_cert " BYTES " NOT NULL, recipient " TEXT " NOT NULL,"                          \
    " created " INTEGER " NOT NULL, expires " INTEGER " NOT NULL,"                                                     \
    " once " INTEGER " NOT NULL, sealed " INTEGER " NOT NULL,"                                                         \
    " state " INTEGER " NOT NULL DEFAULT 0, changed " INTEGER " NOT NULL,"                                             \
    " deliveries " INTEGER " NOT NULL DEFAULT 0, turned_away " INTEGER " NOT NULL DEFAULT 0,"                          \
    " lease " BYTES ", lease_until " INTEGER " NOT NULL DEFAULT 0,"                                                    \
    " idempotency " TEXT ", body " BYTES ");"                                                                          \
    "CREATE INDEX message_waiting ON message (recipient, cursor) WHERE body IS NOT NULL;"                              \
    "CREATE INDEX message_expiry ON message (expires) WHERE body IS NOT NULL;"                                         \
    "CREATE INDEX message_ended ON message (changed) WHERE body IS NULL;"                                              \
    "CREATE INDEX message_rate ON message (recipient, created);"                                                       \
    "CREATE UNIQUE INDEX message_idempotency ON message (sender, idempotency) WHERE idempotency IS NOT NULL;"          \
    "CREATE TABLE person (name " TEXT " NOT NULL, cert " BYTES " NOT NULL, chain " TEXT " NOT NULL,"                   \
    " seen " INTEGER " NOT NULL, PRIMARY KEY (name, cert))" KEYED ";"                                                  \
    "CREATE TABLE audit (at " INTEGER " NOT NULL, event " TEXT " NOT NULL, id " TEXT " NOT NULL,"                      \
    " sender " TEXT " NOT NULL, recipient " TEXT " NOT NULL, cert " BYTES ");"

/* people can be enrolled */
#define SCHEMA_2(INTEGER, TEXT, BYTES, KEYED)                                                                          \
    "CREATE TABLE member (cert " BYTES " PRIMARY KEY, name " TEXT " NOT NULL, role " TEXT " NOT NULL,"                 \
    " since " INTEGER " NOT NULL)" KEYED ";"                                                                           \
    "CREATE INDEX member_name ON member (name);"

/* licences, which were in a database of their own */
#define SCHEMA_3(TEXT, BYTES, KEYED)                                                                                   \
    "CREATE TABLE licence (holder " TEXT " NOT NULL, track " TEXT " NOT NULL, sealed " BYTES " NOT NULL,"              \
    " PRIMARY KEY (holder, track))" KEYED ";"

/* licences and members are found by what is in a certificate: name and serial number */
#define SCHEMA_4(TEXT)                                                                                                 \
    "ALTER TABLE licence ADD COLUMN name " TEXT " NOT NULL DEFAULT '';"                                                \
    "CREATE INDEX licence_name ON licence (name, track) WHERE name <> '';"                                             \
    "ALTER TABLE member ADD COLUMN serial " TEXT " NOT NULL DEFAULT '';"

/* how often a message may be handed out, why it was refused, and what a repetition of it is known by */
#define SCHEMA_5(INTEGER, BYTES)                                                                                       \
    "ALTER TABLE message ADD COLUMN max_deliveries " INTEGER " NOT NULL DEFAULT 0;"                                    \
    "ALTER TABLE message ADD COLUMN reason " INTEGER " NOT NULL DEFAULT 0;"                                            \
    "ALTER TABLE message ADD COLUMN likeness " BYTES ";"

/* Who plays: a table that need not survive anything, and that is as shared as the store is. */
#define SCHEMA_STREAM(KIND, INTEGER, TEXT, BYTES)                                                                      \
    "CREATE " KIND " TABLE stream (id " TEXT " PRIMARY KEY, holder " TEXT " NOT NULL, track " TEXT " NOT NULL,"        \
    " cert " BYTES " NOT NULL, server " TEXT " NOT NULL, expires " INTEGER " NOT NULL);"                               \
    "CREATE INDEX stream_licence ON stream (holder, track);"

#endif
