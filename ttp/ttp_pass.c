/*
 * Passphrases, and the one question the tool asks. Never from the command line itself, where every user of the machine
 * can read them. Nothing prompts without a terminal.
 */
#include "base/wipe.h"
#include "ttp/ttp.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* One line from fd, without its end; what follows the first line is ignored, as openssl and ssh do. */
static bool read_line(int fd, struct ttp_pass *pass)
{
    pass->len = 0;
    for (;;) {
        char c;
        ssize_t n = read(fd, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0 || c == '\n')
            break;
        if (pass->len == sizeof pass->text - 1) {
            errno = E2BIG;
            return false;
        }
        pass->text[pass->len++] = c;
    }
    if (pass->len && pass->text[pass->len - 1] == '\r')
        pass->len--;
    pass->text[pass->len] = 0;
    pass->given = true;
    return true;
}

/* The controlling terminal, whatever standard input is; -1 without one. */
static int open_terminal(void)
{
    return open("/dev/tty", O_RDWR | O_CLOEXEC);
}

/*
 * Ask on the terminal without echo. Keys that would end the program are turned off with it, so that it never stays off.
 */
static bool ask_hidden(int tty, const char *prompt, struct ttp_pass *pass)
{
    struct termios before, quiet;
    if (tcgetattr(tty, &before))
        return false;
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    quiet.c_lflag |= ICANON | ECHONL;
    if (tcsetattr(tty, TCSAFLUSH, &quiet))
        return false;
    bool ok = dprintf(tty, "%s", prompt) > 0 && read_line(tty, pass);
    tcsetattr(tty, TCSAFLUSH, &before);
    return ok;
}

static int from_terminal(const struct ttp *t, const char *what, bool twice, bool needed, struct ttp_pass *pass)
{
    char prompt[512];
    struct ttp_pass again = {.len = 0};
    int tty = open_terminal();
    if (tty < 0)
        return needed ? ttp_error(t, TTP_BAD_INPUT, "%s: no terminal to ask for the passphrase", what) : TTP_DONE;
    snprintf(prompt, sizeof prompt, "Passphrase for %s: ", what);
    bool ok = ask_hidden(tty, prompt, pass);
    if (ok && twice) {
        snprintf(prompt, sizeof prompt, "The same again: ");
        ok = ask_hidden(tty, prompt, &again);
    }
    close(tty);
    bool same = !twice || (again.len == pass->len && memcmp(again.text, pass->text, pass->len) == 0);
    ttp_pass_wipe(&again);
    if (!ok)
        return ttp_fail(t, SW_ERR_SYSTEM, "terminal");
    return same ? TTP_DONE : ttp_error(t, TTP_BAD_INPUT, "%s: the two passphrases differ", what);
}

static int from_fd(const struct ttp *t, const char *source, int fd, struct ttp_pass *pass)
{
    return read_line(fd, pass) ? TTP_DONE : ttp_fail(t, SW_ERR_SYSTEM, source);
}

static int from_file(const struct ttp *t, const char *source, const char *path, struct ttp_pass *pass)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return ttp_fail(t, SW_ERR_SYSTEM, source);
    int err = from_fd(t, source, fd, pass);
    close(fd);
    return err;
}

static int from_env(const struct ttp *t, const char *name, struct ttp_pass *pass)
{
    const char *value = getenv(name);
    if (!value)
        return ttp_error(t, TTP_BAD_INPUT, "env:%s: there is no such variable", name);
    pass->len = strlen(value);
    if (pass->len >= sizeof pass->text)
        return ttp_error(t, TTP_BAD_INPUT, "env:%s: the passphrase is too long", name);
    memcpy(pass->text, value, pass->len + 1);
    pass->given = true;
    return TTP_DONE;
}

int ttp_pass_get(const struct ttp *t, enum ttp_option id, const char *what, bool may_prompt, bool twice,
                 struct ttp_pass *pass)
{
    const char *source = ttp_get(t, id);
    pass->len = 0;
    pass->given = false;
    if (!source)
        return may_prompt ? from_terminal(t, what, twice, false, pass) : TTP_DONE;
    if (strcmp(source, "prompt") == 0)
        return from_terminal(t, what, twice, true, pass);
    if (strncmp(source, "file:", 5) == 0)
        return from_file(t, source, source + 5, pass);
    if (strncmp(source, "env:", 4) == 0)
        return from_env(t, source + 4, pass);
    if (strncmp(source, "fd:", 3) == 0 && source[3] >= '0' && source[3] <= '9')
        return from_fd(t, source, atoi(source + 3), pass);
    return ttp_usage(
        t, "--%s takes prompt, file:F, env:V or fd:N; a passphrase itself would be seen by every user of this machine",
        ttp_options[id].name);
}

void ttp_pass_wipe(struct ttp_pass *pass)
{
    sw_wipe(pass, sizeof *pass);
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
