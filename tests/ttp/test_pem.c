/* PEM: the files of real tools are read, and base64 that is not exactly right is not. Vectors of RFC 4648 10. */
#include "tests/test.h"
#include "ttp/pem.h"
#include <stdlib.h>
#include <string.h>

static bool first(const char *text, struct sw_pem *block)
{
    struct sw_reader r = sw_reader_of(text, strlen(text));

    return sw_pem_next(&r, block);
}

static enum sw_err decode(const char *base64, char out[64])
{
    struct sw_pem block = {.body = {(const uint8_t *)base64, strlen(base64)}};
    size_t len = 0;
    enum sw_err err = sw_pem_decode(&block, (uint8_t *)out, 63, &len);

    out[len] = '\0';
    return err;
}

static void decodes_base64_strictly(void)
{
    static const struct {
        const char *base64, *text;
    } good[] = {{"Zg==", "f"},
                {"Zm8=", "fo"},
                {"Zm9v", "foo"},
                {"Zm9vYg==", "foob"},
                {"Zm9vYmE=", "fooba"},
                {"Zm9vYmFy", "foobar"},
                {"Zm9v\r\n  YmFy\n", "foobar"}};
    static const char *const bad[] = {
        "", "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v=", "Zm9vY", "Zg==Zg==", "Zm9!", "Zm9-", "===="};
    char out[64];

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        SW_ASSERT_OK(decode(good[i].base64, out));
        CU_ASSERT_STRING_EQUAL(out, good[i].text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        SW_ASSERT_ERR(decode(bad[i], out), SW_ERR_PEM);
}

static void finds_blocks_in_text(void)
{
    struct sw_pem block;

    CU_ASSERT(first("subject=CN = x\r\n-----BEGIN A-----\r\nZg==\r\n-----END A-----\r\n", &block));
    CU_ASSERT(sw_pem_is(&block, "A") && !sw_pem_is(&block, "AB") && !sw_pem_is(&block, ""));
    CU_ASSERT(first("-----BEGIN A-----\n-----BEGIN B-----\nZg==\n-----END B-----", &block));
    CU_ASSERT(sw_pem_is(&block, "B"));
    CU_ASSERT_FALSE(first("-----BEGIN A-----\nZg==\n-----END B-----\n", &block));
    CU_ASSERT_FALSE(first("-----BEGIN A-----\nZg==\n", &block));
    CU_ASSERT_FALSE(first("-----BEGIN -----\nZg==\n-----END -----\n", &block));
    CU_ASSERT_FALSE(first("", &block));
}

static void finds_every_block(void)
{
    const char *text = "-----BEGIN A-----\nZg==\n-----END A-----\nbetween\n-----BEGIN B-----\nZm8=\n-----END B-----\n";
    struct sw_reader r = sw_reader_of(text, strlen(text));
    struct sw_pem block;

    CU_ASSERT(sw_pem_next(&r, &block) && sw_pem_is(&block, "A"));
    CU_ASSERT(sw_pem_next(&r, &block) && sw_pem_is(&block, "B"));
    CU_ASSERT_FALSE(sw_pem_next(&r, &block));
}

static void encodes_what_it_decodes(void)
{
    uint8_t data[200], back[200];
    char text[400];
    size_t len, n;
    struct sw_pem block;

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 37);
    for (n = 1; n <= sizeof data; n++) {
        SW_ASSERT_OK(sw_pem_encode("TEST", data, n, text, sizeof text, &len));
        CU_ASSERT_EQUAL(strlen(text), len);
        CU_ASSERT_FATAL(first(text, &block));
        SW_ASSERT_OK(sw_pem_decode(&block, back, sizeof back, &len));
        CU_ASSERT_EQUAL(len, n);
        SW_ASSERT_BYTES(back, data, n);
        SW_ASSERT_ERR(sw_pem_decode(&block, back, n - 1, &len), SW_ERR_SPACE);
    }
    SW_ASSERT_ERR(sw_pem_encode("TEST", data, 200, text, 100, &len), SW_ERR_SPACE);
    SW_ASSERT_OK(sw_pem_encode("TEST", data, 49, text, sizeof text, &len));
    CU_ASSERT_EQUAL(strcspn(strchr(text, '\n') + 1, "\n"), 64);
}

/* RFC 4648 10 */
static void base64_vectors(void)
{
    static const char *const rows[][2] = {{"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foob", "Zm9vYg=="},
                                          {"fooba", "Zm9vYmE="},
                                          {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[16];
        uint8_t back[16];
        size_t len, n = strlen(rows[i][0]);
        SW_ASSERT_OK(sw_base64_encode(rows[i][0], n, text, SW_BASE64_LEN(n) + 1));
        CU_ASSERT_STRING_EQUAL(text, rows[i][1]);
        SW_ASSERT_ERR(sw_base64_encode(rows[i][0], n, text, SW_BASE64_LEN(n)), SW_ERR_SPACE);
        struct sw_slice slice = {(const uint8_t *)rows[i][1], strlen(rows[i][1])};
        SW_ASSERT_OK(sw_base64_decode(slice, back, sizeof back, &len));
        CU_ASSERT_EQUAL(len, n);
        SW_ASSERT_BYTES(back, rows[i][0], n);
    }
}

SW_TEST_SUITE(pem){
    SW_TEST(base64_vectors),    SW_TEST(decodes_base64_strictly), SW_TEST(finds_blocks_in_text),
    SW_TEST(finds_every_block), SW_TEST(encodes_what_it_decodes),
};
