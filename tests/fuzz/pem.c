/*
 * PEM: blocks are found in any text, each moves the reader on, and what decodes is encoded back to what decodes the
 * same.
 */
#include "ttp/pem.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(const uint8_t *der, size_t len)
{
    size_t cap = len * 2 + 200, text_len, back_len;
    char *text = malloc(cap);
    uint8_t *back = malloc(cap);
    struct sw_reader r;
    struct sw_pem block;

    if (text == NULL || back == NULL || sw_pem_encode("TEST", der, len, text, cap, &text_len) != SW_OK)
        abort();
    r = sw_reader_of(text, text_len);
    if (!sw_pem_next(&r, &block) || sw_pem_decode(&block, back, cap, &back_len) != SW_OK)
        abort();
    if (back_len != len || memcmp(back, der, len) != 0)
        abort();
    free(text);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_reader r = sw_reader_of(data, size);
    struct sw_pem block;
    uint8_t *out = malloc(size + 3);
    size_t len, left = sw_reader_left(&r);

    if (out == NULL)
        return 0;
    while (sw_pem_next(&r, &block)) {
        if (sw_reader_left(&r) >= left)
            abort();
        left = sw_reader_left(&r);
        if (sw_pem_decode(&block, out, block.body.len / 4 * 3 + 3, &len) == SW_OK)
            again(out, len);
    }
    free(out);
    return 0;
}
