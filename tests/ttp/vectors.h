/* Files of tests/vectors/ttp, and keys and requests out of them. */
#ifndef SW_TESTS_TTP_VECTORS_H
#define SW_TESTS_TTP_VECTORS_H

#include "tests/test.h"
#include "ttp/key.h"
#include "ttp/pem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VECTOR(name) "tests/vectors/ttp/" name

static const struct sw_slice no_pass = {NULL, 0};
static const struct sw_slice sealwax_pass = {(const uint8_t *)"sealwax", 7};

static inline enum sw_err vector_key(const char *path, struct sw_slice pass, struct sw_privkey **key)
{
    size_t len;
    uint8_t *data = sw_test_file(path, &len);
    enum sw_err err = sw_key_read(key, data, len, pass);
    free(data);
    return err;
}

/* A key that must be there. */
static inline struct sw_privkey *vector_key_ok(const char *path)
{
    struct sw_privkey *key;
    if (vector_key(path, no_pass, &key) != SW_OK)
        abort();
    return key;
}

/* The first PEM block of a file as DER in memory of exactly its size, so that a sanitizer sees a read past it. */
static inline uint8_t *vector_der(const char *path, size_t *len)
{
    size_t n;
    uint8_t *text = sw_test_file(path, &n), *der = malloc(n + 3);
    struct sw_reader r = sw_reader_of(text, n);
    struct sw_pem block;
    if (!der || !sw_pem_next(&r, &block) || sw_pem_decode(&block, der, n + 3, len) != SW_OK)
        abort();
    uint8_t *exact = malloc(*len);
    if (!exact)
        abort();
    memcpy(exact, der, *len);
    free(der);
    free(text);
    return exact;
}

/* A copy of the first len bytes in memory of their own. */
static inline uint8_t *exact_copy(const uint8_t *p, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    if (!copy)
        abort();
    memcpy(copy, p, len);
    return copy;
}

/* exact_copy_and_zero: the same with a byte of zero behind it. */
static inline uint8_t *exact_copy_and_zero(const uint8_t *p, size_t len)
{
    uint8_t *copy = calloc(len + 1, 1);
    if (!copy)
        abort();
    memcpy(copy, p, len);
    return copy;
}

#endif
