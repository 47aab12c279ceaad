/*
 * Runs the CUnit suites that registered themselves (tests/test.h).
 *
 *     build/tests/run [-l] [-v] [-p K/N] [SUITE | TEST]...
 *
 * Arguments are parts of "suite/test"; without any, everything runs. -l lists, -v prints each test with its time, -p
 * takes every Nth suite, from the Kth, so that N processes share the work. Run it at the top of the tree. The last line is "N passed, N failed", counting test functions; the exit code is 0 only
 * when none failed.
 */
#include "base/ct.h"
#include "base/err.h"
#include "tests/test.h"
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct sw_test_suite *suites; /* in order of file name */
static char running[256];            /* for the signal handler */
static bool verbose;
static struct timespec started;

void sw_test_add(struct sw_test_suite *suite)
{
    struct sw_test_suite **at = &suites;
    while (*at && strcmp((*at)->file, suite->file) < 0)
        at = &(*at)->next;
    suite->next = *at;
    *at = suite;
}

unsigned sw_test_secret_uses(void)
{
#ifdef SW_CT_VALGRIND
    static unsigned long seen;
    unsigned long all = VALGRIND_COUNT_ERRORS;
    unsigned fresh = (unsigned)(all - seen);

    seen = all;
    return fresh;
#else
    return 0;
#endif
}

/*
 * Under valgrind a suite of tests/ct/ fails where a decision depended on a marked byte; the report, with its place, is
 * on stderr.
 */
static void check_secret_uses(void)
{
    char text[80];
    unsigned uses = sw_test_secret_uses();

    if (uses == 0)
        return;
    snprintf(text, sizeof text, "valgrind reports %u decisions on secret bytes", uses);
    CU_assertImplementation(CU_FALSE, __LINE__, text, __FILE__, "", CU_FALSE);
}

/* "tests/base/test_bytes.c" is the suite "base/bytes". */
static void suite_name(const char *file, char *out, size_t cap)
{
    const char *p = strncmp(file, "tests/", 6) == 0 ? file + 6 : file;
    const char *base = strrchr(p, '/') ? strrchr(p, '/') + 1 : p;
    const char *stem = strncmp(base, "test_", 5) == 0 ? base + 5 : base;
    const char *end = strrchr(stem, '.') ? strrchr(stem, '.') : stem + strlen(stem);
    snprintf(out, cap, "%.*s%.*s", (int)(base - p), p, (int)(end - stem), stem);
}

/* -p: 1/1 is everything */
struct part {
    unsigned which, of;
};

static bool part_decode(struct part *part, const char *text)
{
    char end;

    return sscanf(text, "%u/%u%c", &part->which, &part->of, &end) == 2 && part->which >= 1 && part->which <= part->of;
}

static bool wanted(const char *name, char **args)
{
    if (!*args)
        return true;
    for (; *args; args++)
        if (strstr(name, *args))
            return true;
    return false;
}

/* Give CUnit the suites and tests of a part that the arguments name, or list them. */
static unsigned collect(char **args, struct part part, bool list)
{
    unsigned count = 0, number = 0;
    for (const struct sw_test_suite *s = suites; s; s = s->next) {
        if (number++ % part.of != part.which - 1)
            continue;
        char name[128], full[256];
        suite_name(s->file, name, sizeof name);
        CU_pSuite suite = NULL;
        for (size_t i = 0; i < SW_TESTS_MAX && s->tests[i].run; i++) {
            snprintf(full, sizeof full, "%s/%s", name, s->tests[i].name);
            if (!wanted(full, args))
                continue;
            count++;
            if (list) {
                puts(full);
                continue;
            }
            if (!suite && !(suite = CU_add_suite_with_setup_and_teardown(name, NULL, NULL, NULL, check_secret_uses)))
                abort();
            if (!CU_add_test(suite, s->tests[i].name, s->tests[i].run))
                abort();
        }
    }
    return count;
}

static void on_test_start(const CU_pTest test, const CU_pSuite suite)
{
    snprintf(running, sizeof running, "%s/%s", suite->pName, test->pName);
    clock_gettime(CLOCK_MONOTONIC, &started);
}

static void on_test_complete(const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord failure)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double ms = (double)(now.tv_sec - started.tv_sec) * 1e3 + (double)(now.tv_nsec - started.tv_nsec) / 1e6;
    if (failure || verbose)
        printf("%s %s/%s (%.1f ms)\n", failure ? "FAIL" : "ok  ", suite->pName, test->pName, ms);
    for (CU_pFailureRecord f = failure; f; f = f->pNext)
        printf("     %s:%u: %s\n", f->strFileName ? f->strFileName : "?", f->uiLineNumber,
               f->strCondition ? f->strCondition : "");
    fflush(stdout);
}

/* What was there before: the handler of a sanitizer, which knows more than we do, or the default. */
static struct sigaction before[NSIG];

/* A crash, and a test that took too long, must say which test it was. Only what a signal handler may call is used. */
static void on_signal(int sig)
{
    static const char head[] = "ended in ", tail[] = "\n0 passed, 1 failed\n";

    if (write(STDOUT_FILENO, head, sizeof head - 1) < 0 || write(STDOUT_FILENO, running, strlen(running)) < 0 ||
        write(STDOUT_FILENO, tail, sizeof tail - 1) < 0)
        _exit(3);
    sigaction(sig, &before[sig], NULL);
    if (sig == SIGABRT || sig == SIGTERM) /* the others come again by themselves, at the same place */
        raise(sig);
}

static void catch_signals(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTERM};
    struct sigaction action = {.sa_handler = on_signal};

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &action, &before[signals[i]]);
}

bool sw_test_err(int got, int want, const char *file, unsigned line, const char *what)
{
    char text[512];
    snprintf(text, sizeof text, "%s is %s, not %s", what, sw_err_name((enum sw_err)got),
             sw_err_name((enum sw_err)want));
    return CU_assertImplementation(got == want, line, text, file, "", CU_FALSE);
}

bool sw_test_bytes(const void *got, const void *want, size_t n, const char *file, unsigned line, const char *what)
{
    const uint8_t *a = got, *b = want;
    char text[512] = "";
    size_t at = 0;
    while (at < n && a[at] == b[at])
        at++;
    if (at < n) {
        size_t len = (size_t)snprintf(text, sizeof text, "%.200s differs at byte %zu of %zu: got", what, at, n);
        for (size_t i = at; i < n && i < at + 16; i++)
            len += (size_t)snprintf(text + len, sizeof text - len, " %02x", a[i]);
        len += (size_t)snprintf(text + len, sizeof text - len, ", want");
        for (size_t i = at; i < n && i < at + 16; i++)
            len += (size_t)snprintf(text + len, sizeof text - len, " %02x", b[i]);
    }
    return CU_assertImplementation(at == n, line, text, file, "", CU_FALSE);
}

size_t sw_unhex(const char *hex, void *out, size_t cap)
{
    uint8_t *o = out;
    size_t digits = 0;
    for (; *hex; hex++) {
        if (isspace((unsigned char)*hex))
            continue;
        int c = tolower((unsigned char)*hex);
        if (!isxdigit(c) || digits / 2 >= cap)
            abort();
        unsigned v = (unsigned)(isdigit(c) ? c - '0' : c - 'a' + 10);
        o[digits / 2] = (uint8_t)(digits % 2 ? o[digits / 2] | v : v << 4);
        digits++;
    }
    if (digits % 2)
        abort();
    return digits / 2;
}

bool sw_test_hex(const void *got, size_t n, const char *hex, const char *file, unsigned line, const char *what)
{
    size_t cap = strlen(hex) / 2 + 1;
    uint8_t *want = malloc(cap);
    if (!want)
        abort();
    size_t len = sw_unhex(hex, want, cap);
    bool ok = CU_assertImplementation(len == n, line, "not as many bytes as expected", file, "", CU_FALSE) &&
              sw_test_bytes(got, want, n, file, line, what);
    free(want);
    return ok;
}

uint8_t *sw_test_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    long size = -1;
    if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0 || fseek(f, 0, SEEK_SET)) {
        fprintf(stderr, "%s: cannot read (the tests run at the top of the tree)\n", path);
        abort();
    }
    uint8_t *data = malloc((size_t)size + 1);
    if (!data || fread(data, 1, (size_t)size, f) != (size_t)size)
        abort();
    fclose(f);
    data[size] = 0;
    *len = (size_t)size;
    return data;
}

int main(int argc, char **argv)
{
    struct part part = {1, 1};
    bool list = false;
    int opt;
    while ((opt = getopt(argc, argv, "lvp:")) != -1) {
        if (opt == '?' || (opt == 'p' && !part_decode(&part, optarg))) {
            fprintf(stderr, "usage: %s [-l] [-v] [-p K/N] [SUITE | TEST]...\n", argv[0]);
            return 2;
        }
        list |= opt == 'l';
        verbose |= opt == 'v';
    }
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 2;
    unsigned count = collect(argv + optind, part, list);
    if (list)
        return 0;
    if (count == 0 && optind < argc && part.of == 1) {
        fprintf(stderr, "no test matches\n");
        return 2;
    }
    catch_signals();
    CU_set_test_start_handler(on_test_start);
    CU_set_test_complete_handler(on_test_complete);
    if (CU_run_all_tests() != CUE_SUCCESS)
        return 2;
    unsigned failed = CU_get_number_of_tests_failed();
    CU_print_run_results(stdout);
    CU_cleanup_registry();
    printf("\n%u passed, %u failed\n", count - failed, failed);
    return failed ? 1 : 0;
}
