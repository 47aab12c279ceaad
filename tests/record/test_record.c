/*
 * Every way to protect a record, against itself and against an oracle written the plain way: with branches, HMAC over
 * the data, AES by wolfCrypt.
 */
#include "base/hash.h"
#include "record/hmac_ct.h"
#include "record/record.h"
#include "tests/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct sw_bulk *const bulks[] = {
    &sw_bulk_null,       &sw_bulk_3des_cbc,   &sw_bulk_aes128_cbc,       &sw_bulk_aes256_cbc,
    &sw_bulk_aes128_gcm, &sw_bulk_aes256_gcm, &sw_bulk_chacha20_poly1305};
static const enum sw_hash_id macs[] = {SW_HASH_SHA1, SW_HASH_SHA256, SW_HASH_SHA384, SW_HASH_SHA512};
enum { BULKS = 7, MACS = 4, ROOM = SW_RECORD_MAX + 1024 };

static uint8_t plain[SW_RECORD_PLAIN_MAX + 1], buf[2 * ROOM], copy[ROOM];

/* Both directions of one protection. */
struct both {
    struct sw_record_secrets sealing, opening;
    struct sw_record_dir *out, *in;
};

static struct sw_record_dir *new_dir(struct sw_record_secrets *s, bool sealing)
{
    struct sw_record_dir *dir = aligned_alloc(16, (sw_record_dir_size() + 15) & ~(size_t)15);

    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    SW_ASSERT_OK(sw_record_dir_init(dir, s, sealing));
    return dir;
}

static void both_open(struct both *b, const struct sw_bulk *bulk, enum sw_hash_id mac, bool etm, bool tls13)
{
    struct sw_record_secrets s = {.bulk = bulk, .mac = mac, .etm = etm, .tls13 = tls13, .version = 0x0303};

    for (size_t i = 0; i < sizeof s.mac_key; i++)
        s.mac_key[i] = (uint8_t)(i + 1);
    memset(s.key, 0x42, sizeof s.key);
    memset(s.iv, 0x17, sizeof s.iv);
    b->sealing = b->opening = s;
    b->out = new_dir(&b->sealing, true);
    b->in = new_dir(&b->opening, false);
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)(i * 7 + (i >> 8));
}

static void both_close(struct both *b)
{
    sw_record_dir_wipe(b->out);
    sw_record_dir_wipe(b->in);
    free(b->out);
    free(b->in);
}

/* Each protection that exists; false past the last. */
static bool nth(size_t n, const struct sw_bulk **bulk, enum sw_hash_id *mac, bool *etm, bool *tls13)
{
    for (size_t i = 0; i < BULKS; i++)
        for (size_t m = 0; m < MACS; m++)
            for (int e = 0; e < 2; e++) {
                bool aead = bulks[i]->kind == SW_BULK_AEAD;

                if ((aead && m > 0) || (bulks[i]->kind == SW_BULK_NULL && e > 0))
                    continue;
                if (n-- > 0)
                    continue;
                *bulk = bulks[i];
                *mac = aead ? SW_HASH_NONE : macs[m];
                *etm = !aead && e;
                *tls13 = aead && e;
                return true;
            }
    return false;
}

static size_t seal(struct both *b, size_t len)
{
    size_t n = 0;

    struct sw_slice in_place = {buf + sw_record_before(&b->sealing), len};

    memcpy(buf + sw_record_before(&b->sealing), plain, len);
    SW_ASSERT_OK(sw_record_seal(b->out, NULL, SW_CT_APPLICATION_DATA, in_place, buf, &n));
    CU_ASSERT_EQUAL(n, sw_record_sealed_len(&b->sealing, len));
    return n;
}

static bool opens(struct both *b, uint8_t *rec, size_t n, size_t len)
{
    struct sw_slice out;
    uint8_t type;

    return sw_record_open(b->in, rec, n, &type, &out) == SW_OK && type == SW_CT_APPLICATION_DATA && out.len == len &&
           memcmp(out.p, plain, len) == 0;
}

static void round_trips(void)
{
    const struct sw_bulk *bulk;
    enum sw_hash_id mac;
    bool etm, tls13;

    for (size_t i = 0; nth(i, &bulk, &mac, &etm, &tls13); i++) {
        struct both b;

        both_open(&b, bulk, mac, etm, tls13);
        for (size_t len = 0; len <= SW_RECORD_PLAIN_MAX; len += len < 300 ? 1 : len < 16000 ? 4111 : 1)
            CU_ASSERT_TRUE_FATAL(opens(&b, buf, seal(&b, len), len));
        both_close(&b);
    }
}

/* Any byte changed, but the header's version and length, which are not the record layer's to judge. */
static void flipped_bytes(void)
{
    static const size_t lengths[] = {0, 1, 16, 63, 300};
    const struct sw_bulk *bulk;
    enum sw_hash_id mac;
    bool etm, tls13;

    for (size_t i = 0; nth(i, &bulk, &mac, &etm, &tls13); i++) {
        struct both b;

        both_open(&b, bulk, mac, etm, tls13);
        for (size_t l = 0; l < 5; l++) {
            size_t n = seal(&b, lengths[l]);
            struct sw_slice out;
            uint8_t type;

            for (size_t at = 0; at < n; at++) {
                if (at >= 1 && at < SW_RECORD_HEADER)
                    continue;
                memcpy(copy, buf, n);
                copy[at] ^= (uint8_t)(1u << at % 8);
                SW_ASSERT_ERR(sw_record_open(b.in, copy, n, &type, &out), SW_ERR_BAD_RECORD_MAC);
            }
            for (size_t cut = SW_RECORD_HEADER; cut < n; cut++) {
                memcpy(copy, buf, n);
                SW_ASSERT_ERR(sw_record_open(b.in, copy, cut, &type, &out), SW_ERR_BAD_RECORD_MAC);
            }
            CU_ASSERT_TRUE(opens(&b, buf, n, lengths[l]));
        }
        both_close(&b);
    }
}

static void two_are_two_ones(void)
{
    static const size_t lengths[] = {0, 1, 100, 5000, 16384};
    const struct sw_bulk *bulk;
    enum sw_hash_id mac;
    bool etm, tls13;

    for (size_t i = 0; nth(i, &bulk, &mac, &etm, &tls13); i++)
        for (size_t x = 0; x < 5; x++)
            for (size_t y = 0; y < 5; y++) {
                size_t a = lengths[x], c = lengths[y], first, n[2];
                struct both b;

                both_open(&b, bulk, mac, etm, tls13);
                first = sw_record_sealed_len(&b.sealing, a);
                SW_ASSERT_OK(sw_record_seal_two(b.out, NULL, SW_CT_APPLICATION_DATA,
                                                (const struct sw_slice[2]){{plain, a}, {plain, c}},
                                                (uint8_t *const[2]){buf, buf + first}, n));
                CU_ASSERT_EQUAL(n[0], first);
                CU_ASSERT_TRUE(opens(&b, buf, n[0], a));
                CU_ASSERT_TRUE(opens(&b, buf + first, n[1], c));
                CU_ASSERT_EQUAL(b.sealing.seq, 2);
                both_close(&b);
            }
}

static int lie = -1; /* what make_cbc writes as the last byte, if not -1 */

/*
 * A MAC-then-encrypt record made by hand, so that its padding can be anything. The bytes are encrypted by sealing them
 * as the data of an encrypt-then-MAC record of the same keys, and cutting off what that adds behind them.
 */
static size_t make_cbc(const struct both *b, size_t len, size_t pad, int bad_at, bool bad_mac, uint8_t *rec)
{
    uint8_t head[13] = {0, 0, 0, 0, 0, 0, 0, 0, SW_CT_APPLICATION_DATA, 3, 3}, *data = rec + SW_RECORD_HEADER + 16;
    size_t mac = sw_hash_len(b->sealing.mac), total = len + mac + pad + 1;
    struct sw_record_secrets bare = b->sealing;
    struct sw_record_dir *null;
    struct sw_hmac m;
    size_t n;

    head[11] = (uint8_t)(len >> 8);
    head[12] = (uint8_t)len;
    memcpy(data, plain, len);
    SW_ASSERT_OK(sw_hmac_key(&m, b->sealing.mac, b->sealing.mac_key, mac));
    SW_ASSERT_OK(sw_hmac_update(&m, head, sizeof head));
    SW_ASSERT_OK(sw_hmac_update(&m, data, len));
    SW_ASSERT_OK(sw_hmac_final(&m, data + len));
    data[len] ^= bad_mac;
    memset(data + len + mac, (int)pad, pad + 1);
    if (bad_at >= 0)
        data[total - 1 - (size_t)bad_at] ^= 1;
    if (lie >= 0)
        data[total - 1] = (uint8_t)lie;
    bare.etm = true;
    bare.seq = 0;
    null = new_dir(&bare, true);
    SW_ASSERT_OK(sw_record_seal(null, NULL, SW_CT_APPLICATION_DATA, (struct sw_slice){data, total}, rec, &n));
    sw_record_dir_wipe(null);
    free(null);
    n = SW_RECORD_HEADER + 16 + total;
    rec[3] = (uint8_t)((n - SW_RECORD_HEADER) >> 8);
    rec[4] = (uint8_t)(n - SW_RECORD_HEADER);
    return n;
}

static void every_padding(void)
{
    static uint8_t rec[4096];

    for (size_t m = 0; m < MACS; m++)
        for (size_t pad = 0; pad < 256; pad++) {
            size_t mac = sw_hash_len(macs[m]);

            for (size_t len = (16 - (mac + pad + 1) % 16) % 16; len < 400; len += 112) {
                struct sw_slice out;
                struct both b;
                uint8_t type;
                size_t n;

                both_open(&b, &sw_bulk_aes128_cbc, macs[m], false, false);
                n = make_cbc(&b, len, pad, -1, true, rec);
                SW_ASSERT_ERR(sw_record_open(b.in, rec, n, &type, &out), SW_ERR_BAD_RECORD_MAC);
                for (int bad = 1; bad <= (int)pad; bad += pad < 16 ? 1 : 37) {
                    n = make_cbc(&b, len, pad, bad, false, rec);
                    SW_ASSERT_ERR(sw_record_open(b.in, rec, n, &type, &out), SW_ERR_BAD_RECORD_MAC);
                }
                n = make_cbc(&b, len, pad, -1, false, rec);
                CU_ASSERT_TRUE(opens(&b, rec, n, len));
                both_close(&b);
            }
        }
}

/* A padding length that claims more than the record has: the last byte of data that is all MAC and one lie. */
static void padding_beyond_the_record(void)
{
    static uint8_t rec[4096];

    for (unsigned claim = 16; claim < 256; claim++) {
        struct sw_slice out;
        struct both b;
        uint8_t type;
        size_t n;

        both_open(&b, &sw_bulk_aes128_cbc, SW_HASH_SHA256, false, false);
        lie = (int)claim;
        n = make_cbc(&b, 0, 15, -1, false, rec);
        lie = -1;
        SW_ASSERT_ERR(sw_record_open(b.in, rec, n, &type, &out), SW_ERR_BAD_RECORD_MAC);
        both_close(&b);
    }
}

static void limits(void)
{
    struct sw_slice out;
    struct both b;
    uint8_t type;
    size_t n;

    both_open(&b, &sw_bulk_aes128_cbc, SW_HASH_SHA256, false, false);
    n = SW_RECORD_HEADER + SW_RECORD_CIPHER_MAX + 1;
    SW_ASSERT_ERR(sw_record_open(b.in, buf, n, &type, &out), SW_ERR_RECORD_OVERFLOW);
    b.sealing.seq = UINT64_MAX;
    SW_ASSERT_ERR(sw_record_seal(b.out, NULL, SW_CT_APPLICATION_DATA, (struct sw_slice){plain, 1}, buf, &n),
                  SW_ERR_SEQUENCE);
    b.opening.seq = UINT64_MAX;
    SW_ASSERT_ERR(sw_record_open(b.in, buf, 100, &type, &out), SW_ERR_SEQUENCE);
    both_close(&b);
}

static void a_secret_length_changes_nothing(void)
{
    for (size_t m = 0; m < MACS; m++) {
        uint8_t want[SW_HASH_MAX], got[SW_HASH_MAX];
        uint8_t msg[13 + 700];
        struct sw_hmac key;

        memcpy(msg, "thirteen byte", 13);
        memcpy(msg + 13, plain, sizeof msg - 13);
        SW_ASSERT_OK(sw_hmac_key(&key, macs[m], "a key", 5));
        for (size_t max = 0; max < 700; max += max < 300 ? 1 : 97) {
            size_t min = max > 255 ? max - 255 : 0;

            for (size_t len = min; len <= max; len += 1 + (max - min) / 40) {
                SW_ASSERT_OK(sw_hmac_update(&key, "thirteen byte", 13));
                SW_ASSERT_OK(sw_hmac_update(&key, plain, len));
                SW_ASSERT_OK(sw_hmac_final(&key, want));
                SW_ASSERT_OK(sw_hmac_ct(&key, msg, sizeof msg, 13 + min, 13 + len, 13 + max, got));
                SW_ASSERT_BYTES(got, want, sw_hash_len(macs[m]));
            }
        }
    }
}

static void explicit_nonces_are_never_repeated(void)
{
    struct both b;
    uint8_t last[8] = {0xff};

    both_open(&b, &sw_bulk_aes128_gcm, SW_HASH_NONE, false, false);
    for (int i = 0; i < 1000; i++) {
        (void)seal(&b, 1);
        CU_ASSERT_NOT_EQUAL(memcmp(last, buf + SW_RECORD_HEADER, 8), 0);
        memcpy(last, buf + SW_RECORD_HEADER, 8);
    }
    both_close(&b);
}

SW_TEST_SUITE(record){
    SW_TEST(round_trips),
    SW_TEST(flipped_bytes),
    SW_TEST(two_are_two_ones),
    SW_TEST(every_padding),
    SW_TEST(padding_beyond_the_record),
    SW_TEST(limits),
    SW_TEST(a_secret_length_changes_nothing),
    SW_TEST(explicit_nonces_are_never_repeated),
};
