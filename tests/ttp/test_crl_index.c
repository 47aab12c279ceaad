/*
 * The index of a revocation list finds what a walk through the list finds, in fewer looks, whatever the serial numbers
 * are.
 */
#include "tests/ttp/chain.h"
#include "ttp/crl_index.h"

enum { MOST = 3000, SERIAL = 20 };

/* As much of a parsed list as the index reads: entries with serial numbers of len bytes, the i-th by make. */
static struct sw_crl list_of(size_t n, size_t len, void (*make)(size_t i, uint8_t *serial), uint8_t *room, size_t cap)
{
    struct sw_writer w = sw_writer_of(room, cap);
    struct sw_crl crl = {.entries_len = n};

    for (size_t i = 0; i < n; i++) {
        uint8_t serial[SERIAL] = {0};
        size_t entry = sw_der_open(&w, SW_DER_SEQUENCE);

        make(i, serial);
        sw_der_write(&w, SW_DER_INTEGER, serial, len);
        sw_time_encode(&w, CHAIN_NOW + (int64_t)i);
        sw_der_close(&w, entry);
    }
    CU_ASSERT_FATAL(sw_writer_ok(&w));
    crl.entries = (struct sw_slice){w.buf, w.len};
    return crl;
}

static void counted(size_t i, uint8_t *serial)
{
    serial[0] = 1;
    serial[18] = (uint8_t)(i >> 8);
    serial[19] = (uint8_t)i;
}

static void in_front(size_t i, uint8_t *serial)
{
    serial[0] = (uint8_t)(1 + (i >> 8));
    serial[1] = (uint8_t)i;
}

/* Where no hash of both ends looks. */
static void in_the_middle(size_t i, uint8_t *serial)
{
    serial[0] = 1;
    serial[9] = (uint8_t)(i >> 8);
    serial[10] = (uint8_t)i;
}

static void short_ones(size_t i, uint8_t *serial)
{
    serial[0] = (uint8_t)(1 + (i >> 7));
    serial[1] = (uint8_t)(i & 127);
}

static void agrees_with_a_walk(void)
{
    static const struct {
        void (*make)(size_t i, uint8_t *serial);
        size_t len, most;
    } kinds[] = {{counted, SERIAL, 30}, {in_front, SERIAL, 30}, {short_ones, 2, 30}, {in_the_middle, SERIAL, MOST}};
    static const size_t sizes[] = {0, 1, 2, 3, 7, 64, 65, MOST};
    static uint8_t room[MOST * 64];

    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            struct sw_crl crl = list_of(sizes[s], kinds[k].len, kinds[k].make, room, sizeof room);
            struct sw_crl_index *index;
            struct sw_crl_entry entry;
            size_t looked_at;

            SW_ASSERT_OK(sw_crl_index_new(&index, &crl));
            for (size_t i = 0; i < sizes[s] + 20; i++) { /* the last twenty are not in it */
                uint8_t serial[SERIAL] = {0};
                bool found;

                kinds[k].make(i, serial);
                found = sw_crl_index_find(index, (struct sw_slice){serial, kinds[k].len}, &entry, &looked_at);
                CU_ASSERT_EQUAL(found, i < sizes[s]);
                CU_ASSERT(looked_at <= kinds[k].most && looked_at <= sizes[s]);
                CU_ASSERT(!found || (entry.at == CHAIN_NOW + (int64_t)i && entry.reason == -1 && looked_at > 0));
            }
            CU_ASSERT_FALSE(sw_crl_index_find(index, (struct sw_slice){NULL, 0}, &entry, &looked_at));
            sw_crl_index_free(index);
        }
    sw_crl_index_free(NULL);
}

static void always_one(size_t i, uint8_t *serial)
{
    (void)i;
    serial[0] = 5;
}

static void takes_the_first_of_equals(void)
{
    static uint8_t room[100 * 64];
    struct sw_crl crl = list_of(100, SERIAL, always_one, room, sizeof room);
    struct sw_crl_entry entry, walked;
    struct sw_crl_index *index;
    uint8_t serial[SERIAL] = {5};
    size_t looked_at;

    SW_ASSERT_OK(sw_crl_index_new(&index, &crl));
    CU_ASSERT_TRUE(sw_crl_index_find(index, (struct sw_slice){serial, SERIAL}, &entry, &looked_at));
    CU_ASSERT_TRUE(sw_crl_find(&crl, (struct sw_slice){serial, SERIAL}, &walked));
    CU_ASSERT_PTR_EQUAL(entry.serial.p, walked.serial.p);
    CU_ASSERT_EQUAL(looked_at, 100);
    sw_crl_index_free(index);
}

SW_TEST_SUITE(crl_index){
    SW_TEST(agrees_with_a_walk),
    SW_TEST(takes_the_first_of_equals),
};
