/*
 * ttp check: is anything due? Made for cron: silent and 0 when all is well, 1 and one line each when the CA, a
 * certificate or the revocation list runs out soon or has.
 */
#include "ttp/ttp_ca.h"
#include "ttp/ttp_verbs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEFAULT_EXPIRING = 30 * 86400 };

struct checking {
    const struct ttp *t;
    const char *ca_id;
    int64_t within;
    int64_t crl_made;
    int64_t unlisted; /* revocations that no list has yet */
    size_t problems, certificates;
    json_t *array;
};

/* at: when it ran out or will; 0: it has no time. */
static void problem(struct checking *c, const char *what, const char *id, int64_t at, const char *text)
{
    char time[TTP_TIME_CAP], span[TTP_SPAN_CAP];
    c->problems++;
    ttp_time_text(at, time);
    if (c->array) {
        json_t *o = json_pack("{s:s, s:o, s:s}", "what", what, "id", ttp_json_text(id), "problem", text);
        if (at)
            json_object_set_new(o, "at", json_string(time));
        json_array_append_new(c->array, o);
    } else if (at) {
        printf("%s %s: %s %s (%s)\n", what, id, text, time, ttp_span_text(c->t->now, at, span));
    } else {
        printf("%s %s: %s\n", what, id, text);
    }
}

static void check_end(struct checking *c, const char *what, const char *id, int64_t not_after)
{
    if (not_after < c->t->now)
        problem(c, what, id, not_after, "expired");
    else if (not_after - c->t->now <= c->within)
        problem(c, what, id, not_after, "expires");
}

static int check_row(void *ctx, const struct ttp_row *row)
{
    struct checking *c = ctx;
    char cn[256];
    if (strcmp(row->issuer, c->ca_id) != 0)
        return 0;
    if (row->revoked)
        return 0;
    c->certificates++;
    /* an older one that was renewed is nobody's worry, and the CA itself has its own line */
    if (!row->replaced && strcmp(row->profile, "root") != 0)
        check_end(c, "certificate", *row->cn ? ttp_printable(row->cn, cn, sizeof cn) : row->serial, row->not_after);
    return 0;
}

static void check_key_file(struct checking *c, const struct ttp_ca *ca)
{
    struct stat st;
    char path[TTP_PATH_CAP];
    if (ttp_path(c->t, ca->stem, "key", path) && stat(path, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)))
        problem(c, "key", path, 0, "can be read by others (chmod 600)");
}

/* Who can write in it can put a root of his own there. */
static void check_dir(struct checking *c)
{
    struct stat st;
    if (stat(c->t->dir, &st) == 0 && (st.st_mode & S_IWOTH))
        problem(c, "directory", c->t->dir, 0, "can be written by everybody (chmod 700)");
}

/* A CA that never made a list owes one only once something was revoked. */
static void check_list(struct checking *c, int64_t number, int64_t next_update)
{
    char id[32];
    int64_t left = next_update - c->t->now;
    snprintf(id, sizeof id, "number %lld", (long long)number);
    if (number == 0 && c->unlisted)
        problem(c, "revocation list", "missing", 0, "certificates are revoked and no list says so (ttp crl)");
    else if (number && left < 0)
        problem(c, "revocation list", id, next_update, "must be made again (ttp crl): it ran out");
    else if (number && c->unlisted)
        problem(c, "revocation list", id, 0, "must be made again (ttp crl): it lacks a newer revocation");
    else if (number && left <= c->within && left <= (next_update - c->crl_made) / 3)
        problem(c, "revocation list", id, next_update, "must be made again (ttp crl) before");
}

static int check(struct ttp_index *ix, const struct ttp_ca *ca, struct checking *c)
{
    int64_t number, next_update;
    char cn[256];
    int err = ttp_index_crl_latest(ix, ca->id, &number, &c->crl_made, &next_update);
    if (err)
        return err;
    sw_cert_common_name(ca->cert.subject, cn, sizeof cn);
    check_end(c, "CA", cn, ca->cert.not_after);
    check_key_file(c, ca);
    check_dir(c);
    err = ttp_index_each(ix, NULL, NULL, check_row, c);
    if (!err)
        err = ttp_index_crl_pending(ix, ca->id, &c->unlisted);
    if (!err)
        check_list(c, number, next_update);
    return err;
}

int ttp_check(struct ttp *t)
{
    struct ttp_ca ca;
    struct ttp_index *ix = NULL;
    struct checking c = {.t = t};
    int err = ttp_get_span(t, TTP_OPT_EXPIRING, t->conf.expiring ? t->conf.expiring : DEFAULT_EXPIRING, &c.within);
    if (err)
        return err;
    c.array = t->json ? json_array() : NULL;
    err = ttp_ca_open(t, false, &ca);
    c.ca_id = ca.id;
    if (!err)
        err = ttp_index_open(t, false, &ix);
    if (!err)
        err = check(ix, &ca, &c);
    ttp_index_close(ix);
    ttp_ca_close(&ca);
    int code = c.problems ? TTP_NO : TTP_DONE;
    if (err) {
        json_decref(c.array);
        return err;
    }
    if (t->json)
        return ttp_result(t, code,
                          json_pack("{s:b, s:I, s:o}", "ok", !c.problems, "certificates", (json_int_t)c.certificates,
                                    "problems", c.array));
    if (!c.problems)
        ttp_say(t, "Nothing is due: the CA and %zu certificate%s are in order", c.certificates,
                c.certificates == 1 ? "" : "s");
    return code;
}
