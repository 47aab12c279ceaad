/*
 * A new, empty place for a store and its key: a directory of its own, and in it a database of SQLite; or, where
 * SEALWAX_TEST_STORE is the URI of a PostgreSQL (tests/e2e/postgresql.sh sets it), a schema of its own there.
 */
#ifndef SW_TESTS_APPS_STORE_PLACE_H
#define SW_TESTS_APPS_STORE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

struct store_place {
    char dir[64], db[256], key[96];
    bool postgresql;
    char schema[32];
};

void store_place_make(struct store_place *p);
/* store_place_make_file: in SQLite, whatever the environment says. */
void store_place_make_file(struct store_place *p);
void store_place_remove(struct store_place *p);

/*
 * store_place_sql: behind the store's back; false if the database refused it. store_place_ask: the number it answers;
 * -1 without one.
 */
bool store_place_sql(const struct store_place *p, const char *sql);
int64_t store_place_ask(const struct store_place *p, const char *sql);

/* store_place_without_5: as a server before version 5 of the schema left its messages. */
void store_place_without_5(const struct store_place *p);

/* store_place_version: of the schema, as the database says. store_place_set_version: as it shall say. */
int64_t store_place_version(const struct store_place *p);
void store_place_set_version(const struct store_place *p, int version);

#endif
