/* The running hash and the messages kept: the same digest whenever hashing begins, and no message ever moves. */
#include "handshake/transcript.h"
#include "tests/handshake/counted.h"
#include "tests/test.h"
#include <string.h>

enum { ALL = 10000 };

static uint8_t bytes[ALL];
static struct counted mem;

static struct sw_config *begin(struct sw_transcript *t)
{
    static const struct sw_allocator alloc = COUNTED_BY(&mem);
    struct sw_config *cfg = sw_config_new(SW_CLIENT, &alloc);

    CU_ASSERT_PTR_NOT_NULL_FATAL(cfg);
    for (size_t i = 0; i < ALL; i++)
        bytes[i] = (uint8_t)(i * 31 + (i >> 8));
    memset(t, 0, sizeof *t);
    sw_transcript_init(t, cfg);
    return cfg;
}

static void is_hash_of(const struct sw_transcript *t, enum sw_hash_id id, size_t len)
{
    uint8_t want[SW_HASH_MAX], got[SW_HASH_MAX];

    SW_ASSERT_OK(sw_hash_once(id, bytes, len, want));
    SW_ASSERT_OK(sw_transcript_digest_with(t, id, got));
    SW_ASSERT_BYTES(got, want, sw_hash_len(id));
}

static enum sw_err add(struct sw_transcript *t, size_t at, size_t len)
{
    return sw_transcript_add(t, (struct sw_slice){bytes + at, len}, NULL);
}

static void is_all(struct sw_transcript *t, size_t len)
{
    struct sw_slice all;

    SW_ASSERT_OK(sw_transcript_whole(t, &all));
    CU_ASSERT_EQUAL_FATAL(all.len, len);
    SW_ASSERT_BYTES(all.p, bytes, len);
}

/*
 * Messages of many lengths, the hash known after each of them in turn: before the first, and before and behind each
 * that does not fit.
 */
static void the_start_does_not_matter(void)
{
    static const size_t lens[] = {4, 200, 1843, 1, 2048, 40, 4000, 36};
    enum { COUNT = sizeof lens / sizeof lens[0] };

    for (size_t start = 0; start <= COUNT; start++) {
        struct sw_transcript t;
        struct sw_config *cfg = begin(&t);
        size_t at = 0, empty = mem.held;

        for (size_t i = 0; i < COUNT; i++) {
            uint8_t got[SW_HASH_MAX], want[SW_HASH_MAX];

            if (i == start)
                SW_ASSERT_OK(sw_transcript_start(&t, SW_HASH_SHA256));
            SW_ASSERT_OK(add(&t, at, lens[i]));
            at += lens[i];
            is_all(&t, at);
            CU_ASSERT_EQUAL(mem.held - empty, t.memory);
            is_hash_of(&t, SW_HASH_SHA256, at);
            is_hash_of(&t, SW_HASH_SHA512, at);
            if (i < start)
                continue;
            SW_ASSERT_OK(sw_transcript_digest(&t, got));
            SW_ASSERT_OK(sw_hash_once(SW_HASH_SHA256, bytes, at, want));
            SW_ASSERT_BYTES(got, want, 32);
        }
        CU_ASSERT_TRUE(mem.held > empty);
        sw_transcript_free(&t);
        CU_ASSERT_EQUAL(mem.held, empty);
        sw_config_free(cfg);
        CU_ASSERT_EQUAL(mem.held, 0);
    }
}

/* A view of a message is good until the end, whatever comes behind it. */
static void nothing_moves(void)
{
    static const size_t lens[] = {100, SW_TRANSCRIPT_ROOM - 100, 1, 5000, 30, 1200, 60};
    enum { COUNT = sizeof lens / sizeof lens[0] };
    struct sw_slice kept[COUNT];
    struct sw_transcript t;
    struct sw_config *cfg = begin(&t);
    size_t at = 0;

    for (size_t i = 0; i < COUNT; at += lens[i++])
        SW_ASSERT_OK(sw_transcript_add(&t, (struct sw_slice){bytes + at, lens[i]}, &kept[i]));
    is_all(&t, at);
    memset(t.joined, 0, t.joined_len);
    at = 0;
    for (size_t i = 0; i < COUNT; at += lens[i++]) {
        CU_ASSERT_EQUAL_FATAL(kept[i].len, lens[i]);
        SW_ASSERT_BYTES(kept[i].p, bytes + at, lens[i]);
    }
    sw_transcript_free(&t);
    sw_config_free(cfg);
    CU_ASSERT_EQUAL(mem.held, 0);
}

/* What an ordinary handshake says costs no allocation. */
static void there_is_room(void)
{
    struct sw_transcript t;
    struct sw_config *cfg = begin(&t);
    size_t before = mem.held;

    for (size_t at = 0; at < SW_TRANSCRIPT_ROOM; at += 512)
        SW_ASSERT_OK(add(&t, at, 512));
    is_all(&t, SW_TRANSCRIPT_ROOM);
    CU_ASSERT_EQUAL(mem.held, before);
    SW_ASSERT_OK(add(&t, SW_TRANSCRIPT_ROOM, 1));
    CU_ASSERT_TRUE(mem.held > before);
    sw_transcript_free(&t);
    sw_config_free(cfg);
}

/* A digest can be asked for twice, and does not disturb what comes behind it. */
static void asked_twice(void)
{
    struct sw_transcript t;
    struct sw_config *cfg = begin(&t);

    SW_ASSERT_OK(sw_transcript_start(&t, SW_HASH_SHA256));
    is_hash_of(&t, SW_HASH_SHA256, 0);
    for (size_t i = 0; i < 300; i++) {
        SW_ASSERT_OK(add(&t, i, 1));
        is_hash_of(&t, SW_HASH_SHA256, i + 1);
        is_hash_of(&t, SW_HASH_SHA256, i + 1);
    }
    sw_transcript_free(&t);
    sw_config_free(cfg);
}

/* Without memory the message is refused, and what was kept before is there. */
static void without_memory(void)
{
    struct sw_transcript t;
    struct sw_config *cfg = begin(&t);
    struct sw_slice all;

    SW_ASSERT_OK(add(&t, 0, 2000));
    mem.longest = 3000;
    SW_ASSERT_ERR(add(&t, 2000, 3000), SW_ERR_MEMORY);
    mem.longest = 0;
    is_hash_of(&t, SW_HASH_SHA256, 2000);
    SW_ASSERT_OK(add(&t, 2000, 3000));
    is_hash_of(&t, SW_HASH_SHA256, 5000);
    mem.longest = 4999;
    SW_ASSERT_ERR(sw_transcript_whole(&t, &all), SW_ERR_MEMORY);
    mem.longest = 0;
    is_all(&t, 5000);
    sw_transcript_free(&t);
    sw_transcript_free(&t);
    sw_config_free(cfg);
    CU_ASSERT_EQUAL(mem.held, 0);
}

/* Of all but the end, with something else behind it; for any hash, however the messages lie. */
static void but_for_the_end(void)
{
    struct sw_transcript t;
    struct sw_config *cfg = begin(&t);
    uint8_t want[SW_HASH_MAX], got[SW_HASH_MAX], joined[ALL];

    for (size_t at = 0; at < ALL; at += 1000)
        SW_ASSERT_OK(add(&t, at, 1000));
    for (size_t cut = 0; cut <= ALL; cut += 625) {
        size_t more = cut < 100 ? cut : 100;

        memcpy(joined, bytes, ALL - cut);
        memcpy(joined + ALL - cut, bytes + 7, more);
        SW_ASSERT_OK(sw_hash_once(SW_HASH_SHA384, joined, ALL - cut + more, want));
        SW_ASSERT_OK(sw_transcript_digest_cut(&t, SW_HASH_SHA384, cut, (struct sw_slice){bytes + 7, more}, got));
        SW_ASSERT_BYTES(got, want, sw_hash_len(SW_HASH_SHA384));
    }
    SW_ASSERT_ERR(sw_transcript_digest_cut(&t, SW_HASH_SHA256, ALL + 1, (struct sw_slice){NULL, 0}, got),
                  SW_ERR_ARGUMENT);
    sw_transcript_free(&t);
    sw_config_free(cfg);
}

/* RFC 8446 4.4.1: message_hash, 00 00 Hash.length, Hash(ClientHello1), and on from there. What was long before is given back. */
static void begun_anew(void)
{
    static const size_t lengths[] = {1, 500, SW_TRANSCRIPT_ROOM + 1, ALL};
    static const enum sw_hash_id hashes[] = {SW_HASH_SHA256, SW_HASH_SHA384};

    for (size_t i = 0; i < 4 * 2; i++) {
        struct sw_transcript t;
        size_t before, len = lengths[i / 2], n = sw_hash_len(hashes[i % 2]);
        uint8_t all[4 + SW_HASH_MAX + 10] = {254, 0, 0, (uint8_t)n}, want[SW_HASH_MAX], got[SW_HASH_MAX];
        struct sw_config *cfg = begin(&t);

        before = mem.held;
        SW_ASSERT_OK(add(&t, 0, len));
        SW_ASSERT_OK(sw_transcript_restart(&t, hashes[i % 2]));
        CU_ASSERT_EQUAL(mem.held, before);
        SW_ASSERT_OK(add(&t, 0, 10));
        SW_ASSERT_OK(sw_hash_once(hashes[i % 2], bytes, len, all + 4));
        memcpy(all + 4 + n, bytes, 10);
        SW_ASSERT_OK(sw_hash_once(hashes[i % 2], all, 4 + n + 10, want));
        SW_ASSERT_OK(sw_transcript_digest(&t, got));
        SW_ASSERT_BYTES(got, want, n);
        SW_ASSERT_OK(sw_transcript_digest_cut(&t, hashes[i % 2], 0, (struct sw_slice){NULL, 0}, got));
        SW_ASSERT_BYTES(got, want, n);
        sw_transcript_free(&t);
        sw_config_free(cfg);
    }
}

SW_TEST_SUITE(transcript){
    SW_TEST(the_start_does_not_matter),
    SW_TEST(nothing_moves),
    SW_TEST(there_is_room),
    SW_TEST(asked_twice),
    SW_TEST(without_memory),
    SW_TEST(but_for_the_end),
    SW_TEST(begun_anew),
};
