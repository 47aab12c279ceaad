#include "apps/cli/progress.h"
#include "apps/cli/clock.h"
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

enum { QUIET_MS = 500, EVERY_MS = 200, LINES_MS = 1000 };

void progress_begin(struct progress *p, const struct app *app, const char *name, int64_t total, int64_t there)
{
    bool asked = app_has(app, OPT_PROGRESS), terminal = isatty(STDERR_FILENO);
    *p = (struct progress){
        .app = app, .name = name, .total = total, .first = there, .last = there, .begun_at = clock_now()};
    p->on = !app_has(app, OPT_NO_PROGRESS) && (asked || (terminal && !app->quiet && !app->json));
    p->lines = app->json || !terminal;
    p->shown_at = p->begun_at + QUIET_MS - (p->lines ? LINES_MS : EVERY_MS);
}

void progress_size(int64_t bytes, char out[32])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double n = (double)bytes;
    size_t i = 0;
    for (; n >= 1000 && i < 4; i++)
        n /= 1000;
    snprintf(out, 32, i ? "%.1f %s" : "%.0f %s", n, units[i]);
}

void progress_span(int64_t seconds, char out[32])
{
    long long hours = seconds / 3600, minutes = seconds / 60 % 60, rest = seconds % 60;
    if (hours)
        snprintf(out, 32, "%lld:%02lld:%02lld", hours, minutes, rest);
    else
        snprintf(out, 32, "%lld:%02lld", minutes, rest);
}

void progress_rate(const struct progress *p, int64_t bytes, char out[32])
{
    int64_t ms = clock_now() - p->begun_at;
    char size[32];
    progress_size((int64_t)((double)(bytes - p->first) * 1000 / (double)(ms > 0 ? ms : 1)), size);
    snprintf(out, 32, "%.24s/s", size);
}

static void show_object(const struct progress *p, int64_t bytes)
{
    json_t *line =
        json_pack("{s:s,s:I,s:I}", "progress", p->name, "bytes", (json_int_t)bytes, "total", (json_int_t)p->total);
    if (!line)
        return;
    json_dumpf(line, stderr, JSON_COMPACT);
    fputc('\n', stderr);
    json_decref(line);
}

static void show_line(const struct progress *p, int64_t bytes, int64_t elapsed)
{
    char rate[32], size[32];
    int64_t done = bytes - p->first; /* bytes by milliseconds pass 2^63 where a TB takes hours */
    int64_t left = done > 0 ? (int64_t)((double)(p->total - bytes) * (double)elapsed / (double)done / 1000) : 0;
    progress_rate(p, bytes, rate);
    progress_size(bytes, size);
    fprintf(stderr, "%s%s  %3d%%  %s  %s  %lld:%02lld left%s", p->lines ? "" : "\r", p->name,
            p->total ? (int)((double)bytes * 100 / (double)p->total) : 100, size, rate, (long long)(left / 60),
            (long long)(left % 60), p->lines ? "\n" : " \033[K");
}

static void show(struct progress *p, int64_t bytes, int64_t now)
{
    p->shown_at = now;
    p->shown = true;
    if (p->app->json)
        show_object(p, bytes);
    else
        show_line(p, bytes, now - p->begun_at);
}

void progress_at(struct progress *p, int64_t bytes)
{
    int64_t now = p->on ? clock_now() : 0;
    if (p->on && now - p->shown_at >= (p->lines ? LINES_MS : EVERY_MS))
        show(p, bytes, now);
    p->last = bytes;
}

void progress_end(struct progress *p)
{
    if (p->on && p->lines)
        show(p, p->last, clock_now());
    else if (p->shown)
        fprintf(stderr, "\r\033[K");
    p->shown = false;
}
