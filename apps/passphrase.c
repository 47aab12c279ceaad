/* Passphrases from files, descriptors, the environment or the terminal, which is asked without echo. */
#include "apps/passphrase.h"
#include "base/wipe.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* One line from fd, without its end; what follows the first line is ignored, as openssl and ssh do. */
static bool read_line(int fd, struct passphrase *pass)
{
    size_t len = 0;
    for (;;) {
        char c;
        ssize_t n = read(fd, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0 || c == '\n')
            break;
        if (len == sizeof pass->text - 1) {
            errno = E2BIG;
            return false;
        }
        pass->text[len++] = c;
    }
    if (len && pass->text[len - 1] == '\r')
        len--;
    pass->text[len] = 0;
    pass->given = true;
    return true;
}

/* Keys that would end the program are turned off together with the echo, so that it never stays off. */
static bool ask_hidden(int tty, const char *kind, const char *what, struct passphrase *pass)
{
    struct termios before, hidden;
    if (tcgetattr(tty, &before))
        return false;
    hidden = before;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    hidden.c_lflag |= ICANON | ECHONL;
    if (tcsetattr(tty, TCSAFLUSH, &hidden))
        return false;
    bool ok = dprintf(tty, "%s %s: ", kind, what) > 0 && read_line(tty, pass);
    tcsetattr(tty, TCSAFLUSH, &before);
    return ok;
}

static int from_terminal(const struct app *app, const char *kind, const char *what, bool needed,
                         struct passphrase *pass)
{
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (tty < 0)
        return needed ? app_error(app, APP_BAD_INPUT, "%s %s: no terminal to ask for it", kind, what) : APP_DONE;
    bool ok = ask_hidden(tty, kind, what, pass);
    close(tty);
    return ok ? APP_DONE : app_fail(app, SW_ERR_SYSTEM, "terminal");
}

static int from_fd(const struct app *app, const char *source, int fd, struct passphrase *pass)
{
    return read_line(fd, pass) ? APP_DONE : app_fail(app, SW_ERR_SYSTEM, source);
}

static int from_file(const struct app *app, const char *source, const char *path, struct passphrase *pass)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return app_fail(app, SW_ERR_SYSTEM, source);
    int code = from_fd(app, source, fd, pass);
    close(fd);
    return code;
}

static int from_env(const struct app *app, const char *source, struct passphrase *pass)
{
    const char *value = getenv(source + 4);
    if (!value)
        return app_error(app, APP_BAD_INPUT, "%s: there is no such variable", source);
    if (strlen(value) >= sizeof pass->text)
        return app_error(app, APP_BAD_INPUT, "%s: the passphrase is too long", source);
    memcpy(pass->text, value, strlen(value) + 1);
    pass->given = true;
    return APP_DONE;
}

static int get(const struct app *app, const char *kind, const char *what, bool may_prompt, struct passphrase *out)
{
    const char *source = app_get(app, OPT_PASSIN);
    out->given = false;
    out->text[0] = 0;
    if (!source)
        return may_prompt ? from_terminal(app, kind, what, false, out) : APP_DONE;
    if (strcmp(source, "prompt") == 0)
        return from_terminal(app, kind, what, true, out);
    if (strncmp(source, "file:", 5) == 0)
        return from_file(app, source, source + 5, out);
    if (strncmp(source, "env:", 4) == 0)
        return from_env(app, source, out);
    if (strncmp(source, "fd:", 3) == 0 && source[3] >= '0' && source[3] <= '9')
        return from_fd(app, source, atoi(source + 3), out);
    return app_usage(app,
                     "--passin takes prompt, file:F, env:V or fd:N; a passphrase itself would be seen by every user of "
                     "this machine");
}

int passphrase_get(const struct app *app, const char *what, bool may_prompt, struct passphrase *out)
{
    return get(app, "Passphrase for", what, may_prompt, out);
}

int passphrase_get_pin(const struct app *app, const char *card, struct passphrase *out)
{
    return get(app, "PIN of", card, true, out);
}

bool passphrase_is_asked(const struct app *app)
{
    const char *source = app_get(app, OPT_PASSIN);
    return !source || strcmp(source, "prompt") == 0;
}

void passphrase_wipe(struct passphrase *pass)
{
    sw_wipe(pass, sizeof *pass);
}
