/*
 * Samples of two classes, and whether their times differ: Welch's t-test, as dudect does it (Reparaz, Balasch,
 * Verbauwhede: "Dude, is my code constant time?").
 */
#ifndef SW_TESTS_TIMING_STATS_H
#define SW_TESTS_TIMING_STATS_H

#include <stddef.h>
#include <stdint.h>

/* timing_now: a clock of the finest grain there is; timing_unit: "cycles" or "ns". */
uint64_t timing_now(void);
extern const char timing_unit[];

struct sample {
    uint32_t time;
    uint8_t class; /* 0 or 1 */
};

struct verdict {
    double mean[2];    /* of the fastest nine tenths */
    double difference; /* of these, class 1 over class 0 */
    double t;          /* the one farthest from zero of all crops */
};

/*
 * timing_judge: n samples, which are sorted. Interrupts make the slowest samples noise, so the test is made several
 * times, each time without more of them.
 */
struct verdict timing_judge(struct sample *samples, size_t n);

/* timing_random: numbers that need not be secret. */
uint64_t timing_random(void);
void timing_fill(uint8_t *p, size_t len);

/* One row of the report. */
struct comparison {
    const char *name;
    void *ctx;
    /* load: make input i of a class the current one, with the same work for both. run: what is measured. */
    void (*load)(void *ctx, int class, size_t i);
    void (*run)(void *ctx);
};

/* timing_compare: measure n times and print a row. */
void timing_compare(const struct comparison *c, size_t n);

/* records.c, premasters.c: their rows. */
void timing_records(size_t n);
void timing_premasters(size_t n);

#endif
