/*
 * The primes, against the SHA-256 of the numbers computed from their definition: RFC 7919 A, p = 2^b - 2^(b-64) +
 * ([2^(b-130) e] + X) * 2^64 - 1, and RFC 3526, with pi for e. Both they and (p - 1) / 2 passed a strong probable prime
 * test.
 */
#include "base/hash.h"
#include "handshake/ffdhe.h"
#include "tests/test.h"
#include <string.h>

static const struct {
    uint16_t id;
    size_t bits;
    const char *sha256;
    size_t exponent_bits; /* RFC 7919 A: at least so many */
} primes[] = {
    {256, 2048, "9cd3b7f336872f46c09428d1bbc19877a4d440512cda8d1c1cf0cd6e33698966", 225},
    {257, 3072, "0eaf67db3a839156d5013494a5318a772b5697d270d721f37f092efc69ea5a17", 275},
    {258, 4096, "4648414224ac881b3d0dc59b466f96d06a558278776807797ecf1f66ff397b3e", 325},
    {259, 6144, "227ac9066b3ddd9e193670cda2388fa884f65ba0cf98b742d1fe77a6687c79c7", 375},
    {260, 8192, "770b14efaf6f049929c523113b3fa99a8d11dab1b18af3609590122075d19833", 400},
};

static void primes_are_those_of_the_rfc(void)
{
    for (size_t i = 0; i < sizeof primes / sizeof primes[0]; i++) {
        const struct sw_ffdhe *f = sw_ffdhe_by_id(primes[i].id);
        uint8_t digest[32];

        CU_ASSERT_PTR_NOT_NULL_FATAL(f);
        CU_ASSERT_EQUAL(f->p.len * 8, primes[i].bits);
        CU_ASSERT(f->exponent_len * 8U > primes[i].exponent_bits); /* the top bit is no secret */
        SW_ASSERT_OK(sw_hash_once(SW_HASH_SHA256, f->p.p, f->p.len, digest));
        SW_ASSERT_HEX(digest, sizeof digest, primes[i].sha256);
    }
    CU_ASSERT_PTR_NULL(sw_ffdhe_by_id(255));
    CU_ASSERT_PTR_NULL(sw_ffdhe_by_id(261));
}

static void others_are_not_taken_for_one(void)
{
    uint8_t p[256];

    memcpy(p, sw_ffdhe_by_id(256)->p.p, sizeof p);
    CU_ASSERT_PTR_NOT_NULL(sw_ffdhe_by_prime((struct sw_slice){p, sizeof p}));
    CU_ASSERT_EQUAL(sw_ffdhe_modp_exponent((struct sw_slice){p, sizeof p}), 0);
    p[100] ^= 1;
    CU_ASSERT_PTR_NULL(sw_ffdhe_by_prime((struct sw_slice){p, sizeof p}));
    CU_ASSERT_PTR_NULL(sw_ffdhe_by_prime((struct sw_slice){p, 255}));
}

/* RFC 3526 3, the group of 2048 bits, written out. */
static void modp_is_recognised(void)
{
    static const char hex[] =
        "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd"
        "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
        "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f"
        "83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b"
        "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa0510"
        "15728e5a8aacaa68ffffffffffffffff";
    uint8_t p[256];

    CU_ASSERT_EQUAL_FATAL(sw_unhex(hex, p, sizeof p), sizeof p);
    CU_ASSERT_EQUAL(sw_ffdhe_modp_exponent((struct sw_slice){p, sizeof p}), sw_ffdhe_by_id(256)->exponent_len);
    p[17] ^= 0x20;
    CU_ASSERT_EQUAL(sw_ffdhe_modp_exponent((struct sw_slice){p, sizeof p}), 0);
}

SW_TEST_SUITE(ffdhe){
    SW_TEST(primes_are_those_of_the_rfc),
    SW_TEST(others_are_not_taken_for_one),
    SW_TEST(modp_is_recognised),
};
