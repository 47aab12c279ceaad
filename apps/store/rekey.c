/*
 * Another key of the vault for a whole database. Bodies are sealed anew a batch at a time, so that neither memory nor the write-ahead log grows with the
 * mailbox; whoever is interrupted begins again at the front and finds out by opening what is done. The name of the key in the database changes last.
 */
#include "apps/rewrap.h"
#include "apps/store/db.h"
#include "apps/store/schema.h"
#include "base/wipe.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_ROWS = 500, BATCH_BYTES = 4 << 20 };

/* The message that SEALED_AFTER stands on. */
static enum sw_err rewrap_row(struct sw_store *s, struct rewrap *r, size_t *len, bool *changed)
{
    struct sw_mail m = {.cursor = db_get(s, SEALED_AFTER, 0)};
    char name[SEAL_NAME_MAX], what[SW_MAIL_ID_MAX + 8];
    db_get_text(s, SEALED_AFTER, 1, m.id, sizeof m.id);
    db_get_text(s, SEALED_AFTER, 2, m.recipient, sizeof m.recipient);
    struct db_value body = s->driver->column(s, SEALED_AFTER, 3);
    *len = body.len;
    uint8_t *out = malloc(*len + 1);
    if (!out)
        return SW_ERR_MEMORY;
    row_seal_name(&m, name);
    enum sw_err err = rewrap_seal(r, name, body.p, *len, out, changed);
    if (err == SW_ERR_CRYPTO) {
        snprintf(what, sizeof what, "message %s", m.id);
        rewrap_unreadable(r, "mail.db", what);
        err = SW_OK;
    }
    if (err == SW_OK && *changed)
        err = db_run(s, RESEAL, db_number(m.cursor), db_bytes(out, *len));
    free(out);
    return err;
}

/* Some messages above *cursor, in a transaction that is open; *more: there may be others. */
static enum sw_err rewrap_some(struct sw_store *s, struct rewrap *r, int64_t *cursor, unsigned long *changed,
                               bool *more)
{
    size_t bytes = 0, len;
    enum sw_err err = SW_OK;
    for (int i = 0; i < BATCH_ROWS && bytes < BATCH_BYTES && !err; i++) {
        bool this = false;
        err = db_ask(s, SEALED_AFTER, db_number(*cursor));
        if (err == SW_OK)
            err = db_next(s, SEALED_AFTER);
        if (err == SW_OK) {
            *cursor = db_get(s, SEALED_AFTER, 0);
            err = rewrap_row(s, r, &len, &this);
            *changed += this;
            bytes += len;
        }
        db_done(s, SEALED_AFTER);
    }
    *more = err != SW_ERR_NOT_FOUND;
    return *more ? err : SW_OK;
}

static enum sw_err rewrap_all(struct sw_store *s, struct rewrap *r)
{
    int64_t cursor = INT64_MIN;
    bool more = true;
    while (more) {
        unsigned long changed = 0;
        enum sw_err err = db_begin(s, "schema");
        if (err)
            return err;
        err = db_finish(s, rewrap_some(s, r, &cursor, &changed, &more));
        if (err)
            return err;
        r->changed += changed;
    }
    return SW_OK;
}

/* Which key the database says it is sealed with. */
static enum sw_err check_owner(struct sw_store *s, const struct rewrap *r, bool *done)
{
    uint8_t id[sizeof r->from->id];
    enum sw_err err = db_vault(s, id);
    if (err)
        return err;
    *done = r->to && memcmp(id, r->to->id, sizeof id) == 0;
    return *done || memcmp(id, r->from->id, sizeof id) == 0 ? SW_OK : SW_ERR_KEY_MISMATCH;
}

static enum sw_err sign_over(struct sw_store *s, const struct rewrap *r, int64_t now)
{
    struct sw_mail about = {0};
    enum sw_err err = db_begin(s, "schema");
    if (err)
        return err;
    err = db_run(s, SET_VAULT, db_bytes(r->to->id, sizeof r->to->id));
    for (size_t i = 0; i < sizeof r->to->id; i++)
        snprintf(about.id + 2 * i, 3, "%02x", r->to->id[i]);
    if (err == SW_OK)
        err = row_audit(s, "rekeyed", &about, NULL, now);
    return db_finish(s, err);
}

static enum sw_err rekey(struct sw_store *s, struct rewrap *r, int64_t now)
{
    int64_t version = 0;
    bool done = false;
    enum sw_err err = s->driver->version(s, &version);
    if (err || version == 0) /* nothing was ever in it */
        return err;
    err = version > SCHEMA ? SW_ERR_UNSUPPORTED : check_owner(s, r, &done);
    if (err == SW_OK)
        err = rewrap_all(s, r);
    if (err == SW_OK && r->to && !done)
        err = sign_over(s, r, now);
    if (err == SW_OK && r->to) /* what was sealed under the old key goes from the log as well */
        s->driver->settle(s);
    return err;
}

enum sw_err sw_store_rekey(const char *path, struct rewrap *r, int64_t now, const char **why)
{
    *why = "out of memory";
    struct sw_store *s = calloc(1, sizeof *s);
    if (!s)
        return SW_ERR_MEMORY;
    enum sw_err err = db_open(s, path, true);
    if (err == SW_OK)
        err = rekey(s, r, now);
    else if (err == SW_ERR_NOT_FOUND) /* a server that only ever had files */
        err = SW_OK;
    if (err)
        *why = db_explain(s, err, db_name(path));
    sw_store_close(s);
    return err;
}
