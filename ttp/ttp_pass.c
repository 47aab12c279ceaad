/* Where passphrases come from, as the options say, and the one question the tool asks. */
#include "ttp/ttp.h"
#include <stdio.h>
#include <unistd.h>

int ttp_pass_get(const struct ttp *t, enum ttp_option id, const char *what, bool may_prompt, bool twice,
                 struct cli_pass *pass)
{
    char prompt[256], why[CLI_PASS_WHY_MAX];
    const struct cli_pass_ask ask = {
        .source = ttp_get(t, id), .prompt = prompt, .may_prompt = may_prompt, .twice = twice};
    snprintf(prompt, sizeof prompt, "Passphrase for %s", what);
    switch (cli_pass_get(&ask, pass, why)) {
    case CLI_PASS_DONE:
        if (pass->exposed)
            ttp_note(t, "%s" CLI_PASS_EXPOSED, ask.source);
        return TTP_DONE;
    case CLI_PASS_SYSTEM:
        return ttp_fail(t, SW_ERR_SYSTEM, why);
    case CLI_PASS_BAD:
        return ttp_error(t, TTP_BAD_INPUT, "%s", why);
    case CLI_PASS_NO_SOURCE:
        break;
    }
    return ttp_usage(t, "--%s " CLI_PASS_SOURCES, ttp_options[id].name);
}

bool ttp_confirm(const struct ttp *t, const char *question)
{
    char answer[64] = "";
    (void)t;
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return true;
    fprintf(stderr, "%s [y/N] ", question);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}
