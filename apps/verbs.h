/* The verbs of sealwax: each reads its options from app and returns the exit code. One file per verb; the table is in apps/sealwax.c. */
#ifndef SW_APPS_VERBS_H
#define SW_APPS_VERBS_H

#include "apps/options.h"

int listen_run(struct app *app);
int connect_run(struct app *app);
int send_run(struct app *app);
int recv_run(struct app *app);
int receipt_run(struct app *app);
int list_run(struct app *app);
int whoami_run(struct app *app);
int put_run(struct app *app);
int bench_protect_run(struct app *app);
int get_run(struct app *app);
int ls_run(struct app *app);
int rm_run(struct app *app);
int media_run(struct app *app);
int seal_run(struct app *app);
int open_run(struct app *app);

#endif
