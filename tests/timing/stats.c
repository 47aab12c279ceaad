#include "tests/timing/stats.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <x86intrin.h>

const char timing_unit[] = "cycles";

uint64_t timing_now(void)
{
    unsigned cpu;
    uint64_t t;

    _mm_lfence();
    t = __rdtscp(&cpu);
    _mm_lfence();
    return t;
}
#else
const char timing_unit[] = "ns";

uint64_t timing_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC_RAW, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
#endif

/* xorshift64* */
uint64_t timing_random(void)
{
    static uint64_t state;

    if (state == 0)
        state = (uint64_t)time(NULL) << 20 | 1;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1du;
}

void timing_fill(uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        p[i] = (uint8_t)(timing_random() >> 56);
}

static int by_time(const void *a, const void *b)
{
    const struct sample *x = a, *y = b;

    return (x->time > y->time) - (x->time < y->time);
}

struct moments {
    double n[2], mean[2], variance[2];
};

/* Welford's recurrence. */
static struct moments moments_of(const struct sample *samples, size_t n)
{
    struct moments m = {0};

    for (size_t i = 0; i < n; i++) {
        int c = samples[i].class;
        double delta = samples[i].time - m.mean[c];

        m.n[c]++;
        m.mean[c] += delta / m.n[c];
        m.variance[c] += delta * (samples[i].time - m.mean[c]);
    }
    for (int c = 0; c < 2; c++)
        m.variance[c] = m.n[c] > 1 ? m.variance[c] / (m.n[c] - 1) : 0;
    return m;
}

struct verdict timing_judge(struct sample *samples, size_t n)
{
    static const double kept[] = {1.0, 0.99, 0.95, 0.9, 0.75, 0.5};
    struct verdict v = {{0, 0}, 0, 0};

    qsort(samples, n, sizeof *samples, by_time);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        struct moments m = moments_of(samples, (size_t)((double)n * kept[i]));
        double error = sqrt(m.variance[0] / fmax(m.n[0], 1) + m.variance[1] / fmax(m.n[1], 1));
        double t = error > 0 ? (m.mean[1] - m.mean[0]) / error : 0;

        if (fabs(t) > fabs(v.t))
            v.t = t;
        if (kept[i] == 0.9) {
            memcpy(v.mean, m.mean, sizeof v.mean);
            v.difference = m.mean[1] - m.mean[0];
        }
    }
    return v;
}

void timing_compare(const struct comparison *c, size_t n)
{
    struct sample *samples = malloc(n * sizeof *samples);
    struct verdict v;

    if (samples == NULL)
        abort();
    for (size_t i = 0; i < n; i++) {
        uint64_t random = timing_random(), start, took;
        int class = (int)(random >> 63);

        c->load(c->ctx, class, (size_t)(random >> 8 & 0xffffff));
        start = timing_now();
        c->run(c->ctx);
        took = timing_now() - start;
        samples[i].time = took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
        samples[i].class = (uint8_t) class;
    }
    v = timing_judge(samples, n);
    printf("%-58s %9zu %10.0f %+9.2f %+7.2f  %s\n", c->name, n, v.mean[0], v.difference, v.t,
           fabs(v.t) < 4.5 ? "no difference seen" : "DIFFERENT");
    fflush(stdout);
    free(samples);
}
