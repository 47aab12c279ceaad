/*
 * ttp check: is anything due? Made for cron: silent and 0 when all is well, 1 and one line each when the CA, a certificate or the revocation
 * list runs out soon or has.
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

static void problem(struct checking *c, const char *what, const char *id, int64_t at, const char *text)
{
    char time[TTP_TIME_CAP], span[TTP_SPAN_CAP];
    c->problems++;
    if (c->array)
        json_array_append_new(c->array, json_pack("{s:s, s:s, s:s, s:s}", "what", what, "id", id, "at",
                                                  ttp_time_text(at, time), "problem", text));
    else
        printf("%-12s %s: %s %s (%s)\n", what, id, text, ttp_time_text(at, time), ttp_span_text(c->t->now, at, span));
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
        problem(c, "key", path, c->t->now, "can be read by others (chmod 600)");
}

/* A CA that never made a list owes one only once something was revoked. */
static void check_list(struct checking *c, int64_t number, int64_t next_update)
{
    char id[32];
    snprintf(id, sizeof id, "number %lld", (long long)number);
    if (number == 0 && c->unlisted)
        problem(c, "list", "none", c->t->now, "certificates are revoked but there is no revocation list (ttp crl)");
    else if (number && next_update < c->t->now)
        problem(c, "list", id, next_update, "has run out (ttp crl)");
    else if (number && next_update - c->t->now <= c->within &&
             next_update - c->t->now <= (next_update - c->crl_made) / 3)
        problem(c, "list", id, next_update, "runs out (ttp crl)");
    else if (number && c->unlisted)
        problem(c, "list", id, c->crl_made, "lacks a newer revocation (ttp crl); it was made");
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
        ttp_say(t, "Nothing is due: the CA and %zu certificates are in order", c.certificates);
    return code;
}
