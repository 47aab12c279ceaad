/* The inside of sealwaxd media: what its verbs share. */
#ifndef SW_APPS_MEDIA_ADMIN_H
#define SW_APPS_MEDIA_ADMIN_H

#include "apps/media/catalogue.h"
#include "apps/store/state.h"
#include <jansson.h>

struct admin {
    struct app *app;
    struct sw_vault *vault;
    struct sw_vault own; /* where nothing of the store is needed */
    char dir[STATE_PATH_MAX];
};

/* admin_print_json: one object a line; takes it over. */
void admin_print_json(json_t *object);

/* media_licences: media licences ..., with what stands behind that word. Returns an exit code; said. */
int media_licences(struct admin *a, int n, char **args);

#endif
