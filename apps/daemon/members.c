#include "apps/daemon/members.h"
#include <stdio.h>
#include <string.h>

/* "ROLE:ROLE" in two; false if it is not that. */
static bool parts_of(const char *rule, char from[SW_ROLE_MAX], char to[SW_ROLE_MAX])
{
    const char *colon = strchr(rule, ':');
    size_t n = colon ? (size_t)(colon - rule) : 0;
    if (n == 0 || n >= SW_ROLE_MAX || !colon[1] || strlen(colon + 1) >= SW_ROLE_MAX || strchr(colon + 1, ':'))
        return false;
    snprintf(from, SW_ROLE_MAX, "%.*s", (int)n, rule);
    snprintf(to, SW_ROLE_MAX, "%s", colon + 1);
    return true;
}

int members_check(const struct app *app)
{
    const struct app_values *rules = &app->opt[OPT_MAY_SEND];
    char from[SW_ROLE_MAX], to[SW_ROLE_MAX];
    for (size_t i = 0; i < rules->n; i++)
        if (!parts_of(rules->v[i], from, to))
            return app_usage(app, "--may-send %s: not of the form ROLE:ROLE", rules->v[i]);
    return APP_DONE;
}

bool members_admit(void *ctx, struct http_request *rq)
{
    const struct members *m = ctx;
    struct sw_member member;
    if (!app_has(m->app, OPT_ENROLLED_ONLY))
        return true;
    enum sw_err err = sw_store_member(m->store, rq->peer.sha256, &member);
    if (err == SW_ERR_NOT_FOUND)
        http_problem(rq, 403, "this certificate of %s is not enrolled here: whoever runs this server can do that",
                     rq->peer.name);
    else if (err)
        http_problem(rq, 500, "who is enrolled cannot be read now");
    return err == SW_OK;
}

bool members_is_in(void *ctx, const struct http_request *rq)
{
    const struct members *m = ctx;
    struct sw_member member;
    return !app_has(m->app, OPT_ENROLLED_ONLY) ||
           sw_store_member(m->store, rq->peer.sha256, &member) != SW_ERR_NOT_FOUND;
}

static bool fits(const char *pattern, const char *role)
{
    return strcmp(pattern, "*") == 0 || strcmp(pattern, role) == 0;
}

bool members_may_send(void *ctx, struct http_request *rq, const char *to)
{
    const struct members *m = ctx;
    const struct app_values *rules = &m->app->opt[OPT_MAY_SEND];
    struct sw_member sender = {0}, recipient = {0};
    char from_role[SW_ROLE_MAX], to_role[SW_ROLE_MAX];
    if (!rules->n)
        return true;
    enum sw_err err = sw_store_member(m->store, rq->peer.sha256, &sender);
    if (err == SW_OK || err == SW_ERR_NOT_FOUND)
        err = sw_store_member_named(m->store, to, &recipient);
    if (err && err != SW_ERR_NOT_FOUND) {
        http_problem(rq, 500, "who is enrolled cannot be read now");
        return false;
    }
    for (size_t i = 0; i < rules->n; i++)
        if (parts_of(rules->v[i], from_role, to_role) && fits(from_role, sender.role) && fits(to_role, recipient.role))
            return true;
    /* the recipient's role is nobody's business who may not write to him */
    if (*sender.role)
        http_problem(rq, 403, "the role %s may not send to %s", sender.role, to);
    else
        http_problem(rq, 403, "who has no role may not send to %s", to);
    return false;
}
