#include "ttp/cli_pass.h"
#include "base/wipe.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/*
 * One line from fd, without its end; what follows the first line is ignored, as openssl and ssh do. E2BIG: it is too
 * long; EILSEQ: a zero byte is in it, and whoever takes the passphrase for a text would take a shorter one.
 */
static bool read_line(int fd, struct cli_pass *pass)
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
        if (pass->len == sizeof pass->text - 1 || c == 0) {
            errno = c == 0 ? EILSEQ : E2BIG;
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

/* Keys that would end the program are turned off together with the echo, so that it never stays off. */
static bool ask_hidden(int tty, const char *prompt, struct cli_pass *pass)
{
    struct termios before, hidden;
    if (tcgetattr(tty, &before))
        return false;
    hidden = before;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    hidden.c_lflag |= ICANON | ECHONL;
    if (tcsetattr(tty, TCSAFLUSH, &hidden))
        return false;
    bool ok = dprintf(tty, "%s: ", prompt) > 0 && read_line(tty, pass);
    int saved = errno;
    tcsetattr(tty, TCSAFLUSH, &before);
    errno = saved;
    return ok;
}

static enum cli_pass_result fail(enum cli_pass_result result, const char *what, const char *sentence, char *why)
{
    snprintf(why, CLI_PASS_WHY_MAX, "%s%s", what, sentence);
    return result;
}

/* Of the controlling terminal, whatever standard input is. */
static enum cli_pass_result from_terminal(const struct cli_pass_ask *ask, struct cli_pass *pass, char *why)
{
    struct cli_pass again = {.len = 0};
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (tty < 0)
        return ask->source ? fail(CLI_PASS_BAD, ask->prompt, ": no terminal to ask for it", why) : CLI_PASS_DONE;
    bool ok = ask_hidden(tty, ask->prompt, pass);
    if (ok && ask->twice)
        ok = ask_hidden(tty, "The same again", &again);
    int saved = errno;
    close(tty);
    errno = saved;
    bool same = !ask->twice || (again.len == pass->len && memcmp(again.text, pass->text, pass->len) == 0);
    cli_pass_wipe(&again);
    if (!ok)
        return fail(CLI_PASS_SYSTEM, "terminal", "", why);
    return same ? CLI_PASS_DONE : fail(CLI_PASS_BAD, ask->prompt, ": the two differ", why);
}

static enum cli_pass_result from_fd(const char *source, int fd, struct cli_pass *pass, char *why)
{
    if (read_line(fd, pass))
        return CLI_PASS_DONE;
    if (errno == E2BIG)
        return fail(CLI_PASS_BAD, source, ": the passphrase is too long", why);
    if (errno == EILSEQ)
        return fail(CLI_PASS_BAD, source, ": a zero byte is in the passphrase", why);
    return fail(CLI_PASS_SYSTEM, source, "", why);
}

static enum cli_pass_result from_file(const char *source, const char *path, struct cli_pass *pass, char *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return fail(CLI_PASS_SYSTEM, source, "", why);
    struct stat st;
    enum cli_pass_result result = from_fd(source, fd, pass, why);
    int saved = errno;
    pass->exposed = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & (S_IRGRP | S_IROTH));
    close(fd);
    errno = saved;
    return result;
}

static enum cli_pass_result from_env(const char *source, const char *name, struct cli_pass *pass, char *why)
{
    const char *value = getenv(name);
    if (!value)
        return fail(CLI_PASS_BAD, source, ": there is no such variable", why);
    if (strlen(value) >= sizeof pass->text)
        return fail(CLI_PASS_BAD, source, ": the passphrase is too long", why);
    pass->len = strlen(value);
    memcpy(pass->text, value, pass->len + 1);
    pass->given = true;
    return CLI_PASS_DONE;
}

static bool is_fd(const char *source)
{
    return strncmp(source, "fd:", 3) == 0 && source[3] && strspn(source + 3, "0123456789") == strlen(source + 3);
}

bool cli_pass_is_source(const char *text)
{
    return strcmp(text, "prompt") == 0 || strncmp(text, "file:", 5) == 0 || strncmp(text, "env:", 4) == 0 ||
           is_fd(text);
}

enum cli_pass_result cli_pass_get(const struct cli_pass_ask *ask, struct cli_pass *pass, char why[CLI_PASS_WHY_MAX])
{
    const char *source = ask->source;
    *why = 0;
    pass->given = pass->exposed = false;
    pass->len = 0;
    pass->text[0] = 0;
    if (!source)
        return ask->may_prompt ? from_terminal(ask, pass, why) : CLI_PASS_DONE;
    if (strcmp(source, "prompt") == 0)
        return from_terminal(ask, pass, why);
    if (strncmp(source, "file:", 5) == 0)
        return from_file(source, source + 5, pass, why);
    if (strncmp(source, "env:", 4) == 0)
        return from_env(source, source + 4, pass, why);
    if (is_fd(source))
        return from_fd(source, strlen(source + 3) < 9 ? atoi(source + 3) : -1, pass, why);
    return CLI_PASS_NO_SOURCE;
}

void cli_pass_wipe(struct cli_pass *pass)
{
    sw_wipe(pass, sizeof *pass);
}
