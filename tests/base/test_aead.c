/* AES-GCM: test cases 4, 14 and 16 of McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", appendix B. */
#include "base/aead.h"
#include "tests/test.h"
#include <string.h>

static const struct {
    const char *key, *nonce, *aad, *text, *sealed, *tag;
} cases[] = {
    {"feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657b"
     "a637b39",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973"
     "d58e091",
     "5bc94fbc3221a5db94fae95ae7121a47"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "",
     "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657b"
     "a637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0ab"
     "cc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};

struct message {
    struct sw_aead a;
    uint8_t nonce[12], aad[32], text[64], sealed[64], tag[16];
    size_t aad_len, len;
};

static void load(struct message *m, size_t i)
{
    uint8_t key[32];

    SW_ASSERT_OK(sw_aead_key(&m->a, key, sw_unhex(cases[i].key, key, sizeof key)));
    sw_unhex(cases[i].nonce, m->nonce, sizeof m->nonce);
    m->aad_len = sw_unhex(cases[i].aad, m->aad, sizeof m->aad);
    m->len = sw_unhex(cases[i].text, m->text, sizeof m->text);
    sw_unhex(cases[i].sealed, m->sealed, sizeof m->sealed);
    sw_unhex(cases[i].tag, m->tag, sizeof m->tag);
}

static void vectors(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct message m;
        uint8_t out[64], tag[16];

        load(&m, i);
        SW_ASSERT_OK(sw_aead_seal(&m.a, m.nonce, m.aad, m.aad_len, m.text, m.len, out, tag));
        SW_ASSERT_BYTES(out, m.sealed, m.len);
        SW_ASSERT_BYTES(tag, m.tag, 16);
        SW_ASSERT_OK(sw_aead_open(&m.a, m.nonce, m.aad, m.aad_len, out, m.len, out, tag)); /* in place */
        SW_ASSERT_BYTES(out, m.text, m.len);
        sw_aead_wipe(&m.a);
    }
}

static bool opens(struct message *m)
{
    uint8_t out[64];
    enum sw_err err = sw_aead_open(&m->a, m->nonce, m->aad, m->aad_len, m->sealed, m->len, out, m->tag);

    for (size_t i = 0; err && i < m->len; i++)
        CU_ASSERT_EQUAL(out[i], 0);
    CU_ASSERT(err == SW_OK || err == SW_ERR_CRYPTO);
    return err == SW_OK;
}

static void each_flipped_bit_is_refused(void)
{
    struct message m;
    load(&m, 2);
    struct {
        uint8_t *p;
        size_t len;
    } parts[] = {{m.nonce, 12}, {m.aad, m.aad_len}, {m.sealed, m.len}, {m.tag, 16}};

    CU_ASSERT(opens(&m));
    for (size_t part = 0; part < 4; part++)
        for (size_t bit = 0; bit < parts[part].len * 8; bit++) {
            parts[part].p[bit / 8] ^= (uint8_t)(1 << bit % 8);
            CU_ASSERT_FALSE(opens(&m));
            parts[part].p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    m.len--;
    CU_ASSERT_FALSE(opens(&m));
    m.len++;
    m.aad_len--;
    CU_ASSERT_FALSE(opens(&m));
}

static void key_lengths(void)
{
    const uint8_t key[33] = {1};
    struct sw_aead a;

    for (size_t len = 0; len <= 33; len++) {
        if (len == 16 || len == 24 || len == 32)
            SW_ASSERT_OK(sw_aead_key(&a, key, len));
        else
            SW_ASSERT_ERR(sw_aead_key(&a, key, len), SW_ERR_ARGUMENT);
    }
}

/* In pieces of every length, it is the same message as in one. */
static void pieces(void)
{
    enum { LEN = 1000 };
    static uint8_t text[LEN], whole[LEN], sealed[LEN], opened[LEN];
    const uint8_t key[32] = {7}, nonce[12] = {9};
    uint8_t want[16], tag[16];
    struct sw_aead a;

    for (size_t i = 0; i < LEN; i++)
        text[i] = (uint8_t)(i * 31);
    SW_ASSERT_OK(sw_aead_key(&a, key, sizeof key));
    SW_ASSERT_OK(sw_aead_seal(&a, nonce, NULL, 0, text, LEN, whole, want));
    for (size_t piece = 1; piece <= 70; piece++) {
        SW_ASSERT_OK(sw_aead_start(&a, nonce));
        for (size_t at = 0; at < LEN; at += piece)
            SW_ASSERT_OK(sw_aead_seal_more(&a, text + at, LEN - at < piece ? LEN - at : piece, sealed + at));
        SW_ASSERT_OK(sw_aead_seal_end(&a, tag));
        SW_ASSERT_BYTES(sealed, whole, LEN);
        SW_ASSERT_BYTES(tag, want, 16);
        SW_ASSERT_OK(sw_aead_start(&a, nonce));
        for (size_t at = 0; at < LEN; at += piece)
            SW_ASSERT_OK(sw_aead_open_more(&a, sealed + at, LEN - at < piece ? LEN - at : piece, opened + at));
        SW_ASSERT_OK(sw_aead_open_end(&a, tag));
        SW_ASSERT_BYTES(opened, text, LEN);
    }
    sw_aead_wipe(&a);
}

static void a_wrong_tag_after_pieces_is_refused(void)
{
    const uint8_t key[16] = {7}, nonce[12] = {9};
    uint8_t text[100] = {0}, tag[16];
    struct sw_aead a;

    SW_ASSERT_OK(sw_aead_key(&a, key, sizeof key));
    SW_ASSERT_OK(sw_aead_seal(&a, nonce, NULL, 0, text, sizeof text, text, tag));
    for (size_t bit = 0; bit < 128; bit++) {
        tag[bit / 8] ^= (uint8_t)(1 << bit % 8);
        SW_ASSERT_OK(sw_aead_start(&a, nonce));
        SW_ASSERT_OK(sw_aead_open_more(&a, text, sizeof text, text));
        SW_ASSERT_ERR(sw_aead_open_end(&a, tag), SW_ERR_CRYPTO);
        SW_ASSERT_OK(sw_aead_start(&a, nonce));
        SW_ASSERT_OK(sw_aead_seal_more(&a, text, sizeof text, text)); /* back again */
        tag[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    sw_aead_wipe(&a);
}

/* Past what is counted in 32 bits a message in pieces is refused, and not begun anew with the counter at zero. */
static void too_much_in_pieces(void)
{
    const uint8_t key[16] = {7}, nonce[12] = {9};
    uint8_t byte = 0;
    struct sw_aead a;

    SW_ASSERT_OK(sw_aead_key(&a, key, sizeof key));
    SW_ASSERT_OK(sw_aead_start(&a, nonce));
    a.streamed = SW_AEAD_STREAM_MAX - 1;
    SW_ASSERT_OK(sw_aead_seal_more(&a, &byte, 1, &byte));
    SW_ASSERT_ERR(sw_aead_seal_more(&a, &byte, 1, &byte), SW_ERR_SPACE);
    SW_ASSERT_ERR(sw_aead_open_more(&a, &byte, 1, &byte), SW_ERR_SPACE);
    sw_aead_wipe(&a);
}

SW_TEST_SUITE(aead){
    SW_TEST(vectors), SW_TEST(each_flipped_bit_is_refused),         SW_TEST(key_lengths),
    SW_TEST(pieces),  SW_TEST(a_wrong_tag_after_pieces_is_refused), SW_TEST(too_much_in_pieces),
};
