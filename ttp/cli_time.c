#include "ttp/cli_time.h"
#include "base/civil.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_seconds(const char *text, int64_t *out)
{
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    *out = n;
    return end != text && *end == 0 && errno == 0 && *text >= '-' && *text != '.';
}

/*
 * Text by a pattern in which "0" stands for any digit; the numbers that the digits make go to out. NULL if it is not
 * so.
 */
static const char *match(const char *text, const char *pattern, int *out)
{
    int n = -1;
    for (; *pattern; pattern++, text++) {
        bool digit = *text >= '0' && *text <= '9';
        if (*pattern == '0' ? !digit : *pattern != *text)
            return NULL;
        if (*pattern == '0')
            n = (n < 0 ? 0 : n * 10) + (*text - '0');
        if (*pattern == '0' && pattern[1] != '0') {
            *out++ = n;
            n = -1;
        }
    }
    return text;
}

/* "Z", "+05:30" or nothing, to the end; in seconds. */
static bool parse_zone(const char *text, int64_t *offset)
{
    int part[2];
    *offset = 0;
    if (*text == 0 || strcmp(text, "Z") == 0 || strcmp(text, "z") == 0)
        return true;
    const char *end = *text == '+' || *text == '-' ? match(text + 1, "00:00", part) : NULL;
    if (!end || *end || part[0] > 23 || part[1] > 59)
        return false;
    *offset = (*text == '-' ? -60 : 60) * (part[0] * 60 + part[1]);
    return true;
}

/*
 * RFC 3339; the time of day may be left out, and the zone, which is UTC then. A fraction of a second is cut off, a leap
 * second is the next one.
 */
bool cli_parse_time(const char *text, int64_t *out)
{
    int d[3], c[3] = {0, 0, 0};
    int64_t offset = 0;
    if (parse_seconds(text, out))
        return true;
    const char *end = match(text, "0000-00-00", d);
    if (end && *end) {
        end = strchr("Tt ", *end) ? match(end + 1, "00:00:00", c) : NULL;
        if (end && *end == '.' && end[1] >= '0' && end[1] <= '9')
            end += 1 + strspn(end + 1, "0123456789");
        if (!end || c[0] > 23 || c[1] > 59 || c[2] > 60 || !parse_zone(end, &offset))
            return false;
    }
    if (!end)
        return false;
    const struct sw_civil day = {.year = d[0], .month = d[1], .day = d[2]};
    int64_t midnight;
    if (!sw_time_join(&day, &midnight))
        return false;
    *out = midnight + c[0] * 3600 + c[1] * 60 + c[2] - offset;
    return true;
}

void cli_time_text(int64_t time, char out[CLI_TIME_CAP])
{
    const int64_t first = -62167219200, last = 253402300799; /* of the years 0 and 9999 */
    struct sw_civil c = sw_time_split(time);
    out[0] = 0;
    if (time >= first && time <= last)
        snprintf(out, CLI_TIME_CAP, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)c.year % 10000, (unsigned)c.month % 100,
                 (unsigned)c.day % 100, (unsigned)c.hour % 100, (unsigned)c.minute % 100, (unsigned)c.second % 100);
}
