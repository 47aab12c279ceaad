/* Keys and signatures of tests/vectors/pkey.h, ready for use. */
#ifndef SW_TESTS_BASE_KEYS_H
#define SW_TESTS_BASE_KEYS_H

#include "base/pkey.h"
#include "tests/test.h"
#include "tests/vectors/pkey.h"
#include <stdlib.h>

struct test_bytes {
    uint8_t p[1024];
    size_t len;
};

static inline struct test_bytes test_unhex(const char *hex)
{
    struct test_bytes b = {{0}, 0};

    b.len = sw_unhex(hex, b.p, sizeof b.p);
    return b;
}

/* Eight numbers, each in memory of its own size, so that a sanitizer sees a read past one. */
struct test_rsa {
    struct sw_rsa_numbers num;
    uint8_t *kept[8];
};

static inline struct test_rsa test_rsa_load(const char *const hex[8])
{
    struct test_rsa t;
    struct sw_slice *to[] = {&t.num.n, &t.num.e, &t.num.d, &t.num.p, &t.num.q, &t.num.dp, &t.num.dq, &t.num.qinv};

    for (size_t i = 0; i < 8; i++) {
        struct test_bytes b = test_unhex(hex[i]);

        t.kept[i] = malloc(b.len);
        if (t.kept[i] == NULL)
            abort();
        for (size_t j = 0; j < b.len; j++)
            t.kept[i][j] = b.p[j];
        *to[i] = (struct sw_slice){t.kept[i], b.len};
    }
    return t;
}

static inline void test_rsa_drop(struct test_rsa *t)
{
    for (size_t i = 0; i < 8; i++)
        free(t->kept[i]);
}

#define TEST_RSA_NUMBERS(bits)                                                                                         \
    (const char *const[8])                                                                                             \
    {                                                                                                                  \
        rsa##bits##_n, rsa##bits##_e, rsa##bits##_d, rsa##bits##_p, rsa##bits##_q, rsa##bits##_dp, rsa##bits##_dq,     \
            rsa##bits##_qinv                                                                                           \
    }

static inline struct sw_privkey *test_rsa_key(const char *const hex[8])
{
    struct test_rsa t = test_rsa_load(hex);
    struct sw_privkey *key = NULL;

    SW_ASSERT_OK(sw_privkey_new_rsa(&key, &t.num));
    test_rsa_drop(&t);
    if (key == NULL)
        abort();
    return key;
}

static inline struct sw_privkey *test_ec_key(uint16_t curve, const char *scalar)
{
    struct test_bytes b = test_unhex(scalar);
    struct sw_privkey *key = NULL;

    SW_ASSERT_OK(sw_privkey_new_ec(&key, curve, (struct sw_slice){b.p, b.len}));
    if (key == NULL)
        abort();
    return key;
}

static inline struct sw_privkey *test_ed_key(enum sw_key_type type, const char *seed)
{
    struct test_bytes b = test_unhex(seed);
    struct sw_privkey *key = NULL;

    SW_ASSERT_OK(sw_privkey_new_ed(&key, type, (struct sw_slice){b.p, b.len}));
    if (key == NULL)
        abort();
    return key;
}

/* Verify a signature of pkey_message, both in hex. */
static inline enum sw_err test_verify(const struct sw_pubkey *key, const char *scheme, const uint8_t *sig, size_t len)
{
    struct test_bytes msg = test_unhex(pkey_message);
    size_t n = 0;

    while (scheme[n] != 0)
        n++;
    return sw_pubkey_verify(key, sw_sigscheme_by_name(scheme, n), msg.p, msg.len, sig, len);
}

static inline enum sw_err test_verify_hex(const struct sw_pubkey *key, const char *scheme, const char *hex)
{
    struct test_bytes sig = test_unhex(hex);

    return test_verify(key, scheme, sig.p, sig.len);
}

#endif
