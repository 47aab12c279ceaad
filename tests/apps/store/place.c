#include "tests/apps/store/place.h"
#include "tests/test.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What psql answers; false if it failed. */
static bool run_psql(const char *uri, const char *sql, char out[64])
{
    char command[2048];
    *out = 0;
    if (snprintf(command, sizeof command, "psql -XAtq -v ON_ERROR_STOP=1 -d '%s' -c \"%s\" 2>/dev/null", uri, sql) >=
        (int)sizeof command)
        abort();
    FILE *f = popen(command, "r");
    if (!f)
        abort();
    if (!fgets(out, 64, f))
        *out = 0;
    return pclose(f) == 0;
}

void store_place_make_file(struct store_place *p)
{
    *p = (struct store_place){0};
    snprintf(p->dir, sizeof p->dir, "/tmp/sealwax-store.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(p->dir));
    snprintf(p->key, sizeof p->key, "%s/vault.key", p->dir);
    snprintf(p->db, sizeof p->db, "%s/mail.db", p->dir);
}

void store_place_make(struct store_place *p)
{
    static unsigned count;
    char answer[64], sql[64];
    const char *uri = getenv("SEALWAX_TEST_STORE");
    store_place_make_file(p);
    if (!uri)
        return;
    p->postgresql = true;
    snprintf(p->schema, sizeof p->schema, "test_%d_%u", (int)getpid(), count++);
    snprintf(sql, sizeof sql, "CREATE SCHEMA %s", p->schema);
    CU_ASSERT_TRUE_FATAL(run_psql(uri, sql, answer));
    snprintf(p->db, sizeof p->db, "%s%coptions=-csearch_path%%3D%s", uri, strchr(uri, '?') ? '&' : '?', p->schema);
}

void store_place_remove(struct store_place *p)
{
    char text[128];
    if (p->postgresql) {
        snprintf(text, sizeof text, "DROP SCHEMA %s CASCADE", p->schema);
        CU_ASSERT_TRUE(store_place_sql(p, text));
    }
    snprintf(text, sizeof text, "rm -rf '%s'", p->dir);
    CU_ASSERT_EQUAL(system(text), 0);
}

bool store_place_sql(const struct store_place *p, const char *sql)
{
    char answer[64];
    sqlite3 *db;
    if (p->postgresql)
        return run_psql(p->db, sql, answer);
    CU_ASSERT_EQUAL(sqlite3_open(p->db, &db), SQLITE_OK);
    bool ok = sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_close(db);
    return ok;
}

int64_t store_place_ask(const struct store_place *p, const char *sql)
{
    char answer[64];
    sqlite3 *db;
    sqlite3_stmt *st;
    int64_t n = -1;
    if (p->postgresql)
        return run_psql(p->db, sql, answer) && *answer ? strtoll(answer, NULL, 10) : -1;
    CU_ASSERT_EQUAL(sqlite3_open(p->db, &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
        n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return n;
}

void store_place_without_5(const struct store_place *p)
{
    static const char *const columns[] = {"max_deliveries", "reason", "likeness"};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        char sql[80];
        snprintf(sql, sizeof sql, "ALTER TABLE message DROP COLUMN %s", columns[i]);
        CU_ASSERT_TRUE(store_place_sql(p, sql));
    }
}

int64_t store_place_version(const struct store_place *p)
{
    return store_place_ask(p, p->postgresql ? "SELECT version FROM sealwax_version" : "PRAGMA user_version");
}

void store_place_set_version(const struct store_place *p, int version)
{
    char sql[64];
    snprintf(sql, sizeof sql, p->postgresql ? "UPDATE sealwax_version SET version = %d" : "PRAGMA user_version = %d",
             version);
    CU_ASSERT_TRUE(store_place_sql(p, sql));
}
