/*
 * Key exchange. Vectors: RFC 7748 5.2 (x25519, x448), RFC 5903 8 (NIST curves); values not in an RFC were computed with
 * plain integer arithmetic in Python.
 */
#include "handshake/kex.h"
#include "tests/test.h"
#include <stdio.h>
#include <string.h>

/* A half of an exchange whose private part is given. */
static struct sw_kex with_secret(uint16_t group, const char *hex)
{
    struct sw_kex kex;

    memset(&kex, 0, sizeof kex);
    kex.group = sw_group_by_id(group);
    CU_ASSERT_PTR_NOT_NULL_FATAL(kex.group);
    kex.secret_len = sw_unhex(hex, kex.secret, sizeof kex.secret);
    if (group == SW_GROUP_X25519) {
        kex.secret[0] &= 248;
        kex.secret[31] = (uint8_t)((kex.secret[31] & 127) | 64);
    } else if (group == SW_GROUP_X448) {
        kex.secret[0] &= 252;
        kex.secret[55] |= 128;
    }
    return kex;
}

static enum sw_err derive(const struct sw_kex *kex, const char *peer_hex, bool strip, uint8_t *out, size_t *len)
{
    uint8_t peer[SW_KEX_PUBLIC_MAX + 1];
    size_t n = sw_unhex(peer_hex, peer, sizeof peer);

    return sw_kex_derive(kex, (struct sw_slice){peer, n}, strip, out, len);
}

static void expect_shared(uint16_t group, const char *secret, const char *peer, const char *shared)
{
    struct sw_kex kex = with_secret(group, secret);
    uint8_t out[SW_KEX_SECRET_MAX];
    size_t len = 0;

    SW_ASSERT_OK(derive(&kex, peer, false, out, &len));
    SW_ASSERT_HEX(out, len, shared);
}

static void expect_refused(uint16_t group, const char *secret, const char *peer)
{
    struct sw_kex kex = with_secret(group, secret);
    uint8_t out[SW_KEX_SECRET_MAX];
    size_t len;

    SW_ASSERT_ERR(derive(&kex, peer, false, out, &len), SW_ERR_KEY_SHARE);
}

#define SCALAR_25519 "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"
#define SCALAR_448                                                                                                     \
    "3d262fddf9ec8e88495266fea19a34d28882acef045104d0d1aae121700a779c984c24f8cdd78fbff44943eba368f54b29259a4f1c600ad3"

static void x25519_vectors(void)
{
    expect_shared(SW_GROUP_X25519, SCALAR_25519, "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
                  "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
    /* the top bit of this one is set */
    expect_shared(SW_GROUP_X25519, "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
                  "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
                  "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
    /* 5, and p + 5, which is taken for it */
    expect_shared(SW_GROUP_X25519, SCALAR_25519, "0500000000000000000000000000000000000000000000000000000000000000",
                  "50e87fe55e186ff59bcfb758e02f341b4f62573826bb2d28ec182949a4e9cf1f");
    expect_shared(SW_GROUP_X25519, SCALAR_25519, "f2ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                  "50e87fe55e186ff59bcfb758e02f341b4f62573826bb2d28ec182949a4e9cf1f");
    expect_shared(SW_GROUP_X25519, SCALAR_25519, "f2ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                  "50e87fe55e186ff59bcfb758e02f341b4f62573826bb2d28ec182949a4e9cf1f");
}

static void x448_vectors(void)
{
    expect_shared(
        SW_GROUP_X448, SCALAR_448,
        "06fce640fa3487bfda5f6cf2d5263f8aad88334cbd07437f020f08f9814dc031ddbdc38c19c6da2583fa5429db94ada18aa7a7fb"
        "4ef8a086",
        "ce3e4ff95a60dc6697da1db1d85e6afbdf79b50a2412d7546d5f239fe14fbaadeb445fc66a01b0779d98223961111e21766282f7"
        "3dd96b6f");
    expect_shared(
        SW_GROUP_X448,
        "203d494428b8399352665ddca42f9de8fef600908e0d461cb021f8c538345dd77c3e4806e25f46d3315c44e0a5b4371282dd2c8d"
        "5be3095f",
        "0fbcc2f993cd56d3305b0b7d9e55d4c1a8fb5dbb52f8e9a1e9b6201b165d015894e56c4d3570bee52fe205e28a78b91cdfbde71c"
        "e8d157db",
        "884a02576239ff7a2f2f63b2db6a9ff37047ac13568e1e30fe63c4a7ad1b3ee3a5700df34321d62077e63633c575c1c954514e99"
        "da7c179d");
    /* p + 5 is taken for 5 */
    expect_shared(
        SW_GROUP_X448, SCALAR_448,
        "04000000000000000000000000000000000000000000000000000000ffffffffffffffffffffffffffffffffffffffffffffffff"
        "ffffffff",
        "078dc8e73158e3a63345f6729d0a386435b4d7ad2e033aa413985a60b443956007427dd89e81a36dc0db81752cc338824369985b"
        "4ae58c7d");
}

/* RFC 7748 5.2: k, u = X(k, u), k a thousand times, from the base point. */
static void iterate(uint16_t group, size_t len, uint8_t base, const char *once, const char *thousand)
{
    uint8_t k[56] = {base}, u[56] = {base}, out[SW_KEX_SECRET_MAX];

    for (int i = 0; i < 1000; i++) {
        char hex[113];
        size_t n;
        for (size_t j = 0; j < len; j++)
            (void)sprintf(hex + 2 * j, "%02x", k[j]);
        struct sw_kex kex = with_secret(group, hex);
        if (!SW_ASSERT_OK(sw_kex_derive(&kex, (struct sw_slice){u, len}, false, out, &n)))
            return;
        memcpy(u, k, len);
        memcpy(k, out, len);
        if (i == 0)
            SW_ASSERT_HEX(k, len, once);
    }
    SW_ASSERT_HEX(k, len, thousand);
}

static void montgomery_iterated(void)
{
    iterate(SW_GROUP_X25519, 32, 9, "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079",
            "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
    iterate(
        SW_GROUP_X448, 56, 5,
        "3f482c8a9f19b01e6c46ee9711d9dc14fd4bf67af30765c2ae2b846a4d23a8cd0db897086239492caf350b51f833868b9bc2b3bca9cf"
        "4113",
        "aa3b4749d55b9daf1e5b00288826c467274ce3ebbdd5c17b975e09d4af6c67cf10d087202db88286e2b79fceea3ec353ef54faa26e21"
        "9f38");
}

static void x25519_refuses(void)
{
    static const char *const bad[] = {
        "",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c00",
        /* small orders: 0, 1, p-1, p, p+1, and the two of order 8; the first also with its top bit set */
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_refused(SW_GROUP_X25519, SCALAR_25519, bad[i]);
}

static void x448_refuses(void)
{
    static const char *const bad[] = {
        "",
        "06fce640fa3487bfda5f6cf2d5263f8aad88334cbd07437f020f08f9814dc031ddbdc38c19c6da2583fa5429db94ada18aa7a7fb4ef8a"
        "0",
        "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "00",
        "01000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "00",
        "fefffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffffffffffffffffffffffffffffffffffffffffffffff"
        "ff",
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffffffffffffffffffffffffffffffffffffffffffffff"
        "ff",
        "00000000000000000000000000000000000000000000000000000000ffffffffffffffffffffffffffffffffffffffffffffffffffff"
        "ff",
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_refused(SW_GROUP_X448, SCALAR_448, bad[i]);
}

/* RFC 5903 8: the initiator's scalar, the responder's point, the shared x coordinate. */
static const struct {
    uint16_t group;
    const char *secret, *peer, *shared;
    const char *not_reduced; /* a point on the curve, its x coordinate plus p */
    const char *reduced;     /* the same, written properly */
} nist[] = {
    {23, "C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433",
     "04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
     "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
     "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE",
     "04ffffffff00000001000000000000000000000001000000000000000000000004"
     "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc",
     "040000000000000000000000000000000000000000000000000000000000000005"
     "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc"},
    {24, "099F3C7034D4A2C699884D73A375A67F7624EF7C6B3C0F160647B67414DCE655E35B538041E649EE3FAEF896783AB194",
     "04e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d0d1ac43a0336def96fda41d0774a3571"
     "dcfbec7aacf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c",
     "11187331C279962D93D604243FD592CB9D0A926F422E47187521287E7156C5C4D603135569B9E9D09CF5D4A270F59746",
     "04fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff000000000000000100000001"
     "8cdeadbbd04911a3c1931e26df3fa6439dca9c7eb286fbd46fc319f0e2bb780232baf57825fc0c1912ada2fefe84024c",
     "04000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000002"
     "8cdeadbbd04911a3c1931e26df3fa6439dca9c7eb286fbd46fc319f0e2bb780232baf57825fc0c1912ada2fefe84024c"},
    {25,
     "0037ADE9319A89F4DABDB3EF411AACCCA5123C61ACAB57B5393DCE47608172A095AA85A30FE1C2952C6771D937BA9777F5957B2639BAB0724"
     "62F"
     "68C27A57382D4A52",
     "0400d0b3975ac4b799f5bea16d5e13e9af971d5e9b984c9f39728b5e5739735a219b97c356436adc6e95bb0352f6be64a6c2912d4ef2d0433"
     "ced"
     "2b6171640012d9460f"
     "015c68226383956e3bd066e797b623c27ce0eac2f551a10c2c724d9852077b87220b6536c5c408a1d2aebb8e86d678ae49cb57091f4732296"
     "579"
     "ab44fcd17f0fc56a",
     "01144C7D79AE6956BC8EDB8E7C787C4521CB086FA64407F97894E5E6B2D79B04D1427E73CA4BAA240A34786859810C06B3C715A3A8CC3151F"
     "2BE"
     "E417996D19F3DDEA",
     "04020000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "000"
     "0000000000000000000010e59be93c4f269c0269c79e2afd65d6aeaa9b701eacc194fb3ee03df47849bf550ec636ebee0ddd4a16f1cd94066"
     "05a"
     "f38f584567770e3f272d688c832e843564",
     "04000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "000"
     "0000000000000000010010e59be93c4f269c0269c79e2afd65d6aeaa9b701eacc194fb3ee03df47849bf550ec636ebee0ddd4a16f1cd94066"
     "05a"
     "f38f584567770e3f272d688c832e843564"},
};

enum { NIST = sizeof nist / sizeof nist[0] };

static void nist_vectors(void)
{
    for (size_t i = 0; i < NIST; i++)
        expect_shared(nist[i].group, nist[i].secret, nist[i].peer, nist[i].shared);
}

/* The x coordinate of this secret begins with a zero byte, which stays (RFC 8422 5.10). */
static void nist_keeps_leading_zeros(void)
{
    struct sw_kex kex = with_secret(23, nist[0].secret);
    uint8_t out[SW_KEX_SECRET_MAX];
    size_t len = 0;

    for (int strip = 0; strip < 2; strip++) {
        SW_ASSERT_OK(derive(&kex,
                            "04b27173911c0025f9cae5391a2bae96c4e77de6dfa8c487f44f5f7b8944247ecf"
                            "52cbbc5ed3b99d62dc4fd6939384e2806aedc4606e8f899990d017c909870c48",
                            strip, out, &len));
        SW_ASSERT_HEX(out, len, "0046ca4f92457c842b7992451c88fe61e833773a46384393b8346a280b2358aa");
    }
}

static void refuse_changed(const struct sw_kex *kex, const uint8_t *point, size_t len)
{
    uint8_t out[SW_KEX_SECRET_MAX];
    size_t n;

    SW_ASSERT_ERR(sw_kex_derive(kex, (struct sw_slice){point, len}, false, out, &n), SW_ERR_KEY_SHARE);
}

static void nist_refuses(void)
{
    for (size_t i = 0; i < NIST; i++) {
        struct sw_kex kex = with_secret(nist[i].group, nist[i].secret);
        uint8_t good[140], bad[140];
        size_t len = sw_unhex(nist[i].peer, good, sizeof good);
        good[len] = 0;

        for (size_t cut = 0; cut < len; cut++)
            refuse_changed(&kex, good, cut);
        refuse_changed(&kex, good, len + 1);
        for (unsigned form = 0; form < 256; form++) {
            memcpy(bad, good, len);
            bad[0] = (uint8_t)form;
            if (form != 4) {
                refuse_changed(&kex, bad, len);
                refuse_changed(&kex, bad, (len + 1) / 2); /* a compressed one's length */
            }
        }
        for (size_t at = 1; at < len; at++) { /* off the curve */
            memcpy(bad, good, len);
            bad[at] ^= 1;
            refuse_changed(&kex, bad, len);
        }
        memset(bad + 1, 0, len - 1);
        bad[0] = 4;
        refuse_changed(&kex, bad, len);
    }
}

static void nist_refuses_coordinates_not_reduced(void)
{
    for (size_t i = 0; i < NIST; i++) {
        struct sw_kex kex = with_secret(nist[i].group, nist[i].secret);
        uint8_t out[SW_KEX_SECRET_MAX];
        size_t len;

        SW_ASSERT_OK(derive(&kex, nist[i].reduced, false, out, &len));
        expect_refused(nist[i].group, nist[i].secret, nist[i].not_reduced);
    }
}

/* Each group: two fresh halves agree, on as many bytes as the row says. */
static void generated_halves_agree(void)
{
    const struct sw_group *group;

    for (size_t i = 0; (group = sw_group_row(i)); i++) {
        struct sw_kex a, b;
        uint8_t sa[SW_KEX_SECRET_MAX], sb[SW_KEX_SECRET_MAX];
        size_t la = 0, lb = 0;

        SW_ASSERT_OK(sw_kex_generate(&a, group));
        SW_ASSERT_OK(sw_kex_generate(&b, group));
        CU_ASSERT_EQUAL(a.public_len, group->public_len);
        CU_ASSERT(a.secret_len <= SW_KEX_ROW_PRIVATE_MAX); /* what a server keeps has room for it */
        CU_ASSERT(memcmp(a.public_value, b.public_value, a.public_len) != 0);
        SW_ASSERT_OK(sw_kex_derive(&a, (struct sw_slice){b.public_value, b.public_len}, false, sa, &la));
        SW_ASSERT_OK(sw_kex_derive(&b, (struct sw_slice){a.public_value, a.public_len}, false, sb, &lb));
        CU_ASSERT_EQUAL(la, group->shared_len);
        CU_ASSERT_EQUAL(lb, group->shared_len);
        SW_ASSERT_BYTES(sa, sb, la);
        sw_kex_wipe(&a);
        for (size_t j = 0; j < sizeof a.secret; j++)
            CU_ASSERT_EQUAL(a.secret[j], 0);
    }
}

/* A source that counts its calls and gives the same bytes each time it is started anew. */
struct source {
    unsigned calls, good; /* the first `good` calls give 0x11, 0x12...; the others fail */
    uint8_t fixed;        /* not 0: every byte */
};

static enum sw_err draw(void *ctx, void *out, size_t len)
{
    struct source *s = ctx;

    if (s->calls++ >= s->good)
        return SW_ERR_RANDOM;
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = s->fixed ? s->fixed : (uint8_t)(0x11 + i);
    return SW_OK;
}

/* With a source of its own a test sees the same keys every time; what a broken source gives is not used. */
static void a_source_of_ones_own(void)
{
    const struct sw_group *group;

    for (size_t i = 0; (group = sw_group_row(i)) && group->bits <= 4096; i++) {
        struct source first = {0, 1, 0}, second = {0, 1, 0}, broken = {0, 0, 0};
        struct sw_kex a, b, c;
        uint8_t sa[SW_KEX_SECRET_MAX], sc[SW_KEX_SECRET_MAX];
        size_t la = 0, lc = 0;

        SW_ASSERT_OK(sw_kex_generate_from(&a, &(struct sw_rand){draw, &first}, group));
        SW_ASSERT_OK(sw_kex_generate_from(&b, &(struct sw_rand){draw, &second}, group));
        SW_ASSERT_BYTES(a.public_value, b.public_value, a.public_len);
        CU_ASSERT_EQUAL(a.secret[2], 0x13);
        SW_ASSERT_ERR(sw_kex_generate_from(&b, &(struct sw_rand){draw, &broken}, group), SW_ERR_RANDOM);
        CU_ASSERT_EQUAL(b.secret[2], 0);
        SW_ASSERT_OK(sw_kex_generate(&c, group)); /* and they work with others' */
        SW_ASSERT_OK(sw_kex_derive(&a, (struct sw_slice){c.public_value, c.public_len}, false, sa, &la));
        SW_ASSERT_OK(sw_kex_derive(&c, (struct sw_slice){a.public_value, a.public_len}, false, sc, &lc));
        CU_ASSERT_EQUAL(la, lc);
        SW_ASSERT_BYTES(sa, sc, la);
    }
}

/* Scalars at or above the order, and zero, are drawn again; a source that knows nothing else is given up. */
static void scalars_out_of_range_are_drawn_again(void)
{
    static const uint16_t groups[] = {23, 24, 25};

    for (size_t i = 0; i < 3; i++) {
        struct source high = {0, 1000, 0xFF};
        struct sw_kex kex;

        SW_ASSERT_ERR(sw_kex_generate_from(&kex, &(struct sw_rand){draw, &high}, sw_group_by_id(groups[i])),
                      SW_ERR_RANDOM);
        CU_ASSERT(high.calls > 1 && high.calls < 1000);
    }
}

static void rows_are_found(void)
{
    const struct sw_group *group;
    size_t n = 0;

    for (; (group = sw_group_row(n)); n++) {
        CU_ASSERT_PTR_EQUAL(sw_group_by_id(group->id), group);
        CU_ASSERT_PTR_EQUAL(sw_group_by_name(group->name, strlen(group->name)), group);
        if (group->openssl_name)
            CU_ASSERT_PTR_EQUAL(sw_group_by_name(group->openssl_name, strlen(group->openssl_name)), group);
    }
    CU_ASSERT(n >= 8);
    CU_ASSERT_PTR_NULL(sw_group_row(n));
    CU_ASSERT_PTR_NULL(sw_group_by_id(0x0A0A));
    CU_ASSERT_PTR_NULL(sw_group_by_id(0));
    CU_ASSERT_PTR_NULL(sw_group_by_name("x2551", 5));
    CU_ASSERT_PTR_NULL(sw_group_by_name("x25519 ", 7));
    CU_ASSERT_PTR_NULL(sw_group_by_name("", 0));
}

SW_TEST_SUITE(kex){
    SW_TEST(rows_are_found),
    SW_TEST(x25519_vectors),
    SW_TEST(x25519_refuses),
    SW_TEST(x448_vectors),
    SW_TEST(x448_refuses),
    SW_TEST(montgomery_iterated),
    SW_TEST(nist_vectors),
    SW_TEST(nist_keeps_leading_zeros),
    SW_TEST(nist_refuses),
    SW_TEST(nist_refuses_coordinates_not_reduced),
    SW_TEST(generated_halves_agree),
    SW_TEST(a_source_of_ones_own),
    SW_TEST(scalars_out_of_range_are_drawn_again),
};
