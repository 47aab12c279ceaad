/* DER: any bytes are walked to their end or refused, at any depth, and what is read can be written again. */
#include "ttp/der.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(struct sw_reader *r, unsigned depth)
{
    struct sw_slice whole, body;
    unsigned tag;

    while (sw_reader_left(r) > 0) {
        body = sw_der_read_any(r, &tag, &whole);
        if (r->failed)
            return;
        if (whole.len < body.len + 2 || body.p + body.len != whole.p + whole.len)
            abort();
        if ((tag & SW_DER_CONSTRUCTED) != 0 && depth > 0) {
            struct sw_reader inner = sw_reader_of_slice(body);

            walk(&inner, depth - 1);
        }
    }
}

/* Each typed reader on the same bytes; what it takes is in its canonical form. */
static void typed(const uint8_t *data, size_t size)
{
    struct sw_reader r = sw_reader_of(data, size);
    struct sw_slice n = sw_der_read_unsigned(&r);
    uint8_t *again = malloc(size + 8);
    struct sw_writer w;
    unsigned unused;

    if (again == NULL)
        abort();
    w = sw_writer_of(again, size + 8);
    if (!r.failed) {
        sw_der_write_unsigned(&w, n);
        if (!sw_writer_ok(&w) || w.len != size - r.len || memcmp(again, data, w.len) != 0)
            abort();
    }
    free(again);
    r = sw_reader_of(data, size);
    (void)sw_der_read_bits(&r, &unused);
    r = sw_reader_of(data, size);
    (void)sw_der_read_time(&r, NULL);
    r = sw_reader_of(data, size);
    (void)sw_der_read_bool(&r);
    r = sw_reader_of(data, size);
    (void)sw_der_read_uint(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_reader r = sw_reader_of(data, size);

    walk(&r, 16);
    typed(data, size);
    return 0;
}
