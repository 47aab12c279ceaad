/*
 * A whole store into another database. Rows go as they are: both are sealed under the same key, and under the same
 * names. All of it is one transaction there, so that whoever is interrupted has changed nothing; what it reads from is
 * only brought up to the newest schema.
 */
#include "apps/store/db.h"
#include "apps/store/schema.h"
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct table {
    enum query read, write;
    size_t columns;
    size_t count; /* where in struct sw_store_copied */
    bool paged;   /* a row at a time, behind the number in the first column of the last one: rows are large */
};

static const struct table tables[] = {
    {COPY_MAIL, PASTE_MAIL, DB_PARAMETERS, offsetof(struct sw_store_copied, messages), true},
    {COPY_PEOPLE, LEARN, 4, offsetof(struct sw_store_copied, people), false},
    {COPY_MEMBERS, ENROL, 5, offsetof(struct sw_store_copied, members), false},
    {LICENCES, PUT_LICENCE, 4, offsetof(struct sw_store_copied, licences), false},
    {COPY_AUDIT, AUDIT, 6, offsetof(struct sw_store_copied, events), false},
};

/* The row that a table's query stands on. */
static enum sw_err copy_row(struct sw_store *from, struct sw_store *to, const struct table *t)
{
    struct db_value v[DB_PARAMETERS];
    for (size_t i = 0; i < t->columns; i++)
        v[i] = from->driver->column(from, t->read, (int)i);
    return db_run_asked(to, t->write, db_ask_values(to, t->write, v, t->columns));
}

/*
 * The rows a query gives; last: the number of the last one, where they are paged. SW_ERR_NOT_FOUND: there are no
 * others.
 */
static enum sw_err copy_some(struct sw_store *from, struct sw_store *to, const struct table *t, int64_t *last,
                             int64_t *count)
{
    const struct db_value behind = db_number(*last);
    enum sw_err err = db_ask_values(from, t->read, &behind, t->paged ? 1 : 0);
    while (err == SW_OK && (err = db_next(from, t->read)) == SW_OK) {
        if (t->paged)
            *last = db_get(from, t->read, 0);
        err = copy_row(from, to, t);
        ++*count;
        if (t->paged)
            break;
    }
    db_done(from, t->read);
    return err;
}

static enum sw_err copy_all(struct sw_store *from, struct sw_store *to, struct sw_store_copied *out)
{
    int64_t number;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        int64_t last = INT64_MIN, *count = (int64_t *)((char *)out + tables[i].count);
        enum sw_err err;
        while ((err = copy_some(from, to, &tables[i], &last, count)) == SW_OK)
            ;
        if (err != SW_ERR_NOT_FOUND)
            return err;
    }
    enum sw_err err = from->driver->last_number(from, &number);
    return err ? err : to->driver->number_on(to, number);
}

/* What a store says of itself: a version, and the key that it must be sealed with where there is one. */
static enum sw_err look_at(struct sw_store *s, const struct sw_vault *vault, int64_t *version)
{
    uint8_t id[sizeof vault->id];
    enum sw_err err = s->driver->version(s, version);
    if (err || *version == 0)
        return err;
    if (*version > SCHEMA)
        return SW_ERR_UNSUPPORTED;
    err = db_vault(s, id);
    return err ? err : memcmp(id, vault->id, sizeof id) != 0 ? SW_ERR_KEY_MISMATCH : SW_OK;
}

/* In the transaction that is open: the newest schema, and nothing in it. */
static enum sw_err prepare(struct sw_store *to, const struct sw_vault *vault)
{
    int64_t version, rows = 0;
    enum sw_err err = look_at(to, vault, &version);
    if (err == SW_OK)
        err = db_build(to, version);
    if (err == SW_OK && version == 0)
        err = db_run(to, ADD_VAULT, db_bytes(vault->id, sizeof vault->id));
    if (err == SW_OK)
        err = db_number_asked(to, ALL_ROWS, 0, &rows, db_ask_values(to, ALL_ROWS, NULL, 0));
    return err == SW_OK && rows ? SW_ERR_EXISTS : err;
}

struct job {
    struct sw_store *from, *to;
    struct sw_vault vault;
    struct sw_store_copied *out;
    const char *what;          /* it is about, when it fails, */
    const struct sw_store *at; /* and whose fault that is; NULL: the key's */
};

static enum sw_err open_from(struct job *j, const char *where, const char *licences)
{
    int64_t version = 0;
    j->what = db_name(where);
    j->at = j->from;
    enum sw_err err = db_open_alone(j->from, where, false);
    if (err == SW_OK)
        err = look_at(j->from, &j->vault, &version);
    if (err == SW_OK && version == 0)
        err = SW_ERR_NOT_FOUND;
    return err ? err : db_bring_up(j->from, version, j->vault.id, licences);
}

static enum sw_err fill(struct job *j, const char *where)
{
    const char *source = j->what;
    j->what = db_name(where);
    j->at = j->to;
    enum sw_err err = db_open_alone(j->to, where, true);
    if (err == SW_OK)
        err = db_begin(j->to, "schema");
    if (err)
        return err;
    err = prepare(j->to, &j->vault);
    if (err == SW_OK)
        err = copy_all(j->from, j->to, j->out);
    if (err && j->from->why[0]) { /* reading was what failed */
        j->what = source;
        j->at = j->from;
    }
    return db_finish(j->to, err);
}

static const char *explain(const struct job *j, enum sw_err err)
{
    static char text[4096 + 64];
    if (err != SW_ERR_NOT_FOUND)
        return db_explain(j->at ? j->at : j->from, err, j->what);
    snprintf(text, sizeof text, "%.4096s: there is no %s", j->what, j->at ? "store that could be copied" : "key file");
    return text;
}

static enum sw_err copy(struct job *j, const char *from, const char *licences, const char *to,
                        const struct sw_vault_key *key)
{
    j->what = key->path;
    enum sw_err err = sw_vault_open(&j->vault, key, false);
    if (err)
        return err;
    err = open_from(j, from, licences);
    if (err == SW_OK)
        err = fill(j, to);
    sw_vault_close(&j->vault);
    return err;
}

enum sw_err sw_store_copy(const char *from, const char *licences, const char *to, const struct sw_vault_key *key,
                          struct sw_store_copied *out, const char **why)
{
    struct job j = {.from = calloc(1, sizeof *j.from), .to = calloc(1, sizeof *j.to), .out = out};
    bool new = faccessat(AT_FDCWD, to, F_OK, AT_EACCESS) != 0;
    *out = (struct sw_store_copied){0};
    *why = "out of memory";
    enum sw_err err = j.from && j.to ? copy(&j, from, licences, to, key) : SW_ERR_MEMORY;
    if (err && err != SW_ERR_MEMORY)
        *why = explain(&j, err);
    bool leave = !err || !new || !j.to || j.to->driver != &db_sqlite;
    sw_store_close(j.from);
    sw_store_close(j.to);
    if (!leave) /* what was made for it, and is empty */
        unlink(to);
    return err;
}
