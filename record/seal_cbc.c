/*
 * CBC with HMAC (RFC 5246 6.2.3.2, RFC 7366), and NULL with HMAC.
 *
 * A record in the buffer, from its header on:
 *
 *     MAC-then-encrypt    header(5) iv(block) [ data mac padding padding_length ]
 *     encrypt-then-MAC    header(5) iv(block) [ data     padding padding_length ] mac
 *     NULL                header(5) data mac
 *
 * What stands in brackets is encrypted. Worst case behind the data: mac + one block.
 *
 * Sealing is written for speed. CBC encryption and SHA each wait for their own last result, so a processor that is given both by turns does them at
 * once: hash a piece, encrypt a piece, hash the next. The first piece is cut so that with the 13 bytes of additional data it fills a
 * compression block. Two records sealed together double what can overlap.
 *
 * Opening MAC-then-encrypt is written for silence. From decryption to the verdict, the padding length, the position of the MAC and whether
 * anything was wrong are secret: only masks decide, every record of one length costs the same, and there is one verdict.
 */
#include "base/ct.h"
#include "base/wipe.h"
#include "record/hmac_ct.h"
#include "record/seal_dir.h"
#include <string.h>

enum { PIECE = 256, PADDING_MAX = 256 };

/* --- the cipher ----------------------------------------------------------------------------------------------------------- */

static int cbc_encrypt(struct sw_record_dir *dir, const uint8_t *iv, uint8_t *p, size_t len)
{
    int rc;

    if (dir->s->bulk == &sw_bulk_3des_cbc) {
        rc = wc_Des3_SetIV(&dir->u.des3, iv);
        return rc != 0 ? rc : wc_Des3_CbcEncrypt(&dir->u.des3, p, p, (word32)len);
    }
    rc = wc_AesSetIV(&dir->u.aes, iv);
    return rc != 0 ? rc : wc_AesCbcEncrypt(&dir->u.aes, p, p, (word32)len);
}

static int cbc_decrypt(struct sw_record_dir *dir, const uint8_t *iv, uint8_t *p, size_t len)
{
    int rc;

    if (len == 0)
        return 0;
    if (dir->s->bulk == &sw_bulk_3des_cbc) {
        rc = wc_Des3_SetIV(&dir->u.des3, iv);
        return rc != 0 ? rc : wc_Des3_CbcDecrypt(&dir->u.des3, p, p, (word32)len);
    }
    rc = wc_AesSetIV(&dir->u.aes, iv);
    return rc != 0 ? rc : wc_AesCbcDecrypt(&dir->u.aes, p, p, (word32)len);
}

/* --- sealing -------------------------------------------------------------------------------------------------------------- */

/* A record on its way: positions are offsets from `data`, where the encrypted part begins. */
struct stream {
    struct sw_hmac mac;
    uint8_t *iv, *data; /* the last ciphertext block so far; the encrypted part */
    size_t len;         /* of the data */
    size_t padded;      /* of the encrypted part, known once the MAC (if inside) and the padding stand */
    size_t hashed, encrypted;
};

static int encrypt_to(struct sw_record_dir *dir, struct stream *st, size_t end)
{
    size_t n = end - st->encrypted;
    uint8_t *p = st->data + st->encrypted;
    int rc;

    if (n == 0)
        return 0;
    rc = cbc_encrypt(dir, st->iv, p, n);
    st->encrypted = end;
    st->iv = p + n - dir->s->bulk->block;
    return rc;
}

static void add_padding(struct stream *st, size_t at, size_t block)
{
    size_t pad = block - 1 - at % block;

    memset(st->data + at, (int)pad, pad + 1);
    st->padded = at + pad + 1;
}

/* One turn of MAC-then-encrypt: hash a piece of the data, encrypt the whole blocks behind which hashing already is. */
static enum sw_err turn_mte(struct sw_record_dir *dir, struct stream *st, bool *more)
{
    size_t block = dir->s->bulk->block, n = st->hashed == 0 ? PIECE - SW_AAD_MAX : PIECE, end;
    enum sw_err err;

    if (n > st->len - st->hashed)
        n = st->len - st->hashed;
    err = sw_hmac_update(&st->mac, st->data + st->hashed, n);
    st->hashed += n;
    end = st->hashed - st->hashed % block;
    if (err == SW_OK && encrypt_to(dir, st, end) != 0)
        err = SW_ERR_CRYPTO;
    *more = st->hashed < st->len;
    return err;
}

static enum sw_err finish_mte(struct sw_record_dir *dir, struct stream *st)
{
    enum sw_err err = sw_hmac_final(&st->mac, st->data + st->len);

    if (err != SW_OK)
        return err;
    add_padding(st, st->len + sw_hash_len(dir->s->mac), dir->s->bulk->block);
    return encrypt_to(dir, st, st->padded) == 0 ? SW_OK : SW_ERR_CRYPTO;
}

/* One turn of encrypt-then-MAC: encrypt a piece, hash the one before it. */
static enum sw_err turn_etm(struct sw_record_dir *dir, struct stream *st, bool *more)
{
    size_t end = st->encrypted + PIECE < st->padded ? st->encrypted + PIECE : st->padded, hash_end = st->encrypted;
    enum sw_err err = sw_hmac_update(&st->mac, st->data + st->hashed, hash_end - st->hashed);

    st->hashed = hash_end;
    if (err == SW_OK && encrypt_to(dir, st, end) != 0)
        err = SW_ERR_CRYPTO;
    *more = st->encrypted < st->padded;
    return err;
}

static enum sw_err finish_etm(struct stream *st)
{
    enum sw_err err = sw_hmac_update(&st->mac, st->data + st->hashed, st->padded - st->hashed);

    return err == SW_OK ? sw_hmac_final(&st->mac, st->data + st->padded) : err;
}

static enum sw_err begin(struct sw_record_dir *dir, const struct sw_rand *rand, struct sw_seal_job *job,
                         struct stream *st)
{
    const struct sw_record_secrets *s = dir->s;
    size_t block = s->bulk->block;
    uint8_t aad[SW_AAD_MAX];
    enum sw_err err;

    st->mac = dir->hmac;
    st->iv = job->buf + SW_RECORD_HEADER;
    st->data = st->iv + block;
    st->len = job->len;
    st->hashed = st->encrypted = 0;
    err = sw_rand_iv(rand, st->iv, block);
    if (err != SW_OK)
        return err;
    job->out = sw_record_sealed_len(s, job->len);
    sw_header_write(job->buf, (uint8_t)job->type, s->version, job->out - SW_RECORD_HEADER);
    if (!s->etm) {
        sw_aad(aad, job->seq, (uint8_t)job->type, s->version, job->len);
        return sw_hmac_update(&st->mac, aad, sizeof aad);
    }
    /* the MAC covers the IV and the ciphertext, and its length field counts those (RFC 7366 3) */
    add_padding(st, job->len, block);
    sw_aad(aad, job->seq, (uint8_t)job->type, s->version, block + st->padded);
    err = sw_hmac_update(&st->mac, aad, sizeof aad);
    return err == SW_OK ? sw_hmac_update(&st->mac, st->iv, block) : err;
}

static enum sw_err seal_null(struct sw_record_dir *dir, struct sw_seal_job *job)
{
    const struct sw_record_secrets *s = dir->s;
    uint8_t aad[SW_AAD_MAX], *data = job->buf + SW_RECORD_HEADER;
    enum sw_err err;

    job->out = sw_record_sealed_len(s, job->len);
    sw_header_write(job->buf, (uint8_t)job->type, s->version, job->out - SW_RECORD_HEADER);
    sw_aad(aad, job->seq, (uint8_t)job->type, s->version, job->len);
    err = sw_hmac_update(&dir->hmac, aad, sizeof aad);
    if (err == SW_OK)
        err = sw_hmac_update(&dir->hmac, data, job->len);
    return err == SW_OK ? sw_hmac_final(&dir->hmac, data + job->len) : err;
}

enum sw_err sw_seal_cbc(struct sw_record_dir *dir, const struct sw_rand *rand, struct sw_seal_job *jobs, size_t count)
{
    bool etm = dir->s->etm, more[2] = {true, count == 2};
    struct stream st[2];
    enum sw_err err = SW_OK;

    if (dir->s->bulk->kind == SW_BULK_NULL) {
        for (size_t i = 0; i < count && err == SW_OK; i++)
            err = seal_null(dir, &jobs[i]);
        return err;
    }
    for (size_t i = 0; i < count && err == SW_OK; i++)
        err = begin(dir, rand, &jobs[i], &st[i]);
    while (err == SW_OK && (more[0] || more[1]))
        for (size_t i = 0; i < count && err == SW_OK; i++)
            if (more[i])
                err = etm ? turn_etm(dir, &st[i], &more[i]) : turn_mte(dir, &st[i], &more[i]);
    for (size_t i = 0; i < count && err == SW_OK; i++)
        err = etm ? finish_etm(&st[i]) : finish_mte(dir, &st[i]);
    return err;
}

/* --- opening: NULL and encrypt-then-MAC ------------------------------------------------------------------------------------- */

static enum sw_err open_null(struct sw_record_dir *dir, uint8_t *rec, size_t len, struct sw_slice *out)
{
    const struct sw_record_secrets *s = dir->s;
    size_t mac = sw_hash_len(s->mac), n;
    uint8_t aad[SW_AAD_MAX], want[SW_HASH_MAX];
    enum sw_err err;

    if (len < SW_RECORD_HEADER + mac)
        return SW_ERR_BAD_RECORD_MAC;
    n = len - SW_RECORD_HEADER - mac;
    sw_aad(aad, s->seq, rec[0], s->version, n);
    err = sw_hmac_update(&dir->hmac, aad, sizeof aad);
    if (err == SW_OK)
        err = sw_hmac_update(&dir->hmac, rec + SW_RECORD_HEADER, n);
    if (err == SW_OK)
        err = sw_hmac_final(&dir->hmac, want);
    if (err != SW_OK)
        return err;
    *out = (struct sw_slice){rec + SW_RECORD_HEADER, n};
    return sw_ct_equal(want, rec + SW_RECORD_HEADER + n, mac) ? SW_OK : SW_ERR_BAD_RECORD_MAC;
}

/* Padding of an authenticated record: whoever made it held the key, so its form is no secret; it must be right all the same. */
static enum sw_err strip_padding(const uint8_t *data, size_t n, struct sw_slice *out)
{
    size_t pad = data[n - 1];

    if (pad + 1 > n)
        return SW_ERR_BAD_RECORD_MAC;
    for (size_t i = 0; i <= pad; i++)
        if (data[n - 1 - i] != pad)
            return SW_ERR_BAD_RECORD_MAC;
    *out = (struct sw_slice){data, n - pad - 1};
    return SW_OK;
}

static enum sw_err open_etm(struct sw_record_dir *dir, uint8_t *rec, size_t len, struct sw_slice *out)
{
    const struct sw_record_secrets *s = dir->s;
    size_t mac = sw_hash_len(s->mac), block = s->bulk->block, n;
    uint8_t aad[SW_AAD_MAX], want[SW_HASH_MAX], *iv = rec + SW_RECORD_HEADER, *data = iv + block;
    enum sw_err err;

    if (len < SW_RECORD_HEADER + 2 * block + mac || (len - SW_RECORD_HEADER - mac) % block != 0)
        return SW_ERR_BAD_RECORD_MAC;
    n = len - SW_RECORD_HEADER - mac - block;
    sw_aad(aad, s->seq, rec[0], s->version, block + n);
    err = sw_hmac_update(&dir->hmac, aad, sizeof aad);
    if (err == SW_OK)
        err = sw_hmac_update(&dir->hmac, iv, block + n);
    if (err == SW_OK)
        err = sw_hmac_final(&dir->hmac, want);
    if (err != SW_OK)
        return err;
    if (!sw_ct_equal(want, data + n, mac))
        return SW_ERR_BAD_RECORD_MAC;
    if (cbc_decrypt(dir, iv, data, n) != 0)
        return SW_ERR_CRYPTO;
    return strip_padding(data, n, out);
}

/* --- opening: MAC-then-encrypt ---------------------------------------------------------------------------------------------- */

/*
 * Mask of good padding, and its length in *pad (padding_length, without the length byte itself): 0 if it is not good, so that a MAC is
 * computed all the same (RFC 5246 6.2.3.2, implementation note). Looks at the last 256 bytes, or all there are.
 */
static size_t check_padding(const uint8_t *data, size_t n, size_t mac, size_t *pad)
{
    size_t claimed = data[n - 1], good = sw_ct_ge(n, claimed + 1 + mac),
           scan = n < PADDING_MAX ? n : (size_t)PADDING_MAX;

    for (size_t i = 0; i < scan; i++) {
        /* hidden, lest the compiler count in differences to a secret: harmless, but no tool could see that it is */
        size_t inside = sw_ct_ge(claimed, sw_ct_hide(i));

        good &= ~inside | sw_ct_eq(data[n - 1 - i], claimed);
    }
    *pad = claimed & good;
    return good;
}

/* Rotate the mac bytes in buf left by a secret count below its length: for each bit of the count, a fixed rotation taken or not by mask. */
static void rotate(uint8_t *buf, size_t mac, size_t count)
{
    uint8_t turned[SW_HASH_MAX];

    for (size_t step = 1; step < mac; step <<= 1) {
        size_t take = (size_t)0 - (count & 1);

        for (size_t i = 0, j = step; i < mac; i++, j++) {
            if (j >= mac)
                j -= mac;
            turned[i] = buf[j];
        }
        sw_ct_copy(take, buf, turned, buf, mac);
        count >>= 1;
    }
    sw_wipe(turned, sizeof turned);
}

/*
 * Copy the MAC, which begins at secret position at (min <= at <= max), to out. One pass over all places it can be collects its bytes into a ring,
 * which a rotation by a secret count then puts upright.
 */
static void extract_mac(const uint8_t *data, size_t min, size_t at, size_t max, size_t mac, uint8_t *out)
{
    size_t slot = 0, first = 0;

    memset(out, 0, mac);
    for (size_t i = min; i < max + mac; i++) {
        size_t here = sw_ct_hide(i), inside = sw_ct_ge(here, at) & sw_ct_lt(here, at + mac);

        out[slot] = (uint8_t)(out[slot] | (data[i] & inside));
        first |= slot & sw_ct_eq(here, at);
        slot++;
        slot = slot == mac ? 0 : slot;
    }
    rotate(out, mac, first);
}

static enum sw_err open_mte(struct sw_record_dir *dir, uint8_t *rec, size_t len, struct sw_slice *out)
{
    const struct sw_record_secrets *s = dir->s;
    size_t mac = sw_hash_len(s->mac), block = s->bulk->block, n, max, min, pad, good, data_len;
    uint8_t aad[SW_AAD_MAX], want[SW_HASH_MAX], got[SW_HASH_MAX], *iv = rec + SW_RECORD_HEADER, *data = iv + block;
    enum sw_err err;

    /* public: the length of the record */
    if (len < SW_RECORD_HEADER + block || (len - SW_RECORD_HEADER) % block != 0 ||
        len - SW_RECORD_HEADER - block < mac + 1)
        return SW_ERR_BAD_RECORD_MAC;
    n = len - SW_RECORD_HEADER - block;
    if (cbc_decrypt(dir, iv, data, n) != 0)
        return SW_ERR_CRYPTO;
    SW_CT_SECRET(data, n);

    /* careful region: contents, padding, position of the MAC and verdict are secret */
    good = check_padding(data, n, mac, &pad);
    max = n - mac - 1;
    min = max > PADDING_MAX - 1 ? max - (PADDING_MAX - 1) : 0;
    data_len = max - pad;
    sw_aad(aad, s->seq, rec[0], s->version, data_len);
    err = sw_hmac_ct(&dir->hmac, aad, sizeof aad, data, min, data_len, max, want);
    extract_mac(data, min, data_len, max, mac, got);
    good &= sw_ct_is_zero(sw_ct_diff(want, got, mac));
    /* end of the careful region: whether the record is good shows in the answer, and with a good MAC its padding is the sender's business */
    SW_CT_PUBLIC(&good, sizeof good);
    sw_wipe(want, sizeof want);
    if (err != SW_OK)
        return err;
    if (good == 0)
        return SW_ERR_BAD_RECORD_MAC;
    SW_CT_PUBLIC(&data_len, sizeof data_len);
    *out = (struct sw_slice){data, data_len};
    return SW_OK;
}

enum sw_err sw_open_cbc(struct sw_record_dir *dir, uint8_t *rec, size_t len, struct sw_slice *out)
{
    if (dir->s->bulk->kind == SW_BULK_NULL)
        return open_null(dir, rec, len, out);
    return dir->s->etm ? open_etm(dir, rec, len, out) : open_mte(dir, rec, len, out);
}
