/* Where a passphrase may come from, and what a person at a terminal sees of it. */
#include "tests/test.h"
#include "ttp/cli_pass.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static struct cli_pass pass;
static char why[CLI_PASS_WHY_MAX];

static enum cli_pass_result get(const char *source)
{
    const struct cli_pass_ask ask = {.source = source, .prompt = "Passphrase for x"};
    return cli_pass_get(&ask, &pass, why);
}

/* clang-format off */
static const struct {
    const char *file, *text;
} lines[] = {
    {"secret\n",          "secret"},
    {"secret\r\n",        "secret"},
    {"secret",            "secret"},
    {"first\nsecond\n",   "first"},
    {" with spaces \n",   " with spaces "},
    {"\n",                ""},
    {"",                  ""},
};
/* clang-format on */

static void the_first_line_of_a_file(void)
{
    char path[] = "/tmp/sealwax-pass.XXXXXX", source[64];
    int fd = mkstemp(path);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    snprintf(source, sizeof source, "file:%s", path);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        size_t n = strlen(lines[i].file);
        CU_ASSERT_TRUE(ftruncate(fd, 0) == 0 && pwrite(fd, lines[i].file, n, 0) == (ssize_t)n);
        CU_ASSERT_EQUAL(get(source), CLI_PASS_DONE);
        CU_ASSERT_TRUE(pass.given);
        CU_ASSERT_STRING_EQUAL(pass.text, lines[i].text);
        CU_ASSERT_EQUAL(pass.len, strlen(lines[i].text));
    }
    char fd_source[32];
    snprintf(fd_source, sizeof fd_source, "fd:%d", fd);
    CU_ASSERT_TRUE(ftruncate(fd, 0) == 0 && pwrite(fd, "by number\n", 10, 0) == 10 && lseek(fd, 0, SEEK_SET) == 0);
    CU_ASSERT_EQUAL(get(fd_source), CLI_PASS_DONE);
    CU_ASSERT_STRING_EQUAL(pass.text, "by number");
    char longest[CLI_PASS_MAX];
    memset(longest, 'x', sizeof longest);
    CU_ASSERT_EQUAL(pwrite(fd, longest, sizeof longest, 0), (ssize_t)sizeof longest);
    CU_ASSERT_EQUAL(get(source), CLI_PASS_BAD);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "too long"));
    CU_ASSERT_EQUAL(pwrite(fd, "a\0b\n", 4, 0), 4);
    CU_ASSERT_EQUAL(get(source), CLI_PASS_BAD);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "zero byte"));
    CU_ASSERT_FALSE(pass.given);
    CU_ASSERT_EQUAL(pwrite(fd, longest, sizeof longest, 0), (ssize_t)sizeof longest);
    CU_ASSERT_EQUAL(ftruncate(fd, CLI_PASS_MAX - 1), 0);
    CU_ASSERT_EQUAL(get(source), CLI_PASS_DONE);
    CU_ASSERT_EQUAL(pass.len, CLI_PASS_MAX - 1);
    close(fd);
    unlink(path);
    CU_ASSERT_EQUAL(get("fd:99999999999"), CLI_PASS_SYSTEM);
    CU_ASSERT_EQUAL(errno, EBADF);
    CU_ASSERT_EQUAL(get(source), CLI_PASS_SYSTEM);
    CU_ASSERT_EQUAL(errno, ENOENT);
    CU_ASSERT_FALSE(pass.given);
}

static void a_file_that_others_can_read_is_said_to_be_so(void)
{
    static const struct {
        mode_t mode;
        bool exposed;
    } modes[] = {{0600, false}, {0400, false}, {0640, true}, {0604, true}, {0622, false}};
    char path[] = "/tmp/sealwax-pass.XXXXXX", source[64];
    int fd = mkstemp(path), ends[2];
    CU_ASSERT_TRUE_FATAL(fd >= 0 && write(fd, "secret\n", 7) == 7);
    snprintf(source, sizeof source, "file:%s", path);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        CU_ASSERT_EQUAL(fchmod(fd, modes[i].mode), 0);
        CU_ASSERT_EQUAL(get(source), CLI_PASS_DONE);
        CU_ASSERT_EQUAL(pass.exposed, modes[i].exposed);
        CU_ASSERT_STRING_EQUAL(pass.text, "secret");
    }
    close(fd);
    unlink(path);
    /* a pipe is no place where passphrases lie about */
    CU_ASSERT_TRUE_FATAL(pipe(ends) == 0 && write(ends[1], "piped\n", 6) == 6);
    snprintf(source, sizeof source, "file:/dev/fd/%d", ends[0]);
    pass.exposed = true;
    CU_ASSERT_EQUAL(get(source), CLI_PASS_DONE);
    CU_ASSERT_STRING_EQUAL(pass.text, "piped");
    CU_ASSERT_FALSE(pass.exposed);
    close(ends[0]);
    close(ends[1]);
}

static void the_environment(void)
{
    setenv("SEALWAX_TEST_PASS", "from afar", 1);
    CU_ASSERT_EQUAL(get("env:SEALWAX_TEST_PASS"), CLI_PASS_DONE);
    CU_ASSERT_TRUE(pass.given && pass.len == 9);
    CU_ASSERT_STRING_EQUAL(pass.text, "from afar");
    unsetenv("SEALWAX_TEST_PASS");
    CU_ASSERT_EQUAL(get("env:SEALWAX_TEST_PASS"), CLI_PASS_BAD);
    CU_ASSERT_STRING_EQUAL(why, "env:SEALWAX_TEST_PASS: there is no such variable");
    CU_ASSERT_FALSE(pass.given);
}

static void other_sources_are_none(void)
{
    static const char *const sources[] = {"", "secret", "pass:secret", "fd:", "fd:x", "fd:0x", "FILE:x"};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        CU_ASSERT_EQUAL(get(sources[i]), CLI_PASS_NO_SOURCE);
        CU_ASSERT_FALSE(pass.given);
    }
    CU_ASSERT_EQUAL(get(NULL), CLI_PASS_DONE);
    CU_ASSERT_FALSE(pass.given);
}

/* --- a terminal: a child whose controlling terminal is a pseudo-terminal, typed on by this process ---------------- */

/* What the child is asked, and its verdict: result, then text. */
static void child(const char *slave, const struct cli_pass_ask *ask, int report)
{
    setsid();
    int tty = open(slave, O_RDWR);
    if (tty < 0 || ioctl(tty, TIOCSCTTY, 0))
        _exit(1);
    enum cli_pass_result result = cli_pass_get(ask, &pass, why);
    struct termios after;
    bool echoes = tcgetattr(tty, &after) == 0 && (after.c_lflag & ECHO) && (after.c_lflag & ISIG);
    dprintf(report, "%d %d %d %s", (int)result, pass.given, echoes, pass.text);
    _exit(0);
}

/* Read until text is in what was read; false at the end. */
static bool read_until(int fd, const char *text, char *seen, size_t cap)
{
    size_t n = strlen(seen);
    while (!strstr(seen, text) && n < cap - 1) {
        ssize_t got = read(fd, seen + n, cap - 1 - n);
        if (got <= 0)
            return false;
        seen[n += (size_t)got] = 0;
    }
    return true;
}

/* typed: after each prompt, one. Returns what the child reports. */
static const char *ask_at_terminal(const struct cli_pass_ask *ask, const char *const typed[2], char *seen, size_t cap)
{
    static const char *const prompts[2] = {"Passphrase for x: ", "The same again: "};
    static char verdict[256];
    int report[2], master = posix_openpt(O_RDWR | O_NOCTTY);
    CU_ASSERT_TRUE_FATAL(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0 && pipe(report) == 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        child(ptsname(master), ask, report[1]);
    close(report[1]);
    memset(verdict, 0, sizeof verdict);
    seen[0] = 0;
    for (size_t i = 0; i < 2 && typed[i] && read_until(master, prompts[i], seen, cap); i++)
        CU_ASSERT_EQUAL(write(master, typed[i], strlen(typed[i])), (ssize_t)strlen(typed[i]));
    CU_ASSERT_TRUE(read(report[0], verdict, sizeof verdict - 1) > 0);
    waitpid(pid, NULL, 0);
    close(report[0]);
    close(master);
    return verdict;
}

static void asks_without_echo(void)
{
    static const char *const once[2] = {"s\003ecret\n", NULL}, *const same[2] = {"secret\n", "secret\n"},
                             *const other[2] = {"secret\n", "sekret\n"};
    struct cli_pass_ask ask = {.prompt = "Passphrase for x", .may_prompt = true};
    char seen[512], want[64];
    snprintf(want, sizeof want, "%d 1 1 s\003ecret",
             CLI_PASS_DONE); /* Ctrl-C is a character here: the echo comes back */
    CU_ASSERT_STRING_EQUAL(ask_at_terminal(&ask, once, seen, sizeof seen), want);
    CU_ASSERT_PTR_NULL(strstr(seen, "ecret"));
    ask.twice = true;
    snprintf(want, sizeof want, "%d 1 1 secret", CLI_PASS_DONE);
    CU_ASSERT_STRING_EQUAL(ask_at_terminal(&ask, same, seen, sizeof seen), want);
    CU_ASSERT_PTR_NULL(strstr(seen, "secret"));
    CU_ASSERT_EQUAL(atoi(ask_at_terminal(&ask, other, seen, sizeof seen)), CLI_PASS_BAD);
}

SW_TEST_SUITE(cli_pass){
    SW_TEST(the_first_line_of_a_file), SW_TEST(a_file_that_others_can_read_is_said_to_be_so),
    SW_TEST(the_environment),          SW_TEST(other_sources_are_none),
    SW_TEST(asks_without_echo),
};
