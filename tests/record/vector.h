/*
 * Records made by somebody else's cryptography (tests/vectors/record.py), sealed and opened by ours: each in place,
 * from elsewhere and as the second of two, and each opened.
 */
#ifndef SW_TESTS_RECORD_VECTOR_H
#define SW_TESTS_RECORD_VECTOR_H

#include "record/seal_dir.h"
#include "tests/test.h"
#include "tests/vectors/record.h"
#include <stdlib.h>
#include <string.h>

enum { VECTOR_ROOM = SW_RECORD_MAX + SW_RECORD_BEFORE_MAX + SW_RECORD_AFTER_MAX };

/* A source of the IV that the vectors have, and nothing else. */
static inline enum sw_err vector_fill(void *ctx, void *out, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = (uint8_t)(0xc0 + i);
    return SW_OK;
}

static const struct sw_rand vector_iv = {vector_fill, NULL};

static inline const uint8_t *vector_plain(void)
{
    static uint8_t plain[SW_RECORD_PLAIN_MAX + 256];

    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)(7 * i + i / 256);
    return plain;
}

static inline struct sw_record_secrets vector_secrets(const struct record_vector *v)
{
    struct sw_record_secrets s = {.bulk = v->bulk,
                                  .mac = v->mac,
                                  .etm = v->flags == VECTOR_ETM,
                                  .tls13 = v->flags == VECTOR_TLS13,
                                  .version = 0x0303,
                                  .seq = VECTOR_SEQ};

    for (size_t i = 0; i < sizeof s.mac_key; i++)
        s.mac_key[i] = (uint8_t)(i + 1);
    for (size_t i = 0; i < sizeof s.key; i++)
        s.key[i] = (uint8_t)(0x40 + i);
    SW_ASSERT_OK(vector_fill(NULL, s.iv, sizeof s.iv));
    return s;
}

static inline struct sw_record_dir *vector_dir(struct sw_record_secrets *s, bool sealing)
{
    struct sw_record_dir *dir = aligned_alloc(16, (sw_record_dir_size() + 15) & ~(size_t)15);

    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    SW_ASSERT_OK(sw_record_dir_init(dir, s, sealing));
    return dir;
}

static inline void vector_dir_free(struct sw_record_dir *dir)
{
    sw_record_dir_wipe(dir);
    free(dir);
}

/* The record at rec is the vector's. */
static inline void vector_is(const struct record_vector *v, const uint8_t *rec, size_t n)
{
    uint8_t digest[SW_HASH_MAX];

    CU_ASSERT_EQUAL_FATAL(n, v->record_len);
    if (n <= VECTOR_SHORT) {
        SW_ASSERT_HEX(rec, n, v->record);
        return;
    }
    SW_ASSERT_OK(sw_hash_once(SW_HASH_SHA256, rec, n, digest));
    SW_ASSERT_HEX(digest, sw_hash_len(SW_HASH_SHA256), v->record);
}

/*
 * What comes of opening a record under the vector's keys; if it opens, the number of plaintext bytes, which are
 * checked.
 */
static inline enum sw_err vector_open(const struct record_vector *v, uint8_t *rec, size_t n, size_t *len)
{
    struct sw_record_secrets s = vector_secrets(v);
    struct sw_record_dir *dir = vector_dir(&s, false);
    struct sw_slice out = {NULL, 0};
    uint8_t type = 0;
    enum sw_err err = sw_record_open(dir, rec, n, &type, &out);

    vector_dir_free(dir);
    *len = out.len;
    if (err != SW_OK)
        return err;
    CU_ASSERT_EQUAL(type, SW_CT_APPLICATION_DATA);
    CU_ASSERT_EQUAL(s.seq, VECTOR_SEQ + 1);
    SW_ASSERT_BYTES(out.p, vector_plain(), out.len);
    return SW_OK;
}

static inline void vector_seals(const struct record_vector *v)
{
    static uint8_t buf[2][VECTOR_ROOM];
    struct sw_slice data[2] = {{vector_plain(), v->len}, {vector_plain(), v->len}};
    struct sw_record_secrets s = vector_secrets(v);
    struct sw_record_dir *dir = vector_dir(&s, true);
    size_t n[2], before = sw_record_before(&s);

    SW_ASSERT_OK(sw_record_seal(dir, &vector_iv, SW_CT_APPLICATION_DATA, data[0], buf[0], &n[0]));
    vector_is(v, buf[0], n[0]);
    CU_ASSERT_EQUAL(s.seq, VECTOR_SEQ + 1);

    s.seq = VECTOR_SEQ;
    memcpy(buf[0] + before, vector_plain(), v->len);
    SW_ASSERT_OK(sw_record_seal(dir, &vector_iv, SW_CT_APPLICATION_DATA, (struct sw_slice){buf[0] + before, v->len},
                                buf[0], &n[0]));
    vector_is(v, buf[0], n[0]);

    s.seq = VECTOR_SEQ - 1;
    SW_ASSERT_OK(
        sw_record_seal_two(dir, &vector_iv, SW_CT_APPLICATION_DATA, data, (uint8_t *const[2]){buf[0], buf[1]}, n));
    vector_is(v, buf[1], n[1]);
    vector_dir_free(dir);
}

/* The vector's own bytes if it has them, else what we sealed: vector_seals has compared it. */
static inline void vector_opens(const struct record_vector *v)
{
    static uint8_t rec[VECTOR_ROOM];
    struct sw_record_secrets s = vector_secrets(v);
    struct sw_record_dir *dir = vector_dir(&s, true);
    size_t n = v->record_len, len;

    if (n <= VECTOR_SHORT)
        n = sw_unhex(v->record, rec, sizeof rec);
    else
        SW_ASSERT_OK(sw_record_seal(dir, &vector_iv, SW_CT_APPLICATION_DATA, (struct sw_slice){vector_plain(), v->len},
                                    rec, &n));
    vector_dir_free(dir);
    SW_ASSERT_OK(vector_open(v, rec, n, &len));
    CU_ASSERT_EQUAL(len, v->len);
}

#endif
