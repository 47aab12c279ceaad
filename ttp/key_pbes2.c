/*
 * PBES2. PBKDF2 stands on base/hash's HMAC, which keeps the key's states and so needs two compressions a round; AES is
 * wolfCrypt's.
 */
#include "ttp/key_pbes2.h"
#include "base/rand.h"
#include "base/wipe.h"
#include "ttp/der.h"
#include <string.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/des3.h>

enum { AES_BLOCK = 16, SALT_LEN = 16, KEY_MAX = 32, SALT_MAX = 1024 };

/* OBJECT IDENTIFIER contents. */
static const uint8_t oid_pbkdf2[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c};
static const uint8_t oid_pbes2[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d};
static const uint8_t oid_hmac[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02};      /* + one byte: the hash */
static const uint8_t oid_aes[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01}; /* + one byte: size and mode */
enum {
    HMAC_SHA1 = 7,
    HMAC_SHA224,
    HMAC_SHA256,
    HMAC_SHA384,
    HMAC_SHA512,
    AES128_CBC = 2,
    AES192_CBC = 22,
    AES256_CBC = 42
};

/* --- PBKDF2 --- */

static enum sw_err pbkdf2_block(struct sw_hmac *m, size_t hash_len, struct sw_slice salt, uint32_t rounds,
                                uint32_t index, uint8_t *out)
{
    uint8_t u[SW_HASH_MAX],
        be[4] = {(uint8_t)(index >> 24), (uint8_t)(index >> 16), (uint8_t)(index >> 8), (uint8_t)index};
    enum sw_err err = sw_hmac_update(m, salt.p, salt.len);
    if (err == SW_OK)
        err = sw_hmac_update(m, be, sizeof be);
    if (err == SW_OK)
        err = sw_hmac_final(m, u);
    memcpy(out, u, hash_len);
    for (uint32_t i = 1; i < rounds && err == SW_OK; i++) {
        err = sw_hmac_update(m, u, hash_len);
        if (err == SW_OK)
            err = sw_hmac_final(m, u);
        for (size_t k = 0; k < hash_len; k++)
            out[k] ^= u[k];
    }
    sw_wipe(u, sizeof u);
    return err;
}

enum sw_err sw_pbkdf2(enum sw_hash_id prf, struct sw_slice pass, struct sw_slice salt, uint32_t rounds, uint8_t *out,
                      size_t len)
{
    struct sw_hmac m;
    uint8_t block[SW_HASH_MAX] = {0};
    size_t hash_len = sw_hash_len(prf);
    enum sw_err err = sw_hmac_key(&m, prf, pass.p, pass.len);
    for (uint32_t i = 1; len > 0 && err == SW_OK; i++) {
        size_t n = len < hash_len ? len : hash_len;
        err = pbkdf2_block(&m, hash_len, salt, rounds, i, block);
        memcpy(out, block, n);
        out += n;
        len -= n;
    }
    sw_wipe(block, sizeof block);
    sw_wipe(&m, sizeof m);
    return err;
}

/* --- AES-CBC --- */

static enum sw_err aes_cbc(bool encrypt, const uint8_t *key, size_t key_len, const uint8_t iv[AES_BLOCK], uint8_t *data,
                           size_t len)
{
    Aes aes;
    if (wc_AesInit(&aes, NULL, INVALID_DEVID))
        return SW_ERR_CRYPTO;
    int rc = wc_AesSetKey(&aes, key, (word32)key_len, iv, encrypt ? AES_ENCRYPTION : AES_DECRYPTION);
    if (rc == 0)
        rc =
            encrypt ? wc_AesCbcEncrypt(&aes, data, data, (word32)len) : wc_AesCbcDecrypt(&aes, data, data, (word32)len);
    wc_AesFree(&aes);
    return rc == 0 ? SW_OK : SW_ERR_CRYPTO;
}

/* --- writing --- */

static void write_oid(struct sw_writer *w, const uint8_t *base, size_t len, int last)
{
    size_t mark = sw_der_open(w, SW_DER_OID);
    sw_write_bytes(w, base, len);
    if (last)
        sw_write_u8(w, (unsigned)last);
    sw_der_close(w, mark);
}

static void write_algorithm(struct sw_writer *w, const uint8_t *salt, const uint8_t *iv)
{
    size_t alg = sw_der_open(w, SW_DER_SEQUENCE);
    write_oid(w, oid_pbes2, sizeof oid_pbes2, 0);
    size_t params = sw_der_open(w, SW_DER_SEQUENCE);
    size_t kdf = sw_der_open(w, SW_DER_SEQUENCE);
    write_oid(w, oid_pbkdf2, sizeof oid_pbkdf2, 0);
    size_t kdf_params = sw_der_open(w, SW_DER_SEQUENCE);
    sw_der_write(w, SW_DER_OCTET_STRING, salt, SALT_LEN);
    sw_der_write_int(w, SW_PBKDF2_ROUNDS);
    size_t prf = sw_der_open(w, SW_DER_SEQUENCE);
    write_oid(w, oid_hmac, sizeof oid_hmac, HMAC_SHA256);
    sw_der_write(w, SW_DER_NULL, NULL, 0);
    sw_der_close(w, prf);
    sw_der_close(w, kdf_params);
    sw_der_close(w, kdf);
    size_t cipher = sw_der_open(w, SW_DER_SEQUENCE);
    write_oid(w, oid_aes, sizeof oid_aes, AES256_CBC);
    sw_der_write(w, SW_DER_OCTET_STRING, iv, AES_BLOCK);
    sw_der_close(w, cipher);
    sw_der_close(w, params);
    sw_der_close(w, alg);
}

enum sw_err sw_pbes2_encrypt(struct sw_writer *w, uint8_t tag, struct sw_slice pass, struct sw_slice plain)
{
    uint8_t salt[SALT_LEN], iv[AES_BLOCK], key[KEY_MAX];
    size_t pad = AES_BLOCK - plain.len % AES_BLOCK;
    enum sw_err err = sw_rand_bytes(NULL, salt, sizeof salt);
    if (err == SW_OK)
        err = sw_rand_bytes(NULL, iv, sizeof iv);
    if (err == SW_OK)
        err = sw_pbkdf2(SW_HASH_SHA256, pass, (struct sw_slice){salt, sizeof salt}, SW_PBKDF2_ROUNDS, key, sizeof key);
    if (err != SW_OK)
        return err;
    write_algorithm(w, salt, iv);
    size_t mark = sw_der_open(w, tag);
    uint8_t *room = sw_write_room(w, plain.len + pad);
    if (room) {
        memcpy(room, plain.p, plain.len);
        memset(room + plain.len, (int)pad, pad);
        err = aes_cbc(true, key, sizeof key, iv, room, plain.len + pad);
    }
    sw_der_close(w, mark);
    sw_wipe(key, sizeof key);
    return err;
}

/* --- reading --- */

struct kdf {
    struct sw_slice salt;
    uint32_t rounds;
    enum sw_hash_id prf;
};

/* The last byte of an OID that begins with base; 0 if it is another. */
static int oid_last(struct sw_slice oid, const uint8_t *base, size_t len)
{
    return oid.len == len + 1 && memcmp(oid.p, base, len) == 0 ? oid.p[len] : 0;
}

static bool oid_is(struct sw_slice oid, const uint8_t *want, size_t len)
{
    return oid.len == len && memcmp(oid.p, want, len) == 0;
}

bool sw_pbes2_is(struct sw_slice oid)
{
    return oid_is(oid, oid_pbes2, sizeof oid_pbes2);
}

/* AlgorithmIdentifier of an HMAC; absent means HMAC-SHA-1 (RFC 8018 A.2). */
static enum sw_err read_prf(struct sw_reader *r, enum sw_hash_id *prf)
{
    *prf = SW_HASH_SHA1;
    if (sw_reader_left(r) == 0)
        return SW_OK;
    struct sw_reader alg = sw_der_enter(r, SW_DER_SEQUENCE);
    struct sw_slice oid = sw_der_read(&alg, SW_DER_OID);
    if (sw_reader_left(&alg))
        (void)sw_der_read(&alg, SW_DER_NULL);
    if (!sw_reader_end(&alg))
        return SW_ERR_DER;
    switch (oid_last(oid, oid_hmac, sizeof oid_hmac)) {
    case HMAC_SHA1:
        return SW_OK;
    case HMAC_SHA224:
        *prf = SW_HASH_SHA224;
        return SW_OK;
    case HMAC_SHA256:
        *prf = SW_HASH_SHA256;
        return SW_OK;
    case HMAC_SHA384:
        *prf = SW_HASH_SHA384;
        return SW_OK;
    case HMAC_SHA512:
        *prf = SW_HASH_SHA512;
        return SW_OK;
    default:
        return SW_ERR_UNSUPPORTED;
    }
}

/* PBKDF2-params; key_len must agree with the cipher's if it is there. */
static enum sw_err read_kdf(struct sw_reader *r, struct kdf *kdf, uint32_t *key_len)
{
    struct sw_reader alg = sw_der_enter(r, SW_DER_SEQUENCE);
    struct sw_slice oid = sw_der_read(&alg, SW_DER_OID);
    if (!oid_is(oid, oid_pbkdf2, sizeof oid_pbkdf2))
        return SW_ERR_UNSUPPORTED;
    struct sw_reader params = sw_der_enter(&alg, SW_DER_SEQUENCE);
    kdf->salt = sw_der_read(&params, SW_DER_OCTET_STRING);
    uint64_t rounds = sw_der_read_uint(&params);
    *key_len = 0;
    if (sw_der_peek(&params) == SW_DER_INTEGER)
        *key_len = (uint32_t)sw_der_read_uint(&params);
    enum sw_err err = read_prf(&params, &kdf->prf);
    if (err != SW_OK)
        return err;
    if (!sw_reader_end(&params) || !sw_reader_end(&alg))
        return SW_ERR_DER;
    if (rounds == 0 || rounds > SW_PBKDF2_ROUNDS_MAX || kdf->salt.len > SALT_MAX)
        return SW_ERR_UNSUPPORTED;
    kdf->rounds = (uint32_t)rounds;
    return SW_OK;
}

static enum sw_err read_cipher(struct sw_reader *r, uint32_t *key_len, struct sw_slice *iv)
{
    struct sw_reader alg = sw_der_enter(r, SW_DER_SEQUENCE);
    struct sw_slice oid = sw_der_read(&alg, SW_DER_OID);
    int which = oid_last(oid, oid_aes, sizeof oid_aes);
    *key_len = which == AES128_CBC ? 16 : which == AES192_CBC ? 24 : which == AES256_CBC ? 32 : 0;
    if (*key_len == 0)
        return SW_ERR_UNSUPPORTED;
    *iv = sw_der_read(&alg, SW_DER_OCTET_STRING);
    return sw_reader_end(&alg) && iv->len == AES_BLOCK ? SW_OK : SW_ERR_DER;
}

/* PKCS#7 padding. A wrong passphrase shows here, but for one time in 256: the caller's parser catches that one. */
static enum sw_err unpad(const uint8_t *out, size_t block, size_t *len)
{
    size_t pad = out[*len - 1];
    if (pad == 0 || pad > block)
        return SW_ERR_PASSPHRASE;
    for (size_t i = 0; i < pad; i++)
        if (out[*len - 1 - i] != pad)
            return SW_ERR_PASSPHRASE;
    *len -= pad;
    return SW_OK;
}

enum sw_err sw_pbes2_decrypt(struct sw_slice params, struct sw_slice pass, struct sw_slice cipher, uint8_t *out,
                             size_t *len)
{
    struct sw_reader r = sw_reader_of_slice(params);
    struct kdf kdf;
    struct sw_slice iv;
    uint32_t kdf_len, key_len;
    uint8_t key[KEY_MAX];
    enum sw_err err = read_kdf(&r, &kdf, &kdf_len);
    if (err == SW_OK)
        err = read_cipher(&r, &key_len, &iv);
    if (err != SW_OK)
        return err;
    if (!sw_reader_end(&r) || (kdf_len && kdf_len != key_len) || cipher.len == 0 || cipher.len % AES_BLOCK)
        return SW_ERR_DER;
    err = sw_pbkdf2(kdf.prf, pass, kdf.salt, kdf.rounds, key, key_len);
    memcpy(out, cipher.p, cipher.len);
    if (err == SW_OK)
        err = aes_cbc(false, key, key_len, iv.p, out, cipher.len);
    *len = cipher.len;
    if (err == SW_OK)
        err = unpad(out, AES_BLOCK, len);
    sw_wipe(key, sizeof key);
    return err;
}

#ifndef NO_DES3
enum sw_err sw_pbe_3des_decrypt(const uint8_t key[24], const uint8_t iv[8], struct sw_slice cipher, uint8_t *out,
                                size_t *len)
{
    enum { DES_BLOCK = 8 };
    Des3 des;
    if (cipher.len == 0 || cipher.len % DES_BLOCK)
        return SW_ERR_DER;
    if (wc_Des3Init(&des, NULL, INVALID_DEVID))
        return SW_ERR_CRYPTO;
    int rc = wc_Des3_SetKey(&des, key, iv, DES_DECRYPTION);
    if (rc == 0)
        rc = wc_Des3_CbcDecrypt(&des, out, cipher.p, (word32)cipher.len);
    wc_Des3Free(&des);
    *len = cipher.len;
    return rc == 0 ? unpad(out, DES_BLOCK, len) : SW_ERR_CRYPTO;
}
#else
enum sw_err sw_pbe_3des_decrypt(const uint8_t key[24], const uint8_t iv[8], struct sw_slice cipher, uint8_t *out,
                                size_t *len)
{
    (void)key, (void)iv, (void)cipher, (void)out, (void)len;
    return SW_ERR_UNSUPPORTED;
}
#endif
