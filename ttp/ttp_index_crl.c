/* The index: the numbers of revocation lists, which only ever go up (RFC 5280 5.2.3), and what no list has yet. */
#include "ttp/ttp_index_db.h"
#include <stdio.h>

int ttp_index_crl_latest(struct ttp_index *ix, const char *issuer, int64_t *number, int64_t *this_update,
                         int64_t *next_update)
{
    *number = *this_update = *next_update = 0;
    sqlite3_stmt *s = ttp_index_prepare(
        ix, "SELECT number, this_update, next_update FROM crls WHERE issuer = ? ORDER BY number DESC LIMIT 1", "s",
        issuer);
    int rc = s ? sqlite3_step(s) : SQLITE_ERROR;
    int err = rc == SQLITE_ROW || rc == SQLITE_DONE ? TTP_DONE : ttp_index_failed(ix);
    if (rc == SQLITE_ROW) {
        *number = sqlite3_column_int64(s, 0);
        *this_update = sqlite3_column_int64(s, 1);
        *next_update = sqlite3_column_int64(s, 2);
    }
    sqlite3_finalize(s);
    return err;
}

int ttp_index_crl_number(struct ttp_index *ix, const char *issuer, int64_t this_update, int64_t next_update,
                         int64_t *number)
{
    int err =
        ttp_index_finish(ix, ttp_index_prepare(ix,
                                               "INSERT INTO crls(issuer, this_update, next_update, last_revocation)"
                                               " VALUES(?, ?, ?, (SELECT ifnull(max(id), 0) FROM revocations))",
                                               "sii", issuer, this_update, next_update));
    *number = sqlite3_last_insert_rowid(ix->db);
    char detail[64];
    snprintf(detail, sizeof detail, "number %lld", (long long)*number);
    return err ? err : ttp_index_audit(ix, "crl", "", detail);
}

int ttp_index_crl_seen(struct ttp_index *ix, const char *issuer, int64_t number, int64_t this_update,
                       int64_t next_update)
{
    char detail[64];
    int err = ttp_index_finish(
        ix, ttp_index_prepare(ix,
                              "INSERT INTO crls(number, issuer, this_update, next_update, last_revocation)"
                              " VALUES(?, ?, ?, ?, (SELECT ifnull(max(id), 0) FROM revocations))",
                              "isii", number, issuer, this_update, next_update));
    snprintf(detail, sizeof detail, "list number %lld", (long long)number);
    return err ? err : ttp_index_audit(ix, "adopt", "", detail);
}

/* What AUTOINCREMENT counts on stands in a table of SQLite's own. */
int ttp_index_crl_above(struct ttp_index *ix, int64_t number)
{
    int err =
        ttp_index_finish(ix, ttp_index_prepare(ix,
                                               "INSERT INTO sqlite_sequence(name, seq) SELECT 'crls', 0"
                                               " WHERE NOT EXISTS(SELECT 1 FROM sqlite_sequence WHERE name = 'crls')",
                                               ""));
    return err ? err
               : ttp_index_finish(
                     ix, ttp_index_prepare(ix, "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'crls'", "i",
                                           number));
}

int ttp_index_crl_pending(struct ttp_index *ix, const char *issuer, int64_t *count)
{
    sqlite3_stmt *s =
        ttp_index_prepare(ix,
                          "SELECT count(*) FROM revocations r JOIN certificates c ON c.serial = r.serial"
                          " WHERE c.issuer = ?1 AND c.not_after >= ?2"
                          " AND r.id > (SELECT ifnull(max(last_revocation), 0) FROM crls WHERE issuer = ?1)",
                          "si", issuer, ix->t->now);
    int rc = s ? sqlite3_step(s) : SQLITE_ERROR;
    int err = rc == SQLITE_ROW ? TTP_DONE : ttp_index_failed(ix);
    *count = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_finalize(s);
    return err;
}
