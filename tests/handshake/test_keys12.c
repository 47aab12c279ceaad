/*
 * TLS 1.2's key schedule. The PRF's vectors are those circulated on the IETF's TLS list in 2009 ("TLS 1.2 PRF test
 * vectors"); the rest was computed with Python's hmac, and the PRF again with `openssl kdf TLS1-PRF`.
 */
#include "handshake/keys12.h"
#include "include/sealwax.h"
#include "tests/test.h"
#include <string.h>

static const struct {
    enum sw_hash_id hash;
    const char *secret, *seed, *out;
} prf[] = {
    {SW_HASH_SHA256, "9bbe436ba940f017b17652849a71db35", "a0ba9f936cda311827a6f796ffd5198c",
     "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af"
     "0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701"
     "87347b66"},
    {SW_HASH_SHA384, "b80b733d6ceefcdc71566ea48e5567df", "cd665cf6a8447dd6ff8b27555edb7465",
     "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0"
     "e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425"
     "9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e099070"
     "3d73e56f"},
    {SW_HASH_SHA512, "b0323523c1853599584d88568bbb05eb", "d4640e12e4bcdbfb437f03e6ae418ee5",
     "1261f588c798c5c201ff036e7a9cb5edcd7fe3f94c669a122a4638d7d508b283042df6789875c7147e906d868bc75c45"
     "e20eb40c1cf4a1713b27371f68432592f7dc8ea8ef223e12ea8507841311bf68653d0cfc4056d811f025c45ddfa6e6fe"
     "c702f054b409d6f28dd0a3233e498da41a3e75c5630eedbe22fe254e33a1b0e9f6b9826675bec7d01a845658dc9c3975"
     "45401d40b9f46c7a400ee1b8f81ca0a60d1a397a1028bff5d2ef5066126842fb8da4197632bdb54ff6633f86bbc836e6"
     "40d4d898"},
};

/* What a handshake might have come to: bytes counting up from 1, 100, 200 and 50. */
struct inputs {
    uint8_t premaster[48], client[32], server[32], hash[64];
};

static struct inputs inputs(void)
{
    struct inputs in;

    for (size_t i = 0; i < 64; i++) {
        in.hash[i] = (uint8_t)(50 + i);
        if (i < 48)
            in.premaster[i] = (uint8_t)(1 + i);
        if (i < 32) {
            in.client[i] = (uint8_t)(100 + i);
            in.server[i] = (uint8_t)(200 + i);
        }
    }
    return in;
}

/* From these inputs; `block` is the beginning of the key block. */
static const struct {
    enum sw_hash_id hash;
    const char *master, *ems, *client_finished, *server_finished, *export_none, *export_empty, *export_context, *block;
} known[] = {
    {SW_HASH_SHA256, "0f1c1627858754afdf3d5cded1aee136b141a7ca3b306ecdfbb977e9fb4787d7ae40b2543010eacba45cfc64d89ae0af",
     "60cd2752f4f2a2917dd83b8b2eabe1425069d14aa34fb63348d85f37d5b3e15dd7c8b215899181bfbd157cd5186f6070",
     "fc011c53640f6fa61df82335", "e016feb3fab8299e04f10592",
     "b723e2fb083352acf99d4bbea0329adddbe629e5cbdd651e0a9edb70356e58006d6cb11d65cbadd3",
     "3eb1b3503092ec085e9e3ab01c16772cf68818a2825d0643b99a1de3ea5dc13cf6ce570ee650de7d",
     "13b141e7baa07073dca3411f7122494e2077caf599aaf51ec0a6039d29cf958c0bffd9eb577e5c0a",
     "0fc9a546446190259aa0a9d2504ae6d105ea83d5ac22d5ecd8cc28d29f593eff2c747bdfe3238ddfffb7a02e7e63f1a5"
     "ead0939ba937868cee8bbed5d6c6e832738ddf2c20fe66e402003c81e43ea2636198215dd3745ed69b8825ad5d62a145"
     "0adc77303e683412ebe2bd638c48037c036c8d3b696bd1d3024a1a0efb79e7d9ed15ce2d8a50f9565b3da9a3e4d4683c"
     "8dceb4bf4dd1f7b1385b6377d5c3b0b1d78bebfa9b1d604d28c3557c00b6eaded155d742369e0837b5dddb773d390a48"
     "aed306373372eac6e712f53e852d0cf7"},
    {SW_HASH_SHA384, "1f0fa5a23750dfd48d32e2920f8937d0a8c67f6c595709dc8ac8a2244d3359281a3905f54582875e3b6fa1a9daa3298e",
     "bad690c09e0d1847c661800898213f3080c5af04bbb8b27c517b37f0d9d56fe5e8c2d4ebcf6358d515a5c903e8e4c85b",
     "daeac255679415581c458772", "ac7ce58ce622bc2df7882c07",
     "3e5f72e4ddfc67526c7a13ae54fef789398312648fd63d41e7615789c68f4f2ca0b7627fb8e2f2a8",
     "3144eabe950570ca0079a39fdf796e0c6702618e9a794b5c0be7d01cdd3b60213f6373e50a4059bb",
     "862715c4de45714e07266f67d47eda434b198b61159237db63c90bd070c70a7d056f332379ac174f",
     "f3f32986d55e6f73ad861407f0e05434abbe99042c85de693ceb96c61a4fca4c1b6504dc5fb0e1580da91445d7808b4e"
     "9aa3b4c66c1ffb1d83a6d186b3b295043d163ea0dcf555850ff05a73f20fc2fd1c81423132c1e8e197847d94acb3b253"
     "2562a14c0ca1294334122149485fd5f13be7c0a6cc162f2275409c16ebd6971d3607e1109b1a421e37778d49e27f0770"
     "580b4272092b71d5b03167f06ad154eae031cfdff6bf0d2d5ff20d28ff4cf5235bc0955682ee9d4e691fddc634b3fcd2"
     "0182cd10bf659176dfe011ac847559c6"},
    {SW_HASH_SHA512, "d2fe3f8e0226006661db361e469cde27ecee41334a4de912b24a1c3a24abfee68c7c510bc96682b9ab2de5bc3a5f3de1",
     "bf1d82fa68a005d0e47799799263cfa438557ed7de5240d85262eae8e6a55bde1df494b3b4d04d6ba29f4a9db774602b",
     "cfd32770ac8e59b879c309f2", "6e4d835dfc05154611aea8d7",
     "5242817996a87def0f4a9d8553a8824ad637790ed854e6392f448fe05d5955aa35d9eb121261d16d",
     "12abecaf1cb2d2268887ae234290758c78c836cce8ff743c432154a92be0f40ceeb354ae6fb7d5f8",
     "a03cd2fcf7ea616b8e5498114f56491e0dc2df5cb139d52dbcc57d15ae29b233e829c9821c49a14e",
     "35031e678c5a6e357fb467ad16172741b8f539ef3a197976fb5069ecf26bda0f1800c77b37b802b07b4a08ef9d568d6f"
     "07f58d8c726b464bfb6129af8cc90bd1b0462a27842370a0ffe145706081db1d391b86e3470a3868585137c8b013fd32"
     "5105a8be1ffca229735ab1581437cd77bfa1db4875f1e488f7180ccce32d7f106972c89d28eade07d4d8fb281119561a"
     "19aca66ab7e986baaf05bd6ec61688b0572e66e2d58baf8c8712001e963b9c34773c50f3ab04774458d150eafed6458e"
     "93cafc4059423bd1d30006834a8f7edb"},
};

enum { KNOWN = sizeof known / sizeof known[0] };

static struct sw_slice slice(const void *p, size_t len)
{
    return (struct sw_slice){p, len};
}

static void prf_vectors(void)
{
    for (size_t i = 0; i < sizeof prf / sizeof prf[0]; i++) {
        uint8_t secret[16], seed[16], want[200], got[201];
        size_t len = sw_unhex(prf[i].out, want, sizeof want);

        sw_unhex(prf[i].secret, secret, sizeof secret);
        sw_unhex(prf[i].seed, seed, sizeof seed);
        /*
         * every length: the whole is cut, never padded, and nothing is written behind it; the seed in two pieces of
         * every size
         */
        for (size_t n = 0; n <= len; n++) {
            memset(got, 0xEE, sizeof got);
            SW_ASSERT_OK(sw_prf(prf[i].hash, secret, 16, "test label", slice(seed, n % 17),
                                slice(seed + n % 17, 16 - n % 17), got, n));
            SW_ASSERT_BYTES(got, want, n);
            CU_ASSERT_EQUAL(got[n], 0xEE);
        }
    }
}

static void prf_needs_a_hash(void)
{
    uint8_t out[4];

    SW_ASSERT_ERR(sw_prf(SW_HASH_NONE, "", 0, "x", slice(NULL, 0), slice(NULL, 0), out, 4), SW_ERR_ARGUMENT);
}

/* A secret longer than the hash's block is hashed first (RFC 2104 2), as an 8192-bit DHE premaster is. */
static void prf_long_secret(void)
{
    uint8_t secret[1024], digest[32], a[32], b[32];

    memset(secret, 0xA7, sizeof secret);
    SW_ASSERT_OK(sw_hash_once(SW_HASH_SHA256, secret, sizeof secret, digest));
    SW_ASSERT_OK(sw_prf(SW_HASH_SHA256, secret, sizeof secret, "x", slice(NULL, 0), slice(NULL, 0), a, 32));
    SW_ASSERT_OK(sw_prf(SW_HASH_SHA256, digest, sizeof digest, "x", slice(NULL, 0), slice(NULL, 0), b, 32));
    SW_ASSERT_BYTES(a, b, 32);
}

static void master_secrets(void)
{
    struct inputs in = inputs();

    for (size_t i = 0; i < KNOWN; i++) {
        uint8_t master[SW_MASTER_LEN];

        SW_ASSERT_OK(sw_keys12_master(known[i].hash, in.premaster, 48, in.client, in.server, master));
        SW_ASSERT_HEX(master, sizeof master, known[i].master);
        SW_ASSERT_OK(
            sw_keys12_master_ems(known[i].hash, in.premaster, 48, in.hash, sw_hash_len(known[i].hash), master));
        SW_ASSERT_HEX(master, sizeof master, known[i].ems);
    }
}

static void finished(void)
{
    struct inputs in = inputs();

    for (size_t i = 0; i < KNOWN; i++) {
        uint8_t master[SW_MASTER_LEN], verify[SW_VERIFY_DATA_LEN];
        size_t len = sw_hash_len(known[i].hash);

        sw_unhex(known[i].master, master, sizeof master);
        SW_ASSERT_OK(sw_keys12_finished(known[i].hash, master, true, in.hash, len, verify));
        SW_ASSERT_HEX(verify, sizeof verify, known[i].client_finished);
        SW_ASSERT_OK(sw_keys12_finished(known[i].hash, master, false, in.hash, len, verify));
        SW_ASSERT_HEX(verify, sizeof verify, known[i].server_finished);
    }
}

/*
 * The key block of every suite is cut where RFC 5246 6.3 says, and nowhere is a byte written that does not belong
 * there.
 */
static void key_block(void)
{
    struct inputs in = inputs();
    const struct sw_suite *s;

    for (size_t i = 0; (s = sw_suite_row(i)); i++) {
        struct sw_record_secrets c, v;
        uint8_t master[SW_MASTER_LEN], want[208];
        const uint8_t *at = want;
        size_t k = s->prf == SW_HASH_SHA256 ? 0 : s->prf == SW_HASH_SHA384 ? 1 : 2;
        size_t mac = sw_hash_len(s->mac), key = s->bulk->key_len, iv = s->bulk->fixed_iv_len;

        sw_unhex(known[k].master, master, sizeof master);
        sw_unhex(known[k].block, want, sizeof want);
        memset(&c, 0xEE, sizeof c);
        SW_ASSERT_OK(sw_keys12_expand(s, true, master, in.client, in.server, &c, &v));
        SW_ASSERT_BYTES(c.mac_key, at, mac);
        SW_ASSERT_BYTES(v.mac_key, at + mac, mac);
        at += 2 * mac;
        SW_ASSERT_BYTES(c.key, at, key);
        SW_ASSERT_BYTES(v.key, at + key, key);
        at += 2 * key;
        SW_ASSERT_BYTES(c.iv, at, iv);
        SW_ASSERT_BYTES(v.iv, at + iv, iv);
        CU_ASSERT_PTR_EQUAL(c.bulk, s->bulk);
        CU_ASSERT_EQUAL(v.mac, s->mac);
        CU_ASSERT_EQUAL(c.etm, s->bulk->kind == SW_BULK_CBC); /* RFC 7366 3 */
        CU_ASSERT_FALSE(c.tls13);
        CU_ASSERT_EQUAL(c.version, SW_TLS12);
        CU_ASSERT_EQUAL(c.seq, 0);
        CU_ASSERT_EQUAL(v.seq, 0);
        for (size_t j = mac; j < sizeof c.mac_key; j++)
            CU_ASSERT_EQUAL(c.mac_key[j], 0);
        for (size_t j = iv; j < sizeof v.iv; j++)
            CU_ASSERT_EQUAL(v.iv[j], 0);
        SW_ASSERT_OK(sw_keys12_expand(s, false, master, in.client, in.server, &c, &v));
        CU_ASSERT_FALSE(c.etm);
    }
}

static void exporters(void)
{
    struct inputs in = inputs();

    for (size_t i = 0; i < KNOWN; i++) {
        uint8_t master[SW_MASTER_LEN], out[40];

        sw_unhex(known[i].master, master, sizeof master);
        SW_ASSERT_OK(sw_keys12_export(known[i].hash, master, in.client, in.server, "EXPORTER-test", false,
                                      slice(NULL, 0), out, 40));
        SW_ASSERT_HEX(out, 40, known[i].export_none);
        SW_ASSERT_OK(sw_keys12_export(known[i].hash, master, in.client, in.server, "EXPORTER-test", true,
                                      slice(NULL, 0), out, 40));
        SW_ASSERT_HEX(out, 40, known[i].export_empty);
        SW_ASSERT_OK(sw_keys12_export(known[i].hash, master, in.client, in.server, "EXPORTER-test", true,
                                      slice("context", 7), out, 40));
        SW_ASSERT_HEX(out, 40, known[i].export_context);
    }
}

/* Contexts of 0 to 299 bytes: the SHA-256 of all the outputs, one behind the other. */
static void exporters_with_contexts_of_every_length(void)
{
    struct inputs in = inputs();
    uint8_t master[SW_MASTER_LEN], context[300], out[40], digest[32];
    struct sw_hash all;

    sw_unhex(known[0].master, master, sizeof master);
    SW_ASSERT_OK(sw_hash_init(&all, SW_HASH_SHA256));
    for (size_t n = 0; n < sizeof context; n++) {
        context[n] = (uint8_t)n;
        SW_ASSERT_OK(sw_keys12_export(SW_HASH_SHA256, master, in.client, in.server, "EXPORTER-test", true,
                                      slice(context, n), out, sizeof out));
        SW_ASSERT_OK(sw_hash_update(&all, out, sizeof out));
    }
    SW_ASSERT_OK(sw_hash_final(&all, digest));
    SW_ASSERT_HEX(digest, sizeof digest, "404f2d93173d1dbea6eda905eef92857f502e7ce30e90229d60725b5e05e65fe");
}

static void exporters_refuse(void)
{
    static const char *const labels[] = {"client finished",        "server finished", "master secret",
                                         "extended master secret", "key expansion",   "key expansion and more"};
    static uint8_t context[65536];
    struct inputs in = inputs();
    uint8_t out[16];

    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        SW_ASSERT_ERR(sw_keys12_export(SW_HASH_SHA256, in.premaster, in.client, in.server, labels[i], false,
                                       slice(NULL, 0), out, 16),
                      SW_ERR_ARGUMENT);
    SW_ASSERT_ERR(sw_keys12_export(SW_HASH_SHA256, in.premaster, in.client, in.server, "EXPORTER-x", true,
                                   slice(context, 65536), out, 16),
                  SW_ERR_ARGUMENT);
    SW_ASSERT_OK(sw_keys12_export(SW_HASH_SHA256, in.premaster, in.client, in.server, "EXPORTER-x", true,
                                  slice(context, 65535), out, 16));
    SW_ASSERT_OK(
        sw_keys12_export(SW_HASH_SHA256, in.premaster, in.client, in.server, "", false, slice(NULL, 0), out, 16));
}

SW_TEST_SUITE(keys12){
    SW_TEST(prf_vectors),      SW_TEST(prf_needs_a_hash),
    SW_TEST(prf_long_secret),  SW_TEST(master_secrets),
    SW_TEST(finished),         SW_TEST(key_block),
    SW_TEST(exporters),        SW_TEST(exporters_with_contexts_of_every_length),
    SW_TEST(exporters_refuse),
};
