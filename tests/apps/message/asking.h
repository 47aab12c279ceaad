/*
 * Verbs that ask a server, run in this process, and a child process that answers them: its handlers may hand out what
 * the test has prepared.
 */
#ifndef SW_TESTS_APPS_MESSAGE_ASKING_H
#define SW_TESTS_APPS_MESSAGE_ASKING_H

#include "apps/cli/options.h"
#include "apps/http/http.h"
#include <sys/types.h>

#define ASKING_VECTORS "tests/vectors/tls/"

struct asking {
    int port;
    pid_t pid;
};

void asking_begin(struct asking *a, const struct http_route *routes);
void asking_end(struct asking *a);

/*
 * asking_run: one of these verbs as the owner of a certificate in tests/vectors/tls.
 *   more   arguments behind those that say who one is and where to ask; NULL ends them
 * Returns its exit code. What it says on standard error is in asking_said, until the next call.
 */
int asking_run(const struct asking *a, const struct app_verb *verbs, const char *verb, const char *who,
               const char *const *more);
extern char asking_said[1024];

#endif
