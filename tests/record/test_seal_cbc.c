/* Known records of NULL and CBC: what sealing and opening could get wrong together is wrong against these. */
#include "record/record.h"
#include "tests/record/vector.h"
#include "tests/test.h"

enum { VECTORS = sizeof vectors_cbc / sizeof vectors_cbc[0] };

static void seals_known_records(void)
{
    for (size_t i = 0; i < VECTORS; i++)
        vector_seals(&vectors_cbc[i]);
}

static void opens_known_records(void)
{
    for (size_t i = 0; i < VECTORS; i++)
        vector_opens(&vectors_cbc[i]);
}

/* The other order of MAC and encryption: nothing of it opens. */
static void the_other_order(void)
{
    for (size_t i = 0; i < VECTORS; i++) {
        struct record_vector other = vectors_cbc[i];
        uint8_t rec[VECTOR_SHORT];
        size_t n, len;

        if (other.bulk == &sw_bulk_null || other.record_len > VECTOR_SHORT)
            continue;
        n = sw_unhex(other.record, rec, sizeof rec);
        other.flags ^= VECTOR_ETM;
        SW_ASSERT_ERR(vector_open(&other, rec, n, &len), SW_ERR_BAD_RECORD_MAC);
    }
}

/*
 * One byte more than 2^14 and a good MAC: sealed below the check that sw_record_seal makes. RFC 5246 6.2.1:
 * record_overflow.
 */
static void a_plaintext_too_long(void)
{
    static uint8_t rec[VECTOR_ROOM];

    for (size_t i = 0; i < VECTORS; i++) {
        const struct record_vector *v = &vectors_cbc[i];
        struct sw_seal_job job = {
            SW_CT_APPLICATION_DATA, {vector_plain(), SW_RECORD_PLAIN_MAX + 1}, rec, 0, VECTOR_SEQ};
        struct sw_record_secrets s = vector_secrets(v);
        struct sw_record_dir *dir = vector_dir(&s, true);
        size_t n;

        if (v->len == SW_RECORD_PLAIN_MAX) {
            SW_ASSERT_ERR(sw_record_seal(dir, &vector_iv, job.type, job.data, rec, &n), SW_ERR_ARGUMENT);
            SW_ASSERT_OK(sw_seal_cbc(dir, &vector_iv, &job, 1));
            SW_ASSERT_ERR(vector_open(v, rec, job.out, &n), SW_ERR_RECORD_OVERFLOW);
        }
        vector_dir_free(dir);
    }
}

static enum sw_err no_fill(void *ctx, void *out, size_t len)
{
    (void)ctx;
    memset(out, 0, len);
    return SW_ERR_RANDOM;
}

/* Without an IV there is no record; NULL needs none. */
static void no_random_bytes(void)
{
    const struct sw_rand none = {no_fill, NULL};
    uint8_t rec[VECTOR_SHORT];

    for (size_t i = 0; i < VECTORS; i++) {
        const struct record_vector *v = &vectors_cbc[i];
        struct sw_record_secrets s = vector_secrets(v);
        struct sw_record_dir *dir = vector_dir(&s, true);
        size_t n;

        if (v->len == 1)
            SW_ASSERT_ERR(
                sw_record_seal(dir, &none, SW_CT_APPLICATION_DATA, (struct sw_slice){vector_plain(), v->len}, rec, &n),
                v->bulk == &sw_bulk_null ? SW_OK : SW_ERR_RANDOM);
        vector_dir_free(dir);
    }
}

SW_TEST_SUITE(seal_cbc){
    SW_TEST(seals_known_records),  SW_TEST(opens_known_records), SW_TEST(the_other_order),
    SW_TEST(a_plaintext_too_long), SW_TEST(no_random_bytes),
};
