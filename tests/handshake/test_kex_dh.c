/*
 * Finite-field Diffie-Hellman. The exchange was computed with Python's integers; its shared secret begins with a zero
 * byte.
 */
#include "base/hash.h"
#include "handshake/ffdhe.h"
#include "handshake/kex_dh.h"
#include "tests/test.h"
#include <string.h>

static const char own_secret[] = "800102030405060708090a0b0c0d0e0f101112131415161718191a1b1c";
static const char own_public_sha256[] = "1c3e8b4b75c93552960787d3cf0b40e43746f43bdc8c0fb0f263b7f1bcc39d75";
static const char peer_hex[] =
    "7f0922770dda6cb57fe2d822f202ad8cb9f2bc194a7f2fbc16c1a139f3da7033b36c830c810ddbfe45b8a2df412b8066469f"
    "d784440e7602d193587fba62071899fcc69dbefeb7bfa8c7985e5ab57568e6279211c5d6e3971c200519469bb10c21d4762a"
    "d642974548952f8e7e33898ac7f7827825d88490cb0642307c3849c9ec6555955a484c7d32c5d7be081f2e6d5633c93f1617"
    "007fb663e89b09df7203d2254c3d53e574bb914781c414cbe580086912dd983a5e0662a6b1d8a31ded9629c2ec40696795ba"
    "1640edddd8fcd20433bdc58d9355c47ab9892d9670efbbd799595fb0244f1b6c8d00ea553e6998d6870e2d3c5377b8430761"
    "9f913614cc20";
static const char shared_hex[] =
    "003268bbcbf421c3c15ce7ed88f6a47a78f544a125f11faa3b3e6c406e032fe67413d0d98f1e0fc03351e90cb24f1aedb0b9"
    "9548abd54894bec2c7007bc412a8b6dfb08afc542a9a885578c7ae1313f5a16e704ad299e8bad74197839d154cd7f6295ed8"
    "d5939676e7b8726f3fc52af6103cd22a12c27532a164b86bbdfd129edb91bc9d30c82ab1cfed11c5eb0aeb8874df24907643"
    "f8ca18c079a2e78273742dcb4e9247bb300998d338a1a7039d3b2aa0a8bdb24470e16d3a684880cb2f05e7a1b66880f9426c"
    "8491b5395b00f69b88c53bb6d3232fd671cc3bd04591e5fa41b96738cff0c8027f73291407b8e921b754b6aa541d99e990e9"
    "1c46a9dc3cfc";

static struct sw_slice slice(const void *p, size_t len)
{
    return (struct sw_slice){p, len};
}

static struct sw_kex ours(void)
{
    struct sw_kex kex;

    memset(&kex, 0, sizeof kex);
    kex.group = sw_group_by_id(SW_GROUP_FFDHE2048);
    kex.secret_len = sw_unhex(own_secret, kex.secret, sizeof kex.secret);
    return kex;
}

static void vector_zeros_kept(void)
{
    struct sw_kex kex = ours();
    uint8_t peer[256], out[SW_KEX_SECRET_MAX];
    size_t len = 0;

    sw_unhex(peer_hex, peer, sizeof peer);
    SW_ASSERT_OK(sw_kex_derive(&kex, slice(peer, sizeof peer), false, out, &len));
    SW_ASSERT_HEX(out, len, shared_hex);
}

/* RFC 5246 8.1.2. */
static void vector_zeros_stripped(void)
{
    struct sw_kex kex = ours();
    uint8_t peer[256], out[SW_KEX_SECRET_MAX];
    size_t len = 0;

    sw_unhex(peer_hex, peer, sizeof peer);
    SW_ASSERT_OK(sw_kex_derive(&kex, slice(peer, sizeof peer), true, out, &len));
    CU_ASSERT_EQUAL(len, 255);
    SW_ASSERT_HEX(out, len, shared_hex + 2);
}

/* 2 to our secret, from the other side: the peer's value is the generator's. */
static void vector_public_value(void)
{
    struct sw_kex kex = ours();
    uint8_t two = 2, out[SW_KEX_SECRET_MAX], digest[32];
    size_t len = 0;

    SW_ASSERT_OK(sw_kex_derive(&kex, slice(&two, 1), true, out, &len));
    CU_ASSERT_EQUAL(len, 256);
    SW_ASSERT_OK(sw_hash_once(SW_HASH_SHA256, out, len, digest));
    SW_ASSERT_HEX(digest, sizeof digest, own_public_sha256);
}

static enum sw_err derive_with(const uint8_t *y, size_t len, bool tls12)
{
    struct sw_kex kex = ours();
    uint8_t out[SW_KEX_SECRET_MAX];
    size_t n;

    return sw_kex_derive(&kex, slice(y, len), tls12, out, &n);
}

/* 0, 1, p - 1, p and all above are refused; 2 and p - 2 are the first that are not. */
static void range_of_the_peers_value(void)
{
    struct sw_kex kex = ours();
    struct sw_slice p, g;
    uint8_t y[SW_KEX_PUBLIC_MAX] = {0};

    sw_kex_dh_numbers(&kex, &p, &g);
    CU_ASSERT_EQUAL(g.len, 1);
    CU_ASSERT_EQUAL(g.p[0], 2);
    for (int tls12 = 0; tls12 < 2; tls12++) {
        memset(y, 0, sizeof y);
        SW_ASSERT_ERR(derive_with(y, 256, tls12), SW_ERR_KEY_SHARE);
        y[255] = 1;
        SW_ASSERT_ERR(derive_with(y, 256, tls12), SW_ERR_KEY_SHARE);
        y[255] = 2;
        SW_ASSERT_OK(derive_with(y, 256, tls12));
        memcpy(y, p.p, 256); /* p ends in FF */
        y[255] = 0xFD;
        SW_ASSERT_OK(derive_with(y, 256, tls12));
        for (unsigned last = 0xFE; last <= 0xFF; last++) {
            y[255] = (uint8_t)last;
            SW_ASSERT_ERR(derive_with(y, 256, tls12), SW_ERR_KEY_SHARE);
        }
        memset(y, 0xFF, sizeof y);
        SW_ASSERT_ERR(derive_with(y, 256, tls12), SW_ERR_KEY_SHARE);
        SW_ASSERT_ERR(derive_with(y, 257, tls12), SW_ERR_KEY_SHARE);
        SW_ASSERT_ERR(derive_with(y, sizeof y, tls12), SW_ERR_KEY_SHARE);
        y[255] = 0; /* above p, though its last byte is below p's */
        SW_ASSERT_ERR(derive_with(y, 256, tls12), SW_ERR_KEY_SHARE);
        SW_ASSERT_ERR(derive_with(y, 0, tls12), SW_ERR_KEY_SHARE);
    }
}

/* A number of TLS 1.2 comes with any zeros before it; one of TLS 1.3 is as long as p. */
static void length_of_the_peers_value(void)
{
    uint8_t y[300] = {0};

    y[299] = 5;
    for (size_t len = 1; len <= sizeof y; len++) {
        SW_ASSERT_OK(derive_with(y + sizeof y - len, len, true));
        if (len == 256)
            SW_ASSERT_OK(derive_with(y + sizeof y - len, len, false));
        else
            SW_ASSERT_ERR(derive_with(y + sizeof y - len, len, false), SW_ERR_KEY_SHARE);
    }
    y[299] = 1;
    SW_ASSERT_ERR(derive_with(y + 299, 1, true), SW_ERR_KEY_SHARE);
    y[299] = 0;
    SW_ASSERT_ERR(derive_with(y, 300, true), SW_ERR_KEY_SHARE);
}

/* A server that sends a group of RFC 7919 by its numbers is understood to have named it. */
static void known_groups_are_recognised(void)
{
    const uint8_t two[] = {0, 2}, five = 5;

    for (uint16_t id = 256; id <= 260; id++) {
        const struct sw_ffdhe *field = sw_ffdhe_by_id(id);
        uint8_t padded[1025] = {0};
        struct sw_kex kex;

        CU_ASSERT_PTR_NOT_NULL_FATAL(field);
        CU_ASSERT_PTR_EQUAL(sw_ffdhe_by_prime(field->p), field);
        if (!sw_group_by_id(id))
            continue;
        memcpy(padded + 1, field->p.p, field->p.len);
        SW_ASSERT_OK(sw_kex_generate_dh(&kex, slice(padded, field->p.len + 1), slice(two, 2)));
        CU_ASSERT_PTR_EQUAL(kex.group, sw_group_by_id(id));
        CU_ASSERT_EQUAL(kex.secret_len, field->exponent_len);
        CU_ASSERT_EQUAL(kex.public_len, field->p.len);
        CU_ASSERT(kex.secret[0] & 0x80);
    }
    /* with another generator it is somebody's own */
    struct sw_kex kex;
    SW_ASSERT_OK(sw_kex_generate_dh(&kex, sw_ffdhe_by_id(256)->p, slice(&five, 1)));
    CU_ASSERT_PTR_NULL(kex.group);
    CU_ASSERT_EQUAL(kex.secret_len, 255);
}

/* The same exchange through both sides' eyes: a server's numbers, and what a client makes of them. */
static void somebodys_own_group(void)
{
    struct sw_slice p = sw_ffdhe_by_id(256)->p;
    const uint8_t g = 7;
    uint8_t sa[SW_KEX_SECRET_MAX], sb[SW_KEX_SECRET_MAX];
    size_t la = 0, lb = 1;
    struct sw_kex a, b;

    SW_ASSERT_OK(sw_kex_generate_dh(&a, p, slice(&g, 1)));
    SW_ASSERT_OK(sw_kex_generate_dh(&b, p, slice(&g, 1)));
    SW_ASSERT_OK(sw_kex_derive(&a, slice(b.public_value, b.public_len), true, sa, &la));
    SW_ASSERT_OK(sw_kex_derive(&b, slice(a.public_value, a.public_len), true, sb, &lb));
    CU_ASSERT_EQUAL(la, lb);
    SW_ASSERT_BYTES(sa, sb, la);
}

/* Numbers that are no group, or too weak a one. */
static void bad_numbers(void)
{
    struct sw_slice p = sw_ffdhe_by_id(256)->p;
    uint8_t n[1025], g[256] = {0};
    struct sw_kex kex;

    memcpy(n, p.p, 256);
    SW_ASSERT_ERR(sw_kex_generate_dh(&kex, slice(n, 0), slice("\2", 1)), SW_ERR_WEAK_DH);
    SW_ASSERT_ERR(sw_kex_generate_dh(&kex, slice(g, 256), slice("\2", 1)), SW_ERR_WEAK_DH);
    SW_ASSERT_ERR(sw_kex_generate_dh(&kex, slice(n, 255), slice("\2", 1)), SW_ERR_WEAK_DH);
    SW_ASSERT_ERR(sw_kex_generate_dh(&kex, slice(n, 128), slice("\2", 1)), SW_ERR_WEAK_DH);
    n[0] = 0x7F; /* 2047 bits */
    SW_ASSERT_ERR(sw_kex_generate_dh(&kex, slice(n, 256), slice("\2", 1)), SW_ERR_WEAK_DH);
    n[0] = 0xFF;
    n[255] = 0xFE; /* even */
    SW_ASSERT_ERR(sw_kex_generate_dh(&kex, slice(n, 256), slice("\2", 1)), SW_ERR_KEY_SHARE);
    SW_ASSERT_ERR(sw_kex_generate_dh(&kex, p, slice(g, 0)), SW_ERR_KEY_SHARE);
    SW_ASSERT_ERR(sw_kex_generate_dh(&kex, p, slice(g, 1)), SW_ERR_KEY_SHARE);
    g[255] = 1;
    SW_ASSERT_ERR(sw_kex_generate_dh(&kex, p, slice(g, 256)), SW_ERR_KEY_SHARE);
    memcpy(g, p.p, 256);
    g[255] = 0xFE; /* p - 1 */
    SW_ASSERT_ERR(sw_kex_generate_dh(&kex, p, slice(g, 256)), SW_ERR_KEY_SHARE);
    g[255] = 0xFF;
    SW_ASSERT_ERR(sw_kex_generate_dh(&kex, p, slice(g, 256)), SW_ERR_KEY_SHARE);
    memset(n, 0xFF, sizeof n); /* 8200 bits */
    SW_ASSERT_ERR(sw_kex_generate_dh(&kex, slice(n, sizeof n), slice("\2", 1)), SW_ERR_KEY_SHARE);
}

/* A prime of a length that no table has: 2056 bits. */
static void odd_lengths(void)
{
    uint8_t p[257], sa[SW_KEX_SECRET_MAX], sb[SW_KEX_SECRET_MAX];
    size_t la = 0, lb = 1;
    struct sw_kex a, b;

    /* not a prime, which changes nothing about the arithmetic */
    memset(p, 0xA5, sizeof p);
    SW_ASSERT_OK(sw_kex_generate_dh(&a, slice(p, sizeof p), slice("\3", 1)));
    SW_ASSERT_OK(sw_kex_generate_dh(&b, slice(p, sizeof p), slice("\3", 1)));
    CU_ASSERT_EQUAL(a.public_len, sizeof p);
    CU_ASSERT_EQUAL(a.secret_len, sizeof p - 1);
    SW_ASSERT_OK(sw_kex_derive(&a, slice(b.public_value, b.public_len), false, sa, &la));
    SW_ASSERT_OK(sw_kex_derive(&b, slice(a.public_value, a.public_len), false, sb, &lb));
    CU_ASSERT_EQUAL(la, sizeof p);
    CU_ASSERT_EQUAL(lb, sizeof p);
    SW_ASSERT_BYTES(sa, sb, sizeof p);
}

/* A value whose order divides the exponent: the result 1 is refused, not used. */
static void result_one_is_refused(void)
{
    /* p = 2^2056 - 1 is odd; modulo it 2^8 has order 257, and an exponent that is a multiple of 257 gives 1. */
    uint8_t p[257], out[SW_KEX_SECRET_MAX];
    const uint8_t y[] = {1, 0};
    size_t len;
    struct sw_kex kex;

    memset(p, 0xFF, sizeof p);
    memset(&kex, 0, sizeof kex);
    kex.p = slice(p, sizeof p);
    kex.g = slice(y, sizeof y);
    kex.secret_len = 2;
    kex.secret[0] = 0x80; /* 0x8080 = 128 * 257 */
    kex.secret[1] = 0x80;
    SW_ASSERT_ERR(sw_kex_derive(&kex, slice(y, sizeof y), true, out, &len), SW_ERR_KEY_SHARE);
    kex.secret[1] = 0x81;
    SW_ASSERT_OK(sw_kex_derive(&kex, slice(y, sizeof y), true, out, &len));
    CU_ASSERT_EQUAL(len, 2);
    CU_ASSERT_EQUAL(out[0], 1);
    CU_ASSERT_EQUAL(out[1], 0);
}

SW_TEST_SUITE(kex_dh){
    SW_TEST(vector_zeros_kept),
    SW_TEST(vector_zeros_stripped),
    SW_TEST(vector_public_value),
    SW_TEST(range_of_the_peers_value),
    SW_TEST(length_of_the_peers_value),
    SW_TEST(known_groups_are_recognised),
    SW_TEST(somebodys_own_group),
    SW_TEST(bad_numbers),
    SW_TEST(odd_lengths),
    SW_TEST(result_one_is_refused),
};
