/*
 * The verbs of both programs: each reads its options from app and returns the exit code. One file per verb; the tables
 * are in apps/sealwax.c and apps/sealwaxd.c.
 */
#ifndef SW_APPS_VERBS_H
#define SW_APPS_VERBS_H

struct app;

/* sealwax */
int listen_run(struct app *app);
int connect_run(struct app *app);
int send_run(struct app *app);
int recv_run(struct app *app);
int receipt_run(struct app *app);
int list_run(struct app *app);
int whoami_run(struct app *app);
int cert_run(struct app *app);
int put_run(struct app *app);
int bench_protect_run(struct app *app);
int get_run(struct app *app);
int ls_run(struct app *app);
int rm_run(struct app *app);
int media_run(struct app *app);
int seal_run(struct app *app);
int open_run(struct app *app);

/* sealwaxd */
int serve_run(struct app *app);
int media_admin_run(struct app *app);
int users_run(struct app *app);
int rekey_run(struct app *app);
int store_run(struct app *app);

#endif
