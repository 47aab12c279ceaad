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
 * Sealing is written for speed. CBC encryption and SHA each wait for their own last result, so a processor that is
 * given both by turns does them at
 * once: hash a piece, encrypt a piece, hash the next. What overlaps is what the processor sees ahead of itself, so a
 * piece is one compression block, cut so that with the additional data before them pieces fill blocks, and the loop
 * that takes turns does nothing else. Two records sealed together double what can overlap.
 *
 * Opening MAC-then-encrypt is written for silence. From decryption to the verdict, the padding length, the position of
 * the MAC and whether anything was wrong are secret: only masks decide, every record of one length costs the same, and
 * there is one verdict.
 */
#include "base/ct.h"
#include "base/wipe.h"
#include "record/hmac_ct.h"
#include "record/seal_dir.h"
#include <string.h>

enum {
    PIECE_MAX = SW_HASH_BLOCK_MAX,               /* of plaintext or ciphertext, worked on in one turn */
    LAG = 256,                                   /* of hashing behind encryption */
    AT_ONCE = PIECE_MAX + SW_HASH_MAX + 16 + 16, /* the end of a record: a piece's rest, MAC and padding */
    PADDING_MAX = 256,
    ALIGNMENT = 16
};

/* --- sealing ------------------------------------------------------------------------------------------------------ */

/*
 * A record on its way. Positions are offsets both from `from`, the plaintext, and from `data`, where the encrypted part
 * begins. The whole blocks of the plaintext are encrypted from where they are; the rest is brought to `data`, for MAC
 * and padding to follow it.
 */
struct stream {
    struct sw_hash mac;       /* of this record, under way */
    union sw_cipher *cipher;  /* holds the last ciphertext block so far */
    bool des;                 /* it is des3, not aes */
    const uint8_t *from;      /* the plaintext */
    uint8_t *data;            /* the encrypted part */
    const uint8_t *authentic; /* what the MAC is over: one of the two */
    size_t len, whole;        /* of the plaintext, and of its whole blocks */
    size_t padded;            /* of the encrypted part, known once the MAC (if inside) and the padding stand */
    size_t piece;             /* hashed and encrypted in one turn */
    size_t hashed, encrypted;
    uint8_t *aligned; /* AT_ONCE bytes at an aligned address */
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static enum sw_err hash_next(struct stream *st, size_t n)
{
    const uint8_t *p = st->authentic + st->hashed;

    st->hashed += n;
    return sw_hash_update(&st->mac, p, n);
}

/*
 * The next n bytes, whole blocks and at most AT_ONCE, which stand at from: anywhere but in a part of the output that is
 * not its beginning.
 */
static int encrypt_next(struct stream *st, const uint8_t *from, size_t n)
{
    uint8_t *out = st->data + st->encrypted;

    st->encrypted += n;
    /* wolfCrypt copies unaligned input to memory that it allocates for the purpose; output may lie anywhere */
    if ((uintptr_t)from % ALIGNMENT != 0)
        from = memcpy(st->aligned, from, n);
    return st->des ? wc_Des3_CbcEncrypt(&st->cipher->des3, out, from, (word32)n)
                   : wc_AesCbcEncrypt(&st->cipher->aes, out, from, (word32)n);
}

static enum sw_err encrypt_to(struct stream *st, size_t end)
{
    int rc = 0;

    while (st->encrypted < end && rc == 0) {
        bool plain = st->encrypted < st->whole;
        size_t n = (plain ? least(end, st->whole) : end) - st->encrypted;

        rc = encrypt_next(st, (plain ? st->from : st->data) + st->encrypted, least(n, AT_ONCE / ALIGNMENT * ALIGNMENT));
    }
    return rc == 0 ? SW_OK : SW_ERR_CRYPTO;
}

/* How many turns a record can still take. */
static size_t turns_of(const struct stream *st)
{
    size_t left = st->whole - st->encrypted;

    if (st->authentic == st->from) /* hashing may be ahead */
        left = least(left, st->len - st->hashed);
    return left / st->piece;
}

static enum sw_err take_turns(struct stream *st, size_t count, size_t turns)
{
    enum sw_err err = SW_OK;
    int rc = 0;

    for (; turns > 0 && err == SW_OK && rc == 0; turns--) {
        for (size_t i = 0; i < count && err == SW_OK; i++)
            err = hash_next(&st[i], st[i].piece);
        for (size_t i = 0; i < count && rc == 0; i++)
            rc = encrypt_next(&st[i], st[i].from + st[i].encrypted, st[i].piece);
    }
    return rc == 0 ? err : SW_ERR_CRYPTO;
}

static void add_padding(struct stream *st, size_t at, size_t block)
{
    size_t pad = block - 1 - at % block;

    memset(st->data + at, (int)pad, pad + 1);
    st->padded = at + pad + 1;
}

/* MAC-then-encrypt: hashing goes ahead of encryption, which may overwrite what was hashed. */
static enum sw_err begin_mte(const struct sw_record_dir *dir, const struct sw_seal_job *job, struct stream *st)
{
    uint8_t aad[SW_AAD_MAX];
    enum sw_err err;

    st->authentic = st->from;
    sw_aad(aad, job->seq, (uint8_t)job->type, dir->s->version, st->len);
    err = sw_hash_update(&st->mac, aad, sizeof aad);
    return err == SW_OK ? hash_next(st, least(st->piece - SW_AAD_MAX, st->len)) : err;
}

static enum sw_err finish_mte(const struct sw_record_dir *dir, struct stream *st)
{
    enum sw_err err = hash_next(st, st->len - st->hashed);

    if (err == SW_OK)
        err = encrypt_to(st, st->whole);
    if (err == SW_OK)
        err = sw_hmac_end(&dir->hmac, &st->mac, st->data + st->len);
    if (err != SW_OK)
        return err;
    add_padding(st, st->len + sw_hash_len(dir->s->mac), dir->s->bulk->block);
    return encrypt_to(st, st->padded);
}

/*
 * Encrypt-then-MAC: hashing goes well behind encryption, lest its loads wait for the stores. The MAC covers the IV and
 * the ciphertext, and its length field counts those (RFC 7366 3).
 */
static enum sw_err begin_etm(const struct sw_record_dir *dir, const struct sw_seal_job *job, struct stream *st)
{
    size_t block = dir->s->bulk->block, before = SW_AAD_MAX + block;
    uint8_t aad[SW_AAD_MAX];
    enum sw_err err;

    st->authentic = st->data;
    add_padding(st, st->len, block);
    sw_aad(aad, job->seq, (uint8_t)job->type, dir->s->version, block + st->padded);
    err = sw_hash_update(&st->mac, aad, sizeof aad);
    if (err == SW_OK)
        err = sw_hash_update(&st->mac, st->data - block, block);
    if (err == SW_OK)
        err = encrypt_to(st, least(LAG, st->whole));
    return err == SW_OK ? hash_next(st, least(st->piece - before, st->encrypted)) : err;
}

static enum sw_err finish_etm(const struct sw_record_dir *dir, struct stream *st)
{
    enum sw_err err = encrypt_to(st, st->padded);

    if (err == SW_OK)
        err = hash_next(st, st->padded - st->hashed);
    return err == SW_OK ? sw_hmac_end(&dir->hmac, &st->mac, st->data + st->padded) : err;
}

static enum sw_err begin(const struct sw_record_dir *dir, const struct sw_rand *rand, struct sw_seal_job *job,
                         struct stream *st)
{
    const struct sw_record_secrets *s = dir->s;
    size_t block = s->bulk->block, len = job->data.len;
    uint8_t *iv = job->buf + SW_RECORD_HEADER;
    enum sw_err err;

    st->mac = dir->hmac.inner;
    st->des = s->bulk == &sw_bulk_3des_cbc;
    st->from = job->data.p;
    st->data = iv + block;
    st->len = len;
    st->whole = len - len % block;
    st->piece = sw_hash_info(s->mac)->block;
    st->hashed = st->encrypted = 0;
    if (st->from != st->data)
        memcpy(st->data + st->whole, st->from + st->whole, len - st->whole);
    err = sw_rand_iv(rand, iv, block);
    if (err != SW_OK)
        return err;
    if ((st->des ? wc_Des3_SetIV(&st->cipher->des3, iv) : wc_AesSetIV(&st->cipher->aes, iv)) != 0)
        return SW_ERR_CRYPTO;
    job->out = sw_record_sealed_len(s, len);
    sw_header_write(job->buf, (uint8_t)job->type, s->version, job->out - SW_RECORD_HEADER);
    return s->etm ? begin_etm(dir, job, st) : begin_mte(dir, job, st);
}

static enum sw_err seal_null(struct sw_record_dir *dir, struct sw_seal_job *job)
{
    const struct sw_record_secrets *s = dir->s;
    uint8_t aad[SW_AAD_MAX], *data = job->buf + SW_RECORD_HEADER;
    size_t len = job->data.len;
    enum sw_err err;

    if (job->data.p != data)
        memcpy(data, job->data.p, len);
    job->out = sw_record_sealed_len(s, len);
    sw_header_write(job->buf, (uint8_t)job->type, s->version, job->out - SW_RECORD_HEADER);
    sw_aad(aad, job->seq, (uint8_t)job->type, s->version, len);
    err = sw_hmac_update(&dir->hmac, aad, sizeof aad);
    if (err == SW_OK)
        err = sw_hmac_update(&dir->hmac, data, len);
    return err == SW_OK ? sw_hmac_final(&dir->hmac, data + len) : err;
}

static enum sw_err seal_streams(struct sw_record_dir *dir, const struct sw_rand *rand, struct sw_seal_job *jobs,
                                struct stream *st, size_t count)
{
    enum sw_err err = SW_OK;

    for (size_t i = 0; i < count && err == SW_OK; i++)
        err = begin(dir, rand, &jobs[i], &st[i]);
    if (err == SW_OK && count == 2)
        err = take_turns(st, 2, least(turns_of(&st[0]), turns_of(&st[1])));
    for (size_t i = 0; i < count && err == SW_OK; i++)
        err = take_turns(&st[i], 1, turns_of(&st[i]));
    for (size_t i = 0; i < count && err == SW_OK; i++)
        err = dir->s->etm ? finish_etm(dir, &st[i]) : finish_mte(dir, &st[i]);
    return err;
}

enum sw_err sw_seal_cbc(struct sw_record_dir *dir, const struct sw_rand *rand, struct sw_seal_job *jobs, size_t count)
{
    struct stream st[2];
    union sw_cipher second; /* of the same key, for the second record's chain */
    _Alignas(ALIGNMENT) uint8_t aligned[AT_ONCE];
    enum sw_err err = SW_OK;

    if (dir->s->bulk->kind == SW_BULK_NULL) {
        for (size_t i = 0; i < count && err == SW_OK; i++)
            err = seal_null(dir, &jobs[i]);
        return err;
    }
    st[0].cipher = &dir->u;
    st[0].aligned = st[1].aligned = aligned;
    if (count == 2)
        second = dir->u;
    st[1].cipher = &second;
    err = seal_streams(dir, rand, jobs, st, count);
    if (count == 2)
        sw_wipe(&second, sizeof second);
    sw_wipe(aligned, sizeof aligned);
    sw_wipe(st, count * sizeof *st); /* keyed hash states */
    return err;
}

/* --- opening: NULL and encrypt-then-MAC --------------------------------------------------------------------------- */

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

/*
 * Padding of an authenticated record: whoever made it held the key, so its form is no secret; it must be right all the
 * same.
 */
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

/* --- opening: MAC-then-encrypt ------------------------------------------------------------------------------------ */

/*
 * Mask of good padding, and its length in *pad (padding_length, without the length byte itself): 0 if it is not good,
 * so that a MAC is computed all the same (RFC 5246 6.2.3.2, implementation note). Looks at the last 256 bytes, or all
 * there are; n is a multiple of 16, or 8 and at least 16.
 */
static size_t check_padding(const uint8_t *data, size_t n, size_t mac, size_t *pad)
{
    size_t claimed = data[n - 1], good = sw_ct_ge(n, claimed + 1 + mac), seen = 0, most = least(n, PADDING_MAX);
    sw_ct_lanes wrong = {0}, none = {0}, value = sw_ct_lanes_all((uint8_t)claimed), from_end;

    while (seen < most) {
        seen = least(seen + SW_CT_LANES, most);
        from_end = sw_ct_lanes_all((uint8_t)(seen - 1)) - sw_ct_lanes_count(0);
        wrong |= (sw_ct_lanes_load(data + n - seen) ^ value) & (sw_ct_lanes)(from_end <= value);
    }
    good &= sw_ct_is_zero(sw_ct_diff(&wrong, &none, sizeof wrong));
    *pad = claimed & good;
    return good;
}

static uint32_t load32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void store32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}

/*
 * Rotate the mac bytes in buf left by a secret count below its length: words of four, by a shift for the bytes in them,
 * then by words: for each bit of their number a fixed rotation that is taken or not by mask.
 */
static void rotate(uint8_t *buf, size_t mac, size_t count)
{
    enum { WORDS = SW_HASH_MAX / 4 };
    uint32_t word[2 * WORDS]; /* what comes round stands behind the last once more */
    size_t words = mac / 4, by_word = count >> 2;
    unsigned by_bit = (unsigned)(count & 3) * 8;

    for (size_t i = 0; i < words; i++)
        word[i] = load32(buf + 4 * i);
    word[words] = word[0];
    for (size_t i = 0; i < words; i++)
        word[i] = (uint32_t)((word[i] | (uint64_t)word[i + 1] << 32) >> by_bit);
    for (size_t step = 1; step < words; step <<= 1) {
        uint32_t taken = (uint32_t)sw_ct_hide((size_t)0 - (by_word & 1));

        for (size_t i = 0; i < step; i++)
            word[words + i] = word[i];
        for (size_t i = 0; i < words; i++)
            word[i] ^= (word[i] ^ word[i + step]) & taken;
        by_word >>= 1;
    }
    for (size_t i = 0; i < words; i++)
        store32(buf + 4 * i, word[i]);
    sw_wipe(word, sizeof word);
}

/*
 * Copy the MAC, which begins at secret position at (min <= at <= max), to out. All places it can be are cut into rows
 * of its length: it begins in one at some column and ends in the next before that column, so the columns of those two
 * rows, each from its side, are the MAC rotated by the column it begins at.
 */
static void extract_mac(const uint8_t *data, size_t min, size_t at, size_t max, size_t mac, uint8_t *out)
{
    size_t end = max + mac, column = at - min, row_begin = 0; /* both secret, offsets from min */
    uint8_t row[SW_HASH_MAX] = {0};
    sw_ct_lanes got[SW_HASH_MAX / SW_CT_LANES] = {{0}}, before[SW_HASH_MAX / SW_CT_LANES];

    for (size_t i = 0; i < max - min; i += mac) {
        size_t further = sw_ct_ge(column, mac);

        column -= mac & further;
        row_begin += mac & further;
    }
    for (size_t j = 0; j < mac; j += SW_CT_LANES)
        before[j / SW_CT_LANES] = (sw_ct_lanes)(sw_ct_lanes_count(j) < sw_ct_lanes_all((uint8_t)column));
    for (size_t i = 0; min + i < end; i += mac) {
        size_t left = end - min - i;
        sw_ct_lanes first = sw_ct_lanes_all((uint8_t)sw_ct_eq(i, row_begin)),
                    second = sw_ct_lanes_all((uint8_t)sw_ct_eq(i, row_begin + mac));

        memcpy(row, data + min + i, left < mac ? left : mac);
        for (size_t j = 0; j < mac; j += SW_CT_LANES)
            got[j / SW_CT_LANES] |=
                sw_ct_lanes_load(row + j) & ((~before[j / SW_CT_LANES] & first) | (before[j / SW_CT_LANES] & second));
    }
    memcpy(out, got, mac);
    rotate(out, mac, column);
    sw_wipe(row, sizeof row);
    sw_wipe(got, sizeof got);
}

static enum sw_err open_mte(struct sw_record_dir *dir, uint8_t *rec, size_t len, struct sw_slice *out)
{
    const struct sw_record_secrets *s = dir->s;
    size_t mac = sw_hash_len(s->mac), block = s->bulk->block, n, max, min, pad, good, data_len;
    uint8_t want[SW_HASH_MAX], got[SW_HASH_MAX], *iv = rec + SW_RECORD_HEADER, *data = iv + block, *aad;
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
    /* what is authenticated before the data takes the place of header and IV, which have served and are as long */
    aad = data - SW_AAD_MAX;
    sw_aad(aad, s->seq, rec[0], s->version, data_len);
    err = sw_hmac_ct(&dir->hmac, aad, SW_AAD_MAX + n, SW_AAD_MAX + min, SW_AAD_MAX + data_len, SW_AAD_MAX + max, want);
    extract_mac(data, min, data_len, max, mac, got);
    good &= sw_ct_is_zero(sw_ct_diff(want, got, mac));
    /*
     * end of the careful region: whether the record is good shows in the answer, and with a good MAC its padding is the
     * sender's business
     */
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
