#include "apps/file/digest.h"
#include "base/hash.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEP = 256 << 10 };

struct digest_run {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    int64_t may; /* how far the thread may read */
    bool stop;
    int fd;
    int64_t length;
    enum sw_err err;
    int why; /* errno */
    uint8_t digest[32];
    uint8_t bytes[STEP];
};

/* How many bytes may be read at this offset, once there are some; 0: nobody wants the digest any more. */
static size_t wait_for_turn(struct digest_run *r, int64_t at)
{
    pthread_mutex_lock(&r->lock);
    while (at >= r->may && !r->stop)
        pthread_cond_wait(&r->moved, &r->lock);
    int64_t n = r->stop ? 0 : r->may - at;
    pthread_mutex_unlock(&r->lock);
    return n < STEP ? (size_t)n : STEP;
}

static enum sw_err hash_all(struct digest_run *r)
{
    struct sw_hash hash;
    enum sw_err err = sw_hash_init(&hash, SW_HASH_SHA256);
    size_t most;
    for (int64_t at = 0; !err && at < r->length && (most = wait_for_turn(r, at)) > 0;) {
        ssize_t n = pread(r->fd, r->bytes, most, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n ? SW_ERR_SYSTEM : SW_ERR_SPACE;
        err = sw_hash_update(&hash, r->bytes, (size_t)n);
        at += n;
    }
    return err ? err : sw_hash_final(&hash, r->digest);
}

static void *run(void *arg)
{
    struct digest_run *r = arg;
    r->err = hash_all(r);
    r->why = errno;
    return NULL;
}

static int start(struct digest_run *r)
{
    sigset_t all, before;
    sigfillset(&all); /* they are the other thread's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&r->thread, NULL, run, r);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

static void give_back(struct digest_run *r)
{
    pthread_cond_destroy(&r->moved);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

struct digest_run *digest_begin(int fd, int64_t length)
{
    struct digest_run *r = malloc(sizeof *r);
    if (!r)
        return NULL;
    r->may = 0;
    r->stop = false;
    r->fd = fd;
    r->length = length;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->moved, NULL);
    int rc = start(r);
    if (rc) {
        give_back(r);
        errno = rc;
        return NULL;
    }
    return r;
}

static void allow(struct digest_run *r, int64_t may, bool stop)
{
    pthread_mutex_lock(&r->lock);
    if (may > r->length)
        may = r->length;
    if (r->may < may)
        r->may = may;
    r->stop |= stop;
    pthread_cond_signal(&r->moved);
    pthread_mutex_unlock(&r->lock);
}

void digest_allow(struct digest_run *run, int64_t end)
{
    allow(run, end, false);
}

enum sw_err digest_end(struct digest_run *run, uint8_t digest[32])
{
    allow(run, run->length, !digest);
    pthread_join(run->thread, NULL);
    enum sw_err err = run->err;
    int why = run->why;
    if (!err && digest)
        memcpy(digest, run->digest, sizeof run->digest);
    give_back(run);
    errno = why;
    return err;
}
