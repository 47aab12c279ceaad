/* IP addresses. The C library's functions for this live with its sockets, where this library does not go. */
#include "ttp/ip.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static size_t parse4(const char *p, const char *end, uint8_t *out)
{
    for (int i = 0; i < 4; i++) {
        const char *start = p;
        unsigned n = 0;
        for (; p < end && *p >= '0' && *p <= '9' && p - start < 3; p++)
            n = n * 10 + (unsigned)(*p - '0');
        /* "010" is ten to some and eight to others */
        if (p == start || n > 255 || (*start == '0' && p - start > 1))
            return 0;
        out[i] = (uint8_t)n;
        if (i < 3 && (p == end || *p++ != '.'))
            return 0;
    }
    return p == end ? 4 : 0;
}

/* One group of one to four hex digits; -1 if there is none. */
static int group(const char **p, const char *end)
{
    int n = 0, digits = 0;
    for (; *p < end && digits < 4; ++*p, digits++) {
        char c = **p;
        int d = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
        if (d < 0)
            break;
        n = n << 4 | d;
    }
    return digits ? n : -1;
}

static size_t parse6(const char *p, const char *end, uint8_t *out)
{
    size_t n = 0, gap = SIZE_MAX; /* bytes so far; where "::" stood */
    memset(out, 0, SW_IP_MAX);
    if (end - p >= 2 && p[0] == ':' && p[1] == ':') {
        gap = 0;
        p += 2;
    }
    while (p < end) {
        const char *start = p;
        int g = group(&p, end);
        if (p < end && *p == '.') { /* the last four bytes as IPv4 */
            if (n > 12 || !parse4(start, end, out + n))
                return 0;
            n += 4;
            p = end;
            break;
        }
        if (g < 0 || n == SW_IP_MAX)
            return 0;
        out[n++] = (uint8_t)(g >> 8);
        out[n++] = (uint8_t)g;
        if (p == end)
            break;
        if (*p++ != ':' || p == end)
            return 0;
        if (*p == ':') {
            if (gap != SIZE_MAX)
                return 0;
            gap = n;
            p++;
        }
    }
    if (gap == SIZE_MAX)
        return n == SW_IP_MAX ? SW_IP_MAX : 0;
    if (n > SW_IP_MAX - 2)
        return 0;
    memmove(out + SW_IP_MAX - (n - gap), out + gap, n - gap);
    memset(out + gap, 0, SW_IP_MAX - n);
    return SW_IP_MAX;
}

size_t sw_ip_parse(const char *text, size_t len, uint8_t out[SW_IP_MAX])
{
    return memchr(text, ':', len) ? parse6(text, text + len, out) : parse4(text, text + len, out);
}

/* RFC 5952 4.2: the longest run of two or more zero groups, the first of equals, becomes "::". */
static void longest_run(const uint8_t *ip, int *at, int *len)
{
    *at = *len = 0;
    for (int i = 0; i < 8;) {
        int n = 0;
        while (i + n < 8 && ip[2 * (i + n)] == 0 && ip[2 * (i + n) + 1] == 0)
            n++;
        if (n >= 2 && n > *len) {
            *at = i;
            *len = n;
        }
        i += n + 1;
    }
}

char *sw_ip_text(const uint8_t *ip, size_t len, char out[SW_IP_TEXT_CAP])
{
    if (len == 4) {
        snprintf(out, SW_IP_TEXT_CAP, "%u.%u.%u.%u", ip[0], ip[1], ip[2], ip[3]);
        return out;
    }
    int at, run;
    size_t n = 0;
    longest_run(ip, &at, &run);
    for (int i = 0; i < 8; i++) {
        if (run && i == at) {
            n += (size_t)snprintf(out + n, SW_IP_TEXT_CAP - n, "::");
            i += run - 1;
            continue;
        }
        bool colon = i > 0 && !(run && i == at + run);
        n += (size_t)snprintf(out + n, SW_IP_TEXT_CAP - n, "%s%x", colon ? ":" : "",
                              (unsigned)(ip[2 * i] << 8 | ip[2 * i + 1]));
    }
    return out;
}
