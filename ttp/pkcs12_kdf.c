/* RFC 7292 B.2: a derivation older than PBKDF2, on UTF-16. PKCS#12's MAC still needs it, and so do old files. */
#include "ttp/pkcs12_kdf.h"
#include "base/wipe.h"
#include <string.h>

enum { BMP_MAX = 2 * SW_PKCS12_PASS_MAX + 6 /* a last character of four bytes, and the zero */ };

/*
 * A passphrase in UTF-8 as UTF-16 in network order with a zero character at the end: RFC 7292 B.1. 0 if it is not
 * UTF-8.
 */
static size_t bmp(struct sw_slice pass, uint8_t out[BMP_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < pass.len;) {
        uint32_t c = pass.p[i++];
        unsigned more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
        if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || more > pass.len - i || n + 6 > BMP_MAX)
            return 0;
        c &= more ? 0x3fu >> more : 0x7fu;
        for (; more; more--, i++) {
            if ((pass.p[i] & 0xc0) != 0x80)
                return 0;
            c = c << 6 | (pass.p[i] & 0x3fu);
        }
        if (c >= 0x10000) {
            uint32_t high = 0xd7c0 + (c >> 10);
            out[n++] = (uint8_t)(high >> 8);
            out[n++] = (uint8_t)high;
            c = 0xdc00 | (c & 0x3ff);
        }
        out[n++] = (uint8_t)(c >> 8);
        out[n++] = (uint8_t)c;
    }
    out[n++] = 0;
    out[n++] = 0;
    return n;
}

/* dst, a multiple of block long, filled with repetitions of src. */
static size_t repeat(uint8_t *dst, struct sw_slice src, size_t block)
{
    size_t n = src.len ? (src.len + block - 1) / block * block : 0;
    for (size_t i = 0; i < n; i++)
        dst[i] = src.p[i % src.len];
    return n;
}

/* One block of output: the hash of D || I, hashed again rounds - 1 times. */
static enum sw_err block_of(enum sw_hash_id hash, enum sw_pkcs12_use use, const uint8_t *in, size_t in_len,
                            uint32_t rounds, uint8_t *out)
{
    struct sw_hash h;
    uint8_t d[SW_HASH_BLOCK_MAX];
    memset(d, (int)use, sizeof d);
    enum sw_err err = sw_hash_init(&h, hash);
    if (err == SW_OK)
        err = sw_hash_update(&h, d, sw_hash_info(hash)->block);
    if (err == SW_OK)
        err = sw_hash_update(&h, in, in_len);
    if (err == SW_OK)
        err = sw_hash_final(&h, out);
    for (uint32_t i = 1; i < rounds && err == SW_OK; i++) {
        err = sw_hash_update(&h, out, sw_hash_len(hash));
        if (err == SW_OK)
            err = sw_hash_final(&h, out);
    }
    sw_wipe(&h, sizeof h);
    return err;
}

/* Each block of in becomes itself plus digest repeated plus one, as big-endian numbers. */
static void add_digest(uint8_t *in, size_t in_len, const uint8_t *digest, size_t digest_len, size_t block)
{
    for (size_t at = 0; at < in_len; at += block) {
        unsigned carry = 1;
        for (size_t k = block; k-- > 0;) {
            carry += in[at + k] + (unsigned)digest[k % digest_len];
            in[at + k] = (uint8_t)carry;
            carry >>= 8;
        }
    }
}

enum sw_err sw_pkcs12_kdf(enum sw_hash_id hash, enum sw_pkcs12_use use, struct sw_slice pass, struct sw_slice salt,
                          uint32_t rounds, uint8_t *out, size_t len)
{
    uint8_t in[SW_PKCS12_SALT_MAX + BMP_MAX + 2 * SW_HASH_BLOCK_MAX], password[BMP_MAX], a[SW_HASH_MAX];
    if (!sw_hash_info(hash))
        return SW_ERR_UNSUPPORTED;
    if (salt.len > SW_PKCS12_SALT_MAX)
        return SW_ERR_ARGUMENT;
    if (pass.len > SW_PKCS12_PASS_MAX)
        return SW_ERR_PASSPHRASE;
    size_t block = sw_hash_info(hash)->block, hash_len = sw_hash_len(hash), bmp_len = bmp(pass, password);
    if (!bmp_len)
        return SW_ERR_PASSPHRASE;
    size_t n = repeat(in, salt, block);
    n += repeat(in + n, (struct sw_slice){password, bmp_len}, block);
    enum sw_err err = SW_OK;
    while (len > 0 && err == SW_OK) {
        size_t take = len < hash_len ? len : hash_len;
        err = block_of(hash, use, in, n, rounds, a);
        memcpy(out, a, take);
        out += take;
        len -= take;
        add_digest(in, n, a, hash_len, block);
    }
    sw_wipe(in, sizeof in);
    sw_wipe(password, sizeof password);
    sw_wipe(a, sizeof a);
    return err;
}
