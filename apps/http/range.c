/* Ranges of something that is served, RFC 9110 13 and 14. */
#include "apps/http/http.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool digits(const char **p, int64_t *out)
{
    char *end;
    if (**p < '0' || **p > '9')
        return false;
    *out = strtoll(*p, &end, 10);
    *p = end;
    return true;
}

int http_parse_range(const char *text, int64_t length, struct http_range *out)
{
    int64_t from, to;
    if (strncasecmp(text, "bytes=", 6) != 0 || strchr(text, ','))
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

/*
 * Whether a list of tags has this one, or is "*". What is weak (W/"...") counts where only something is to be spared,
 * RFC 9110 8.8.3.2.
 */
static bool has_tag(const char *list, const char *etag, bool weak)
{
    if (strcmp(list, "*") == 0)
        return true;
    for (const char *p = list; (p = strstr(p, etag)) != NULL; p += strlen(etag))
        if (weak || p < list + 2 || strncmp(p - 2, "W/", 2) != 0)
            return true;
    return false;
}

int http_condition(struct http_request *rq, const char *etag)
{
    const char *match = http_header(rq, "If-Match"), *none_match = http_header(rq, "If-None-Match");
    bool reads = evhttp_request_get_command(rq->ev) & (EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
    if (match && !has_tag(match, etag, false))
        return 412;
    if (none_match && has_tag(none_match, etag, true))
        return reads ? 304 : 412;
    return 200;
}

int http_range(struct http_request *rq, int64_t length, const char *etag, struct http_range *out)
{
    const char *range = http_header(rq, "Range"), *if_range = http_header(rq, "If-Range");
    bool ranged = evhttp_request_get_command(rq->ev) == EVHTTP_REQ_GET; /* RFC 9110 14.2: no other method */
    int status = http_condition(rq, etag);
    *out = (struct http_range){0, length};
    http_set_header(rq, "Accept-Ranges", "bytes");
    http_set_header(rq, "ETag", "%s", etag);
    if (status != 200)
        return status;
    int found =
        ranged && range && (!if_range || strcmp(if_range, etag) == 0) ? http_parse_range(range, length, out) : 0;
    if (found < 0) {
        http_set_header(rq, "Content-Range", "bytes */%lld", (long long)length);
        return 416;
    }
    if (found > 0)
        http_set_header(rq, "Content-Range", "bytes %lld-%lld/%lld", (long long)out->from,
                        (long long)(out->from + out->length - 1), (long long)length);
    return found ? 206 : 200;
}

void http_forget_range(struct http_request *rq)
{
    static const char *const names[] = {"Accept-Ranges", "ETag", "Content-Range"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        evhttp_remove_header(evhttp_request_get_output_headers(rq->ev), names[i]);
}
