/* --passin, for passphrases and PINs. */
#include "apps/cli/passphrase.h"
#include "apps/cli/places.h"
#include <stdio.h>
#include <string.h>

/*
 * A credential's mode says that a group may read it where it is the list of rights beside it that gives it to this
 * service alone; and others do not get into its directory.
 */
static bool is_credential(const char *source)
{
    return source && strncmp(source, "file:", 5) == 0 && places_is_credential(source + 5);
}

static int get(const struct app *app, const char *kind, const char *what, bool may_prompt, struct cli_pass *out)
{
    char prompt[256], why[CLI_PASS_WHY_MAX];
    const struct cli_pass_ask ask = {
        .source = app_get(app, OPT_PASSIN), .prompt = prompt, .may_prompt = may_prompt, .twice = false};
    snprintf(prompt, sizeof prompt, "%s %s", kind, what);
    switch (cli_pass_get(&ask, out, why)) {
    case CLI_PASS_DONE:
        if (out->exposed && !is_credential(ask.source))
            app_warn(app, "%s" CLI_PASS_EXPOSED, ask.source);
        return APP_DONE;
    case CLI_PASS_SYSTEM:
        return app_fail(app, SW_ERR_SYSTEM, why);
    case CLI_PASS_BAD:
        return app_error(app, APP_BAD_INPUT, "%s", why);
    case CLI_PASS_NO_SOURCE:
        break;
    }
    return app_usage(app, "--passin " CLI_PASS_SOURCES);
}

int passphrase_get(const struct app *app, const char *what, bool may_prompt, struct cli_pass *out)
{
    return get(app, "Passphrase for", what, may_prompt, out);
}

int passphrase_get_pin(const struct app *app, const char *card, struct cli_pass *out)
{
    return get(app, "PIN of", card, true, out);
}

bool passphrase_is_asked(const struct app *app)
{
    const char *source = app_get(app, OPT_PASSIN);
    return !source || strcmp(source, "prompt") == 0;
}
