/* The verbs of sealwaxd: each reads its options from app and returns the exit code. The table is in apps/sealwaxd.c. */
#ifndef SW_APPS_SERVE_H
#define SW_APPS_SERVE_H

#include "apps/options.h"

int serve_run(struct app *app);
int media_admin_run(struct app *app);
int users_run(struct app *app);
int rekey_run(struct app *app);
int store_run(struct app *app);

#endif
