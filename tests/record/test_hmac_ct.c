/*
 * HMAC of secret length against plain HMAC: every message length in every window that padding can open, and windows
 * that end where the data ends.
 */
#include "record/hmac_ct.h"
#include "tests/test.h"
#include <string.h>

enum { HEAD = 13, LONGEST = 700, WINDOW = 255, BEHIND = 100 };

static const enum sw_hash_id hashes[] = {SW_HASH_SHA1, SW_HASH_SHA256, SW_HASH_SHA384, SW_HASH_SHA512};
static const uint8_t key[20] = "a key of the record";
static uint8_t message[HEAD + LONGEST + BEHIND];

static void fill(void)
{
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)(i * 7 + (i >> 8) + 1);
}

static void compare(enum sw_hash_id id, const struct sw_hmac *m, size_t min, size_t len, size_t max)
{
    uint8_t got[SW_HASH_MAX], want[SW_HASH_MAX];

    SW_ASSERT_OK(sw_hmac_once(id, key, sizeof key, message, HEAD + len, want));
    for (size_t more = 0; more <= BEHIND; more += BEHIND / 2) { /* what can be read behind the longest does not count */
        SW_ASSERT_OK(sw_hmac_ct(m, message, HEAD + max + more, HEAD + min, HEAD + len, HEAD + max, got));
        CU_ASSERT_EQUAL(memcmp(got, want, sw_hash_len(id)), 0);
    }
}

/* The widest window, at each distance from a block's end, with each length in it. */
static void every_length_in_the_widest_window(void)
{
    fill();
    for (size_t h = 0; h < sizeof hashes / sizeof *hashes; h++) {
        struct sw_hmac m;

        SW_ASSERT_OK(sw_hmac_key(&m, hashes[h], key, sizeof key));
        for (size_t max = LONGEST - 128; max <= LONGEST; max += 3)
            for (size_t len = max - WINDOW; len <= max; len++)
                compare(hashes[h], &m, max - WINDOW, len, max);
    }
}

/* Short messages: the window begins at nothing. */
static void every_length_of_short_messages(void)
{
    fill();
    for (size_t h = 0; h < sizeof hashes / sizeof *hashes; h++) {
        struct sw_hmac m;

        SW_ASSERT_OK(sw_hmac_key(&m, hashes[h], key, sizeof key));
        for (size_t max = 0; max <= WINDOW; max += 5)
            for (size_t len = 0; len <= max; len++)
                compare(hashes[h], &m, 0, len, max);
    }
}

static void length_that_is_no_secret(void)
{
    fill();
    for (size_t h = 0; h < sizeof hashes / sizeof *hashes; h++) {
        struct sw_hmac m;

        SW_ASSERT_OK(sw_hmac_key(&m, hashes[h], key, sizeof key));
        for (size_t len = 0; len <= LONGEST; len++)
            compare(hashes[h], &m, len, len, len);
    }
}

SW_TEST_SUITE(hmac_ct){
    SW_TEST(every_length_in_the_widest_window),
    SW_TEST(every_length_of_short_messages),
    SW_TEST(length_that_is_no_secret),
};
