/*
 * sealwaxd media licences: who may play what. A person is given by name, which stands for all certificates of that
 * name, or by the serial number of one; a name comes first, since it may look like a number.
 */
#include "apps/cli/clock.h"
#include "apps/media/admin.h"
#include "ttp/cli_time.h"
#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char usage[] =
    "media licences [ls [USER [TRACK]]], grant USER TRACK, revoke USER TRACK, or HOLDER TRACK PLAYS";

static const int64_t YEAR_9999 = 253402300799; /* its end: what RFC 3339 can say */

/* What one of the verbs works on. */
struct desk {
    struct admin *a;
    struct sw_store *store;
    struct catalogue tracks;
    int64_t now;
    /* whom and what it is about; "": all */
    char name[SW_NAME_MAX], serial[SW_SERIAL_MAX], track[TRACK_ID_MAX];
    bool by_name;
    unsigned count; /* of licences that were found so */
};

static int failed(const struct desk *d, enum sw_err err)
{
    return err == SW_ERR_SYSTEM ? state_store_failed(d->a->app, d->store) : app_fail(d->a->app, err, "licences");
}

/* --- whom and what ------------------------------------------------------------------------------------------------ */

/*
 * Hexadecimal digits, with colons between or without, in our form: that of the INTEGER in a certificate, in which a
 * zero byte stands before a first bit that is set (X.690 8.3.3). openssl and others leave it out.
 */
static bool read_serial(const char *text, char out[SW_SERIAL_MAX])
{
    size_t n = 0;
    for (; *text && n + 1 < SW_SERIAL_MAX; text++)
        if (isxdigit((unsigned char)*text))
            out[n++] = (char)tolower((unsigned char)*text);
        else if (*text != ':')
            return false;
    out[n] = 0;
    if (n % 2 == 0 && n + 2 < SW_SERIAL_MAX && *out >= '8') {
        memmove(out + 2, out, n + 1);
        memcpy(out, "00", 2);
    }
    return n > 0 && !*text;
}

static bool has_name(void *ctx, const struct sw_licence *l)
{
    struct desk *d = ctx;
    if (strcmp(l->name, d->name) == 0)
        snprintf(d->serial, sizeof d->serial, "%s", l->holder);
    return !*d->serial;
}

static int by_serial(struct desk *d, const char *text)
{
    struct sw_member m;
    if (!read_serial(text, d->serial))
        return app_usage(d->a->app, "serial:%s: a serial number has hexadecimal digits", text);
    enum sw_err err = sw_store_member_of_serial(d->store, d->serial, &m);
    snprintf(d->name, sizeof d->name, "%s", err ? "" : m.name);
    return err && err != SW_ERR_NOT_FOUND ? failed(d, err) : APP_DONE;
}

/* Enrolled, seen by the server, or the holder of a licence; or else it is a serial number. */
static int find_user(struct desk *d, const char *text)
{
    struct sw_member m;
    char number[SW_SERIAL_MAX];
    if (strncmp(text, "serial:", 7) == 0)
        return by_serial(d, text + 7);
    snprintf(d->name, sizeof d->name, "%s", text);
    d->by_name = true;
    enum sw_err err = sw_store_serial_of(d->store, text, d->serial);
    if (err == SW_ERR_NOT_FOUND)
        err = sw_store_licences(d->store, has_name, d);
    if (err)
        return failed(d, err);
    if (*d->serial)
        return APP_DONE;
    err = sw_store_member_named(d->store, text, &m);
    if (err && err != SW_ERR_NOT_FOUND)
        return failed(d, err);
    if (err == SW_OK)
        return app_error(
            d->a->app, APP_NO,
            "%s was enrolled by an older sealwaxd, which kept no serial numbers: enrol the certificate once "
            "more (users add)",
            text);
    d->by_name = false;
    if (read_serial(text, number))
        return by_serial(d, text);
    return app_error(d->a->app, APP_NO,
                     "nobody called %s is enrolled or was ever here: enrol the certificate (users add), or give its "
                     "serial number",
                     text);
}

static int find_track(struct desk *d, const char *text)
{
    const struct track *t = catalogue_find(&d->tracks, text);
    if (!t)
        return app_error(d->a->app, APP_NO, "there is no track %s", text);
    snprintf(d->track, sizeof d->track, "%s", t->id);
    return APP_DONE;
}

static bool is_meant(const struct desk *d, const struct sw_licence *l)
{
    bool whose = d->by_name ? strcmp(l->name, d->name) == 0 : !*d->serial || strcmp(l->holder, d->serial) == 0;
    return whose && (!*d->track || strcmp(l->track, d->track) == 0);
}

/* --- what there is ------------------------------------------------------------------------------------------------ */

static void print_json(const struct desk *d, const struct sw_licence *l, const char *title)
{
    char ends[CLI_TIME_CAP];
    if (l->plays < 0) {
        admin_print_json(json_pack("{s:s,s:s,s:b}", "holder", l->holder, "track", l->track, "changed", 1));
        return;
    }
    cli_time_text(l->ends, ends);
    admin_print_json(json_pack("{s:s,s:s,s:s*,s:s*,s:I,s:I,s:s*,s:I,s:b,s:b}", "holder", l->holder, "track", l->track,
                               "name", *l->name ? l->name : NULL, "title", title, "plays", (json_int_t)l->plays,
                               "granted", (json_int_t)l->granted, "until", l->ends ? ends : NULL, "streams",
                               (json_int_t)l->streams, "revoked", l->revoked, "ended", l->ends && d->now >= l->ends));
}

static void print_text(const struct desk *d, const struct sw_licence *l, const char *title)
{
    char ends[CLI_TIME_CAP];
    if (l->plays < 0) {
        printf("%s  %s  was changed\n", l->holder, l->track);
        return;
    }
    cli_time_text(l->ends, ends);
    printf("%s  %s  %" PRId64 " of %" PRId64 "  %s", l->holder, l->track, l->plays, l->granted,
           *l->name ? l->name : "-");
    if (l->revoked)
        printf("  revoked");
    if (l->ends)
        printf("  %s %s", d->now >= l->ends ? "ended" : "until", ends);
    if (l->streams)
        printf("  %u at once", l->streams);
    printf("  %s\n", title ? title : "(no such track)");
}

static bool print_one(void *ctx, const struct sw_licence *l)
{
    struct desk *d = ctx;
    const struct track *t = catalogue_find(&d->tracks, l->track);
    if (!is_meant(d, l))
        return true;
    d->count++;
    (d->a->app->json ? print_json : print_text)(d, l, t ? t->title : NULL);
    return true;
}

static int list(struct desk *d)
{
    enum sw_err err = sw_store_licences(d->store, print_one, d);
    return err ? failed(d, err) : APP_DONE;
}

/* --- and what shall be -------------------------------------------------------------------------------------------- */

static int64_t plays_of_track(const struct desk *d)
{
    const struct track *t = catalogue_find(&d->tracks, d->track);
    return t && t->plays > 0 ? t->plays : 1;
}

static int grant(struct desk *d, const struct sw_grant *g)
{
    struct sw_licence l;
    const struct sw_holder who = {*d->name ? d->name : NULL, d->serial};
    enum sw_err err = sw_store_grant(d->store, &who, d->track, g, d->now, &l);
    if (err == SW_ERR_EXISTS)
        return app_error(d->a->app, APP_REFUSED,
                         "%s has several licences for it, one for each certificate (media licences ls %s): give the "
                         "serial number of one",
                         d->name, d->name);
    if (err)
        return failed(d, err);
    return print_one(d, &l) ? APP_DONE : APP_SYSTEM;
}

/* --until: -1 without one, 0 for none. */
static int read_end(const struct desk *d, int64_t *out)
{
    const struct app *app = d->a->app;
    const char *until = app_get(app, OPT_UNTIL);
    *out = 0;
    if (until && strcmp(until, "none") == 0)
        return APP_DONE;
    int code = app_get_moment(app, OPT_UNTIL, d->now, -1, out);
    if (code || !until)
        return code;
    if (*out <= d->now)
        return app_usage(app, "--until %s is over: media licences revoke ends a licence now", until);
    if (*out > YEAR_9999)
        return app_usage(app, "--until %s is behind the year 9999; none takes the end away", until);
    return APP_DONE;
}

static int read_grant(struct desk *d, struct sw_grant *out)
{
    const struct app *app = d->a->app;
    long plays = -1, streams = -1;
    *out = (struct sw_grant){.by_name = d->by_name, .first = plays_of_track(d)};
    int code = app_get_int(app, OPT_PLAYS, -1, 0, 1000000, &plays);
    if (!code)
        code = app_get_int(app, OPT_STREAMS, -1, 0, 1000, &streams);
    if (!code)
        code = read_end(d, &out->ends);
    out->plays = plays;
    out->streams = streams;
    return code;
}

static int grant_asked(struct desk *d)
{
    struct sw_grant g;
    int code = read_grant(d, &g);
    return code ? code : grant(d, &g);
}

/* All licences of a name, each by its holder, since some may be for one certificate alone. */
struct revoking {
    struct desk *d;
    char (*holders)[SW_HOLDER_MAX];
    size_t n, room;
    bool short_of_memory;
};

static bool note_holder(void *ctx, const struct sw_licence *l)
{
    struct revoking *r = ctx;
    if (!is_meant(r->d, l))
        return true;
    if (r->n == r->room) {
        size_t room = 2 * r->room + 8;
        void *grown = realloc(r->holders, room * sizeof *r->holders);
        if (!grown) {
            r->short_of_memory = true;
            return false;
        }
        r->holders = grown;
        r->room = room;
    }
    memcpy(r->holders[r->n++], l->holder, SW_HOLDER_MAX);
    return true;
}

static int revoke_noted(struct desk *d, const struct revoking *r)
{
    const struct sw_grant none = {.revoke = true, .ends = -1, .plays = -1, .streams = -1};
    int code = APP_DONE;
    if (r->n == 0) /* none yet: nor will there be one at the first request */
        return grant(d, &none);
    for (size_t i = 0; i < r->n && !code; i++) {
        memcpy(d->serial, r->holders[i], sizeof d->serial);
        code = grant(d, &none);
    }
    return code;
}

static int revoke_all(struct desk *d)
{
    struct revoking r = {.d = d};
    enum sw_err err = sw_store_licences(d->store, note_holder, &r);
    int code = err                 ? failed(d, err)
               : r.short_of_memory ? app_fail(d->a->app, SW_ERR_MEMORY, "licences")
                                   : revoke_noted(d, &r);
    free(r.holders);
    return code;
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

/* The form without a verb: so many plays from now on, under a serial number. */
static int set_plays(struct desk *d, char **args)
{
    char *end;
    int64_t plays = strtoll(args[2], &end, 10);
    if (*end || end == args[2] || plays < 0)
        return app_usage(d->a->app, "%s", usage);
    if (!read_serial(args[0], d->serial))
        return app_usage(d->a->app,
                         "HOLDER is the serial number of a certificate, as media licences has it: not %s (media "
                         "licences grant takes names)",
                         args[0]);
    const struct sw_grant g = {.plays = plays, .ends = -1, .streams = -1};
    int code = by_serial(d, args[0]);
    if (!code)
        code = find_track(d, args[1]);
    return code ? code : grant(d, &g);
}

static int dispatch(struct desk *d, int n, char **args)
{
    static const struct {
        const char *name;
        int min, max;
        int (*run)(struct desk *d);
    } rows[] = {{"ls", 0, 2, list}, {"grant", 2, 2, grant_asked}, {"revoke", 2, 2, revoke_all}};
    if (n == 0)
        return list(d);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(args[0], rows[i].name) != 0 || n - 1 < rows[i].min || n - 1 > rows[i].max)
            continue;
        int code = n > 1 ? find_user(d, args[1]) : APP_DONE;
        if (!code && n > 2)
            code = find_track(d, args[2]);
        return code ? code : rows[i].run(d);
    }
    return n == 3 ? set_plays(d, args) : app_usage(d->a->app, "%s", usage);
}

int media_licences(struct admin *a, int n, char **args)
{
    struct desk d = {.a = a, .now = (int64_t)time(NULL)};
    size_t bad;
    int code = state_open_store(a->app, &sw_store_defaults, &d.store);
    if (code)
        return code;
    a->vault = sw_store_vault(d.store);
    enum sw_err err = catalogue_read(&d.tracks, a->vault, a->dir, &bad);
    code = err ? app_fail(a->app, err, a->dir) : dispatch(&d, n, args);
    catalogue_free(&d.tracks);
    sw_store_close(d.store);
    return code;
}
