/* The key schedule with the premaster marked: the master secret and all that follows from it are secret, too. */
#include "base/ct.h"
#include "handshake/keys12.h"
#include "tests/test.h"
#include <string.h>

static void schedule(enum sw_hash_id hash)
{
    uint8_t premaster[48], master[SW_MASTER_LEN], out[200];
    const uint8_t random[SW_RANDOM_LEN] = {1}, transcript[SW_HASH_MAX] = {2};

    memset(premaster, 7, sizeof premaster);
    SW_CT_SECRET(premaster, sizeof premaster);
    SW_ASSERT_OK(sw_keys12_master(hash, premaster, sizeof premaster, random, random, master));
    SW_ASSERT_OK(sw_keys12_master_ems(hash, premaster, sizeof premaster, transcript, sw_hash_len(hash), master));
    SW_ASSERT_OK(sw_keys12_finished(hash, master, true, transcript, sw_hash_len(hash), out));
    SW_ASSERT_OK(sw_prf(hash, master, sizeof master, "key expansion", (struct sw_slice){random, 32},
                        (struct sw_slice){random, 32}, out, sizeof out));
}

static void sha256(void)
{
    schedule(SW_HASH_SHA256);
}

static void sha384(void)
{
    schedule(SW_HASH_SHA384);
}

static void sha512(void)
{
    schedule(SW_HASH_SHA512);
}

SW_TEST_SUITE(keys12){
    SW_TEST(sha256),
    SW_TEST(sha384),
    SW_TEST(sha512),
};
