/*
 * Opening MAC-then-encrypt records that are all wrong, each in its way, and all equally long: how they are wrong must
 * not show. The MAC is always wrong; what differs is the padding, and with it where the MAC lies and how many
 * compressions the data would need.
 */
#include "record/record.h"
#include "tests/timing/stats.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POOL = 2048, PLAIN = 512, LENGTH = SW_RECORD_HEADER + 16 + PLAIN };

/*
 * How a class's records are made: the padding's length, and which of its bytes is wrong, counted from the last one (-1:
 * none).
 */
struct form {
    int pad, wrong;
};

struct records {
    struct sw_record_secrets secrets;
    struct sw_record_dir *open;
    uint8_t (*pool[2])[LENGTH];
    uint8_t work[LENGTH];
};

static void must(enum sw_err err)
{
    if (err == SW_OK)
        return;
    fprintf(stderr, "timing: %s\n", sw_err_reason(err));
    exit(1);
}

static struct sw_record_dir *new_dir(struct sw_record_secrets *s, bool sealing)
{
    struct sw_record_dir *dir = aligned_alloc(16, (sw_record_dir_size() + 15) & ~(size_t)15);

    if (dir == NULL)
        must(SW_ERR_MEMORY);
    must(sw_record_dir_init(dir, s, sealing));
    return dir;
}

/*
 * The plaintext is encrypted by sealing it as the data of an encrypt-then-MAC record of the same key, and cutting off
 * what that adds behind it.
 */
static void make(struct sw_record_dir *etm, const struct form *form, uint8_t record[LENGTH])
{
    uint8_t plain[PLAIN], sealed[LENGTH + SW_RECORD_AFTER_MAX];
    size_t n;

    timing_fill(plain, sizeof plain);
    memset(plain + PLAIN - 1 - form->pad, form->pad, (size_t)form->pad + 1);
    if (form->wrong >= 0)
        plain[PLAIN - 1 - form->wrong] ^= 0x40;
    must(sw_record_seal(etm, NULL, SW_CT_APPLICATION_DATA, (struct sw_slice){plain, PLAIN}, sealed, &n));
    memcpy(record, sealed, LENGTH);
    record[3] = (LENGTH - SW_RECORD_HEADER) >> 8;
    record[4] = (uint8_t)(LENGTH - SW_RECORD_HEADER);
}

static void load(void *ctx, int class, size_t i)
{
    struct records *r = ctx;

    memcpy(r->work, r->pool[class][i % POOL], LENGTH);
    r->secrets.seq = 0;
}

static void open_it(void *ctx)
{
    struct records *r = ctx;
    struct sw_slice data;
    uint8_t type;

    if (sw_record_open(r->open, r->work, LENGTH, &type, &data) != SW_ERR_BAD_RECORD_MAC)
        abort();
}

static void compare(const char *what, enum sw_hash_id mac, const struct form form[2], size_t n)
{
    struct records *r = calloc(1, sizeof *r);
    struct sw_record_secrets sealing = {.bulk = &sw_bulk_aes128_cbc, .mac = mac, .etm = true, .version = 0x0303};
    struct sw_record_dir *etm;
    char name[96];

    if (r == NULL)
        must(SW_ERR_MEMORY);
    memset(sealing.key, 0x42, sizeof sealing.key);
    r->secrets = sealing;
    r->secrets.etm = false;
    r->open = new_dir(&r->secrets, false);
    etm = new_dir(&sealing, true);
    for (int class = 0; class < 2; class ++) {
        r->pool[class] = malloc(POOL * sizeof *r->pool[class]);
        if (r->pool[class] == NULL)
            must(SW_ERR_MEMORY);
        for (size_t i = 0; i < POOL; i++)
            make(etm, &form[class], r->pool[class][i]);
    }
    snprintf(name, sizeof name, "%s, %s", sw_hash_info(mac)->name, what);
    timing_compare(&(struct comparison){name, r, load, open_it}, n);
    for (int class = 0; class < 2; class ++)
        free(r->pool[class]);
    sw_record_dir_wipe(r->open);
    sw_record_dir_wipe(etm);
    free(r->open);
    free(etm);
    free(r);
}

void timing_records(size_t n)
{
    static const enum sw_hash_id macs[] = {SW_HASH_SHA1, SW_HASH_SHA256, SW_HASH_SHA384};

    for (size_t i = 0; i < sizeof macs / sizeof *macs; i++) {
        const struct sw_hash_info *info = sw_hash_info(macs[i]);
        /*
         * the padding with which additional data, data, 0x80 and the length just fill a compression block; one byte
         * less of padding needs another
         */
        int fits = 0;

        while ((13 + PLAIN - 1 - info->len - fits + 1 + info->block / 8) % info->block != 0)
            fits++;
        compare("padding of 1 or 256 bytes", macs[i], (const struct form[2]){{0, -1}, {255, -1}}, n);
        compare("padding right or wrong", macs[i], (const struct form[2]){{255, -1}, {255, 100}}, n);
        compare("padding wrong early or late", macs[i], (const struct form[2]){{255, 255}, {255, 1}}, n);
        compare("one compression less or more", macs[i], (const struct form[2]){{fits, -1}, {fits - 1, -1}}, n);
    }
}
