/* Ed25519 and Ed448: RFC 8032 7.1 and 7.4, and what is almost a signature. */
#include "tests/base/keys.h"
#include <string.h>

/* clang-format off */
static const struct {
    enum sw_key_type type;
    const char *seed, *pub, *msg, *sig;
} vectors[] = {
    {SW_KEY_ED25519, /* TEST 1 */
     "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
     "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25b"
     "f5f0595bbe24655141438e7a100b"},
    {SW_KEY_ED25519, /* TEST 2 */
     "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
     "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b"
     "2eaeb4302aeeb00d291612bb0c00"},
    {SW_KEY_ED25519, /* TEST 3 */
     "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
     "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c"
     "15e9716ed28dc027beceea1ec40a"},
    {SW_KEY_ED25519, /* TEST SHA(abc) */
     "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d"
     "4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca"
     "179c138ac17ad9bef1177331a704"},
    {SW_KEY_ED448, /* Blank */
     "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e"
     "7549a20098f95b",
     "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6cd1fa"
     "1abeafe8256180",
     "",
     "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281f2fd7a22ddd47d7828c5"
     "9bd0a21bfd3980ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4dbb61149f0"
     "5a7363268c71d95808ff2e652600"},
    {SW_KEY_ED448, /* 1 octet */
     "c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463afbea67c5e8d2877c5e3bc397a659949ef802"
     "1e954e0a12274e",
     "43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c0866aea01eb00742802b8438ea4cb82169c2351"
     "60627b4c3a9480",
     "03",
     "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f4352541b143c4b981b7e18f62de8ccdf633fc1b"
     "f037ab7cd779805e0dbcc0aae1cbcee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0ff3348ab2"
     "1aa4adafd1d234441cf807c03a00"},
    {SW_KEY_ED448, /* 11 octets */
     "cd23d24f714274e744343237b93290f511f6425f98e64459ff203e8985083ffdf60500553abc0e05cd02184bdb89c4ccd67e"
     "187951267eb328",
     "dcea9e78f35a1bf3499a831b10b86c90aac01cd84b67a0109b55a36e9328b1e365fce161d71ce7131a543ea4cb5f7e9f1d8b"
     "00696447001400",
     "0c3e544074ec63b0265e0c",
     "1f0a8888ce25e8d458a21130879b840a9089d999aaba039eaf3e3afa090a09d389dba82c4ff2ae8ac5cdfb7c55e94d5d961a"
     "29fe0109941e00b8dbdeea6d3b051068df7254c0cdc129cbe62db2dc957dbb47b51fd3f213fb8698f064774250a5028961c9"
     "bf8ffd973fe5d5c206492b140e00"},
};
/* clang-format on */

enum { VECTORS = sizeof vectors / sizeof vectors[0] };

static const struct sw_sigscheme *scheme_of(enum sw_key_type type)
{
    return sw_sigscheme_by_id(type == SW_KEY_ED25519 ? 0x0807 : 0x0808);
}

static void rfc8032_vectors(void)
{
    for (size_t i = 0; i < VECTORS; i++) {
        struct sw_privkey *key = test_ed_key(vectors[i].type, vectors[i].seed);
        const struct sw_pubkey *pub = sw_privkey_public(key);
        struct test_bytes msg = test_unhex(vectors[i].msg);
        const void *p = msg.len > 0 ? msg.p : NULL;
        uint8_t sig[SW_SIG_MAX];
        size_t len = 0;

        SW_ASSERT_HEX(pub->point.p, pub->point.len, vectors[i].pub);
        SW_ASSERT_OK(sw_privkey_sign(key, scheme_of(pub->type), p, msg.len, sig, &len));
        SW_ASSERT_HEX(sig, len, vectors[i].sig);
        SW_ASSERT_OK(sw_pubkey_verify(pub, scheme_of(pub->type), p, msg.len, sig, len));
        SW_ASSERT_ERR(sw_pubkey_verify(pub, scheme_of(pub->type), "x", 1, sig, len), SW_ERR_SIGNATURE);
        sw_privkey_free(key);
    }
}

static void flipped_bits_and_wrong_lengths_are_refused(void)
{
    for (size_t v = 1; v < VECTORS; v += 4) { /* one of each kind */
        struct test_bytes point = test_unhex(vectors[v].pub), msg = test_unhex(vectors[v].msg);
        struct test_bytes sig = test_unhex(vectors[v].sig);
        struct sw_pubkey pub = {.type = vectors[v].type, .point = {point.p, point.len}};
        const struct sw_sigscheme *scheme = scheme_of(pub.type);

        SW_ASSERT_OK(sw_pubkey_verify(&pub, scheme, msg.p, msg.len, sig.p, sig.len));
        for (size_t bit = 0; bit < sig.len * 8; bit++) {
            sig.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
            SW_ASSERT_ERR(sw_pubkey_verify(&pub, scheme, msg.p, msg.len, sig.p, sig.len), SW_ERR_SIGNATURE);
            sig.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (size_t bit = 0; bit < point.len * 8; bit++) {
            point.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
            SW_ASSERT_ERR(sw_pubkey_verify(&pub, scheme, msg.p, msg.len, sig.p, sig.len), SW_ERR_SIGNATURE);
            point.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (size_t len = 0; len <= sig.len + 1; len++)
            SW_ASSERT_ERR(sw_pubkey_verify(&pub, scheme, msg.p, msg.len, sig.p, len),
                          len == sig.len ? SW_OK : SW_ERR_SIGNATURE);
        pub.point.len--;
        SW_ASSERT_ERR(sw_pubkey_verify(&pub, scheme, msg.p, msg.len, sig.p, sig.len), SW_ERR_SIGNATURE);
    }
}

/* RFC 8032 5.1.7, 5.2.7: S below the order, or every signature has a second form. Both orders, little-endian. */
static void a_larger_s_is_refused(void)
{
    static const char *const orders[] = {"edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
                                         "f34458ab92c27823558fc58d72c26c219036d6ae49db4ec4e923ca7c"
                                         "ffffffffffffffffffffffffffffffffffffffffffffffffffffff3f00"};

    for (size_t v = 1; v < VECTORS; v += 4) {
        struct test_bytes point = test_unhex(vectors[v].pub), msg = test_unhex(vectors[v].msg);
        struct test_bytes sig = test_unhex(vectors[v].sig), order = test_unhex(orders[v / 4]);
        struct sw_pubkey pub = {.type = vectors[v].type, .point = {point.p, point.len}};
        unsigned carry = 0;

        CU_ASSERT_EQUAL(order.len * 2, sig.len);
        for (size_t i = 0; i < order.len; i++) {
            carry += (unsigned)sig.p[order.len + i] + order.p[i];
            sig.p[order.len + i] = (uint8_t)carry;
            carry >>= 8;
        }
        SW_ASSERT_ERR(sw_pubkey_verify(&pub, scheme_of(pub.type), msg.p, msg.len, sig.p, sig.len), SW_ERR_SIGNATURE);
    }
}

static void keys_come_and_go(void)
{
    static const enum sw_key_type types[] = {SW_KEY_ED25519, SW_KEY_ED448};
    static const size_t lens[] = {32, 57};

    for (size_t i = 0; i < 2; i++) {
        struct sw_privkey *key = NULL, *again = NULL;
        uint8_t seed[64], sig[SW_SIG_MAX];
        size_t len = 0;

        SW_ASSERT_OK(sw_privkey_generate(&key, types[i], 0));
        SW_ASSERT_ERR(sw_privkey_scalar(key, seed, lens[i] - 1, &len), SW_ERR_SPACE);
        SW_ASSERT_OK(sw_privkey_scalar(key, seed, sizeof seed, &len));
        CU_ASSERT_EQUAL(len, lens[i]);
        SW_ASSERT_OK(sw_privkey_new_ed(&again, types[i], (struct sw_slice){seed, len}));
        CU_ASSERT_TRUE(sw_pubkey_eq(sw_privkey_public(key), sw_privkey_public(again)));
        SW_ASSERT_OK(sw_privkey_sign(again, scheme_of(types[i]), "wax", 3, sig, &len));
        SW_ASSERT_OK(sw_pubkey_verify(sw_privkey_public(key), scheme_of(types[i]), "wax", 3, sig, len));
        SW_ASSERT_ERR(sw_privkey_sign_digest(key, scheme_of(types[i]), seed, sig, &len), SW_ERR_UNSUPPORTED);
        SW_ASSERT_ERR(sw_pubkey_verify_digest(sw_privkey_public(key), scheme_of(types[i]), seed, sig, len),
                      SW_ERR_UNSUPPORTED);
        sw_privkey_free(again);
        for (size_t n = 0; n <= 60; n++)
            if (n != lens[i])
                SW_ASSERT_ERR(sw_privkey_new_ed(&again, types[i], (struct sw_slice){seed, n}), SW_ERR_KEY_DECODE);
        SW_ASSERT_OK(sw_privkey_generate(&again, types[i], 0));
        CU_ASSERT_FALSE(sw_pubkey_eq(sw_privkey_public(key), sw_privkey_public(again)));
        sw_privkey_free(key);
        sw_privkey_free(again);
    }
}

static void other_types_are_refused(void)
{
    uint8_t seed[57] = {1};
    struct sw_privkey *key;

    SW_ASSERT_ERR(sw_privkey_new_ed(&key, SW_KEY_EC, (struct sw_slice){seed, 32}), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(sw_privkey_new_ed(&key, SW_KEY_NONE, (struct sw_slice){seed, 57}), SW_ERR_UNSUPPORTED);
}

SW_TEST_SUITE(pkey_ed){
    SW_TEST(rfc8032_vectors),         SW_TEST(flipped_bits_and_wrong_lengths_are_refused),
    SW_TEST(a_larger_s_is_refused),   SW_TEST(keys_come_and_go),
    SW_TEST(other_types_are_refused),
};
