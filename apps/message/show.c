#include "apps/message/show.h"
#include "apps/cli/printable.h"
#include "apps/message/client.h"
#include "base/wipe.h"
#include "ttp/pem.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes of a message for a person: what would steer the terminal is shown as a question mark. */
static void print_text(const char *text, size_t len)
{
    bool terminal = isatty(STDOUT_FILENO);
    size_t odd = 0; /* bytes that are left of a control character */
    for (size_t i = 0; i < len; i++) {
        if (terminal && !odd && text[i] != '\n' && text[i] != '\t')
            odd = control_at(text + i, len - i);
        putchar(odd ? '?' : text[i]);
        if (odd)
            odd--;
    }
    if (!len || text[len - 1] != '\n')
        putchar('\n');
}

/* What does not come again is shown on a terminal all the same, as it travelled. */
static int print_bytes(const struct app *app, const char *base64, bool only_once)
{
    if (only_once && isatty(STDOUT_FILENO)) {
        app_say(app, "this message is not text: here it is in base64");
        puts(base64);
        return APP_DONE;
    }
    size_t len = strlen(base64), n;
    uint8_t *bytes = malloc(len + 1);
    enum sw_err err =
        bytes ? sw_base64_decode((struct sw_slice){(const uint8_t *)base64, len}, bytes, len + 1, &n) : SW_ERR_MEMORY;
    if (err == SW_OK && isatty(STDOUT_FILENO))
        err = SW_ERR_UNSUPPORTED;
    if (err == SW_OK)
        fwrite(bytes, 1, n, stdout);
    if (bytes)
        sw_wipe(bytes, len + 1);
    free(bytes);
    if (err == SW_ERR_UNSUPPORTED)
        return app_error(app, APP_REFUSED, "this message is not text: send standard output to a file");
    return err ? app_fail(app, err, "message") : APP_DONE;
}

int message_show(const struct app *app, const json_t *mail)
{
    const json_t *text = json_object_get(mail, "text");
    bool only_once = strcmp(client_text(mail, "once"), "no") != 0;
    int code = APP_DONE;
    if (app->json) {
        client_print(mail);
    } else {
        app_say(app, "from %s, %s%s%s", client_text(mail, "from"), client_text(mail, "sent"),
                only_once ? ", shown once" : "", json_object_get(mail, "signed_id") ? ", sealed and signed" : "");
        if (text)
            print_text(json_string_value(text), json_string_length(text));
        else
            code = print_bytes(app, client_text(mail, "base64"), only_once);
    }
    if (fflush(stdout) && !code)
        code = app_error(app, APP_SYSTEM, "standard output: %s", strerror(errno));
    return code;
}
