/* The reader and the writer: each width, each end, and that failure sticks. */
#include "base/bytes.h"
#include "tests/test.h"
#include <string.h>

static const uint8_t count[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 8, 9, 10, 11, 12, 13, 14, 15};

static void reads_numbers(void)
{
    struct sw_reader r = sw_reader_of(count, 16);

    CU_ASSERT_EQUAL(sw_read_u8(&r), 0x01);
    CU_ASSERT_EQUAL(sw_read_u16(&r), 0x2345);
    CU_ASSERT_EQUAL(sw_read_u24(&r), 0x6789ab);
    CU_ASSERT_EQUAL(sw_read_u32(&r), 0xcdef0809);
    CU_ASSERT_EQUAL(sw_reader_left(&r), 6);
    CU_ASSERT_FALSE(sw_reader_end(&r));
    r = sw_reader_of_slice((struct sw_slice){count, 8});
    CU_ASSERT_EQUAL(sw_read_u64(&r), UINT64_C(0x0123456789abcdef));
    CU_ASSERT_TRUE(sw_reader_end(&r));
}

/* Each width at one byte less than it needs: zero, failed, nothing left. */
static void reads_nothing_past_the_end(void)
{
    for (size_t width = 1; width <= 8; width *= 2) {
        struct sw_reader r = sw_reader_of(count, width - 1);
        uint64_t v = width == 1   ? sw_read_u8(&r)
                     : width == 2 ? sw_read_u16(&r)
                     : width == 4 ? sw_read_u32(&r)
                                  : sw_read_u64(&r);

        CU_ASSERT_EQUAL(v, 0);
        CU_ASSERT_EQUAL(sw_reader_left(&r), 0);
        CU_ASSERT_FALSE(sw_reader_end(&r));
    }
    struct sw_reader r = sw_reader_of(count, 2);
    CU_ASSERT_EQUAL(sw_read_u24(&r), 0);
    CU_ASSERT_FALSE(sw_reader_end(&r));
}

static void failure_sticks(void)
{
    struct sw_reader r = sw_reader_of(count, 4), sub;
    uint8_t out[2] = {7, 7};

    (void)sw_read_u64(&r);
    CU_ASSERT_EQUAL(sw_read_u8(&r), 0);
    CU_ASSERT_PTR_NULL(sw_read_bytes(&r, 1).p);
    CU_ASSERT_PTR_NULL(sw_read_bytes(&r, 0).p);
    CU_ASSERT_EQUAL(sw_read_rest(&r).len, 0);
    sw_read_copy(&r, out, 2);
    CU_ASSERT_EQUAL(out[0] | out[1], 0);
    sub = sw_read_vec8(&r);
    CU_ASSERT_EQUAL(sw_reader_left(&sub), 0);
    CU_ASSERT_FALSE(sw_reader_end(&sub));
    CU_ASSERT_FALSE(sw_reader_end(&r));

    r = sw_reader_of(count, 4);
    sw_reader_fail(&r);
    CU_ASSERT_EQUAL(sw_reader_left(&r), 0);
    CU_ASSERT_EQUAL(sw_read_u8(&r), 0);
    CU_ASSERT_FALSE(sw_reader_end(&r));
}

static void reads_views_and_copies(void)
{
    struct sw_reader r = sw_reader_of(count, 10);
    struct sw_slice s = sw_read_bytes(&r, 3);
    uint8_t out[4];

    CU_ASSERT_PTR_EQUAL(s.p, count);
    CU_ASSERT_EQUAL(s.len, 3);
    sw_read_copy(&r, out, 4);
    SW_ASSERT_BYTES(out, count + 3, 4);
    s = sw_read_bytes(&r, 0);
    CU_ASSERT_EQUAL(s.len, 0);
    CU_ASSERT_PTR_NOT_NULL(s.p);
    s = sw_read_rest(&r);
    CU_ASSERT_PTR_EQUAL(s.p, count + 7);
    CU_ASSERT_EQUAL(s.len, 3);
    CU_ASSERT_TRUE(sw_reader_end(&r));
    sw_read_copy(&r, NULL, 0);
    CU_ASSERT_TRUE(sw_reader_end(&r));
    s = sw_read_bytes(&r, SIZE_MAX);
    CU_ASSERT_PTR_NULL(s.p);
    CU_ASSERT_FALSE(sw_reader_end(&r));
}

static void nothing_at_null_is_nothing(void)
{
    struct sw_reader r = sw_reader_of(NULL, 0), sub;
    struct sw_writer w = sw_writer_of(NULL, 0);

    CU_ASSERT_TRUE(sw_reader_end(&r));
    CU_ASSERT_EQUAL(sw_read_rest(&r).len, 0);
    sub = sw_read_vec16(&r);
    CU_ASSERT_FALSE(sw_reader_end(&sub));
    sw_write_bytes(&w, NULL, 0);
    sw_write_slice(&w, (struct sw_slice){NULL, 0});
    CU_ASSERT_TRUE(sw_writer_ok(&w));
    sw_write_u8(&w, 1);
    CU_ASSERT_FALSE(sw_writer_ok(&w));
}

typedef struct sw_reader read_vec(struct sw_reader *r);

/* A prefix that says what is there, one less, one more, and each truncation of the prefix itself. */
static void vectors_of_each_width(void)
{
    read_vec *const reads[3] = {sw_read_vec8, sw_read_vec16, sw_read_vec24};

    for (unsigned width = 1; width <= 3; width++) {
        uint8_t in[3 + 5] = {0};

        memcpy(in + width, "hello", 5);
        for (unsigned said = 0; said <= 6; said++) {
            struct sw_reader r = sw_reader_of(in, width + 5u), sub;

            in[width - 1] = (uint8_t)said;
            sub = reads[width - 1](&r);
            if (said > 5) {
                CU_ASSERT_FALSE(sw_reader_end(&r));
                CU_ASSERT_FALSE(sw_reader_end(&sub));
                CU_ASSERT_EQUAL(sw_reader_left(&sub), 0);
                continue;
            }
            CU_ASSERT_EQUAL(sw_reader_left(&sub), said);
            CU_ASSERT_EQUAL(sw_reader_left(&r), 5 - said);
            CU_ASSERT_PTR_EQUAL(sw_read_rest(&sub).p, in + width);
            CU_ASSERT_TRUE(sw_reader_end(&sub));
            CU_ASSERT_EQUAL(sw_reader_end(&r), said == 5);
        }
        for (unsigned len = 0; len < width; len++) {
            struct sw_reader r = sw_reader_of(in, len), sub = reads[width - 1](&r);

            CU_ASSERT_FALSE(sw_reader_end(&r));
            CU_ASSERT_FALSE(sw_reader_end(&sub));
        }
    }
}

static void compares_slices(void)
{
    struct sw_slice a = {count, 4}, b = {(const uint8_t *)"\x01\x23\x45\x67", 4}, none = {NULL, 0}, zero = {count, 0};

    CU_ASSERT_TRUE(sw_slice_eq(a, b));
    CU_ASSERT_TRUE(sw_slice_eq(none, zero));
    b.len = 3;
    CU_ASSERT_FALSE(sw_slice_eq(a, b));
    b = (struct sw_slice){(const uint8_t *)"\x01\x23\x45\x68", 4};
    CU_ASSERT_FALSE(sw_slice_eq(a, b));
    CU_ASSERT_FALSE(sw_slice_eq(a, none));
}

static void writes_numbers(void)
{
    uint8_t buf[18];
    struct sw_writer w = sw_writer_of(buf, sizeof buf);

    sw_write_u8(&w, 0x01);
    sw_write_u16(&w, 0x0203);
    sw_write_u24(&w, 0x040506);
    sw_write_u32(&w, 0x0708090a);
    sw_write_u64(&w, UINT64_C(0x0b0c0d0e0f101112));
    CU_ASSERT_TRUE(sw_writer_ok(&w));
    CU_ASSERT_EQUAL(w.len, 18);
    SW_ASSERT_HEX(buf, 18, "0102030405060708090a0b0c0d0e0f101112");
    sw_write_u8(&w, 0);
    CU_ASSERT_FALSE(sw_writer_ok(&w));

    w = sw_writer_of(buf, sizeof buf);
    sw_write_u8(&w, 0x1ff);
    sw_write_u16(&w, 0x10002);
    sw_write_u24(&w, 0xff000003);
    CU_ASSERT_TRUE(sw_writer_ok(&w));
    SW_ASSERT_HEX(buf, 6, "ff 0002 000003");
}

/* Nothing of what does not fit is written, and nothing after it. */
static void writes_nothing_past_the_end(void)
{
    uint8_t buf[8];
    struct sw_writer w = sw_writer_of(buf, 3);

    memset(buf, 0xee, sizeof buf);
    sw_write_u8(&w, 1);
    sw_write_u24(&w, 2);
    CU_ASSERT_FALSE(sw_writer_ok(&w));
    sw_write_u8(&w, 3);
    sw_write_bytes(&w, "ab", 2);
    CU_ASSERT_PTR_NULL(sw_write_room(&w, 1));
    CU_ASSERT_EQUAL(w.len, 1);
    SW_ASSERT_HEX(buf, 8, "01eeeeeeeeeeeeee");
    w = sw_writer_of(buf, 3);
    sw_write_u8(&w, 1);
    CU_ASSERT_PTR_NULL(sw_write_room(&w, SIZE_MAX));
    CU_ASSERT_FALSE(sw_writer_ok(&w));
}

static void lends_room(void)
{
    uint8_t buf[4] = {0};
    struct sw_writer w = sw_writer_of(buf, 4);
    uint8_t *p;

    sw_write_u8(&w, 9);
    p = sw_write_room(&w, 3);
    CU_ASSERT_PTR_EQUAL(p, buf + 1);
    CU_ASSERT_EQUAL(w.len, 4);
    CU_ASSERT_TRUE(sw_writer_ok(&w));
}

static void blocks_nest(void)
{
    uint8_t buf[32];
    struct sw_writer w = sw_writer_of(buf, sizeof buf);
    size_t outer = sw_write_open(&w, 3), middle = sw_write_open(&w, 2), inner = sw_write_open(&w, 1);

    sw_write_bytes(&w, "wax", 3);
    sw_write_close(&w, inner, 1);
    sw_write_close(&w, middle, 2);
    sw_write_u8(&w, 0xff);
    sw_write_close(&w, outer, 3);
    CU_ASSERT_TRUE(sw_writer_ok(&w));
    SW_ASSERT_HEX(buf, w.len, "000007 0004 03 776178 ff");
}

/* 255 and 65535 bytes are the most that one and two bytes can say. */
static void blocks_longer_than_their_prefix_fail(void)
{
    static uint8_t buf[70000];

    for (unsigned width = 1; width <= 2; width++)
        for (size_t over = 0; over < 2; over++) {
            size_t n = (width == 1 ? 255u : 65535u) + over, mark;
            struct sw_writer w = sw_writer_of(buf, sizeof buf);

            mark = sw_write_open(&w, width);
            CU_ASSERT_PTR_NOT_NULL(sw_write_room(&w, n));
            sw_write_close(&w, mark, width);
            CU_ASSERT_EQUAL(sw_writer_ok(&w), over == 0);
        }
}

static void a_block_that_did_not_fit_stays_failed(void)
{
    uint8_t buf[4] = {0xee, 0xee, 0xee, 0xee};
    struct sw_writer w = sw_writer_of(buf, 1);
    size_t mark = sw_write_open(&w, 2);

    sw_write_u8(&w, 1);
    sw_write_close(&w, mark, 2);
    CU_ASSERT_FALSE(sw_writer_ok(&w));
    SW_ASSERT_HEX(buf, 4, "eeeeeeee");
}

SW_TEST_SUITE(bytes){
    SW_TEST(reads_numbers),
    SW_TEST(reads_nothing_past_the_end),
    SW_TEST(failure_sticks),
    SW_TEST(reads_views_and_copies),
    SW_TEST(nothing_at_null_is_nothing),
    SW_TEST(vectors_of_each_width),
    SW_TEST(compares_slices),
    SW_TEST(writes_numbers),
    SW_TEST(writes_nothing_past_the_end),
    SW_TEST(lends_room),
    SW_TEST(blocks_nest),
    SW_TEST(blocks_longer_than_their_prefix_fail),
    SW_TEST(a_block_that_did_not_fit_stays_failed),
};
