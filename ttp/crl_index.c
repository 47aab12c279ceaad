/*
 * A hash table of serial numbers, made in one pass. Whoever writes the list can make all of them fall into one bucket:
 * then a search is as long as one without an index, and no longer.
 */
#include "ttp/crl_index.h"
#include "ttp/der.h"
#include <stdlib.h>

enum { ENTRIES_A_BUCKET = 4 };

struct sw_crl_index {
    const struct sw_crl *crl;
    uint32_t mask;
    uint32_t *bucket; /* the number of its last entry plus one; 0: empty */
    struct {
        uint32_t place; /* offset into the list's entries */
        uint32_t below; /* the entry before in its bucket, as above */
    } * entry;
};

/* Up to eight bytes as a number. */
static uint64_t load(const uint8_t *p, size_t len)
{
    uint64_t v = 0;

    for (size_t i = 0; i < len; i++)
        v = v << 8 | p[i];
    return v;
}

/* Both ends of a serial number: CAs count in one and draw lots in the other. */
static uint32_t hash(struct sw_slice serial)
{
    size_t n = serial.len < 8 ? serial.len : 8;
    uint64_t v = load(serial.p, n);

    if (serial.len > 8)
        v = v * 31 + load(serial.p + (serial.len - 8), 8);
    v = (v ^ v >> 32) * 0x9e3779b97f4a7c15u; /* each bit reaches those that choose the bucket */
    return (uint32_t)(v >> 32 ^ v >> 51);
}

/* The next entry's serial number alone; the list was parsed before. */
static bool next_serial(struct sw_reader *entries, struct sw_slice *serial)
{
    struct sw_reader seq;

    if (sw_reader_left(entries) == 0)
        return false;
    seq = sw_der_enter(entries, SW_DER_SEQUENCE);
    *serial = sw_der_read(&seq, SW_DER_INTEGER);
    return !entries->failed;
}

static void fill(struct sw_crl_index *x)
{
    struct sw_reader r = sw_reader_of_slice(x->crl->entries);
    const uint8_t *start = r.p;
    struct sw_slice serial;
    uint32_t n = 0, at = 0;

    for (; next_serial(&r, &serial); at = (uint32_t)(r.p - start)) {
        uint32_t *bucket = &x->bucket[hash(serial) & x->mask];

        x->entry[n].place = at;
        x->entry[n].below = *bucket;
        *bucket = ++n;
    }
}

enum sw_err sw_crl_index_new(struct sw_crl_index **out, const struct sw_crl *crl)
{
    struct sw_crl_index *x;
    size_t buckets = 1;

    while (buckets < crl->entries_len / ENTRIES_A_BUCKET)
        buckets *= 2;
    x = calloc(1, sizeof *x + buckets * sizeof x->bucket[0] + crl->entries_len * sizeof x->entry[0]);
    *out = x;
    if (x == NULL)
        return SW_ERR_MEMORY;
    x->crl = crl;
    x->mask = (uint32_t)buckets - 1;
    x->bucket = (uint32_t *)(void *)(x + 1);
    x->entry = (void *)(x->bucket + buckets);
    fill(x);
    return SW_OK;
}

void sw_crl_index_free(struct sw_crl_index *index)
{
    free(index);
}

/* From the last entry of its bucket to the first, which counts if there are several. */
bool sw_crl_index_find(const struct sw_crl_index *index, struct sw_slice serial, struct sw_crl_entry *entry,
                       size_t *looked_at)
{
    struct sw_slice all = index->crl->entries, got;
    bool found = false;

    *looked_at = 0;
    for (uint32_t n = index->bucket[hash(serial) & index->mask]; n != 0; n = index->entry[n - 1].below) {
        size_t place = index->entry[n - 1].place;
        struct sw_reader r = sw_reader_of(all.p + place, all.len - place), look = r;

        ++*looked_at;
        if (next_serial(&look, &got) && sw_slice_eq(got, serial))
            found = sw_crl_next(&r, entry);
    }
    return found;
}
