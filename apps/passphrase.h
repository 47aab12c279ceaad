/* Passphrases of private keys. Never from the command line itself, where every user of the machine can read them. */
#ifndef SW_APPS_PASSPHRASE_H
#define SW_APPS_PASSPHRASE_H

#include "apps/options.h"

struct passphrase {
    char text[1024]; /* NUL-terminated */
    bool given;
};

/*
 * passphrase_get: the one that --passin names (prompt, file:F, env:V, fd:N; its first line). Without the option: asked for on the
 * terminal if may_prompt and there is one.
 *   what   whose passphrase, for the prompt
 * Returns an exit code; given says whether there is one. Wipe it with passphrase_wipe.
 */
int passphrase_get(const struct app *app, const char *what, bool may_prompt, struct passphrase *out);

/* passphrase_get_pin: the same for the PIN of a card. passphrase_is_asked: whether a person is asked, who may be asked again. */
int passphrase_get_pin(const struct app *app, const char *card, struct passphrase *out);
bool passphrase_is_asked(const struct app *app);

void passphrase_wipe(struct passphrase *pass);

#endif
