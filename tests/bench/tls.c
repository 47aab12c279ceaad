/*
 * The benchmark: handshakes, bulk, small messages and memory of Sealwax beside OpenSSL's libssl, in memory, both sides
 * of a connection in this thread, CPU time, the median of interleaved rounds. What counts is the ratio inside one run:
 * absolute figures belong to one machine.
 *
 *   tls DIR [--seconds S] [--markdown] [--only TEXT]
 *     DIR  root.crt, server.crt, server.key, client.crt, client.key: RSA-2048, made by tests/bench/run.sh
 *     TEXT the rows that have this in their title
 */
#include "tests/bench/stack.h"
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 3, STACKS = 2, BULK_LEN = 16384, BULK_COUNT = 256, SMALL_LEN = 64, SMALL_COUNT = 4096 };

static const struct bench_stack *const stacks[STACKS] = {&bench_sealwax, &bench_openssl};

/* --- heap accounting: malloc of the whole process passes through here --------------------------------------------- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);
void __libc_free(void *p);
void *__libc_memalign(size_t align, size_t size);

static struct bench_heap heap;

static void *taken(void *p)
{
    if (p != NULL) {
        heap.calls++;
        heap.now += malloc_usable_size(p);
        if (heap.now > heap.peak)
            heap.peak = heap.now;
    }
    return p;
}

static void given(void *p)
{
    if (p != NULL)
        heap.now -= malloc_usable_size(p);
}

void *malloc(size_t size)
{
    return taken(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return taken(__libc_calloc(count, size));
}

void *realloc(void *p, size_t size)
{
    given(p);
    return taken(__libc_realloc(p, size));
}

void *aligned_alloc(size_t align, size_t size)
{
    return taken(__libc_memalign(align, size));
}

int posix_memalign(void **out, size_t align, size_t size)
{
    *out = taken(__libc_memalign(align, size));
    return *out == NULL ? ENOMEM : 0;
}

void free(void *p)
{
    given(p);
    __libc_free(p);
}

void bench_heap_mark(void)
{
    heap.peak = heap.now;
    heap.calls = 0;
}

struct bench_heap bench_heap_read(void)
{
    return heap;
}

/* --- plumbing ----------------------------------------------------------------------------------------------------- */

_Noreturn void bench_fail(const char *what, const char *detail)
{
    fprintf(stderr, "bench: %s: %s\n", what, detail);
    exit(1);
}

char *bench_read(const char *dir, const char *name, size_t *len)
{
    char path[512];
    char *text;
    FILE *f;
    long size;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0)
        bench_fail(path, strerror(errno));
    rewind(f);
    text = calloc(1, (size_t)size + 1);
    if (text == NULL || fread(text, 1, (size_t)size, f) != (size_t)size)
        bench_fail(path, "cannot be read");
    fclose(f);
    *len = (size_t)size;
    return text;
}

static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *v)
{
    qsort(v, ROUNDS, sizeof *v, by_value);
    return v[ROUNDS / 2];
}

/* --- what is measured --------------------------------------------------------------------------------------------- */

enum measure { HANDSHAKES, SEAL, UNSEAL, MESSAGES };

struct row {
    const char *title, *unit;
    enum measure measure;
    const char *suite, *group;
    bool mutual, etm;
    enum bench_resume resume;
};

/* clang-format off */
static const struct row rows[] = {
    /* title                                             unit    measure     suite                          group     mutual etm    resume */
    {"full handshake, 0x003C, mutual",                   "/s",   HANDSHAKES, "AES128-SHA256",               NULL,     true,  false, BENCH_FULL},
    {"full handshake, 0x003C, server certificate only",  "/s",   HANDSHAKES, "AES128-SHA256",               NULL,     false, false, BENCH_FULL},
    {"full handshake, 0xC02F x25519, mutual",            "/s",   HANDSHAKES, "ECDHE-RSA-AES128-GCM-SHA256", "X25519", true,  false, BENCH_FULL},
    {"full handshake, 0xC02F x25519, server only",       "/s",   HANDSHAKES, "ECDHE-RSA-AES128-GCM-SHA256", "X25519", false, false, BENCH_FULL},
    {"full handshake, TLS 1.3 x25519, mutual",           "/s",   HANDSHAKES, "TLS_AES_128_GCM_SHA256",      "X25519", true,  false, BENCH_FULL},
    {"full handshake, TLS 1.3 x25519, server only",      "/s",   HANDSHAKES, "TLS_AES_128_GCM_SHA256",      "X25519", false, false, BENCH_FULL},
    {"resumed by session id, 0x003C, mutual",            "/s",   HANDSHAKES, "AES128-SHA256",               NULL,     true,  false, BENCH_BY_ID},
    {"resumed by ticket, 0x003C, mutual",                "/s",   HANDSHAKES, "AES128-SHA256",               NULL,     true,  false, BENCH_BY_TICKET},
    {"resumed by ticket, TLS 1.3 x25519, mutual",        "/s",   HANDSHAKES, "TLS_AES_128_GCM_SHA256",      "X25519", true,  false, BENCH_BY_TICKET},
    {"seal 16 KiB, 0x003C MAC-then-encrypt",             "MB/s", SEAL,       "AES128-SHA256",               NULL,     false, false, BENCH_FULL},
    {"open 16 KiB, 0x003C MAC-then-encrypt",             "MB/s", UNSEAL,     "AES128-SHA256",               NULL,     false, false, BENCH_FULL},
    {"seal 16 KiB, 0x003C encrypt-then-MAC",             "MB/s", SEAL,       "AES128-SHA256",               NULL,     false, true,  BENCH_FULL},
    {"open 16 KiB, 0x003C encrypt-then-MAC",             "MB/s", UNSEAL,     "AES128-SHA256",               NULL,     false, true,  BENCH_FULL},
    {"seal 16 KiB, 0xC02F",                              "MB/s", SEAL,       "ECDHE-RSA-AES128-GCM-SHA256", "X25519", false, false, BENCH_FULL},
    {"open 16 KiB, 0xC02F",                              "MB/s", UNSEAL,     "ECDHE-RSA-AES128-GCM-SHA256", "X25519", false, false, BENCH_FULL},
    {"seal 16 KiB, TLS 1.3 AES-128-GCM",                 "MB/s", SEAL,       "TLS_AES_128_GCM_SHA256",      "X25519", false, false, BENCH_FULL},
    {"open 16 KiB, TLS 1.3 AES-128-GCM",                 "MB/s", UNSEAL,     "TLS_AES_128_GCM_SHA256",      "X25519", false, false, BENCH_FULL},
    {"64-byte messages sealed and opened, 0x003C",       "/s",   MESSAGES,   "AES128-SHA256",               NULL,     false, false, BENCH_FULL},
    {"64-byte messages sealed and opened, 0xC02F",       "/s",   MESSAGES,   "ECDHE-RSA-AES128-GCM-SHA256", "X25519", false, false, BENCH_FULL},
    {"64-byte messages sealed and opened, TLS 1.3",      "/s",   MESSAGES,   "TLS_AES_128_GCM_SHA256",      "X25519", false, false, BENCH_FULL},
};
/* clang-format on */

enum { ROWS = sizeof rows / sizeof rows[0] };

static double handshakes_per_second(const struct bench_stack *s, void *pair, double seconds)
{
    double start = cpu_seconds(), now;
    unsigned n = 0;

    do {
        s->handshake(pair);
        n++;
        now = cpu_seconds();
    } while (now - start < seconds);
    return n / (now - start);
}

/* Bytes or messages a second; only the side that is measured is timed. */
static double data_per_second(const struct bench_stack *s, void *pair, enum measure m, double seconds)
{
    size_t len = m == MESSAGES ? SMALL_LEN : BULK_LEN, count = m == MESSAGES ? SMALL_COUNT : BULK_COUNT;
    double spent = 0, start;
    size_t rounds = 0;

    do {
        start = cpu_seconds();
        s->seal(pair, len, count);
        if (m != UNSEAL)
            spent += cpu_seconds() - start;
        start = cpu_seconds();
        s->unseal(pair, len, count);
        if (m != SEAL)
            spent += cpu_seconds() - start;
        rounds++;
    } while (spent < seconds);
    return (double)(rounds * count) * (m == MESSAGES ? 1 : (double)len * 1e-6) / spent;
}

static double measure_once(const struct bench_stack *s, const struct row *row, const char *dir, double seconds)
{
    struct bench_setup setup = {dir, row->suite, row->group, row->mutual, row->etm, row->resume};
    void *pair = s->open(&setup);
    double figure;

    s->handshake(pair);
    if (row->measure == HANDSHAKES) {
        figure = handshakes_per_second(s, pair, seconds);
    } else {
        s->connect(pair);
        s->seal(pair, BULK_LEN, 8);
        s->unseal(pair, BULK_LEN, 8);
        figure = data_per_second(s, pair, row->measure, seconds);
        s->drop(pair);
    }
    s->close(pair);
    return figure;
}

/* Decimals: a mean of two small numbers may have one. */
static int places(double v)
{
    return v < 100 && v != (double)(long)v;
}

static void print_row(const char *title, const char *unit, const double v[STACKS], bool less_is_better, bool markdown)
{
    double ratio = less_is_better ? v[1] / v[0] : v[0] / v[1];

    if (markdown)
        printf("| %s | %s | %.*f | %.*f | %.2f |\n", title, unit, places(v[0]), v[0], places(v[1]), v[1], ratio);
    else
        printf("%-52s %6s %12.*f %12.*f %8.2f\n", title, unit, places(v[0]), v[0], places(v[1]), v[1], ratio);
    fflush(stdout);
}

struct memory {
    double idle, peak, calls;
};

/* Heap of one server connection after its first message, heap and allocations of one handshake with both sides. */
static struct memory memory_of(const struct bench_stack *s, const char *dir)
{
    struct bench_setup setup = {dir, "AES128-SHA256", NULL, true, false, BENCH_FULL};
    void *pair = s->open(&setup);
    struct memory m;
    size_t before;

    s->handshake(pair);
    before = bench_heap_read().now;
    bench_heap_mark();
    s->connect(pair);
    m.peak = (double)(bench_heap_read().peak - before) / 2;
    m.calls = (double)bench_heap_read().calls / 2;
    s->seal(pair, SMALL_LEN, 1);
    s->unseal(pair, SMALL_LEN, 1);
    s->idle(pair);
    s->drop_client(pair);
    m.idle = (double)(bench_heap_read().now - before);
    s->drop(pair);
    s->close(pair);
    return m;
}

static void print_memory(const char *dir, bool markdown)
{
    struct memory m[STACKS];
    double idle[STACKS], peak[STACKS], calls[STACKS];

    for (int i = 0; i < STACKS; i++) {
        m[i] = memory_of(stacks[i], dir);
        idle[i] = m[i].idle;
        peak[i] = m[i].peak;
        calls[i] = m[i].calls;
    }
    print_row("heap of an idle server connection", "bytes", idle, true, markdown);
    print_row("peak heap a side in a mutual handshake", "bytes", peak, true, markdown);
    print_row("allocations a side in a mutual handshake", "", calls, true, markdown);
}

int main(int argc, char **argv)
{
    double seconds = 0.5;
    bool markdown = false;
    const char *only = "";

    if (argc < 2)
        bench_fail("usage", "tls DIR [--seconds S] [--markdown] [--only TEXT]");
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--markdown") == 0)
            markdown = true;
        else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc)
            seconds = atof(argv[++i]);
        else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
            only = argv[++i];
    }
    if (markdown)
        printf("| | unit | %s | %s | ratio |\n|---|---|--:|--:|--:|\n", stacks[0]->name, stacks[1]->name);
    else
        printf("%-52s %6s %12s %12s %8s\n", "", "unit", stacks[0]->name, stacks[1]->name, "ratio");
    for (size_t r = 0; r < ROWS; r++) {
        double figures[STACKS][ROUNDS], medians[STACKS];

        if (strstr(rows[r].title, only) == NULL)
            continue;
        for (int round = 0; round < ROUNDS; round++)
            for (int i = 0; i < STACKS; i++)
                figures[i][round] = measure_once(stacks[i], &rows[r], argv[1], seconds);
        for (int i = 0; i < STACKS; i++)
            medians[i] = median(figures[i]);
        print_row(rows[r].title, rows[r].unit, medians, false, markdown);
    }
    if (strstr("memory", only) != NULL)
        print_memory(argv[1], markdown);
    return 0;
}
