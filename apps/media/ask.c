#include "apps/media/ask.h"
#include "base/ct.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* A line without its end, or NULL: there is none yet. */
static const char *line_at(const char **p, const char *end, size_t *len)
{
    const char *begin = *p, *newline = memchr(begin, '\n', (size_t)(end - begin));
    if (!newline)
        return NULL;
    *p = newline + 1;
    *len = (size_t)(newline - begin);
    if (*len && begin[*len - 1] == '\r')
        --*len;
    return begin;
}

static void keep(char out[ASK_TEXT_MAX], const char *p, size_t len)
{
    snprintf(out, ASK_TEXT_MAX, "%.*s", len < ASK_TEXT_MAX ? (int)len : 0, p);
}

/* METHOD SP TARGET SP HTTP/1.x */
static bool request_line(struct ask *a, const char *p, size_t len)
{
    const char *end = p + len, *first = memchr(p, ' ', len);
    const char *second = first ? memchr(first + 1, ' ', (size_t)(end - first - 1)) : NULL;
    if (!second || end - second != 9 || strncmp(second + 1, "HTTP/1.", 7) != 0)
        return false;
    a->method = first - p == 3 && strncmp(p, "GET", 3) == 0    ? ASK_GET
                : first - p == 4 && strncmp(p, "HEAD", 4) == 0 ? ASK_HEAD
                                                               : ASK_OTHER;
    keep(a->target, first + 1, (size_t)(second - first - 1));
    return true;
}

/* A second Host, or a space before the colon, and two readers could see two requests: RFC 9112 3.2, 5.1. */
static bool header(struct ask *a, const char *p, size_t len, bool *host)
{
    const char *colon = memchr(p, ':', len), *end = p + len;
    if (!colon || colon == p || memchr(p, ' ', (size_t)(colon - p)) || memchr(p, '\t', (size_t)(colon - p)))
        return false;
    size_t name = (size_t)(colon - p);
    for (colon++; colon < end && (*colon == ' ' || *colon == '\t'); colon++)
        continue;
    while (end > colon && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    bool again = *host;
    if (name == 4 && strncasecmp(p, "Host", 4) == 0) {
        keep(a->host, colon, (size_t)(end - colon));
        *host = true;
        return !again;
    }
    if (name == 5 && strncasecmp(p, "Range", 5) == 0)
        keep(a->range, colon, (size_t)(end - colon));
    return true;
}

int ask_read(struct ask *out, const char *text, size_t len)
{
    const char *p = text, *end = text + len, *line;
    size_t n;
    bool host = false, first = true;
    *out = (struct ask){0};
    if (len > ASK_HEAD_MAX || memchr(text, 0, len))
        return -1;
    while ((line = line_at(&p, end, &n)) != NULL) {
        if (n == 0)
            return first ? -1 : 1;
        if (!(first ? request_line(out, line, n) : header(out, line, n, &host)))
            return -1;
        first = false;
    }
    return len == ASK_HEAD_MAX ? -1 : 0;
}

int ask_settle(const struct ask *a, const char *host, const char *path, int64_t total, struct http_range *out)
{
    size_t len = strlen(path);
    *out = (struct http_range){0, total};
    if (!*a->host)
        return 400;
    if (strcmp(a->host, host) != 0) /* a page that has given its own name our address (DNS rebinding) */
        return 421;
    if (strlen(a->target) != len || !sw_ct_equal(a->target, path, len))
        return 404;
    if (a->method == ASK_OTHER)
        return 405;
    int ranged = *a->range && a->method == ASK_GET ? http_parse_range(a->range, total, out) : 0;
    return ranged < 0 ? 416 : ranged ? 206 : 200;
}

size_t ask_answer(char out[ASK_ANSWER_MAX], int status, const char *type, int64_t total, const struct http_range *range)
{
    char about[384] = "";
    bool good = status == 200 || status == 206;
    if (good)
        snprintf(about, sizeof about, "Content-Type: %.64s\r\nAccept-Ranges: bytes\r\n", type);
    size_t n = strlen(about);
    if (status == 206)
        snprintf(about + n, sizeof about - n, "Content-Range: bytes %lld-%lld/%lld\r\n", (long long)range->from,
                 (long long)(range->from + range->length - 1), (long long)total);
    else if (status == 416)
        snprintf(about + n, sizeof about - n, "Content-Range: bytes */%lld\r\n", (long long)total);
    else if (status == 405)
        snprintf(about + n, sizeof about - n, "Allow: GET, HEAD\r\n");
    int len = snprintf(out, ASK_ANSWER_MAX,
                       "HTTP/1.1 %d %s\r\n%sContent-Length: %lld\r\nCache-Control: no-store\r\n"
                       "X-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\n"
                       "Connection: close\r\n\r\n",
                       status, http_reason(status), about, good ? (long long)range->length : 0);
    return (size_t)len;
}
