/*
 * The inner hash is computed in two parts. Blocks that lie before head + min hold message bytes whatever the length is: they are hashed the usual
 * way. Each block from there to the last that max could need is built byte by byte with masks - message, 0x80, zeros, bit length - and
 * compressed; the state after every one of them is looked at, and the one after the true last block is kept by mask.
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

/* Where the message's byte at position g lies: in head, then in data. */
struct message {
    const uint8_t *head, *data;
    size_t head_len, max;
};

/* size bytes from position start on into out, zeros past max. All of it public: which bytes count is decided afterwards. */
static void gather(const struct message *msg, size_t start, size_t size, uint8_t *out)
{
    size_t from_head = start < msg->head_len ? msg->head_len - start : 0, from_data, at;

    if (from_head > size)
        from_head = size;
    at = start + from_head - msg->head_len;
    from_data = msg->max > at ? msg->max - at : 0;
    if (from_data > size - from_head)
        from_data = size - from_head;
    if (from_head > 0)
        memcpy(out, msg->head + start, from_head);
    if (from_data > 0)
        memcpy(out + from_head, msg->data + at, from_data);
    memset(out + from_head + from_data, 0, size - from_head - from_data);
}

/*
 * Block number b of the padded message whose secret length is total (head included). is_last: mask.
 *   bits   the message's length in bits, key block included, already as 8 big-endian bytes
 */
static void build_block(const struct message *msg, size_t b, size_t size, size_t total, size_t is_last,
                        const uint8_t bits[8], uint8_t *block)
{
    size_t start = b * size;

    gather(msg, start, size, block);
    for (size_t j = 0; j < size; j += SW_CT_LANES) {
        sw_ct_lanes inside = sw_ct_lanes_below(start + j, total), upto = sw_ct_lanes_below(start + j, total + 1);

        sw_ct_lanes_store(block + j,
                          (sw_ct_lanes_load(block + j) & inside) | (sw_ct_lanes_all(0x80) & (upto ^ inside)));
    }
    for (size_t j = 0; j < 8; j++)
        block[size - 8 + j] = (uint8_t)(block[size - 8 + j] | (bits[j] & is_last));
}

static enum sw_err inner_hash(const struct sw_hmac *m, const struct message *msg, size_t min, size_t len, uint8_t *out)
{
    const struct sw_hash_info *info = sw_hash_info(m->inner.id);
    size_t size = info->block, field = size / 8 /* 8 or 16 bytes of length */, total = msg->head_len + len;
    size_t first = (msg->head_len + min) / size, last = (msg->head_len + msg->max + field) / size;
    size_t true_last = (total + field) / size; /* a shift: block sizes are powers of two */
    uint64_t bit_count = (uint64_t)(total + size) * 8;
    uint8_t bits[8], block[SW_HASH_BLOCK_MAX], state[SW_HASH_MAX];
    struct sw_hash h = m->inner;
    size_t whole = first * size;
    enum sw_err err = SW_OK;

    for (int i = 0; i < 8; i++)
        bits[i] = (uint8_t)(bit_count >> (56 - 8 * i));
    if (whole > 0) {
        size_t from_head = whole < msg->head_len ? whole : msg->head_len;

        err = sw_hash_update(&h, msg->head, from_head);
        if (err == SW_OK && whole > from_head)
            err = sw_hash_update(&h, msg->data, whole - from_head);
    }
    memset(out, 0, info->len);
    for (size_t b = first; b <= last && err == SW_OK; b++) {
        size_t is_last = sw_ct_eq(b, true_last);

        build_block(msg, b, size, total, is_last, bits, block);
        err = sw_hash_update(&h, block, size);
        if (err == SW_OK && raw_state(&h, state) != 0)
            err = SW_ERR_CRYPTO;
        sw_ct_copy(is_last, out, state, out, info->len);
    }
    sw_wipe(block, sizeof block);
    sw_wipe(&h, sizeof h);
    return err;
}

enum sw_err sw_hmac_ct(const struct sw_hmac *m, const uint8_t *head, size_t head_len, const uint8_t *data, size_t min,
                       size_t len, size_t max, uint8_t *out)
{
    const struct message msg = {head, data, head_len, max};
    uint8_t digest[SW_HASH_MAX];
    struct sw_hash h = m->outer;
    enum sw_err err = inner_hash(m, &msg, min, len, digest);

    if (err == SW_OK)
        err = sw_hash_update(&h, digest, sw_hash_len(m->outer.id));
    if (err == SW_OK)
        err = sw_hash_final(&h, out);
    sw_wipe(digest, sizeof digest);
    return err;
}
