/* ttp list: what the index knows. ttp log: what was done, by whom and when. */
#include "ttp/ttp_ca.h"
#include "ttp/ttp_verbs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct listing {
    const struct ttp *t;
    json_t *array;
    int64_t expiring; /* only those that end within so many seconds; -1: all */
};

static bool wanted(const struct listing *l, const struct ttp_row *row)
{
    const struct ttp *t = l->t;
    bool any =
        ttp_has(t, TTP_OPT_VALID) || ttp_has(t, TTP_OPT_EXPIRED) || ttp_has(t, TTP_OPT_REVOKED) || l->expiring >= 0;
    bool expired = !row->revoked && row->not_after < t->now, valid = !row->revoked && !expired;
    return !any || (ttp_has(t, TTP_OPT_VALID) && valid && row->not_before <= t->now) ||
           (ttp_has(t, TTP_OPT_EXPIRED) && expired) || (ttp_has(t, TTP_OPT_REVOKED) && row->revoked) ||
           (l->expiring >= 0 && valid && row->not_after - t->now <= l->expiring);
}

static int print_row(void *ctx, const struct ttp_row *row)
{
    const struct listing *l = ctx;
    char span[TTP_SPAN_CAP], cn[256];
    if (!wanted(l, row))
        return 0;
    if (l->array)
        return json_array_append_new(l->array, ttp_row_json(l->t, row)) ? ttp_fail(l->t, SW_ERR_MEMORY, "list")
                                                                        : TTP_DONE;
    const char *status = ttp_status(l->t, row);
    const char *on = !l->t->color ? "" : strcmp(status, "valid") == 0 ? "\033[32m" : "\033[31m";
    ttp_span_text(l->t->now, row->not_after, span);
    printf("%s%-8s%s %-14s %-8s %-32s %s%s%s\n", on, status, *on ? "\033[0m" : "", span, row->profile, row->serial,
           ttp_printable(row->cn, cn, sizeof cn), *row->names ? "  " : "", row->names);
    return 0;
}

/* What was collected, where it was not printed as it came. */
static int finish(const struct listing *l, int err)
{
    if (!l->t->json)
        return err;
    if (err) {
        json_decref(l->array);
        return err;
    }
    return ttp_result(l->t, TTP_DONE, l->array);
}

int ttp_list(struct ttp *t)
{
    struct ttp_index *ix;
    struct listing l = {.t = t, .expiring = -1};
    int err = ttp_get_span(t, TTP_OPT_EXPIRING, -1, &l.expiring);
    if (!err)
        err = ttp_index_open(t, false, &ix);
    if (err)
        return err;
    l.array = t->json ? json_array() : NULL;
    err = ttp_index_each(ix, NULL, NULL, print_row, &l);
    ttp_index_close(ix);
    return finish(&l, err);
}

static int print_line(void *ctx, const struct ttp_audit *a)
{
    const struct listing *l = ctx;
    char time[TTP_TIME_CAP], cn[256], detail[1024];
    ttp_time_text(a->at, time);
    if (l->array)
        return json_array_append_new(l->array, json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "id", (json_int_t)a->id,
                                                         "at", time, "who", a->who, "action", a->action, "serial",
                                                         a->serial, "cn", a->cn, "detail", a->detail))
                   ? ttp_fail(l->t, SW_ERR_MEMORY, "log")
                   : TTP_DONE;
    ttp_printable(a->cn, cn, sizeof cn);
    ttp_printable(a->detail, detail, sizeof detail);
    printf("%s  %-12s %-8s %-32s %s%s%s\n", time, a->who, a->action, a->serial, cn, *cn && *detail ? "  " : "", detail);
    return 0;
}

int ttp_log(struct ttp *t)
{
    struct ttp_index *ix;
    struct listing l = {.t = t};
    int err = ttp_index_open(t, false, &ix);
    if (err)
        return err;
    l.array = t->json ? json_array() : NULL;
    err = ttp_index_each_audit(ix, print_line, &l);
    ttp_index_close(ix);
    return finish(&l, err);
}
