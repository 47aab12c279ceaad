/*
 * make timing: do secrets show in the time? Two classes of input, drawn at random, timed one by one; Welch's t says
 * whether their means differ. The first row is a comparison that is known to leak: if it is not seen, neither would
 * anything else be. docs/timing.md reads the result.
 */
#include "tests/timing/stats.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct control {
    uint8_t secret[2][64], guess[64], *at;
    volatile int sink;
};

static void control_load(void *ctx, int class, size_t i)
{
    struct control *c = ctx;

    (void)i;
    c->at = c->secret[class];
}

/* What a comparison in constant time must not be. */
static void control_run(void *ctx)
{
    struct control *c = ctx;
    int i = 0;

    while (i < 64 && c->at[i] == c->guess[i])
        i++;
    c->sink = i;
}

static void control(size_t n)
{
    struct control c = {.sink = 0};

    memset(c.guess, 1, sizeof c.guess);
    memcpy(c.secret[1], c.guess, 32);
    timing_compare(
        &(struct comparison){"control: a comparison that ends at the first difference", &c, control_load, control_run},
        n);
}

static size_t number(const char *text)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (*end != '\0' || n < 100 || n > 100000000) {
        fprintf(stderr, "timing: %s: not a number from 100 to 100000000\n", text);
        exit(2);
    }
    return n;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"records", required_argument, NULL, 'r'},
                                            {"premasters", required_argument, NULL, 'p'},
                                            {"quick", no_argument, NULL, 'q'},
                                            {0}};
    size_t records = 1000000, premasters = 1000000;
    int opt;

    while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (opt == 'r')
            records = number(optarg);
        else if (opt == 'p')
            premasters = number(optarg);
        else if (opt == 'q')
            records = 100000, premasters = 20000;
        else
            return 2;
    }
    printf("%-58s %9s %10s %9s %7s\n", "two classes", "samples", timing_unit, "differ by", "t");
    control(records);
    timing_records(records);
    timing_premasters(premasters);
    return 0;
}
