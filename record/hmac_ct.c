/*
 * The inner hash is computed in two parts. Blocks that lie before min hold message bytes whatever the length is: they
 * are hashed the usual way. Each block from there to the last that max could need is built with masks - message, 0x80,
 * zeros, bit length - and compressed; the state after every one of them is looked at, and the one after the true last
 * block is kept by mask.
 *
 * Careful region: from the first masked block to the kept state, len is secret.
 */
#include "record/hmac_ct.h"
#include "base/ct.h"
#include "base/wipe.h"
#include <string.h>

/* The chaining state as the digest it would be: wolfCrypt's FinalRaw, which adds no padding and changes nothing. */
static int raw_state(struct sw_hash *h, uint8_t *out)
{
    switch (h->id) {
    case SW_HASH_SHA1:
        return wc_ShaFinalRaw(&h->u.sha1, out);
    case SW_HASH_SHA256:
        return wc_Sha256FinalRaw(&h->u.sha256, out);
    case SW_HASH_SHA384:
        return wc_Sha384FinalRaw(&h->u.sha512, out);
    case SW_HASH_SHA512:
        return wc_Sha512FinalRaw(&h->u.sha512, out);
    default:
        return -1;
    }
}

/* What stands in block number b of the padded message. */
struct place {
    size_t start, size; /* of the block */
    size_t len;         /* secret: of the message */
    size_t is_last;     /* mask: its bit length stands here */
    uint64_t bits;      /* that length */
};

/* Bytes of the message as far as they count, 0x80 behind them, zeros. from: place->size bytes. */
static void build_block(const struct place *b, const uint8_t *from, uint8_t *block)
{
    /* hidden, lest public positions be counted from the secret one */
    size_t len = sw_ct_hide(b->len), begun = sw_ct_ge(len, b->start), count = (len - b->start) & begun;
    sw_ct_lanes end = sw_ct_lanes_all((uint8_t)sw_ct_select(sw_ct_lt(count, UINT8_MAX), count, UINT8_MAX)),
                mark = sw_ct_lanes_all((uint8_t)(0x80 & begun)), at = sw_ct_lanes_count(0);
    uint64_t bits = b->bits & (uint64_t)b->is_last;

    for (size_t j = 0; j < b->size; j += SW_CT_LANES) {
        sw_ct_lanes_store(block + j,
                          (sw_ct_lanes_load(from + j) & (sw_ct_lanes)(at < end)) | (mark & (sw_ct_lanes)(at == end)));
        at += sw_ct_lanes_all(SW_CT_LANES);
    }
    for (size_t j = 1; j <= sizeof bits; j++) {
        block[b->size - j] = (uint8_t)(block[b->size - j] | (uint8_t)bits);
        bits >>= 8;
    }
}

static enum sw_err inner_hash(struct sw_hash *h, const uint8_t *msg, size_t have, size_t min, size_t len, size_t max,
                              uint8_t *out)
{
    const struct sw_hash_info *info = sw_hash_info(h->id);
    size_t size = info->block, field = size / 8 /* 8 or 16 bytes of length */;
    unsigned shift = size == 128 ? 7 : 6; /* a division would take as long as the secret says */
    size_t first = min >> shift, last = (max + field) >> shift, true_last = (len + field) >> shift;
    struct place b = {.size = size, .len = len, .bits = (uint64_t)(len + size) * 8 /* the key block included */};
    uint8_t block[SW_HASH_BLOCK_MAX], state[SW_HASH_MAX];
    enum sw_err err = sw_hash_update(h, msg, first * size);

    memset(out, 0, info->len);
    for (size_t i = first; i <= last && err == SW_OK; i++) {
        const uint8_t *from = msg + i * size;

        b.start = i * size;
        b.is_last = sw_ct_eq(i, true_last);
        if (b.start + size > have) {
            memset(block, 0, size);
            if (b.start < have)
                memcpy(block, msg + b.start, have - b.start);
            from = block;
        }
        build_block(&b, from, block);
        err = sw_hash_update(h, block, size);
        if (err == SW_OK && raw_state(h, state) != 0)
            err = SW_ERR_CRYPTO;
        sw_ct_copy(b.is_last, out, state, out, info->len);
    }
    sw_wipe(block, sizeof block);
    return err;
}

enum sw_err sw_hmac_ct(const struct sw_hmac *m, const uint8_t *msg, size_t have, size_t min, size_t len, size_t max,
                       uint8_t *out)
{
    uint8_t digest[SW_HASH_MAX];
    struct sw_hash h = m->inner;
    enum sw_err err = inner_hash(&h, msg, have, min, len, max, digest);

    h = m->outer;
    if (err == SW_OK)
        err = sw_hash_update(&h, digest, sw_hash_len(m->outer.id));
    if (err == SW_OK)
        err = sw_hash_final(&h, out);
    sw_wipe(&h, sizeof h);
    sw_wipe(digest, sizeof digest);
    return err;
}
