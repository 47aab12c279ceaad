/* The reader of HTTP answers: the same bytes at once and one by one must lead to the same state, status and body. */
#include "apps/http/reply.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t run(struct http_reply *r, const uint8_t *data, size_t size, size_t piece, size_t *used_all)
{
    uint64_t sum = 1469598103934665603u;
    http_reply_begin(r, false);
    *used_all = 0;
    while (*used_all < size && (r->state == HTTP_HEAD || r->state == HTTP_BODY)) {
        size_t n = size - *used_all < piece ? size - *used_all : piece, used, len;
        const uint8_t *body;
        http_reply_feed(r, data + *used_all, n, &used, &body, &len);
        if (used == 0 || used > n || len > used)
            abort();
        for (size_t i = 0; i < len; i++)
            sum = (sum ^ body[i]) * 1099511628211u;
        *used_all += used;
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http_reply whole, single;
    size_t a, b;
    uint64_t x = run(&whole, data, size, size ? size : 1, &a), y = run(&single, data, size, 1, &b);
    if (whole.state != single.state || (whole.state != HTTP_BAD && (a != b || x != y || whole.status != single.status)))
        abort();
    http_reply_eof(&whole);
    return 0;
}
