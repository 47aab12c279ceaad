/*
 * What base/ costs over wolfCrypt: each primitive by our function and by the bare wolfCrypt call under it, in this
 * thread, CPU time, the best of interleaved rounds. The last column is ours over theirs; the one before it counts
 * allocations of one call of ours.
 *
 *   prim [--seconds S] [--markdown]
 */
#include "base/hash.h"
#include "base/pkey.h"
#include "base/rand.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/hmac.h>
#include <wolfssl/wolfcrypt/random.h>
#include <wolfssl/wolfcrypt/rsa.h>

enum { ROUNDS = 5, BULK = 16384, SMALL = 77 /* a TLS 1.2 record of 64 bytes, header included */ };

/* --- allocations -------------------------------------------------------------------------------------------------- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);

static unsigned long allocations;

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

/* --- what is measured --------------------------------------------------------------------------------------------- */

static struct {
    struct sw_privkey *rsa, *p256, *ed25519;
    struct sw_hmac hmac;
    RsaKey w_rsa;
    ecc_key w_p256, w_p256_pub;
    ed25519_key w_ed25519;
    Hmac w_hmac;
    WC_RNG w_rng;
    uint8_t digest[32], info[51]; /* the digest, and its DigestInfo */
    uint8_t rsa_sig[256], rsa_enc[256], pss_sig[256], ec_sig[128], ed_sig[64];
    size_t ec_len;
    uint8_t bulk[BULK];
} t;

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "prim: %s failed\n", what);
    exit(1);
}

#define RSA_PKCS1 sw_sigscheme_by_id(0x0401)
#define RSA_PSS sw_sigscheme_by_id(0x0804)
#define ECDSA sw_sigscheme_by_id(0x0403)
#define ED25519 sw_sigscheme_by_id(0x0807)

static void our_rsa_verify(void)
{
    must(sw_pubkey_verify_digest(sw_privkey_public(t.rsa), RSA_PKCS1, t.digest, t.rsa_sig, 256) == SW_OK, "RSA verify");
}

static void wolf_rsa_verify(void)
{
    uint8_t out[256];

    must(wc_RsaSSL_Verify(t.rsa_sig, 256, out, sizeof out, &t.w_rsa) == (int)sizeof t.info, "wc_RsaSSL_Verify");
}

static void our_rsa_sign(void)
{
    uint8_t sig[SW_SIG_MAX];
    size_t len;

    must(sw_privkey_sign_digest(t.rsa, RSA_PKCS1, t.digest, sig, &len) == SW_OK, "RSA sign");
}

/* With the check that ours makes: what is compared is what it costs to do the same. */
static void wolf_rsa_sign(void)
{
    uint8_t sig[256], out[256];

    must(wc_RsaSSL_Sign(t.info, sizeof t.info, sig, sizeof sig, &t.w_rsa, &t.w_rng) == 256, "wc_RsaSSL_Sign");
    must(wc_RsaSSL_Verify(sig, 256, out, sizeof out, &t.w_rsa) == (int)sizeof t.info, "wc_RsaSSL_Verify");
}

static void our_premaster(void)
{
    uint8_t out[48] = {0};

    must(sw_privkey_decrypt_premaster(t.rsa, t.rsa_enc, 256, 0x0303, out) == SW_OK && out[0] == 3, "premaster");
}

static void wolf_premaster(void)
{
    uint8_t out[256];

    must(wc_RsaPrivateDecrypt(t.rsa_enc, 256, out, sizeof out, &t.w_rsa) == 48, "wc_RsaPrivateDecrypt");
}

static void our_rsa_encrypt(void)
{
    uint8_t out[256];

    must(sw_pubkey_encrypt_pkcs1(sw_privkey_public(t.rsa), t.digest, 32, out, sizeof out) == SW_OK, "RSA encrypt");
}

static void wolf_rsa_encrypt(void)
{
    uint8_t out[256];

    must(wc_RsaPublicEncrypt(t.digest, 32, out, sizeof out, &t.w_rsa, &t.w_rng) == 256, "wc_RsaPublicEncrypt");
}

static void our_pss_verify(void)
{
    must(sw_pubkey_verify_digest(sw_privkey_public(t.rsa), RSA_PSS, t.digest, t.pss_sig, 256) == SW_OK, "PSS verify");
}

static void wolf_pss_verify(void)
{
    uint8_t in[256], out[256];

    memcpy(in, t.pss_sig, sizeof in);
    must(wc_RsaPSS_VerifyCheck(in, 256, out, sizeof out, t.digest, 32, WC_HASH_TYPE_SHA256, WC_MGF1SHA256, &t.w_rsa) >
             0,
         "wc_RsaPSS_VerifyCheck");
}

static void our_ecdsa_verify(void)
{
    must(sw_pubkey_verify_digest(sw_privkey_public(t.p256), ECDSA, t.digest, t.ec_sig, t.ec_len) == SW_OK,
         "ECDSA verify");
}

static void wolf_ecdsa_verify(void)
{
    int good = 0;

    must(wc_ecc_verify_hash(t.ec_sig, (word32)t.ec_len, t.digest, 32, &good, &t.w_p256_pub) == 0 && good,
         "wc_ecc_verify_hash");
}

static void our_ecdsa_sign(void)
{
    uint8_t sig[SW_SIG_MAX];
    size_t len;

    must(sw_privkey_sign_digest(t.p256, ECDSA, t.digest, sig, &len) == SW_OK, "ECDSA sign");
}

static void wolf_ecdsa_sign(void)
{
    uint8_t sig[128];
    word32 len = sizeof sig;
    int good = 0;

    must(wc_ecc_sign_hash(t.digest, 32, sig, &len, &t.w_rng, &t.w_p256) == 0, "wc_ecc_sign_hash");
    must(wc_ecc_verify_hash(sig, len, t.digest, 32, &good, &t.w_p256_pub) == 0 && good, "wc_ecc_verify_hash");
}

static void our_ed25519_verify(void)
{
    must(sw_pubkey_verify(sw_privkey_public(t.ed25519), ED25519, t.digest, 32, t.ed_sig, 64) == SW_OK,
         "Ed25519 verify");
}

static void wolf_ed25519_verify(void)
{
    int good = 0;

    must(wc_ed25519_verify_msg(t.ed_sig, 64, t.digest, 32, &good, &t.w_ed25519) == 0 && good, "wc_ed25519_verify_msg");
}

static void our_sha256(void)
{
    uint8_t out[32];

    must(sw_hash_once(SW_HASH_SHA256, t.bulk, BULK, out) == SW_OK, "SHA-256");
}

static void wolf_sha256(void)
{
    uint8_t out[32];
    wc_Sha256 h;

    must(wc_InitSha256(&h) == 0 && wc_Sha256Update(&h, t.bulk, BULK) == 0 && wc_Sha256Final(&h, out) == 0, "wc_Sha256");
    wc_Sha256Free(&h);
}

static void our_hmac(void)
{
    uint8_t out[32];

    must(sw_hmac_update(&t.hmac, t.bulk, SMALL) == SW_OK && sw_hmac_final(&t.hmac, out) == SW_OK, "HMAC");
}

static void wolf_hmac(void)
{
    uint8_t out[32];

    must(wc_HmacUpdate(&t.w_hmac, t.bulk, SMALL) == 0 && wc_HmacFinal(&t.w_hmac, out) == 0, "wc_Hmac");
}

static void our_random(void)
{
    uint8_t out[32];

    must(sw_rand_bytes(NULL, out, sizeof out) == SW_OK, "random");
}

static void our_iv(void)
{
    uint8_t out[16];

    must(sw_rand_iv(NULL, out, sizeof out) == SW_OK, "IV");
}

static void wolf_random(void)
{
    uint8_t out[32];

    must(wc_RNG_GenerateBlock(&t.w_rng, out, sizeof out) == 0, "wc_RNG_GenerateBlock");
}

static void wolf_iv(void)
{
    uint8_t out[16];

    must(wc_RNG_GenerateBlock(&t.w_rng, out, sizeof out) == 0, "wc_RNG_GenerateBlock");
}

/* --- making what they work on ------------------------------------------------------------------------------------- */

static void wolf_rsa_from(const struct sw_privkey *key)
{
    struct sw_rsa_numbers num;
    uint8_t buf[2048];
    mp_int *to[] = {&t.w_rsa.n, &t.w_rsa.e, &t.w_rsa.d, &t.w_rsa.p, &t.w_rsa.q, &t.w_rsa.dP, &t.w_rsa.dQ, &t.w_rsa.u};
    const struct sw_slice *from[] = {&num.n, &num.e, &num.d, &num.p, &num.q, &num.dp, &num.dq, &num.qinv};

    must(sw_privkey_numbers_rsa(key, &num, buf, sizeof buf) == SW_OK && wc_InitRsaKey(&t.w_rsa, NULL) == 0, "RSA key");
    for (size_t i = 0; i < 8; i++)
        must(mp_read_unsigned_bin(to[i], from[i]->p, (word32)from[i]->len) == MP_OKAY, "RSA number");
    t.w_rsa.type = RSA_PRIVATE;
    must(wc_RsaSetRNG(&t.w_rsa, &t.w_rng) == 0, "wc_RsaSetRNG");
}

static void wolf_ec_from(const struct sw_privkey *key)
{
    struct sw_slice point = sw_privkey_public(key)->point;
    uint8_t scalar[32];
    size_t len;

    must(sw_privkey_scalar(key, scalar, sizeof scalar, &len) == SW_OK, "EC scalar");
    must(wc_ecc_init(&t.w_p256) == 0 && wc_ecc_init(&t.w_p256_pub) == 0 &&
             wc_ecc_import_private_key_ex(scalar, 32, point.p, (word32)point.len, &t.w_p256, ECC_SECP256R1) == 0 &&
             wc_ecc_import_x963_ex(point.p, (word32)point.len, &t.w_p256_pub, ECC_SECP256R1) == 0 &&
             wc_ecc_set_rng(&t.w_p256, &t.w_rng) == 0,
         "EC key");
}

static void set_up(void)
{
    uint8_t premaster[48] = {3, 3}, sig[SW_SIG_MAX];
    struct sw_slice ed;
    size_t len;

    must(wc_InitRng(&t.w_rng) == 0, "wc_InitRng");
    must(sw_hash_once(SW_HASH_SHA256, "wax", 3, t.digest) == SW_OK, "hash");
    must(sw_privkey_generate(&t.rsa, SW_KEY_RSA, 2048) == SW_OK, "RSA key");
    must(sw_privkey_generate(&t.p256, SW_KEY_EC, SW_CURVE_P256) == SW_OK, "EC key");
    must(sw_privkey_generate(&t.ed25519, SW_KEY_ED25519, 0) == SW_OK, "Ed25519 key");
    wolf_rsa_from(t.rsa);
    wolf_ec_from(t.p256);
    ed = sw_privkey_public(t.ed25519)->point;
    must(wc_ed25519_init(&t.w_ed25519) == 0 && wc_ed25519_import_public(ed.p, (word32)ed.len, &t.w_ed25519) == 0,
         "Ed25519 key");
    must(wc_EncodeSignature(t.info, t.digest, 32, SHA256h) == (word32)sizeof t.info, "wc_EncodeSignature");

    must(sw_privkey_sign_digest(t.rsa, RSA_PKCS1, t.digest, sig, &len) == SW_OK, "RSA sign");
    memcpy(t.rsa_sig, sig, sizeof t.rsa_sig);
    must(sw_privkey_sign_digest(t.rsa, RSA_PSS, t.digest, sig, &len) == SW_OK, "PSS sign");
    memcpy(t.pss_sig, sig, sizeof t.pss_sig);
    must(sw_privkey_sign_digest(t.p256, ECDSA, t.digest, sig, &t.ec_len) == SW_OK, "ECDSA sign");
    memcpy(t.ec_sig, sig, t.ec_len);
    must(sw_privkey_sign(t.ed25519, ED25519, t.digest, 32, sig, &len) == SW_OK, "Ed25519 sign");
    memcpy(t.ed_sig, sig, sizeof t.ed_sig);
    must(sw_pubkey_encrypt_pkcs1(sw_privkey_public(t.rsa), premaster, 48, t.rsa_enc, 256) == SW_OK, "RSA encrypt");
    must(sw_hmac_key(&t.hmac, SW_HASH_SHA256, t.digest, 32) == SW_OK, "HMAC key");
    must(wc_HmacInit(&t.w_hmac, NULL, INVALID_DEVID) == 0 && wc_HmacSetKey(&t.w_hmac, WC_SHA256, t.digest, 32) == 0,
         "wc_HmacSetKey");
}

/* --- measuring ---------------------------------------------------------------------------------------------------- */

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* Microseconds of one call, over about the given time. */
static double cost(void (*run)(void), double seconds)
{
    unsigned long calls = 0, batch = 1;
    double begin = now(), spent = 0;

    while (spent < seconds * 1e6) {
        for (unsigned long i = 0; i < batch; i++)
            run();
        calls += batch;
        batch = batch < 1024 ? 2 * batch : batch;
        spent = now() - begin;
    }
    return spent / (double)calls;
}

static const struct {
    const char *name;
    void (*ours)(void), (*wolf)(void);
} rows[] = {
    {"RSA-2048 verify, PKCS#1", our_rsa_verify, wolf_rsa_verify},
    {"RSA-2048 verify, PSS", our_pss_verify, wolf_pss_verify},
    {"RSA-2048 sign and check", our_rsa_sign, wolf_rsa_sign},
    {"RSA-2048 premaster decrypt", our_premaster, wolf_premaster},
    {"RSA-2048 encrypt", our_rsa_encrypt, wolf_rsa_encrypt},
    {"ECDSA P-256 verify", our_ecdsa_verify, wolf_ecdsa_verify},
    {"ECDSA P-256 sign and check", our_ecdsa_sign, wolf_ecdsa_sign},
    {"Ed25519 verify", our_ed25519_verify, wolf_ed25519_verify},
    {"SHA-256 of 16 KiB", our_sha256, wolf_sha256},
    {"HMAC-SHA256 of 77 bytes, key kept", our_hmac, wolf_hmac},
    {"32 random bytes", our_random, wolf_random},
    {"an IV of 16 bytes", our_iv, wolf_iv},
};

static void measure(size_t i, double seconds, bool markdown)
{
    double ours = 0, wolf = 0;
    unsigned long before;

    for (int round = 0; round < ROUNDS; round++) {
        double a = cost(rows[i].ours, seconds / (2 * ROUNDS)), b = cost(rows[i].wolf, seconds / (2 * ROUNDS));

        ours = round == 0 || a < ours ? a : ours;
        wolf = round == 0 || b < wolf ? b : wolf;
    }
    before = allocations;
    rows[i].ours();
    printf(markdown ? "| %s | %.3f | %.3f | %lu | %.3f |\n" : "%-36s %10.3f %10.3f %8lu %8.3f\n", rows[i].name, ours,
           wolf, allocations - before, ours / wolf);
}

int main(int argc, char **argv)
{
    double seconds = 0.5;
    bool markdown = false;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--markdown") == 0) {
            markdown = true;
        } else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc) {
            seconds = atof(argv[++i]);
        } else {
            fprintf(stderr, "usage: prim [--seconds S] [--markdown]\n");
            return 2;
        }
    }
    set_up();
    if (markdown)
        printf("| | ours, us | wolfCrypt, us | allocations | ratio |\n| --- | --: | --: | --: | --: |\n");
    else
        printf("%-36s %10s %10s %8s %8s\n", "", "ours, us", "wolf, us", "allocs", "ratio");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        measure(i, seconds, markdown);
    return 0;
}
