/* Ranges of something that is served, RFC 9110 13 and 14. */
#include "apps/http/http.h"
#include <stdlib.h>
#include <string.h>

static bool digits(const char **p, int64_t *out)
{
    char *end;
    if (**p < '0' || **p > '9')
        return false;
    *out = strtoll(*p, &end, 10);
    *p = end;
    return true;
}

/* "bytes=A-B", "bytes=A-", "bytes=-N". 1: a range, 0: none that counts, -1: none there is. */
static int parse(const char *text, int64_t length, struct http_range *out)
{
    int64_t from, to;
    if (strncmp(text, "bytes=", 6) != 0 || strchr(text, ','))
        return 0;
    text += 6;
    if (*text == '-') {
        text++;
        if (!digits(&text, &to) || *text)
            return 0;
        if (to == 0 || length == 0)
            return -1;
        from = to < length ? length - to : 0;
        to = length - 1;
    } else {
        if (!digits(&text, &from) || *text++ != '-')
            return 0;
        to = length - 1;
        if (*text && (!digits(&text, &to) || *text || to < from))
            return 0;
        if (from >= length)
            return -1;
        if (to >= length)
            to = length - 1;
    }
    *out = (struct http_range){from, to - from + 1};
    return 1;
}

int http_range(struct http_request *rq, int64_t length, const char *etag, struct http_range *out)
{
    const char *range = http_header(rq, "Range"), *if_range = http_header(rq, "If-Range");
    const char *none_match = http_header(rq, "If-None-Match");
    *out = (struct http_range){0, length};
    http_set_header(rq, "Accept-Ranges", "bytes");
    http_set_header(rq, "ETag", "%s", etag);
    if (none_match && strstr(none_match, etag))
        return 304;
    int found = range && (!if_range || strcmp(if_range, etag) == 0) ? parse(range, length, out) : 0;
    if (found < 0) {
        http_set_header(rq, "Content-Range", "bytes */%lld", (long long)length);
        return 416;
    }
    if (found > 0)
        http_set_header(rq, "Content-Range", "bytes %lld-%lld/%lld", (long long)out->from,
                        (long long)(out->from + out->length - 1), (long long)length);
    return found ? 206 : 200;
}
