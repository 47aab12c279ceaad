/*
 * Some buffers in a ring: whoever fills them is ahead of two threads that use each once, one to write it, one to hash
 * it. The one that hashes begins with what was in the file before, and may take long for that: so it reads from the
 * file what is written meanwhile, too, until it has caught up; only then anybody waits for it.
 */
#include "apps/file/sink.h"
#include "apps/vault/disk.h"
#include "base/hash.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFERS = 4 };

struct user {
    struct sink *sink;
    pthread_t thread;
    uint64_t used; /* buffers */
    enum sw_err err;
    int why; /* errno */
};

struct sink {
    pthread_mutex_t lock;
    pthread_cond_t given, used;
    uint64_t filled; /* buffers */
    bool end;        /* no more come */
    bool unwanted;   /* the digest */
    struct user writer, hasher;
    bool caught_up; /* the hasher uses the buffers, too */
    int fd;
    int64_t written; /* bytes that are in the file; changed by the writer alone, who may look at it without the lock */
    struct sw_hash hash;
    size_t len[BUFFERS];
    uint8_t *bytes; /* BUFFERS times SINK_BUFFER */
};

static uint8_t *buffer(const struct sink *s, uint64_t i)
{
    return s->bytes + i % BUFFERS * SINK_BUFFER;
}

/* The next buffer, once it is filled, its length in *len; NULL: there are no more. */
static const uint8_t *next_buffer(struct user *u, size_t *len)
{
    struct sink *s = u->sink;
    pthread_mutex_lock(&s->lock);
    while (u->used == s->filled && !s->end)
        pthread_cond_wait(&s->given, &s->lock);
    const uint8_t *p = u->used == s->filled ? NULL : buffer(s, u->used);
    *len = s->len[u->used % BUFFERS];
    pthread_mutex_unlock(&s->lock);
    return p;
}

/* It was used; after an error the next ones go by, so that nobody waits. */
static void used(struct user *u, enum sw_err err, size_t written)
{
    struct sink *s = u->sink;
    int why = errno;
    pthread_mutex_lock(&s->lock);
    u->used++;
    if (written)
        s->written += (int64_t)written;
    if (err && !u->err) {
        u->err = err;
        u->why = why;
    }
    pthread_cond_broadcast(&s->used);
    pthread_mutex_unlock(&s->lock);
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static void *write_them(void *arg)
{
    struct sink *s = arg;
    const uint8_t *p;
    size_t len;
    while ((p = next_buffer(&s->writer, &len)) != NULL) {
        enum sw_err err = s->writer.err ? SW_OK : disk_write(s->fd, p, len, (off_t)s->written);
        used(&s->writer, err, err || s->writer.err ? 0 : len);
    }
    return NULL;
}

/* --- hashing ------------------------------------------------------------------------------------------------------ */

/* How many bytes of the file come next; 0: none, what follows is in the buffers. */
static size_t behind(struct sink *s, int64_t at)
{
    pthread_mutex_lock(&s->lock);
    int64_t n = s->unwanted ? 0 : s->written - at;
    if (n == 0) {
        s->hasher.used = s->writer.used;
        s->caught_up = true;
    }
    pthread_mutex_unlock(&s->lock);
    return n < SINK_BUFFER ? (size_t)n : SINK_BUFFER;
}

static enum sw_err catch_up(struct sink *s)
{
    uint8_t *buf = malloc(SINK_BUFFER);
    enum sw_err err = buf ? SW_OK : SW_ERR_MEMORY;
    size_t most;
    for (int64_t at = 0; !err && (most = behind(s, at)) > 0;) {
        ssize_t n = pread(s->fd, buf, most, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        err = n > 0 ? sw_hash_update(&s->hash, buf, (size_t)n) : n ? SW_ERR_SYSTEM : SW_ERR_SPACE;
        at += n;
    }
    free(buf);
    return err;
}

static void *hash_them(void *arg)
{
    struct sink *s = arg;
    const uint8_t *p;
    size_t len;
    enum sw_err err = catch_up(s);
    if (err) {
        s->hasher.err = err;
        s->hasher.why = errno;
        return NULL;
    }
    while ((p = next_buffer(&s->hasher, &len)) != NULL)
        used(&s->hasher, sw_hash_update(&s->hash, p, len), 0);
    return NULL;
}

/* --- threads ------------------------------------------------------------------------------------------------------ */

static int start(pthread_t *thread, void *(*run)(void *arg), struct sink *s)
{
    sigset_t all, before;
    sigfillset(&all); /* they are the other thread's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(thread, NULL, run, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

static void stop(struct sink *s, bool unwanted)
{
    pthread_mutex_lock(&s->lock);
    s->end = true;
    s->unwanted = unwanted;
    pthread_cond_broadcast(&s->given);
    pthread_mutex_unlock(&s->lock);
}

static void give_back(struct sink *s)
{
    pthread_cond_destroy(&s->given);
    pthread_cond_destroy(&s->used);
    pthread_mutex_destroy(&s->lock);
    free(s->bytes);
    free(s);
}

/* --- whose bytes come --------------------------------------------------------------------------------------------- */

static int begin(struct sink *s)
{
    s->bytes = malloc((size_t)BUFFERS * SINK_BUFFER);
    if (!s->bytes || sw_hash_init(&s->hash, SW_HASH_SHA256))
        return ENOMEM;
    int rc = start(&s->writer.thread, write_them, s);
    if (rc)
        return rc;
    rc = start(&s->hasher.thread, hash_them, s);
    if (rc) {
        stop(s, true);
        pthread_join(s->writer.thread, NULL);
    }
    return rc;
}

struct sink *sink_begin(int fd, int64_t offset)
{
    struct sink *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->fd = fd;
    s->written = offset;
    s->writer.sink = s->hasher.sink = s;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->given, NULL);
    pthread_cond_init(&s->used, NULL);
    int rc = begin(s);
    if (rc == 0)
        return s;
    give_back(s);
    errno = rc;
    return NULL;
}

static bool is_full(const struct sink *s)
{
    uint64_t done = s->writer.used;
    if (s->caught_up && s->hasher.used < done)
        done = s->hasher.used;
    return s->filled - done == BUFFERS;
}

uint8_t *sink_room(struct sink *s)
{
    pthread_mutex_lock(&s->lock);
    while (is_full(s))
        pthread_cond_wait(&s->used, &s->lock);
    bool failed = s->writer.err || (s->caught_up && s->hasher.err);
    pthread_mutex_unlock(&s->lock);
    return failed ? NULL : buffer(s, s->filled);
}

void sink_give(struct sink *s, size_t len)
{
    pthread_mutex_lock(&s->lock);
    s->len[s->filled++ % BUFFERS] = len;
    pthread_cond_broadcast(&s->given);
    pthread_mutex_unlock(&s->lock);
}

enum sw_err sink_end(struct sink *s, uint8_t digest[32])
{
    stop(s, !digest);
    pthread_join(s->writer.thread, NULL);
    pthread_join(s->hasher.thread, NULL);
    const struct user *bad = s->writer.err ? &s->writer : &s->hasher;
    enum sw_err err = bad->err;
    int why = bad->why;
    if (!err && digest)
        err = sw_hash_final(&s->hash, digest);
    give_back(s);
    errno = why;
    return err;
}
