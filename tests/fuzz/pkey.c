/*
 * Signatures, public keys and padded blocks from anybody. The first byte chooses: a signature for one of a few keys and
 * a fixed message, a key for a fixed signature, or a block to take the padding from. Only the true signature and the
 * true key may be accepted.
 */
#include "base/pkey.h"
#include "base/rsa_pad.h"
#include "tests/vectors/pkey.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KEYS = 5, BLOCK = 128 };

struct bytes {
    uint8_t p[600];
    size_t len;
};

/* A key, the scheme it is used with, and what OpenSSL signed with it. */
struct known {
    struct sw_pubkey pub;
    const struct sw_sigscheme *scheme;
    struct bytes n, e, point, sig;
    bool one_form; /* a message has one signature with this key */
};

static struct known keys[KEYS];
static struct bytes message;

static struct bytes unhex(const char *hex)
{
    struct bytes b = {{0}, strlen(hex) / 2};

    for (size_t i = 0; i < b.len; i++) {
        const char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};

        b.p[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return b;
}

static void rsa(struct known *k, uint16_t scheme, const char *sig)
{
    k->n = unhex(rsa1024_n);
    k->e = unhex(rsa1024_e);
    k->sig = unhex(sig);
    k->scheme = sw_sigscheme_by_id(scheme);
    k->one_form = k->scheme->padding == SW_SIG_PKCS1;
    k->pub = (struct sw_pubkey){.type = SW_KEY_RSA, .bits = 1024, .n = {k->n.p, k->n.len}, .e = {k->e.p, k->e.len}};
}

static void ec(struct known *k, uint16_t curve, const char *point, const char *sig)
{
    k->point = unhex(point);
    k->sig = unhex(sig);
    k->scheme = sw_sigscheme_by_id(0x0403);
    k->pub = (struct sw_pubkey){.type = SW_KEY_EC, .curve = curve, .point = {k->point.p, k->point.len}};
}

static void set_up(void)
{
    message = unhex(pkey_message);
    rsa(&keys[0], 0x0401, rsa1024_pkcs1_sha256);
    rsa(&keys[1], 0x0804, rsa1024_pss_sha256);
    ec(&keys[2], SW_CURVE_P256, p256_point, p256_sha256);
    ec(&keys[3], SW_CURVE_P384, p384_point, p384_sha256);
    ec(&keys[4], SW_CURVE_P521, p521_point, p521_sha256);
    for (size_t i = 0; i < KEYS; i++)
        if (sw_pubkey_verify(&keys[i].pub, keys[i].scheme, message.p, message.len, keys[i].sig.p, keys[i].sig.len))
            abort();
}

/* ECDSA leaves a second form open: n - s for s. Its length may differ by a byte; the bytes of r do not. */
static bool known_form(const struct known *k, const uint8_t *sig, size_t len)
{
    size_t head = k->sig.p[1] == 0x81 ? 3 : 2, r_len = k->sig.p[head + 1];

    if (len == k->sig.len && memcmp(sig, k->sig.p, len) == 0)
        return true;
    return !k->one_form && k->pub.type == SW_KEY_EC && len > head + 2 + r_len &&
           memcmp(sig + head, k->sig.p + head, 2 + r_len) == 0;
}

static void try_signature(const struct known *k, const uint8_t *sig, size_t len)
{
    enum sw_err err = sw_pubkey_verify(&k->pub, k->scheme, message.p, message.len, sig, len);

    if (err != SW_ERR_SIGNATURE && (err != SW_OK || !known_form(k, sig, len)))
        abort();
}

/* RSA: exponent in the first eight bytes. Such a key may be accepted where it is the true one alone. */
static void try_key(const struct known *k, const uint8_t *data, size_t size)
{
    struct sw_pubkey pub = k->pub;
    enum sw_err err;

    if (k->pub.type == SW_KEY_EC) {
        pub.point = (struct sw_slice){data, size};
    } else if (size < 8) {
        return;
    } else {
        pub.e = (struct sw_slice){data, 8};
        pub.n = (struct sw_slice){data + 8, size - 8};
        while (pub.e.len > 0 && pub.e.p[0] == 0) {
            pub.e.p++;
            pub.e.len--;
        }
    }
    err = sw_pubkey_verify(&pub, k->scheme, message.p, message.len, k->sig.p, k->sig.len);
    if (err != SW_ERR_SIGNATURE && (err != SW_OK || !sw_pubkey_eq(&pub, &k->pub)))
        abort();
}

static void try_block(const uint8_t *data, size_t size)
{
    uint8_t block[BLOCK] = {0}, copy[BLOCK], out[BLOCK];
    size_t len = 0;

    memcpy(block, data, size < BLOCK ? size : BLOCK);
    memcpy(copy, block, BLOCK);
    if (sw_rsa_unpad_pkcs1(copy, BLOCK, out, &len) == SW_OK &&
        (len > BLOCK - 11 || memcmp(out, block + BLOCK - len, len) != 0 || block[BLOCK - len - 1] != 0))
        abort();
    memcpy(copy, block, BLOCK);
    if (sw_rsa_unpad_oaep(SW_HASH_SHA1, copy, BLOCK, out, &len) == SW_OK && len > BLOCK - 42)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (message.len == 0)
        set_up();
    if (size < 1)
        return 0;
    if (data[0] < KEYS)
        try_signature(&keys[data[0]], data + 1, size - 1);
    else if (data[0] < 2 * KEYS)
        try_key(&keys[data[0] - KEYS], data + 1, size - 1);
    else
        try_block(data + 1, size - 1);
    return 0;
}
