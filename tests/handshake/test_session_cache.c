/* The server's cache: bounded, oldest first, nothing expired, nothing leaked. */
#include "handshake/config.h"
#include "handshake/resume.h"
#include "tests/handshake/counted.h"
#include "tests/test.h"
#include <pthread.h>
#include <string.h>

static struct counted mem;
static const struct sw_allocator allocator = COUNTED_BY(&mem);

enum { NOW = 1700000000, LIFETIME = 7200 };

/* Session number i: its id is the number, at the front or at the end, so that chains form and are searched. */
static struct sw_session numbered(unsigned i, bool front)
{
    struct sw_session s;

    memset(&s, 0, sizeof s);
    s.version = SW_TLS12;
    s.suite = 0x003C;
    s.created = NOW;
    s.lifetime = LIFETIME;
    s.id_len = 32;
    memcpy(s.id + (front ? 0 : 28), &i, sizeof i);
    memcpy(s.master, &i, sizeof i);
    return s;
}

static bool has(struct sw_session_cache *cache, unsigned i, bool front, int64_t now)
{
    struct sw_session want = numbered(i, front), got;
    enum sw_err err = sw_session_cache_get(cache, want.id, want.id_len, now, &got);

    if (err)
        SW_ASSERT_ERR(err, SW_ERR_NOT_FOUND);
    else {
        SW_ASSERT_BYTES(got.master, want.master, sizeof got.master);
        SW_ASSERT_BYTES(got.id, want.id, sizeof got.id);
    }
    return err == SW_OK;
}

static void put(struct sw_session_cache *cache, unsigned i, bool front)
{
    struct sw_session s = numbered(i, front);

    SW_ASSERT_OK(sw_session_cache_put(cache, &s));
}

static void the_oldest_goes_first(void)
{
    for (int front = 0; front < 2; front++) {
        struct sw_session_cache *cache = sw_session_cache_new(&allocator, 50);

        for (unsigned i = 0; i < 200; i++) {
            put(cache, i, front);
            CU_ASSERT_EQUAL(sw_session_cache_count(cache), i < 50 ? i + 1 : 50);
            CU_ASSERT_TRUE(has(cache, i, front, NOW));
            CU_ASSERT_TRUE(i < 49 || has(cache, i - 49, front, NOW));
            CU_ASSERT_TRUE(i < 50 || !has(cache, i - 50, front, NOW));
        }
        CU_ASSERT_EQUAL(mem.blocks, 3); /* what a slab holds, twice, is more than 50 */
        sw_session_cache_free(cache);
        CU_ASSERT_EQUAL(mem.blocks, 0);
        CU_ASSERT_EQUAL(mem.dirty, 0);
        CU_ASSERT_EQUAL(mem.held, 0);
    }
}

static void put_again_replaces(void)
{
    struct sw_session_cache *cache = sw_session_cache_new(&allocator, 2);
    struct sw_session s = numbered(1, true), got;

    put(cache, 1, true);
    put(cache, 2, true);
    s.suite = 0x003D;
    SW_ASSERT_OK(sw_session_cache_put(cache, &s)); /* now the newest */
    CU_ASSERT_EQUAL(sw_session_cache_count(cache), 2);
    SW_ASSERT_OK(sw_session_cache_get(cache, s.id, 32, NOW, &got));
    CU_ASSERT_EQUAL(got.suite, 0x003D);
    put(cache, 3, true);
    CU_ASSERT_TRUE(has(cache, 1, true, NOW));
    CU_ASSERT_FALSE(has(cache, 2, true, NOW));
    sw_session_cache_free(cache);
}

static void expired_is_never_given(void)
{
    struct sw_session_cache *cache = sw_session_cache_new(&allocator, 10);

    put(cache, 1, true);
    put(cache, 2, true);
    CU_ASSERT_TRUE(has(cache, 1, true, NOW + LIFETIME - 1));
    CU_ASSERT_FALSE(has(cache, 1, true, NOW + LIFETIME));
    CU_ASSERT_EQUAL(sw_session_cache_count(cache), 1); /* and is gone */
    CU_ASSERT_FALSE(has(cache, 1, true, NOW));
    CU_ASSERT_TRUE(has(cache, 2, true, NOW));
    sw_session_cache_free(cache);
}

/* From the front, the middle, the end of a chain and of the queue. */
static void removed_is_forgotten(void)
{
    for (unsigned victim = 0; victim < 7; victim++) {
        struct sw_session_cache *cache = sw_session_cache_new(&allocator, 7);
        struct sw_session s = numbered(victim, false);

        for (unsigned i = 0; i < 7; i++)
            put(cache, i, false); /* one chain: their first bytes are the same */
        sw_session_cache_remove(cache, s.id, s.id_len);
        sw_session_cache_remove(cache, s.id, s.id_len);
        CU_ASSERT_EQUAL(sw_session_cache_count(cache), 6);
        for (unsigned i = 0; i < 7; i++)
            CU_ASSERT_EQUAL(has(cache, i, false, NOW), i != victim);
        for (unsigned i = 7; i < 20; i++)
            put(cache, i, false);
        CU_ASSERT_EQUAL(sw_session_cache_count(cache), 7);
        for (unsigned i = 0; i < 20; i++)
            CU_ASSERT_EQUAL(has(cache, i, false, NOW), i >= 13);
        sw_session_cache_free(cache);
        CU_ASSERT_EQUAL(mem.blocks, 0);
        CU_ASSERT_EQUAL(mem.dirty, 0);
    }
}

static void ids_of_other_lengths_are_others(void)
{
    struct sw_session_cache *cache = sw_session_cache_new(&allocator, 10);
    struct sw_session s = numbered(1, true), got;

    put(cache, 1, true);
    for (size_t len = 0; len < 32; len++)
        SW_ASSERT_ERR(sw_session_cache_get(cache, s.id, len, NOW, &got), SW_ERR_NOT_FOUND);
    SW_ASSERT_ERR(sw_session_cache_get(cache, s.id, 33, NOW, &got), SW_ERR_NOT_FOUND);
    sw_session_cache_remove(cache, s.id, 31);
    sw_session_cache_remove(cache, s.id, 0);
    CU_ASSERT_TRUE(has(cache, 1, true, NOW));
    s.id_len = 1; /* shorter ids work, too */
    SW_ASSERT_OK(sw_session_cache_put(cache, &s));
    SW_ASSERT_OK(sw_session_cache_get(cache, s.id, 1, NOW, &got));
    CU_ASSERT_EQUAL(got.id_len, 1);
    s.id_len = 0;
    SW_ASSERT_ERR(sw_session_cache_put(cache, &s), SW_ERR_ARGUMENT);
    s.id_len = 33;
    SW_ASSERT_ERR(sw_session_cache_put(cache, &s), SW_ERR_ARGUMENT);
    s.id_len = 32;
    s.ticket = (struct sw_slice){s.id, 1};
    SW_ASSERT_ERR(sw_session_cache_put(cache, &s), SW_ERR_ARGUMENT);
    sw_session_cache_free(cache);
    sw_session_cache_free(NULL);
}

static void no_memory(void)
{
    struct sw_session s = numbered(1, true);
    struct sw_session_cache *cache;

    counted_allow(&mem, 0);
    CU_ASSERT_PTR_NULL(sw_session_cache_new(&allocator, 10));
    counted_allow(&mem, 1);
    cache = sw_session_cache_new(&allocator, 10);
    SW_ASSERT_ERR(sw_session_cache_put(cache, &s), SW_ERR_MEMORY);
    CU_ASSERT_EQUAL(sw_session_cache_count(cache), 0);
    counted_allow(&mem, SIZE_MAX);
    put(cache, 1, true);
    CU_ASSERT_TRUE(has(cache, 1, true, NOW));
    sw_session_cache_free(cache);
    CU_ASSERT_EQUAL(mem.blocks, 0);
    CU_ASSERT_EQUAL(mem.dirty, 0);
}

/* Sessions share blocks, and leave room for others when they go. */
static void entries_are_small(void)
{
    enum { MANY = 1000, MAX = 128 };
    struct sw_session_cache *cache = sw_session_cache_new(&allocator, MAX);
    size_t before = mem.held;

    for (unsigned i = 0; i < MANY; i++) {
        struct sw_session gone = numbered(i / 2, true);

        put(cache, i, true);
        if (i % 3 == 0)
            sw_session_cache_remove(cache, gone.id, gone.id_len);
    }
    CU_ASSERT_EQUAL(sw_session_cache_count(cache), MAX);
    CU_ASSERT_TRUE(mem.held - before <= (MAX + 32) * 260);
    sw_session_cache_free(cache);
    CU_ASSERT_EQUAL(mem.held, 0);
}

/* Sessions of every length, those with a block of their own among them, beside each other. */
static void short_and_long(void)
{
    struct sw_session_cache *cache = sw_session_cache_new(&allocator, 40);
    struct sw_session got;
    size_t most = 0;

    for (unsigned i = 0; i < 256; i++) {
        struct sw_session s = numbered(i, true);

        memset(s.server_name, 'n', i < 255 ? i : 255);
        SW_ASSERT_OK(sw_session_cache_put(cache, &s));
        SW_ASSERT_OK(sw_session_cache_get(cache, s.id, s.id_len, NOW, &got));
        CU_ASSERT_STRING_EQUAL(got.server_name, s.server_name);
        SW_ASSERT_BYTES(got.master, s.master, sizeof got.master);
        most = mem.blocks > most ? mem.blocks : most;
    }
    CU_ASSERT_TRUE(most > 40); /* the long ones have their own */
    CU_ASSERT_TRUE(has(cache, 216, true, NOW));
    CU_ASSERT_FALSE(has(cache, 215, true, NOW));
    sw_session_cache_free(cache);
    CU_ASSERT_EQUAL(mem.blocks, 0);
    CU_ASSERT_EQUAL(mem.dirty, 0);
}

static void *hammer(void *arg)
{
    struct sw_session_cache *cache = arg;
    unsigned ok = 0;

    for (unsigned i = 0; i < 20000; i++) {
        struct sw_session s = numbered(i % 97, true), got;
        if (i % 3 == 0 && sw_session_cache_put(cache, &s))
            return NULL;
        if (i % 7 == 0)
            sw_session_cache_remove(cache, s.id, s.id_len);
        if (sw_session_cache_get(cache, s.id, s.id_len, NOW, &got) == SW_OK)
            ok += memcmp(got.master, s.master, 48) == 0;
    }
    return ok ? arg : NULL;
}

static void threads_share_it(void)
{
    struct sw_session_cache *cache = sw_session_cache_new(&sw_allocator_plain, 64);
    pthread_t t[4];
    void *result;

    for (int i = 0; i < 4; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&t[i], NULL, hammer, cache), 0);
    for (int i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(pthread_join(t[i], &result), 0);
        CU_ASSERT_PTR_NOT_NULL(result);
    }
    CU_ASSERT(sw_session_cache_count(cache) <= 64);
    sw_session_cache_free(cache);
}

SW_TEST_SUITE(session_cache){
    SW_TEST(the_oldest_goes_first),
    SW_TEST(put_again_replaces),
    SW_TEST(expired_is_never_given),
    SW_TEST(removed_is_forgotten),
    SW_TEST(ids_of_other_lengths_are_others),
    SW_TEST(no_memory),
    SW_TEST(entries_are_small),
    SW_TEST(short_and_long),
    SW_TEST(threads_share_it),
};
