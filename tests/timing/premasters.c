/*
 * RSA key transport: a premaster that is right, against each way it can be wrong (Bleichenbacher's oracle and its
 * descendants).
 */
#include "base/pkey.h"
#include "base/pkey_kinds.h"
#include "tests/timing/stats.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POOL = 512, K = 256, VERSION = 0x0303 };

/* What is done to a block that was right. */
static void leave(uint8_t *b)
{
    (void)b;
}
static void wrong_version(uint8_t *b)
{
    b[K - 47] = 1;
}
static void no_zero(uint8_t *b)
{
    b[K - 49] = 7;
}
static void early_zero(uint8_t *b)
{
    b[2 + timing_random() % 8] = 0;
}
static void one_byte_short(uint8_t *b)
{
    b[K - 49] = 7;
    b[K - 48] = 0;
}
static void wrong_type(uint8_t *b)
{
    b[1] = 1;
}
static void wrong_first(uint8_t *b)
{
    b[0] = 1;
}

static const struct {
    const char *name;
    void (*spoil)(uint8_t *block);
} kinds[] = {
    {"premaster right twice (nothing to see)", leave},
    {"premaster right or of another version", wrong_version},
    {"premaster right or without the zero", no_zero},
    {"premaster right or with a zero in the first eight", early_zero},
    {"premaster right or a byte shorter", one_byte_short},
    {"premaster right or of block type 1", wrong_type},
    {"premaster right or beginning with 1", wrong_first},
};

struct premasters {
    struct sw_privkey *key;
    uint8_t pool[2][POOL][K];
    uint8_t in[K], out[48];
};

static void make(struct premasters *p, int class, void (*spoil)(uint8_t *))
{
    uint8_t block[K];

    for (size_t i = 0; i < POOL; i++) {
        for (size_t j = 0; j < K; j++)
            block[j] = (uint8_t)(timing_random() % 255 + 1);
        block[0] = 0;
        block[1] = 2;
        block[K - 49] = 0;
        block[K - 48] = VERSION >> 8;
        block[K - 47] = VERSION & 0xff;
        spoil(block);
        if (sw_rsa_public(sw_privkey_public(p->key), block, p->pool[class][i]) != SW_OK)
            abort();
    }
}

static void load(void *ctx, int class, size_t i)
{
    struct premasters *p = ctx;

    memcpy(p->in, p->pool[class][i % POOL], K);
}

static void decrypt(void *ctx)
{
    struct premasters *p = ctx;

    if (sw_privkey_decrypt_premaster(p->key, p->in, K, VERSION, p->out) != SW_OK)
        abort();
}

void timing_premasters(size_t n)
{
    struct premasters *p = calloc(1, sizeof *p);

    if (p == NULL || sw_privkey_generate(&p->key, SW_KEY_RSA, 8 * K) != SW_OK)
        abort();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        make(p, 0, leave);
        make(p, 1, kinds[i].spoil);
        timing_compare(&(struct comparison){kinds[i].name, p, load, decrypt}, n);
    }
    sw_privkey_free(p->key);
    free(p);
}
