/* Key exchange with private halves and shared secrets marked: what is decided must not depend on them. */
#include "base/ct.h"
#include "handshake/kex.h"
#include "tests/test.h"
#include <string.h>

/*
 * wolfCrypt strips a result's leading zero bytes, looking at each until one is not zero: kex_dh.c says why that is
 * borne. One in 2^24 exchanges has more; an exponentiation that branches on its exponent has hundreds.
 */
enum { STRIPPING = 4 };

static void exchange(const char *name, unsigned allowed)
{
    const struct sw_group *group = sw_group_by_name(name, strlen(name));
    static struct sw_kex a, b;
    static uint8_t sa[SW_KEX_SECRET_MAX], sb[SW_KEX_SECRET_MAX];
    size_t la = 0, lb = 0;
    unsigned uses;

    CU_ASSERT_PTR_NOT_NULL_FATAL(group);
    SW_ASSERT_OK(sw_kex_generate(&a, group)); /* marks its secret */
    SW_ASSERT_OK(sw_kex_generate(&b, group));
    SW_ASSERT_OK(sw_kex_derive(&a, (struct sw_slice){b.public_value, b.public_len}, false, sa, &la));
    SW_ASSERT_OK(sw_kex_derive(&b, (struct sw_slice){a.public_value, a.public_len}, false, sb, &lb));
    uses = sw_test_secret_uses();
    CU_ASSERT(uses <= allowed);
    SW_CT_PUBLIC(sa, sizeof sa);
    SW_CT_PUBLIC(sb, sizeof sb);
    CU_ASSERT_EQUAL(la, group->shared_len);
    SW_ASSERT_BYTES(sa, sb, la);
}

static void x25519(void)
{
    exchange("x25519", 0);
}

static void x448(void)
{
    exchange("x448", 0);
}

/* Of these the shared secrets alone are marked (handshake/kex.c says why). */
static void nist(void)
{
    exchange("secp256r1", 0);
    exchange("secp384r1", 0);
    exchange("secp521r1", 0);
}

static void ffdhe(void)
{
    exchange("ffdhe2048", 4 * STRIPPING);
    exchange("ffdhe3072", 4 * STRIPPING);
}

SW_TEST_SUITE(kex){
    SW_TEST(x25519),
    SW_TEST(x448),
    SW_TEST(nist),
    SW_TEST(ffdhe),
};
