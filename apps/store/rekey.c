/*
 * Another key of the vault for a whole database. Bodies and licences are sealed anew a batch at a time, so that neither
 * memory nor the write-ahead log grows with them; whoever is interrupted begins again at the front and finds out by
 * opening what is done. The name of the key in the database changes last.
 */
#include "apps/store/db.h"
#include "apps/store/schema.h"
#include "apps/vault/rewrap.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH_ROWS = 500, BATCH_BYTES = 4 << 20 };

/* How far a pass is. */
struct mark {
    int64_t cursor;
    struct sw_licence licence;
    size_t bytes; /* in this transaction */
    unsigned long changed;
};

/*
 * What is sealed, len bytes at p, anew. SW_OK, and *out to free: it takes its place. SW_ERR_STATE: it stays as it is,
 * being done already, or unreadable, which is told.
 */
static enum sw_err rewrap_one(struct rewrap *r, const char *name, const char *what, struct db_value sealed,
                              uint8_t **out)
{
    bool changed;
    *out = malloc(sealed.len + 1);
    if (!*out)
        return SW_ERR_MEMORY;
    enum sw_err err = rewrap_seal(r, name, sealed.p, sealed.len, *out, &changed);
    if (err == SW_ERR_CRYPTO)
        rewrap_unreadable(r, "mail.db", what);
    if (err == SW_ERR_CRYPTO || (err == SW_OK && !changed))
        err = SW_ERR_STATE;
    if (err) {
        free(*out);
        *out = NULL;
    }
    return err;
}

/* One column of the message that SEALED_AFTER stands on: *v is what it shall be, and *own to free. Errors as above. */
static enum sw_err rewrap_column(struct sw_store *s, struct rewrap *r, const char *name, const char *what, int column,
                                 struct db_value *v, uint8_t **own)
{
    *own = NULL;
    *v = s->driver->column(s, SEALED_AFTER, column);
    if (v->type == DB_NULL)
        return SW_ERR_STATE;
    enum sw_err err = rewrap_one(r, name, what, *v, own);
    if (err == SW_OK)
        v->p = *own;
    return err;
}

/* The message that SEALED_AFTER stands on: its body, and what a repetition of it is known by. */
static enum sw_err rewrap_mail(struct sw_store *s, struct rewrap *r, struct mark *mark)
{
    struct sw_mail m = {.cursor = db_get(s, SEALED_AFTER, 0)};
    char name[SEAL_NAME_MAX], what[SW_MAIL_ID_MAX + 16];
    struct db_value body, likeness = {.type = DB_NULL};
    uint8_t *new_body, *new_likeness = NULL;
    db_get_text(s, SEALED_AFTER, 1, m.id, sizeof m.id);
    db_get_text(s, SEALED_AFTER, 2, m.recipient, sizeof m.recipient);
    mark->cursor = m.cursor;
    row_seal_name(&m, name);
    snprintf(what, sizeof what, "message %s", m.id);
    enum sw_err first = rewrap_column(s, r, name, what, 3, &body, &new_body), second = first;
    mark->bytes += body.len;
    if (!first || first == SW_ERR_STATE) {
        row_likeness_name(&m, name);
        snprintf(what, sizeof what, "likeness of %s", m.id);
        second = rewrap_column(s, r, name, what, 4, &likeness, &new_likeness);
    }
    bool failed = second && second != SW_ERR_STATE;
    if (!failed && (!first || !second))
        second = db_run(s, RESEAL, db_number(m.cursor), body, likeness);
    free(new_body);
    free(new_likeness);
    return second;
}

static enum sw_err next_mail(struct sw_store *s, struct rewrap *r, struct mark *mark)
{
    enum sw_err err = db_ask(s, SEALED_AFTER, db_number(mark->cursor));
    if (err == SW_OK)
        err = db_next(s, SEALED_AFTER);
    if (err == SW_OK)
        err = rewrap_mail(s, r, mark);
    db_done(s, SEALED_AFTER);
    return err;
}

/* The licence that LICENCE_AFTER stands on. */
static enum sw_err rewrap_licence(struct sw_store *s, struct rewrap *r, struct mark *mark)
{
    struct sw_licence a;
    struct db_value sealed;
    char name[LICENCE_NAME_MAX];
    uint8_t *out;
    if (!licence_read(s, LICENCE_AFTER, &a, &sealed)) { /* cut to fit, it would come again for ever */
        snprintf(s->why, sizeof s->why, "a licence of %s has no name of a licence", a.holder);
        return SW_ERR_SYSTEM;
    }
    mark->licence = a;
    mark->bytes += sealed.len;
    licence_seal_name(&a, name);
    enum sw_err err = rewrap_one(r, name, name, sealed, &out);
    if (err)
        return err;
    err = db_run(s, RESEAL_LICENCE, db_text(a.holder), db_text(a.track), db_bytes(out, sealed.len));
    free(out);
    return err;
}

static enum sw_err next_licence(struct sw_store *s, struct rewrap *r, struct mark *mark)
{
    const struct sw_licence last = mark->licence;
    enum sw_err err = db_ask(s, LICENCE_AFTER, db_text(last.holder), db_text(last.track));
    if (err == SW_OK)
        err = db_next(s, LICENCE_AFTER);
    if (err == SW_OK)
        err = rewrap_licence(s, r, mark);
    db_done(s, LICENCE_AFTER);
    return err;
}

/* Some behind the mark, in a transaction that is open; SW_ERR_NOT_FOUND: there are no others. */
typedef enum sw_err next_one(struct sw_store *s, struct rewrap *r, struct mark *mark);
static enum sw_err rewrap_some(struct sw_store *s, struct rewrap *r, struct mark *mark, next_one *next)
{
    enum sw_err err = SW_OK;
    mark->bytes = mark->changed = 0;
    for (int i = 0; i < BATCH_ROWS && mark->bytes < BATCH_BYTES && err == SW_OK; i++) {
        err = next(s, r, mark);
        mark->changed += err == SW_OK;
        if (err == SW_ERR_STATE)
            err = SW_OK;
    }
    return err;
}

static enum sw_err rewrap_all(struct sw_store *s, struct rewrap *r, next_one *next)
{
    struct mark mark = {.cursor = INT64_MIN};
    for (bool more = true; more;) {
        enum sw_err err = db_begin(s, "schema");
        if (err)
            return err;
        err = rewrap_some(s, r, &mark, next);
        more = err != SW_ERR_NOT_FOUND;
        err = db_finish(s, more ? err : SW_OK);
        if (err)
            return err;
        r->changed += mark.changed;
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
    if (err == SW_OK && s->driver->look) /* nobody has those in memory now, and nobody can read them any more */
        err = db_run(s, FORGET_TICKET_KEYS, db_number(INT64_MAX));
    for (size_t i = 0; i < sizeof r->to->id; i++)
        snprintf(about.id + 2 * i, 3, "%02x", r->to->id[i]);
    if (err == SW_OK)
        err = row_audit(s, "rekeyed", &about, NULL, now);
    return db_finish(s, err);
}

static bool is_there(const char *path)
{
    return path && faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) == 0;
}

static enum sw_err rekey(struct sw_store *s, const char *licences, struct rewrap *r, int64_t now)
{
    int64_t version = 0;
    bool done = false;
    enum sw_err err = s->driver->version(s, &version);
    if (err || (version == 0 && !is_there(licences))) /* nothing was ever in it */
        return err;
    if (version)
        err = version > SCHEMA ? SW_ERR_UNSUPPORTED : check_owner(s, r, &done);
    if (err == SW_OK)
        err = db_bring_up(s, version, r->from->id, licences);
    if (err == SW_OK)
        err = rewrap_all(s, r, next_mail);
    if (err == SW_OK)
        err = rewrap_all(s, r, next_licence);
    if (err == SW_OK && r->to && !done)
        err = sign_over(s, r, now);
    if (err == SW_OK && r->to) /* what was sealed under the old key goes from the log as well */
        s->driver->settle(s);
    return err;
}

enum sw_err sw_store_rekey(const char *path, const char *licences, struct rewrap *r, int64_t now, const char **why)
{
    *why = "out of memory";
    struct sw_store *s = calloc(1, sizeof *s);
    if (!s)
        return SW_ERR_MEMORY;
    enum sw_err err = db_open_alone(s, path, is_there(licences));
    if (err == SW_OK)
        err = rekey(s, licences, r, now);
    else if (err == SW_ERR_NOT_FOUND) /* a server that only ever had files */
        err = SW_OK;
    if (err)
        *why = db_explain(s, err, db_name(path));
    sw_store_close(s);
    return err;
}
