/* The index: reading certificates and the audit log back. */
#include "ttp/ttp_ca.h"
#include "ttp/ttp_index_db.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Rows from before that are absolute. Where the file lies here, the directory was moved or copied, and this is meant;
 * as long as it holds this very certificate, for a file elsewhere may have the name of another one's here.
 */
static const char *absolute(struct ttp_index *ix, const char *prefix, struct sw_slice der)
{
    char path[sizeof ix->prefix + 4];
    const char *slash = strrchr(prefix, '/');
    if (*prefix == 0)
        return prefix;
    snprintf(ix->prefix, sizeof ix->prefix, "%.*s%s", (int)ix->dir_len, ix->path, *prefix == '/' ? slash + 1 : prefix);
    if (*prefix != '/')
        return ix->prefix;
    snprintf(path, sizeof path, "%s.crt", ix->prefix);
    return ttp_cert_is(path, der) ? ix->prefix : prefix;
}

static const char *text(sqlite3_stmt *s, int column)
{
    const char *p = (const char *)sqlite3_column_text(s, column);
    return p ? p : "";
}

static void read_row(struct ttp_index *ix, sqlite3_stmt *s, struct ttp_row *row)
{
    struct sw_slice der = {sqlite3_column_blob(s, 12), (size_t)sqlite3_column_bytes(s, 12)};
    *row = (struct ttp_row){
        .serial = text(s, 0),
        .issuer = text(s, 1),
        .cn = text(s, 2),
        .names = text(s, 3),
        .profile = text(s, 4),
        .key_type = text(s, 5),
        .fingerprint = text(s, 6),
        .prefix = absolute(ix, text(s, 7), der),
        .replaces = text(s, 8),
        .not_before = sqlite3_column_int64(s, 9),
        .not_after = sqlite3_column_int64(s, 10),
        .issued = sqlite3_column_int64(s, 11),
        .der = der,
        .revoked = sqlite3_column_int64(s, 13),
        .reason = sqlite3_column_int(s, 14),
        .replaced = sqlite3_column_int(s, 15),
    };
}

/*
 * By what it is looked for stands in the statement and not in a value: only so SQLite looks it up, and does not read
 * all there is.
 */
#define ROWS(which)                                                                                                    \
    "SELECT c.serial, issuer, cn, names, profile, key_type, fingerprint, prefix, replaces, not_before, not_after,"     \
    " issued, der, revoked, reason,"                                                                                   \
    " EXISTS(SELECT 1 FROM certificates n WHERE n.replaces = c.serial AND n.not_after >= ?3"                           \
    "  AND NOT EXISTS(SELECT 1 FROM revocations x WHERE x.serial = n.serial))"                                         \
    " FROM certificates c LEFT JOIN revocations r ON r.serial = c.serial" which " ORDER BY issued, c.rowid"

int ttp_index_each(struct ttp_index *ix, const char *serial, const char *name, ttp_visit *visit, void *ctx)
{
    const char *sql = serial ? ROWS(" WHERE c.serial = ?1")
                      : name ? ROWS(" WHERE c.serial IN (SELECT serial FROM names WHERE name = ?2)")
                             : ROWS("");
    sqlite3_stmt *s = ttp_index_prepare(ix, sql, "ssi", serial ? serial : "", name ? name : "", ix->t->now);
    int rc = s ? SQLITE_ROW : SQLITE_ERROR, err = TTP_DONE;
    while (!err && rc == SQLITE_ROW && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct ttp_row row;
        read_row(ix, s, &row);
        err = visit(ctx, &row);
    }
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        err = ttp_index_failed(ix);
    sqlite3_finalize(s);
    return err;
}

int ttp_index_each_audit(struct ttp_index *ix, ttp_visit_audit *visit, void *ctx)
{
    sqlite3_stmt *s = ttp_index_prepare(ix,
                                        "SELECT id, at, who, action, audit.serial, detail, coalesce(cn, '') FROM audit"
                                        " LEFT JOIN certificates USING (serial) ORDER BY id",
                                        "");
    int rc = s ? SQLITE_ROW : SQLITE_ERROR, err = TTP_DONE;
    while (!err && rc == SQLITE_ROW && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct ttp_audit line = {.id = sqlite3_column_int64(s, 0),
                                 .at = sqlite3_column_int64(s, 1),
                                 .who = text(s, 2),
                                 .action = text(s, 3),
                                 .serial = text(s, 4),
                                 .detail = text(s, 5),
                                 .cn = text(s, 6)};
        err = visit(ctx, &line);
    }
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        err = ttp_index_failed(ix);
    sqlite3_finalize(s);
    return err;
}

/* One block holds the struct, then its DER, then its texts. */
struct ttp_row *ttp_row_copy(const struct ttp_row *row)
{
    const char *texts[] = {row->serial,   row->issuer,      row->cn,     row->names,   row->profile,
                           row->key_type, row->fingerprint, row->prefix, row->replaces};
    enum { TEXTS = sizeof texts / sizeof *texts };
    size_t lens[TEXTS], size = sizeof *row + row->der.len;
    for (size_t i = 0; i < TEXTS; i++)
        size += lens[i] = strlen(texts[i]) + 1;
    struct ttp_row *copy = malloc(size);
    if (!copy)
        return NULL;
    *copy = *row;
    uint8_t *p = (uint8_t *)(copy + 1);
    if (row->der.len)
        memcpy(p, row->der.p, row->der.len);
    copy->der.p = p;
    p += row->der.len;
    const char **to[TEXTS] = {&copy->serial,   &copy->issuer,      &copy->cn,     &copy->names,   &copy->profile,
                              &copy->key_type, &copy->fingerprint, &copy->prefix, &copy->replaces};
    for (size_t i = 0; i < TEXTS; i++) {
        memcpy(p, texts[i], lens[i]);
        *to[i] = (const char *)p;
        p += lens[i];
    }
    return copy;
}

void ttp_row_free(struct ttp_row *row)
{
    free(row);
}
