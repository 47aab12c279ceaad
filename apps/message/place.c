#include "apps/message/place.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Directories of a path, as mkdir -p does, for this user alone. */
static void make_directories(char *path)
{
    for (char *p = path + 1; *p; p++)
        if (*p == '/') {
            *p = 0;
            (void)mkdir(path, 0700);
            *p = '/';
        }
}

int place_of(const struct app *app, const char *name, char out[PLACE_MAX])
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    bool given = state && *state;
    int n = given ? snprintf(out, PLACE_MAX, "%s/sealwax/%s", state, name)
                  : snprintf(out, PLACE_MAX, "%s/.local/state/sealwax/%s", home ? home : "", name);
    if ((!given && !home) || n < 0 || n >= PLACE_MAX)
        return app_error(app, APP_SYSTEM, "no place to remember what was sent and shown: set HOME or XDG_STATE_HOME");
    make_directories(out);
    return APP_DONE;
}
