/* Who may use the server, and who may send to whom: enrolment and roles. docs/users.md is the manual. */
#ifndef SW_APPS_DAEMON_MEMBERS_H
#define SW_APPS_DAEMON_MEMBERS_H

#include "apps/cli/options.h"
#include "apps/http/http.h"
#include "apps/store/store.h"

struct members {
    struct sw_store *store;
    const struct app *app; /* for --enrolled-only and --may-send; another one after a reload */
};

/* members_check: whether --may-send is of the right form. Returns an exit code; said. */
int members_check(const struct app *app);

/*
 * members_admit: an HTTP gate: false, and 403 answered, for who is not enrolled where that is asked for. ctx is a
 * struct members.
 */
bool members_admit(void *ctx, struct http_request *rq);

/*
 * members_is_in: whether who asks, and was admitted, still would be; true if that cannot be known now. ctx is a struct
 * members.
 */
bool members_is_in(void *ctx, const struct http_request *rq);

/*
 * members_may_send: whether the role of who asks may send to the role of a name; 403 answered if not. ctx is a struct
 * members.
 */
bool members_may_send(void *ctx, struct http_request *rq, const char *to);

#endif
