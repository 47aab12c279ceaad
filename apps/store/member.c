/* Who is enrolled: certificates by their fingerprint, each with the name in it and a role. */
#include "apps/store/db.h"
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
    enum sw_err err = db_begin(store, member->name);
    if (err)
        return err;
    err = db_run(store, ENROL, db_cert(member->cert), db_text(member->name), db_text(member->role),
                 db_number(member->since), db_text(member->serial));
    if (err == SW_OK)
        err = audit_member(store, "enrolled", member->name, member->role, member->cert, member->since);
    return db_finish(store, err);
}

enum sw_err sw_store_expel(struct sw_store *store, const char *name, int64_t now, int *count)
{
    *count = 0;
    enum sw_err err = db_begin(store, name);
    if (err)
        return err;
    err = db_ask(store, EXPEL, db_text(name));
    for (; err == SW_OK && (err = db_next(store, EXPEL)) == SW_OK; ++*count)
        ;
    err = db_end(store, EXPEL, err);
    if (err == SW_OK && *count > 0)
        err = audit_member(store, "expelled", name, "", NULL, now);
    return db_finish(store, err);
}

static void read_member(struct sw_store *s, enum query q, struct sw_member *out)
{
    *out = (struct sw_member){0};
    db_get_cert(s, q, 0, out->cert);
    db_get_text(s, q, 1, out->name, sizeof out->name);
    db_get_text(s, q, 2, out->role, sizeof out->role);
    out->since = db_get(s, q, 3);
    db_get_text(s, q, 4, out->serial, sizeof out->serial);
}

static enum sw_err one_member(struct sw_store *s, enum query q, struct sw_member *out, enum sw_err asked)
{
    enum sw_err err = asked ? asked : db_next(s, q);
    if (err == SW_OK)
        read_member(s, q, out);
    db_done(s, q);
    return err;
}

enum sw_err sw_store_member(struct sw_store *store, const uint8_t cert[32], struct sw_member *out)
{
    return one_member(store, MEMBER, out, db_ask(store, MEMBER, db_cert(cert)));
}

enum sw_err sw_store_member_named(struct sw_store *store, const char *name, struct sw_member *out)
{
    return one_member(store, MEMBER_NAMED, out, db_ask(store, MEMBER_NAMED, db_text(name)));
}

enum sw_err sw_store_member_of_serial(struct sw_store *store, const char *serial, struct sw_member *out)
{
    return one_member(store, MEMBER_OF_SERIAL, out, db_ask(store, MEMBER_OF_SERIAL, db_text(serial)));
}

enum sw_err sw_store_members(struct sw_store *store, bool (*each)(void *ctx, const struct sw_member *member), void *ctx)
{
    struct sw_member member;
    bool more = true;
    enum sw_err err = db_ask_values(store, MEMBERS, NULL, 0);
    while (err == SW_OK && more && (err = db_next(store, MEMBERS)) == SW_OK) {
        read_member(store, MEMBERS, &member);
        more = each(ctx, &member);
    }
    return db_end(store, MEMBERS, err);
}
