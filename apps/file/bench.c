/* sealwax bench-protect: one file up in each of the four ways, and what each of them cost. */
#include "apps/file/client.h"
#include "apps/verbs.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BAR = 40, MICRO = 1000000 };

/* What each way gives, from the weakest to the one that teaches most. */
static const struct {
    enum protection protection;
    const char *gives;
} ways[] = {
    {PROTECT_NONE, "nothing"},
    {PROTECT_AUTH, "authentic, readable"},
    {PROTECT_SESSION, "authentic, encrypted"},
    {PROTECT_RSA, "the same, in RSA blocks"},
};
enum { WAYS = sizeof ways / sizeof ways[0] };

struct run {
    int code; /* exit code: APP_DONE, and the numbers count */
    double seconds, cpu;
};

static double cpu_now(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / MICRO;
}

static double time_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Put it under a name that nobody else has, and take it away again. The connection is there before the clock runs. */
static struct run run_way(struct app *app, enum protection protection, const char *path)
{
    struct transfer t;
    struct run run = {0};
    char name[64];
    const struct http_send hello = {.method = "OPTIONS", .path = "/files"};
    snprintf(name, sizeof name, "bench-protect.%ld.%s", (long)getpid(), transfer_protections[protection]);
    run.code = transfer_open_with(&t, app, protection);
    t.silent = true;
    if (!run.code)
        run.code = transfer_request(&t, &hello);
    if (!run.code)
        run.code = t.http.reply.status == 204 ? APP_DONE : http_client_problem(&t.http);
    if (!run.code) {
        (void)transfer_finish(&t);
        double cpu = cpu_now(), begun = time_now();
        run.code = transfer_put(&t, path, name);
        run.seconds = time_now() - begun;
        run.cpu = cpu_now() - cpu;
        if (!run.code)
            run.code = transfer_delete(&t, name);
    }
    transfer_close(&t);
    return run;
}

static void print_json(size_t way, const struct run *run, int64_t size)
{
    json_t *line = json_pack("{s:s,s:b}", "protect", transfer_protections[ways[way].protection], "done", !run->code);
    if (!run->code)
        json_object_update_new(line, json_pack("{s:I,s:f,s:f,s:f}", "bytes", (json_int_t)size, "seconds", run->seconds,
                                               "bytes_per_second", (double)size / (run->seconds + 1e-9), "cpu_seconds",
                                               run->cpu));
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(line);
}

static void print_table(const struct run runs[WAYS], int64_t size)
{
    double longest = 0;
    char rate[32];
    printf("%-8s  %-23s  %9s  %12s  %9s\n", "protect", "gives", "time", "rate", "our CPU");
    for (size_t i = 0; i < WAYS; i++) {
        const char *name = transfer_protections[ways[i].protection];
        if (runs[i].code) {
            printf("%-8s  %-23s  %9s\n", name, ways[i].gives, "failed");
            continue;
        }
        progress_size((int64_t)((double)size / (runs[i].seconds + 1e-9)), rate);
        printf("%-8s  %-23s  %7.2f s  %10s/s  %7.2f s\n", name, ways[i].gives, runs[i].seconds, rate, runs[i].cpu);
        if (runs[i].seconds > longest)
            longest = runs[i].seconds;
    }
    putchar('\n');
    for (size_t i = 0; i < WAYS; i++) {
        int n = runs[i].code || longest <= 0 ? 0 : (int)(runs[i].seconds / longest * BAR + 0.5);
        if (!runs[i].code)
            printf("%-8s  %.*s%s\n", transfer_protections[ways[i].protection], n,
                   "########################################", n ? "" : "|");
    }
}

int bench_protect_run(struct app *app)
{
    struct run runs[WAYS];
    struct stat st;
    int code = APP_DONE;
    const char *path = app->argv[0];
    if (stat(path, &st))
        return app_fail(app, SW_ERR_SYSTEM, path);
    if (!S_ISREG(st.st_mode))
        return app_error(app, APP_BAD_INPUT, "%s: not a file", path);
    for (size_t i = 0; i < WAYS; i++) {
        runs[i] = run_way(app, ways[i].protection, path);
        if (runs[i].code == APP_USAGE)
            return APP_USAGE;
        if (!code)
            code = runs[i].code;
        if (app->json)
            print_json(i, &runs[i], (int64_t)st.st_size);
    }
    if (!app->json)
        print_table(runs, (int64_t)st.st_size);
    return code;
}
