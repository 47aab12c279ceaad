/* --passin: passphrases of private keys, and PINs. */
#ifndef SW_APPS_CLI_PASSPHRASE_H
#define SW_APPS_CLI_PASSPHRASE_H

#include "apps/cli/options.h"
#include "ttp/cli_pass.h"

/*
 * passphrase_get: the one that --passin names. Without the option: asked for on the terminal if may_prompt and there is
 * one.
 *   what   whose passphrase, for the prompt
 * Returns an exit code; said; given says whether there is one. Wipe it with cli_pass_wipe.
 */
int passphrase_get(const struct app *app, const char *what, bool may_prompt, struct cli_pass *out);

/*
 * passphrase_get_pin: the same for the PIN of a card. passphrase_is_asked: whether a person is asked, who may be asked
 * again.
 */
int passphrase_get_pin(const struct app *app, const char *card, struct cli_pass *out);
bool passphrase_is_asked(const struct app *app);

#endif
