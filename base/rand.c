/*
 * The thread's generator: wolfCrypt's Hash-DRBG, seeded from the system. A fork would leave two processes with one state, so the process
 * number is compared at each use; the generator is freed when its thread ends.
 */
#include "base/rand.h"
#include "base/wipe.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/random.h>

enum { POOL = 4096, IV_MAX = 64, ASK_MAX = 32768 /* a DRBG answers at most 64 KiB a call */ };

struct generator {
    WC_RNG rng;
    bool seeded;
    unsigned generation; /* of forks, when it was seeded */
    size_t pool_left;
    uint8_t pool[POOL];
};

static _Thread_local struct generator *mine;
static pthread_key_t at_thread_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static unsigned forks; /* counted in the child: which has one thread then */

static void release(void *p)
{
    struct generator *g = p;

    if (g == NULL)
        return;
    if (g->seeded)
        wc_FreeRng(&g->rng);
    sw_wipe(g, sizeof *g);
    free(g);
}

static void in_child(void)
{
    forks++;
}

static void prepare(void)
{
    (void)pthread_key_create(&at_thread_end, release);
    (void)pthread_atfork(NULL, NULL, in_child);
}

static struct generator *generator(void)
{
    struct generator *g = mine;

    if (g == NULL) {
        pthread_once(&once, prepare);
        g = calloc(1, sizeof *g);
        if (g == NULL || pthread_setspecific(at_thread_end, g) != 0) {
            free(g);
            return NULL;
        }
        mine = g;
    }
    if (g->seeded && g->generation != forks) {
        wc_FreeRng(&g->rng);
        g->seeded = false;
    }
    if (!g->seeded) {
        g->pool_left = 0;
        if (wc_InitRng(&g->rng) != 0)
            return NULL;
        g->seeded = true;
        g->generation = forks;
    }
    return g;
}

void *sw_rand_wolf(void)
{
    struct generator *g = generator();

    return g != NULL ? &g->rng : NULL;
}

static enum sw_err draw(struct generator *g, uint8_t *out, size_t len)
{
    while (len > 0) {
        size_t n = len < ASK_MAX ? len : ASK_MAX;

        if (wc_RNG_GenerateBlock(&g->rng, out, (word32)n) != 0)
            return SW_ERR_RANDOM;
        out += n;
        len -= n;
    }
    return SW_OK;
}

enum sw_err sw_rand_bytes(const struct sw_rand *r, void *out, size_t len)
{
    struct generator *g;
    enum sw_err err;

    if (r != NULL && r->fill != NULL)
        return r->fill(r->ctx, out, len);
    g = generator();
    err = g != NULL ? draw(g, out, len) : SW_ERR_RANDOM;
    if (err != SW_OK)
        sw_wipe(out, len);
    return err;
}

enum sw_err sw_rand_iv(const struct sw_rand *r, void *out, size_t len)
{
    struct generator *g;

    if ((r != NULL && r->fill != NULL) || len > IV_MAX)
        return sw_rand_bytes(r, out, len);
    g = generator();
    if (g == NULL)
        return SW_ERR_RANDOM;
    if (g->pool_left < len) {
        if (draw(g, g->pool, POOL) != SW_OK)
            return SW_ERR_RANDOM;
        g->pool_left = POOL;
    }
    memcpy(out, g->pool + POOL - g->pool_left, len);
    g->pool_left -= len;
    return SW_OK;
}

void sw_rand_release(void)
{
    if (mine == NULL)
        return;
    (void)pthread_setspecific(at_thread_end, NULL);
    release(mine);
    mine = NULL;
}
