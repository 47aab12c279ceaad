/*
 * The index from inside, for the files of ttp_index*.c alone: the open database and how a statement is run.
 */
#ifndef SW_TTP_TTP_INDEX_DB_H
#define SW_TTP_TTP_INDEX_DB_H

#include "ttp/ttp_index.h"
#include <sqlite3.h>

struct ttp_index {
    const struct ttp *t;
    sqlite3 *db;
    char path[4096];
    size_t dir_len; /* of path: the directory, with its slash */
    char who[64];
    char prefix[2 * 4096]; /* of the row that is being read */
};

/*
 * ttp_index_prepare: prepare and bind, one letter of types a value: s text, i int64_t, b struct sw_slice. NULL if it
 * fails; the database knows why. The caller finalizes it.
 */
sqlite3_stmt *ttp_index_prepare(struct ttp_index *ix, const char *sql, const char *types, ...);

/* ttp_index_finish: run a statement that returns nothing, and finalize it; NULL is a failure. Exit code. */
int ttp_index_finish(struct ttp_index *ix, sqlite3_stmt *s);

/* ttp_index_failed: say what the database failed at, in words for a person. Returns the exit code. */
int ttp_index_failed(struct ttp_index *ix);

#endif
