/*
 * Hashes: the examples of FIPS 180-4 (NIST's "SHA Examples"), RFC 1321 A.5. HMAC: RFC 2202, RFC 4231. Every value was
 * compared with Python's hashlib when it was written down.
 */
#include "base/hash.h"
#include "base/wipe.h"
#include "tests/test.h"
#include <stdlib.h>
#include <string.h>

static const struct {
    enum sw_hash_id id;
    const char *name;
    size_t len, block;
    const char *empty, *abc, *two_blocks, *million;
} hashes[] = {
    {SW_HASH_MD5, "MD5", 16, 64, "d41d8cd98f00b204e9800998ecf8427e", "900150983cd24fb0d6963f7d28e17f72",
     "8215ef0796a20bcaaae116d3876c664a", "7707d6ae4e027c70eea2a935c2296f21"},
    {SW_HASH_SHA1, "SHA-1", 20, 64, "da39a3ee5e6b4b0d3255bfef95601890afd80709",
     "a9993e364706816aba3e25717850c26c9cd0d89d", "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
     "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
    {SW_HASH_SHA224, "SHA-224", 28, 64, "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f",
     "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
     "75388b16512776cc5dba5da1fd890150b0c6455cb4f58b1952522525",
     "20794655980c91d8bbb4c1ea97618a4bf03f42581948b2ee4ee7ad67"},
    {SW_HASH_SHA256, "SHA-256", 32, 64, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    {SW_HASH_SHA384, "SHA-384", 48, 128,
     "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
     "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039",
     "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b07b8b3dc38ecc4ebae97ddd87f3d8985"},
    {SW_HASH_SHA512, "SHA-512", 64, 128,
     "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a"
     "538327af927da3e",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2"
     "a9ac94fa54ca49f",
     "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545"
     "e96e55b874be909",
     "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4"
     "eadb217ad8cc09b"},
};

enum { HASHES = sizeof hashes / sizeof hashes[0] };

static const char two_blocks_256[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
static const char two_blocks_512[] =
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
    "lmnopqrsmnopqrstnopqrstu";

static const char *two_blocks(size_t i)
{
    return hashes[i].block == 64 ? two_blocks_256 : two_blocks_512;
}

static void facts(void)
{
    for (size_t i = 0; i < HASHES; i++) {
        const struct sw_hash_info *info = sw_hash_info(hashes[i].id);

        CU_ASSERT_PTR_NOT_NULL_FATAL(info);
        CU_ASSERT_STRING_EQUAL(info->name, hashes[i].name);
        CU_ASSERT_EQUAL(info->len, hashes[i].len);
        CU_ASSERT_EQUAL(info->block, hashes[i].block);
        CU_ASSERT_EQUAL(sw_hash_len(hashes[i].id), hashes[i].len);
        CU_ASSERT(info->len <= SW_HASH_MAX && info->block <= SW_HASH_BLOCK_MAX);
    }
    CU_ASSERT_EQUAL(HASHES, SW_HASH_COUNT - 1);
    CU_ASSERT_PTR_NULL(sw_hash_info(SW_HASH_NONE));
    CU_ASSERT_PTR_NULL(sw_hash_info(SW_HASH_COUNT));
    CU_ASSERT_PTR_NULL(sw_hash_info((enum sw_hash_id) - 1));
    CU_ASSERT_EQUAL(sw_hash_len(SW_HASH_NONE), 0);
}

static void examples(void)
{
    char *million = malloc(1000000);

    if (million == NULL)
        abort();
    memset(million, 'a', 1000000);
    for (size_t i = 0; i < HASHES; i++) {
        uint8_t out[SW_HASH_MAX];

        SW_ASSERT_OK(sw_hash_once(hashes[i].id, NULL, 0, out));
        SW_ASSERT_HEX(out, hashes[i].len, hashes[i].empty);
        SW_ASSERT_OK(sw_hash_once(hashes[i].id, "abc", 3, out));
        SW_ASSERT_HEX(out, hashes[i].len, hashes[i].abc);
        SW_ASSERT_OK(sw_hash_once(hashes[i].id, two_blocks(i), strlen(two_blocks(i)), out));
        SW_ASSERT_HEX(out, hashes[i].len, hashes[i].two_blocks);
        SW_ASSERT_OK(sw_hash_once(hashes[i].id, million, 1000000, out));
        SW_ASSERT_HEX(out, hashes[i].len, hashes[i].million);
    }
    free(million);
}

/* Two pieces, cut everywhere; the digest so far at the cut, which changes nothing; and the context used again. */
static void in_pieces(void)
{
    uint8_t msg[300], whole[SW_HASH_MAX], part[SW_HASH_MAX], out[SW_HASH_MAX];

    for (size_t i = 0; i < sizeof msg; i++)
        msg[i] = (uint8_t)(i * 13);
    for (size_t i = 0; i < HASHES; i++) {
        struct sw_hash h;

        SW_ASSERT_OK(sw_hash_once(hashes[i].id, msg, sizeof msg, whole));
        SW_ASSERT_OK(sw_hash_init(&h, hashes[i].id));
        for (size_t cut = 0; cut <= sizeof msg; cut++) {
            SW_ASSERT_OK(sw_hash_update(&h, msg, cut));
            SW_ASSERT_OK(sw_hash_once(hashes[i].id, msg, cut, part));
            SW_ASSERT_OK(sw_hash_peek(&h, out));
            SW_ASSERT_BYTES(out, part, hashes[i].len);
            SW_ASSERT_OK(sw_hash_update(&h, msg + cut, sizeof msg - cut));
            SW_ASSERT_OK(sw_hash_final(&h, out));
            SW_ASSERT_BYTES(out, whole, hashes[i].len);
        }
    }
}

/* The header promises that a context may be copied by assignment: neither copy must notice the other. */
static void copies_are_independent(void)
{
    for (size_t i = 0; i < HASHES; i++) {
        struct sw_hash a, b;
        uint8_t out[SW_HASH_MAX];

        SW_ASSERT_OK(sw_hash_init(&a, hashes[i].id));
        SW_ASSERT_OK(sw_hash_update(&a, "a", 1));
        b = a;
        SW_ASSERT_OK(sw_hash_update(&a, "xyz", 3));
        SW_ASSERT_OK(sw_hash_final(&a, out));
        sw_wipe(&a, sizeof a);
        SW_ASSERT_OK(sw_hash_update(&b, "bc", 2));
        SW_ASSERT_OK(sw_hash_final(&b, out));
        SW_ASSERT_HEX(out, hashes[i].len, hashes[i].abc);
    }
}

static void unknown_hashes_are_refused(void)
{
    struct sw_hash h;
    struct sw_hmac m;
    uint8_t out[SW_HASH_MAX];

    SW_ASSERT_ERR(sw_hash_init(&h, SW_HASH_NONE), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(sw_hash_update(&h, "a", 1), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(sw_hash_final(&h, out), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(sw_hash_peek(&h, out), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(sw_hash_once(SW_HASH_COUNT, "a", 1, out), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(sw_hmac_key(&m, SW_HASH_NONE, "k", 1), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(sw_hmac_once(SW_HASH_COUNT, "k", 1, "a", 1, out), SW_ERR_UNSUPPORTED);
}

/* --- HMAC --------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *source, *key, *msg;
    const char *mac[SW_HASH_COUNT]; /* by hash; NULL: the source has none */
} macs[] = {
    {"RFC 4231 4.2",
     "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
     "4869205468657265",
     {[SW_HASH_SHA224] = "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22",
      [SW_HASH_SHA256] = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
      [SW_HASH_SHA384] =
          "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
      [SW_HASH_SHA512] = "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f"
                         "4e4be9d914eeb61f1702e696c203a126854"}},
    {"RFC 4231 4.3",
     "4a656665",
     "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     {[SW_HASH_SHA224] = "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44",
      [SW_HASH_SHA256] = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      [SW_HASH_SHA384] =
          "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
      [SW_HASH_SHA512] = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e"
                         "6fdcaeab1a34d4a6b4b636e070a38bce737"}},
    {"RFC 4231 4.4",
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
     {[SW_HASH_SHA224] = "7fb3cb3588c6c1f6ffa9694d7d6ad2649365b0c1f65d69d1ec8333ea",
      [SW_HASH_SHA256] = "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
      [SW_HASH_SHA384] =
          "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27",
      [SW_HASH_SHA512] = "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c"
                         "807b946a337bee8942674278859e13292fb"}},
    {"RFC 4231 4.5",
     "0102030405060708090a0b0c0d0e0f10111213141516171819",
     "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
     {[SW_HASH_SHA224] = "6c11506874013cac6a2abc1bb382627cec6a90d86efc012de7afec5a",
      [SW_HASH_SHA256] = "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
      [SW_HASH_SHA384] =
          "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e6801dd23c4a7d679ccf8a386c674cffb",
      [SW_HASH_SHA512] = "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc5788"
                         "063a5f19741120c4f2de2adebeb10a298dd"}},
    {"RFC 4231 4.6",
     "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
     "546573742057697468205472756e636174696f6e",
     {[SW_HASH_SHA224] = "0e2aea68a90c8d37c988bcdb9fca6fa8",
      [SW_HASH_SHA256] = "a3b6167473100ee06e0c796c2955552b",
      [SW_HASH_SHA384] = "3abf34c3503b2a23a46efc619baef897",
      [SW_HASH_SHA512] = "415fad6271580a531d4179bc891d87a6"}},
    {"RFC 4231 4.7",
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
     {[SW_HASH_SHA224] = "95e9a0db962095adaebe9b2d6f0dbce2d499f112f2d2b7273fa6870e",
      [SW_HASH_SHA256] = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
      [SW_HASH_SHA384] =
          "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
      [SW_HASH_SHA512] = "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1"
                         "e5295e64f73f63f0aec8b915a985d786598"}},
    {"RFC 4231 4.8",
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b657920616e642061206"
     "c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565647320746f206265206861736865642062"
     "65666f7265206265696e6720757365642062792074686520484d414320616c676f726974686d2e",
     {[SW_HASH_SHA224] = "3a854166ac5d9f023f54d517d0b39dbd946770db9c2b95c9f6f565d1",
      [SW_HASH_SHA256] = "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
      [SW_HASH_SHA384] =
          "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c46523e",
      [SW_HASH_SHA512] = "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4d"
                         "e15134676fb6de0446065c97440fa8c6a58"}},
    {"RFC 2202 2, case 1",
     "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
     "4869205468657265",
     {[SW_HASH_MD5] = "9294727a3638bb1c13f48ef8158bfc9d"}},
    {"RFC 2202 2, case 2 and 3, case 2",
     "4a656665",
     "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     {[SW_HASH_MD5] = "750c783e6ab0b503eaa86e310a5db738", [SW_HASH_SHA1] = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"}},
    {"RFC 2202 2, case 6 and 3, case 6",
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
     {[SW_HASH_MD5] = "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd", [SW_HASH_SHA1] = "aa4ae5e15272d00e95705637ce8a3b55ed402112"}},
    {"RFC 2202 3, case 1",
     "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
     "4869205468657265",
     {[SW_HASH_SHA1] = "b617318655057264e28bc0b6fb378c8ef146be00"}},
};

static void rfc_vectors(void)
{
    for (size_t i = 0; i < sizeof macs / sizeof macs[0]; i++)
        for (size_t h = 0; h < HASHES; h++) {
            enum sw_hash_id id = hashes[h].id;
            uint8_t key[200], msg[200], out[SW_HASH_MAX];
            size_t klen = sw_unhex(macs[i].key, key, sizeof key), len = sw_unhex(macs[i].msg, msg, sizeof msg);

            if (macs[i].mac[id] == NULL)
                continue;
            SW_ASSERT_OK(sw_hmac_once(id, key, klen, msg, len, out));
            SW_ASSERT_HEX(out, strlen(macs[i].mac[id]) / 2, macs[i].mac[id]); /* one case is cut to 128 bits */
        }
}

/* A key serves message after message, in pieces; a copy of its states serves too. */
static void a_key_is_kept(void)
{
    for (size_t h = 0; h < HASHES; h++) {
        struct sw_hmac m, copy;
        uint8_t msg[150], want[SW_HASH_MAX], out[SW_HASH_MAX];

        memset(msg, 0x3c, sizeof msg);
        SW_ASSERT_OK(sw_hmac_key(&m, hashes[h].id, "the key", 7));
        for (size_t len = 0; len <= sizeof msg; len++) {
            SW_ASSERT_OK(sw_hmac_once(hashes[h].id, "the key", 7, msg, len, want));
            SW_ASSERT_OK(sw_hmac_update(&m, msg, len / 2));
            copy = m;
            SW_ASSERT_OK(sw_hmac_update(&m, msg, len - len / 2));
            SW_ASSERT_OK(sw_hmac_final(&m, out));
            SW_ASSERT_BYTES(out, want, hashes[h].len);
            SW_ASSERT_OK(sw_hmac_update(&copy, msg, len - len / 2));
            SW_ASSERT_OK(sw_hmac_final(&copy, out));
            SW_ASSERT_BYTES(out, want, hashes[h].len);
        }
    }
}

/*
 * RFC 2104 2: a key of a block's length is used as it is, a longer one is hashed first, a shorter one filled up with
 * zeroes.
 */
static void key_lengths(void)
{
    for (size_t h = 0; h < HASHES; h++) {
        uint8_t key[130] = {0}, a[SW_HASH_MAX], b[SW_HASH_MAX], digest[SW_HASH_MAX];
        size_t block = hashes[h].block;

        memset(key, 0x77, block + 1);
        SW_ASSERT_OK(sw_hash_once(hashes[h].id, key, block + 1, digest));
        SW_ASSERT_OK(sw_hmac_once(hashes[h].id, key, block + 1, "m", 1, a));
        SW_ASSERT_OK(sw_hmac_once(hashes[h].id, digest, hashes[h].len, "m", 1, b));
        SW_ASSERT_BYTES(a, b, hashes[h].len);
        SW_ASSERT_OK(sw_hmac_once(hashes[h].id, key, block, "m", 1, b));
        CU_ASSERT_NOT_EQUAL(memcmp(a, b, hashes[h].len), 0);
        key[block - 1] = 0;
        SW_ASSERT_OK(sw_hmac_once(hashes[h].id, key, block, "m", 1, a));
        SW_ASSERT_OK(sw_hmac_once(hashes[h].id, key, block - 1, "m", 1, b));
        SW_ASSERT_BYTES(a, b, hashes[h].len);
        memset(key, 0, block);
        SW_ASSERT_OK(sw_hmac_once(hashes[h].id, key, block, "m", 1, a));
        SW_ASSERT_OK(sw_hmac_once(hashes[h].id, NULL, 0, "m", 1, b));
        SW_ASSERT_BYTES(a, b, hashes[h].len);
    }
}

/* RFC 3279 2.2.1, RFC 5754 2; the bytes are those of "openssl asn1parse -genstr OID:...". */
static void object_identifiers(void)
{
    static const struct {
        enum sw_hash_id id;
        const char *oid;
    } rows[] = {{SW_HASH_SHA1, "2b0e03021a"},
                {SW_HASH_SHA224, "608648016503040204"},
                {SW_HASH_SHA256, "608648016503040201"},
                {SW_HASH_SHA384, "608648016503040202"},
                {SW_HASH_SHA512, "608648016503040203"}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sw_oid *oid = &sw_hash_info(rows[i].id)->oid;

        SW_ASSERT_HEX(oid->der, oid->len, rows[i].oid);
        CU_ASSERT_EQUAL(sw_hash_by_oid((struct sw_slice){oid->der, oid->len}), rows[i].id);
        CU_ASSERT_EQUAL(sw_hash_by_oid((struct sw_slice){oid->der, oid->len - 1u}), SW_HASH_NONE);
    }
    CU_ASSERT_EQUAL(sw_hash_by_oid((struct sw_slice){NULL, 0}), SW_HASH_NONE);
}

static void strong_hashes(void)
{
    for (unsigned id = 0; id < SW_HASH_COUNT; id++)
        CU_ASSERT_EQUAL(sw_hash_is_strong((enum sw_hash_id)id),
                        id == SW_HASH_SHA256 || id == SW_HASH_SHA384 || id == SW_HASH_SHA512);
}

SW_TEST_SUITE(hash){
    SW_TEST(facts),
    SW_TEST(object_identifiers),
    SW_TEST(strong_hashes),
    SW_TEST(examples),
    SW_TEST(in_pieces),
    SW_TEST(copies_are_independent),
    SW_TEST(unknown_hashes_are_refused),
    SW_TEST(rfc_vectors),
    SW_TEST(a_key_is_kept),
    SW_TEST(key_lengths),
};
