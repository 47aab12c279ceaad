/*
 * How fast records are sealed and opened: MB/s at 16 KiB, and messages a second at 64 bytes (one seal and one open
 * each), a line per bulk cipher and MAC. In memory, CPU time of one thread, the best of several rounds.
 */
#include "record/record.h"
#include "base/hash.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BIG = 16384, SMALL = 64, ROUNDS = 5, BIG_COUNT = 200, SMALL_COUNT = 10000 };

static const struct row {
    const struct sw_bulk *bulk;
    enum sw_hash_id mac;
    bool etm;
} rows[] = {
    {&sw_bulk_aes128_cbc, SW_HASH_SHA1, false},        {&sw_bulk_aes128_cbc, SW_HASH_SHA256, false},
    {&sw_bulk_aes128_cbc, SW_HASH_SHA256, true},       {&sw_bulk_aes256_cbc, SW_HASH_SHA256, false},
    {&sw_bulk_aes256_cbc, SW_HASH_SHA384, false},      {&sw_bulk_aes256_cbc, SW_HASH_SHA512, false},
    {&sw_bulk_aes128_gcm, SW_HASH_NONE, false},        {&sw_bulk_aes256_gcm, SW_HASH_NONE, false},
    {&sw_bulk_chacha20_poly1305, SW_HASH_NONE, false},
};

static _Alignas(16) uint8_t plain[2 * BIG];
static uint8_t sealed_a[SW_RECORD_MAX + SW_RECORD_AFTER_MAX], sealed_b[sizeof sealed_a], work[sizeof sealed_a];

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void must(enum sw_err err)
{
    if (err != SW_OK) {
        fprintf(stderr, "record: %s\n", sw_err_reason(err));
        exit(1);
    }
}

static struct sw_record_dir *new_dir(struct sw_record_secrets *s, const struct row *row, bool sealing)
{
    struct sw_record_dir *dir = aligned_alloc(16, (sw_record_dir_size() + 15) & ~(size_t)15);

    if (dir == NULL)
        must(SW_ERR_MEMORY);
    *s = (struct sw_record_secrets){.bulk = row->bulk, .mac = row->mac, .etm = row->etm, .version = 0x0303};
    memset(s->key, 7, sizeof s->key);
    must(sw_record_dir_init(dir, s, sealing));
    return dir;
}

static double seal_rate(struct sw_record_dir *dir, bool pairs)
{
    const struct sw_slice data[2] = {{plain, BIG}, {plain + BIG, BIG}};
    uint8_t *const to[2] = {sealed_a, sealed_b};
    double best = 1e9, start;
    size_t n[2];

    for (int round = 0; round < ROUNDS; round++) {
        start = now();
        for (int i = 0; i < BIG_COUNT; i += 2)
            if (pairs) {
                must(sw_record_seal_two(dir, NULL, SW_CT_APPLICATION_DATA, data, to, n));
            } else {
                must(sw_record_seal(dir, NULL, SW_CT_APPLICATION_DATA, data[0], to[0], &n[0]));
                must(sw_record_seal(dir, NULL, SW_CT_APPLICATION_DATA, data[1], to[1], &n[1]));
            }
        start = now() - start;
        best = start < best ? start : best;
    }
    return BIG * (double)BIG_COUNT / best * 1e-6;
}

/* One record, opened again and again: its copy is counted too, which is a percent or two for the fastest row. */
static double open_rate(struct sw_record_dir *out, struct sw_record_dir *in, struct sw_record_secrets *in_s,
                        uint64_t seq)
{
    double best = 1e9, start;
    struct sw_slice data;
    uint8_t type;
    size_t n;

    must(sw_record_seal(out, NULL, SW_CT_APPLICATION_DATA, (struct sw_slice){plain, BIG}, sealed_a, &n));
    for (int round = 0; round < ROUNDS; round++) {
        start = now();
        for (int i = 0; i < BIG_COUNT; i++) {
            memcpy(work, sealed_a, n);
            in_s->seq = seq;
            must(sw_record_open(in, work, n, &type, &data));
        }
        start = now() - start;
        best = start < best ? start : best;
    }
    return BIG * (double)BIG_COUNT / best * 1e-6;
}

static double small_rate(struct sw_record_dir *out, struct sw_record_dir *in)
{
    double best = 1e9, start;
    struct sw_slice data;
    uint8_t type;
    size_t n;

    for (int round = 0; round < ROUNDS; round++) {
        start = now();
        for (int i = 0; i < SMALL_COUNT; i++) {
            must(sw_record_seal(out, NULL, SW_CT_APPLICATION_DATA, (struct sw_slice){plain, SMALL}, work, &n));
            must(sw_record_open(in, work, n, &type, &data));
        }
        start = now() - start;
        best = start < best ? start : best;
    }
    return SMALL_COUNT / best * 1e-6;
}

int main(void)
{
    printf("%-32s %8s %8s %8s %8s\n", "16 KiB: MB/s; 64 bytes: M/s", "seal", "two", "open", "64 B");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sw_record_secrets out_s, in_s;
        struct sw_record_dir *out = new_dir(&out_s, &rows[i], true), *in = new_dir(&in_s, &rows[i], false);
        const struct sw_hash_info *mac = sw_hash_info(rows[i].mac);
        double small = small_rate(out, in), one = seal_rate(out, false), two = seal_rate(out, true);
        char name[64];

        snprintf(name, sizeof name, "%s %s%s", rows[i].bulk->name, mac != NULL ? mac->name : "",
                 rows[i].etm ? " EtM" : "");
        printf("%-32s %8.0f %8.0f %8.0f %8.2f\n", name, one, two, open_rate(out, in, &in_s, out_s.seq), small);
        sw_record_dir_wipe(out);
        sw_record_dir_wipe(in);
        free(out);
        free(in);
    }
    return 0;
}
