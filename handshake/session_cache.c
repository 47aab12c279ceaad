/*
 * The server's sessions by id: a hash table of chains, and one queue through all entries from the oldest to the newest.
 * An entry is one block: its links and the written session. Blocks of the usual length are cut from slabs and used
 * again, so that a handshake rarely allocates for its session; a session that is longer has a block of its own.
 *
 * The ids are random and our own, so their first bytes are as good a hash as any and nobody can choose them to collide.
 */
#include "base/wipe.h"
#include "handshake/resume.h"
#include <pthread.h>
#include <stddef.h>
#include <string.h>

struct entry {
    struct entry *chain;         /* next of the same bucket */
    struct entry *older, *newer; /* the queue */
    uint16_t len;
    uint8_t bytes[]; /* the written session, its id at a fixed place */
};

enum {
    BUCKETS_MAX = 1 << 20,
    SLOT = 256,                                        /* bytes of an entry of the usual length */
    SLOT_BYTES = SLOT - offsetof(struct entry, bytes), /* of the session in it */
    SLAB_SLOTS = 32
};

union slot {
    struct entry entry;
    union slot *next; /* of the free ones */
    uint8_t size[SLOT];
};

struct slab {
    struct slab *next;
    union slot slot[SLAB_SLOTS];
};

struct sw_session_cache {
    struct sw_allocator alloc;
    pthread_mutex_t lock;
    struct slab *slabs;
    union slot *free; /* wiped */
    size_t max, count;
    size_t mask; /* buckets - 1, a power of two */
    struct entry *oldest, *newest;
    struct entry *bucket[];
};

static size_t cache_size(size_t buckets)
{
    return sizeof(struct sw_session_cache) + buckets * sizeof(struct entry *);
}

struct sw_session_cache *sw_session_cache_new(const struct sw_allocator *alloc, size_t max)
{
    struct sw_session_cache *cache;
    size_t buckets = 16;

    while (buckets < max && buckets < BUCKETS_MAX)
        buckets *= 2;
    cache = alloc->alloc(alloc->ctx, cache_size(buckets));
    if (!cache)
        return NULL;
    memset(cache, 0, cache_size(buckets));
    cache->alloc = *alloc;
    cache->max = max ? max : 1;
    cache->mask = buckets - 1;
    if (pthread_mutex_init(&cache->lock, NULL)) {
        alloc->release(alloc->ctx, cache, cache_size(buckets));
        return NULL;
    }
    return cache;
}

/* --- blocks of entries -------------------------------------------------------------------------------------------- */

static size_t own_size(size_t len)
{
    return offsetof(struct entry, bytes) + len;
}

static struct entry *slot_take(struct sw_session_cache *cache)
{
    union slot *slot = cache->free;

    if (!slot) {
        struct slab *slab = cache->alloc.alloc(cache->alloc.ctx, sizeof *slab);

        if (!slab)
            return NULL;
        slab->next = cache->slabs;
        cache->slabs = slab;
        for (size_t i = 0; i < SLAB_SLOTS; i++) {
            slab->slot[i].next = slot;
            slot = &slab->slot[i];
        }
    }
    cache->free = slot->next;
    return &slot->entry;
}

static struct entry *entry_new(struct sw_session_cache *cache, const struct sw_writer *session)
{
    struct entry *e =
        session->len <= SLOT_BYTES ? slot_take(cache) : cache->alloc.alloc(cache->alloc.ctx, own_size(session->len));

    if (!e)
        return NULL;
    e->len = (uint16_t)session->len;
    memcpy(e->bytes, session->buf, session->len);
    return e;
}

static void entry_free(struct sw_session_cache *cache, struct entry *e)
{
    size_t len = e->len;

    sw_wipe(e, own_size(len));
    if (len <= SLOT_BYTES) {
        union slot *slot = (union slot *)(void *)e;

        slot->next = cache->free;
        cache->free = slot;
    } else {
        cache->alloc.release(cache->alloc.ctx, e, own_size(len));
    }
}

/* --- the cache ---------------------------------------------------------------------------------------------------- */

void sw_session_cache_free(struct sw_session_cache *cache)
{
    struct sw_allocator alloc;
    size_t size;

    if (!cache)
        return;
    for (struct entry *e = cache->oldest, *next; e; e = next) {
        next = e->newer;
        entry_free(cache, e);
    }
    for (struct slab *slab = cache->slabs, *next; slab; slab = next) {
        next = slab->next;
        sw_wipe(slab, sizeof *slab);
        cache->alloc.release(cache->alloc.ctx, slab, sizeof *slab);
    }
    pthread_mutex_destroy(&cache->lock);
    alloc = cache->alloc;
    size = cache_size(cache->mask + 1);
    sw_wipe(cache, size);
    alloc.release(alloc.ctx, cache, size);
}

static struct entry **bucket_of(struct sw_session_cache *cache, const uint8_t *id, size_t id_len)
{
    uint64_t hash = 0;

    memcpy(&hash, id, id_len < sizeof hash ? id_len : sizeof hash);
    return &cache->bucket[(size_t)hash & cache->mask];
}

/* Where the pointer to an entry stands: in the bucket or in the one before it; points to NULL if there is none. */
static struct entry **find(struct sw_session_cache *cache, const uint8_t *id, size_t id_len)
{
    struct entry **at = bucket_of(cache, id, id_len);

    while (*at &&
           ((*at)->bytes[SW_SESSION_ID_AT] != id_len || memcmp((*at)->bytes + SW_SESSION_ID_AT + 1, id, id_len) != 0))
        at = &(*at)->chain;
    return at;
}

/* Where the pointer to this entry stands. */
static struct entry **place_of(struct sw_session_cache *cache, const struct entry *e)
{
    return find(cache, e->bytes + SW_SESSION_ID_AT + 1, e->bytes[SW_SESSION_ID_AT]);
}

static void insert(struct sw_session_cache *cache, struct entry *e)
{
    struct entry **bucket = bucket_of(cache, e->bytes + SW_SESSION_ID_AT + 1, e->bytes[SW_SESSION_ID_AT]);

    e->chain = *bucket;
    *bucket = e;
    e->newer = NULL;
    e->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = e;
    cache->newest = e;
    cache->count++;
}

static void take_out(struct sw_session_cache *cache, struct entry **at)
{
    struct entry *e = *at;

    *at = e->chain;
    *(e->older ? &e->older->newer : &cache->oldest) = e->newer;
    *(e->newer ? &e->newer->older : &cache->newest) = e->older;
    cache->count--;
    entry_free(cache, e);
}

static enum sw_err put_locked(struct sw_session_cache *cache, const struct sw_writer *session)
{
    struct entry *e = entry_new(cache, session), **at;

    if (!e)
        return SW_ERR_MEMORY;
    at = place_of(cache, e);
    if (*at)
        take_out(cache, at);
    else if (cache->count == cache->max)
        take_out(cache, place_of(cache, cache->oldest));
    insert(cache, e);
    return SW_OK;
}

enum sw_err sw_session_cache_put(struct sw_session_cache *cache, const struct sw_session *s)
{
    uint8_t bytes[SW_SESSION_MAX];
    struct sw_writer w = sw_writer_of(bytes, sizeof bytes);
    enum sw_err err;

    if (s->id_len == 0 || s->id_len > SW_SESSION_ID_MAX || s->ticket.len)
        return SW_ERR_ARGUMENT;
    /* what does not fit is not kept, as if there were no memory */
    err = sw_session_encode(s, &w) == SW_OK ? SW_OK : SW_ERR_MEMORY;
    if (err == SW_OK) {
        pthread_mutex_lock(&cache->lock);
        err = put_locked(cache, &w);
        pthread_mutex_unlock(&cache->lock);
    }
    sw_wipe(bytes, w.len);
    return err;
}

static enum sw_err get_locked(struct sw_session_cache *cache, const uint8_t *id, size_t id_len, int64_t now,
                              struct sw_session *out)
{
    struct entry **at = find(cache, id, id_len), *e = *at;

    if (!e)
        return SW_ERR_NOT_FOUND;
    if (sw_session_decode(out, e->bytes, e->len))
        return SW_ERR_NOT_FOUND;
    if (!sw_session_expired(out, now))
        return SW_OK;
    sw_wipe(out, sizeof *out);
    take_out(cache, at);
    return SW_ERR_NOT_FOUND;
}

enum sw_err sw_session_cache_get(struct sw_session_cache *cache, const uint8_t *id, size_t id_len, int64_t now,
                                 struct sw_session *out)
{
    enum sw_err err;

    if (id_len == 0 || id_len > SW_SESSION_ID_MAX)
        return SW_ERR_NOT_FOUND;
    pthread_mutex_lock(&cache->lock);
    err = get_locked(cache, id, id_len, now, out);
    pthread_mutex_unlock(&cache->lock);
    return err;
}

void sw_session_cache_remove(struct sw_session_cache *cache, const uint8_t *id, size_t id_len)
{
    struct entry **at;

    if (id_len == 0 || id_len > SW_SESSION_ID_MAX)
        return;
    pthread_mutex_lock(&cache->lock);
    at = find(cache, id, id_len);
    if (*at)
        take_out(cache, at);
    pthread_mutex_unlock(&cache->lock);
}

size_t sw_session_cache_count(struct sw_session_cache *cache)
{
    size_t count;

    pthread_mutex_lock(&cache->lock);
    count = cache->count;
    pthread_mutex_unlock(&cache->lock);
    return count;
}
