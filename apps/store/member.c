/* Who is enrolled: certificates by their fingerprint, each with the name in it and a role. */
#include "apps/store/sqlite.h"
#include <string.h>

static enum sw_err audit_member(struct sw_store *s, const char *event, const char *name, const char *role,
                                const uint8_t *cert, int64_t now)
{
    struct sw_mail about = {0};
    memcpy(about.sender, name, strnlen(name, sizeof about.sender - 1));
    memcpy(about.recipient, role, strnlen(role, sizeof about.recipient - 1));
    return row_audit(s, event, &about, cert, now);
}

enum sw_err sw_store_enrol(struct sw_store *store, const struct sw_member *member)
{
    enum sw_err err = db_begin(store);
    if (err)
        return err;
    sqlite3_stmt *st = db_get(store, ENROL);
    db_put_cert(st, 1, member->cert);
    db_put_text(st, 2, member->name);
    db_put_text(st, 3, member->role);
    sqlite3_bind_int64(st, 4, member->since);
    err = db_run(store, st);
    if (err == SW_OK)
        err = audit_member(store, "enrolled", member->name, member->role, member->cert, member->since);
    return db_finish(store, err);
}

enum sw_err sw_store_expel(struct sw_store *store, const char *name, int64_t now, int *count)
{
    *count = 0;
    enum sw_err err = db_begin(store);
    if (err)
        return err;
    sqlite3_stmt *st = db_get(store, EXPEL);
    db_put_text(st, 1, name);
    err = db_run(store, st);
    if (err == SW_OK)
        *count = sqlite3_changes(store->db);
    if (err == SW_OK && *count > 0)
        err = audit_member(store, "expelled", name, "", NULL, now);
    return db_finish(store, err);
}

static void read_member(sqlite3_stmt *st, struct sw_member *out)
{
    *out = (struct sw_member){0};
    db_cert(st, 0, out->cert);
    db_text(st, 1, out->name, sizeof out->name);
    db_text(st, 2, out->role, sizeof out->role);
    out->since = sqlite3_column_int64(st, 3);
}

static enum sw_err one_member(struct sw_store *s, sqlite3_stmt *st, struct sw_member *out)
{
    if (!st)
        return db_fail(s);
    int rc = sqlite3_step(st);
    enum sw_err err = rc == SQLITE_ROW ? SW_OK : rc == SQLITE_DONE ? SW_ERR_NOT_FOUND : db_fail(s);
    if (err == SW_OK)
        read_member(st, out);
    db_done(st);
    return err;
}

enum sw_err sw_store_member(struct sw_store *store, const uint8_t cert[32], struct sw_member *out)
{
    sqlite3_stmt *st = db_get(store, MEMBER);
    db_put_cert(st, 1, cert);
    return one_member(store, st, out);
}

enum sw_err sw_store_member_named(struct sw_store *store, const char *name, struct sw_member *out)
{
    sqlite3_stmt *st = db_get(store, MEMBER_NAMED);
    db_put_text(st, 1, name);
    return one_member(store, st, out);
}

enum sw_err sw_store_members(struct sw_store *store, bool (*each)(void *ctx, const struct sw_member *member), void *ctx)
{
    struct sw_member member;
    bool more = true;
    int rc = SQLITE_DONE;
    sqlite3_stmt *st = db_get(store, MEMBERS);
    if (!st)
        return db_fail(store);
    while (more && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        read_member(st, &member);
        more = each(ctx, &member);
    }
    enum sw_err err = !more || rc == SQLITE_DONE ? SW_OK : db_fail(store);
    db_done(st);
    return err;
}
