/*
 * The thread's generator: wolfCrypt's Hash-DRBG, seeded from the system, reseeded by wolfCrypt after a million draws. A
 * fork would leave two processes with one state, so forks are counted and the count is compared at each use. The
 * generator is freed when its thread ends.
 */
#include "base/rand.h"
#include "base/wipe.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wolfssl/options.h>
#include <wolfssl/version.h>
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
static bool prepared;
static unsigned forks; /* counted in the child, which has one thread then */

static void release(void *p)
{
    struct generator *g = p;

    if (mine == g)
        mine = NULL; /* another destructor of this thread may still ask for bytes */
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
    prepared = pthread_key_create(&at_thread_end, release) == 0 && pthread_atfork(NULL, NULL, in_child) == 0;
}

static struct generator *create(void)
{
    struct generator *g;

    if (pthread_once(&once, prepare) != 0 || !prepared)
        return NULL;
    g = calloc(1, sizeof *g);
    if (g == NULL || pthread_setspecific(at_thread_end, g) != 0) {
        free(g);
        return NULL;
    }
    return g;
}

/* The thread's generator, seeded in this process; NULL if that fails. */
static struct generator *generator(void)
{
    struct generator *g = mine != NULL ? mine : create();

    if (g == NULL)
        return NULL;
    mine = g;
    if (g->seeded && g->generation != forks) {
        wc_FreeRng(&g->rng);
        g->seeded = false;
    }
    if (!g->seeded) {
        g->pool_left = 0;
        if (wc_InitRng_ex(&g->rng, NULL, INVALID_DEVID) != 0)
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

    if (r != NULL && r->fill != NULL) {
        err = r->fill(r->ctx, out, len);
    } else {
        g = generator();
        err = g != NULL ? draw(g, out, len) : SW_ERR_RANDOM;
    }
    if (err == SW_OK)
        return SW_OK;
    sw_wipe(out, len);
    return SW_ERR_RANDOM;
}

enum sw_err sw_rand_iv(const struct sw_rand *r, void *out, size_t len)
{
    struct generator *g;

    if ((r != NULL && r->fill != NULL) || len > IV_MAX)
        return sw_rand_bytes(r, out, len);
    g = generator();
    if (g != NULL && g->pool_left < len && draw(g, g->pool, POOL) == SW_OK)
        g->pool_left = POOL;
    if (g == NULL || g->pool_left < len) {
        sw_wipe(out, len);
        return SW_ERR_RANDOM;
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
}

const char *sw_wolf_version(void)
{
    return "sealwax " SW_VERSION " (wolfCrypt " LIBWOLFSSL_VERSION_STRING ")";
}
