/*
 * TLS 1.3's key schedule: the traces of RFC 8448 3 (a full handshake) and 4 (resumed, with early data), for SHA-256;
 * the values for SHA-384, the exporters and the updated secret were computed with Python's hmac.
 */
#include "handshake/keys13.h"
#include "include/sealwax.h"
#include "tests/test.h"
#include <string.h>

static const struct sw_slice none = {NULL, 0};

static const char shared[] = "8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d";
static const char hello_hash[] = "860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8";
static const char verify_hash[] = "edb7725fa7a3473b031ec8ef65a2485493900138a2b91291407d7951a06110ed";
static const char server_finished_hash[] = "9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13";
static const char client_finished_hash[] = "209145a96ee8e2a122ff810047cc952684658d6049e86429426db87c54ad143d";
static const char client_handshake[] = "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21";
static const char server_handshake[] = "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38";
static const char client_application[] = "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5";
static const char server_application[] = "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643";
static const char exporter[] = "fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50";
static const char resumption[] = "7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c";
static const char psk[] = "4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3";

static struct sw_slice unhex(const char *hex, uint8_t *buf)
{
    return (struct sw_slice){buf, sw_unhex(hex, buf, 64)};
}

static void expect_derived(const struct sw_keys13 *k, enum sw_keys13_label label, const char *hash, const char *want)
{
    uint8_t th[64], out[64];

    SW_ASSERT_OK(sw_keys13_derive(k, label, hash ? unhex(hash, th).p : NULL, out));
    SW_ASSERT_HEX(out, sw_hash_len(k->hash), want);
}

static void stages_of_the_trace(void)
{
    struct sw_keys13 k;
    uint8_t buf[64];

    SW_ASSERT_OK(sw_keys13_early(&k, SW_HASH_SHA256, none));
    SW_ASSERT_HEX(k.secret, 32, "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a");
    SW_ASSERT_OK(sw_keys13_next(&k, unhex(shared, buf)));
    SW_ASSERT_HEX(k.secret, 32, "1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac");
    expect_derived(&k, SW_KEYS13_CLIENT_HANDSHAKE, hello_hash, client_handshake);
    expect_derived(&k, SW_KEYS13_SERVER_HANDSHAKE, hello_hash, server_handshake);
    SW_ASSERT_OK(sw_keys13_next(&k, none));
    SW_ASSERT_HEX(k.secret, 32, "18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919");
    expect_derived(&k, SW_KEYS13_CLIENT_APPLICATION, server_finished_hash, client_application);
    expect_derived(&k, SW_KEYS13_SERVER_APPLICATION, server_finished_hash, server_application);
    expect_derived(&k, SW_KEYS13_EXPORTER, server_finished_hash, exporter);
    expect_derived(&k, SW_KEYS13_RESUMPTION, client_finished_hash, resumption);
    sw_keys13_wipe(&k);
    for (size_t i = 0; i < sizeof k.secret; i++)
        CU_ASSERT_EQUAL(k.secret[i], 0);
}

static void keys_of_the_trace(void)
{
    static const struct {
        const char *secret, *key, *iv;
    } rows[] = {
        {client_handshake, "dbfaa693d1762c5b666af5d950258d01", "5bd3c71b836e0b76bb73265f"},
        {server_handshake, "3fce516009c21727d0f2e4e86ee403bc", "5d313eb2671276ee13000b30"},
        {client_application, "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9"},
        {server_application, "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sw_record_secrets s;
        uint8_t buf[64];
        SW_ASSERT_OK(sw_keys13_traffic(sw_suite_by_id(0x1301), unhex(rows[i].secret, buf).p, &s));
        SW_ASSERT_HEX(s.key, 16, rows[i].key);
        SW_ASSERT_HEX(s.iv, 12, rows[i].iv);
        CU_ASSERT_TRUE(s.tls13);
        CU_ASSERT_EQUAL(s.version, SW_TLS12);
        CU_ASSERT_EQUAL(s.seq, 0);
        CU_ASSERT_EQUAL(s.mac, SW_HASH_NONE);
        CU_ASSERT_PTR_EQUAL(s.bulk, &sw_bulk_aes128_gcm);
        for (size_t j = 16; j < sizeof s.key; j++)
            CU_ASSERT_EQUAL(s.key[j], 0);
    }
}

static void finished_of_the_trace(void)
{
    uint8_t base[64], th[64], out[64];

    SW_ASSERT_OK(sw_keys13_finished(SW_HASH_SHA256, unhex(server_handshake, base).p, unhex(verify_hash, th).p, out));
    SW_ASSERT_HEX(out, 32, "9b9b141d906337fbd2cbdce71df4deda4ab42c309572cb7fffee5454b78f0718");
    SW_ASSERT_OK(
        sw_keys13_finished(SW_HASH_SHA256, unhex(client_handshake, base).p, unhex(server_finished_hash, th).p, out));
    SW_ASSERT_HEX(out, 32, "a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61");
}

static void ticket_of_the_trace(void)
{
    const uint8_t nonce[2] = {0, 0};
    uint8_t res[64], out[64];

    SW_ASSERT_OK(sw_keys13_psk(SW_HASH_SHA256, unhex(resumption, res).p, (struct sw_slice){nonce, 2}, out));
    SW_ASSERT_HEX(out, 32, psk);
}

/* RFC 8448 4. */
static void resumed_trace(void)
{
    struct sw_keys13 k;
    uint8_t buf[64], th[64], binder[64];

    SW_ASSERT_OK(sw_keys13_early(&k, SW_HASH_SHA256, unhex(psk, buf)));
    SW_ASSERT_HEX(k.secret, 32, "9b2188e9b2fc6d64d71dc329900e20bb41915000f678aa839cbb797cb7d8332c");
    expect_derived(&k, SW_KEYS13_RES_BINDER, NULL, "69fe131a3bbad5d63c64eebcc30e395b9d8107726a13d074e389dbc8a4e47256");
    SW_ASSERT_OK(sw_keys13_derive(&k, SW_KEYS13_RES_BINDER, NULL, buf));
    SW_ASSERT_OK(sw_keys13_finished(
        SW_HASH_SHA256, buf, unhex("63224b2e4573f2d3454ca84b9d009a04f6be9e05711a8396473aefa01e924a14", th).p, binder));
    SW_ASSERT_HEX(binder, 32, "3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d");
    expect_derived(&k, SW_KEYS13_CLIENT_EARLY, "08ad0fa05d7c7233b1775ba2ff9f4c5b8b59276b7f227f13a976245f5d960913",
                   "3fbbe6a60deb66c30a32795aba0eff7eaa10105586e7be5c09678d63b6caab62");
}

static void updated_secret(void)
{
    uint8_t secret[64];

    unhex(server_application, secret);
    SW_ASSERT_OK(sw_keys13_update(SW_HASH_SHA256, secret));
    SW_ASSERT_HEX(secret, 32, "51921b8aa3001976eb401d0a4319a8516416a6c56001a357e5d162031e84f916");
}

static void exported(void)
{
    uint8_t secret[64], out[40];

    unhex(exporter, secret);
    SW_ASSERT_OK(sw_keys13_export(SW_HASH_SHA256, secret, "EXPORTER-test",
                                  (struct sw_slice){(const uint8_t *)"context", 7}, out, 40));
    SW_ASSERT_HEX(out, 40, "6b42f9f9156843559fc98feed480120e49314d669b27529015fe4759a5284e6ae158bb66c2d12a60");
    SW_ASSERT_OK(sw_keys13_export(SW_HASH_SHA256, secret, "EXPORTER-test", none, out, 40));
    SW_ASSERT_HEX(out, 40, "c0ae425c1e11b4fcafcd747d75b2ed10d72089970cd324f4e24383ceed7fc07ee8ee49f55601b510");
}

static void with_sha384(void)
{
    struct sw_keys13 k;
    struct sw_record_secrets s;
    uint8_t input[56], th[48], secret[64], out[100];

    for (size_t i = 0; i < sizeof input; i++)
        input[i] = (uint8_t)i;
    memcpy(th, input, sizeof th);
    SW_ASSERT_OK(sw_keys13_early(&k, SW_HASH_SHA384, none));
    SW_ASSERT_HEX(k.secret, 48,
                  "7ee8206f5570023e6dc7519eb1073bc4e791ad37b5c382aa10ba18e2357e716971f9362f2c2fe2a76bfd78dfec4ea9b5");
    SW_ASSERT_OK(sw_keys13_next(&k, (struct sw_slice){input, sizeof input}));
    SW_ASSERT_HEX(k.secret, 48,
                  "43b012f7e6c36532146813d2909e48f68ea8691d80dbca4baa7711449e4c737e3b21128dd4b53785901ac755197777ed");
    SW_ASSERT_OK(sw_keys13_next(&k, none));
    SW_ASSERT_HEX(k.secret, 48,
                  "731cab19bc6bb82458ff15c1dd2ddb67800b9a527bf503a97effa653039e7f69296f939518a3a7552d9296801093e06f");
    SW_ASSERT_OK(sw_keys13_derive(&k, SW_KEYS13_SERVER_APPLICATION, th, secret));
    SW_ASSERT_HEX(secret, 48,
                  "db05d115d7ca3c4d6333c1072ba915b9d6001ff68b1dfb423dce32af6bd56202bd9cb22d5a269c0297fbe39875810501");
    SW_ASSERT_OK(sw_keys13_traffic(sw_suite_by_id(0x1302), secret, &s));
    SW_ASSERT_HEX(s.key, 32, "cd73191717b1011b69396d1a7bcce6f29ab68702768fc105b1a0bf0c4f2e1f6b");
    SW_ASSERT_HEX(s.iv, 12, "c8a4333677121c99ee10b679");
    SW_ASSERT_OK(sw_keys13_finished(SW_HASH_SHA384, secret, th, out));
    SW_ASSERT_HEX(out, 48,
                  "75aae846e7426382daec90a4eff3757e1937ce95da8f9a3a73ddb4b3c5743f75e2e8326dd8cc3f7f726881c9680255e4");
    SW_ASSERT_OK(sw_keys13_update(SW_HASH_SHA384, secret));
    SW_ASSERT_HEX(secret, 48,
                  "fa9dc35bf70da0fd4636ed02e62e238e990385551874da86db037d20d22ca2eaa126d46ec24bdf61defda90d1a9afb8d");
    SW_ASSERT_OK(sw_keys13_derive(&k, SW_KEYS13_EXPORTER, th, secret));
    SW_ASSERT_OK(sw_keys13_export(SW_HASH_SHA384, secret, "EXPORTER-test",
                                  (struct sw_slice){(const uint8_t *)"context", 7}, out, 100));
    SW_ASSERT_HEX(out, 100,
                  "043ae3bc5b538a9ad2ef7e36d7763db26a354f9876a5a070ddbf969c2f5194485041fd34961baa73328c304dbdab5a3b08f1"
                  "adc2fa9d236d89a208e0"
                  "0787ac66072889f30bb1a6966f65c8a50bc8dfee84757562c3035e48cf4c27b66a641e0f5ffa92b3");
}

static void limits(void)
{
    struct sw_keys13 k;
    char label[251];
    uint8_t secret[64] = {1}, context[256] = {0};
    static uint8_t out[255 * 32 + 1];

    memset(label, 'x', sizeof label - 1);
    label[250] = '\0';
    SW_ASSERT_ERR(sw_hkdf_expand_label(SW_HASH_SHA256, secret, label, none, out, 32), SW_ERR_ARGUMENT);
    label[249] = '\0';
    SW_ASSERT_OK(sw_hkdf_expand_label(SW_HASH_SHA256, secret, label, (struct sw_slice){context, 255}, out, 32));
    SW_ASSERT_ERR(sw_hkdf_expand_label(SW_HASH_SHA256, secret, label, (struct sw_slice){context, 256}, out, 32),
                  SW_ERR_ARGUMENT);
    SW_ASSERT_OK(sw_hkdf_expand_label(SW_HASH_SHA256, secret, "x", none, out, 255 * 32));
    SW_ASSERT_ERR(sw_hkdf_expand_label(SW_HASH_SHA256, secret, "x", none, out, 255 * 32 + 1), SW_ERR_ARGUMENT);
    SW_ASSERT_ERR(sw_keys13_export(SW_HASH_SHA256, secret, "x", none, out, 255 * 32 + 1), SW_ERR_ARGUMENT);
    SW_ASSERT_ERR(sw_keys13_early(&k, SW_HASH_NONE, none), SW_ERR_ARGUMENT);
    SW_ASSERT_ERR(sw_keys13_next(&k, none), SW_ERR_ARGUMENT);
}

SW_TEST_SUITE(keys13){
    SW_TEST(stages_of_the_trace),
    SW_TEST(keys_of_the_trace),
    SW_TEST(finished_of_the_trace),
    SW_TEST(ticket_of_the_trace),
    SW_TEST(resumed_trace),
    SW_TEST(updated_secret),
    SW_TEST(exported),
    SW_TEST(with_sha384),
    SW_TEST(limits),
};
