/*
 * Opening a MAC-then-encrypt record: from decryption to the verdict, contents, padding and the position of the MAC
 * decide nothing (Lucky Thirteen). The record layer marks what it has decrypted as secret itself; here records good and
 * bad in each way are given to it.
 */
#include "base/ct.h"
#include "record/record.h"
#include "tests/test.h"
#include <stdlib.h>
#include <string.h>

static struct sw_record_dir *new_dir(struct sw_record_secrets *s, bool sealing)
{
    struct sw_record_dir *dir = aligned_alloc(16, (sw_record_dir_size() + 15) & ~(size_t)15);

    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    SW_ASSERT_OK(sw_record_dir_init(dir, s, sealing));
    return dir;
}

/* Flip a bit at a place counted from the record's end: in CBC that spoils a block and flips the bit one block on. */
static void open_one(enum sw_hash_id mac, size_t len, size_t flip)
{
    struct sw_record_secrets out_s = {.bulk = &sw_bulk_aes128_cbc, .mac = mac, .version = 0x0303}, in_s = out_s;
    struct sw_record_dir *out = new_dir(&out_s, true), *in = new_dir(&in_s, false);
    static uint8_t rec[SW_RECORD_MAX + 512], plain[SW_RECORD_PLAIN_MAX];
    struct sw_slice data;
    uint8_t type;
    size_t n;
    enum sw_err err;

    SW_CT_PUBLIC(rec, sizeof rec);
    memset(plain, 0x33, sizeof plain);
    SW_ASSERT_OK(sw_record_seal(out, NULL, SW_CT_APPLICATION_DATA, (struct sw_slice){plain, len}, rec, &n));
    if (flip > 0 && flip <= n - SW_RECORD_HEADER)
        rec[n - flip] ^= 1;
    err = sw_record_open(in, rec, n, &type, &data);
    CU_ASSERT_EQUAL(sw_test_secret_uses(), 0);
    CU_ASSERT_EQUAL(err, flip > 0 && flip <= n - SW_RECORD_HEADER ? SW_ERR_BAD_RECORD_MAC : SW_OK);
    sw_record_dir_wipe(out);
    sw_record_dir_wipe(in);
    free(out);
    free(in);
}

static void each_hash(void)
{
    static const enum sw_hash_id macs[] = {SW_HASH_SHA1, SW_HASH_SHA256, SW_HASH_SHA384, SW_HASH_SHA512};
    static const size_t lengths[] = {0, 1, 13, 51, 64, 200, 400, 1000};
    static const size_t flips[] = {0, 1, 16, 17, 33, 60, 300};

    for (size_t m = 0; m < 4; m++)
        for (size_t l = 0; l < 8; l++)
            for (size_t f = 0; f < 7; f++)
                open_one(macs[m], lengths[l], flips[f]);
}

SW_TEST_SUITE(cbc){
    SW_TEST(each_hash),
};
