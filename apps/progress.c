#include "apps/progress.h"
#include "apps/net.h"
#include <stdio.h>
#include <unistd.h>

enum { QUIET_MS = 500, EVERY_MS = 200 };

void progress_begin(struct progress *p, const struct app *app, const char *name, int64_t total, int64_t there)
{
    *p = (struct progress){.app = app, .name = name, .total = total, .first = there, .begun_at = net_now()};
    p->shown_at = p->begun_at + QUIET_MS - EVERY_MS;
    p->on = isatty(STDERR_FILENO) && !app->quiet && !app->json;
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

void progress_rate(const struct progress *p, int64_t bytes, char out[32])
{
    int64_t ms = net_now() - p->begun_at;
    char size[32];
    progress_size((bytes - p->first) * 1000 / (ms ? ms : 1), size);
    snprintf(out, 32, "%.24s/s", size);
}

void progress_at(struct progress *p, int64_t bytes)
{
    int64_t now = net_now(), done = bytes - p->first;
    char rate[32], size[32];
    if (!p->on || now - p->shown_at < EVERY_MS)
        return;
    p->shown_at = now;
    p->shown = true;
    progress_rate(p, bytes, rate);
    progress_size(bytes, size);
    int64_t left = done > 0 ? (p->total - bytes) * (now - p->begun_at) / done / 1000 : 0;
    fprintf(stderr, "\r%s  %3d%%  %s  %s  %lld:%02lld left \033[K", p->name,
            p->total ? (int)(bytes * 100 / p->total) : 100, size, rate, (long long)(left / 60), (long long)(left % 60));
}

void progress_end(struct progress *p)
{
    if (p->shown)
        fprintf(stderr, "\r\033[K");
    p->shown = false;
}
