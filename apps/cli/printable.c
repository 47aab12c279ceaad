#include "apps/cli/printable.h"
#include <string.h>

size_t control_at(const char *p, size_t len)
{
    unsigned char first = len > 0 ? (unsigned char)p[0] : ' ', second = len > 1 ? (unsigned char)p[1] : 0;
    if (first < 0x20 || first == 0x7f)
        return 1;
    return first == 0xc2 && second >= 0x80 && second <= 0x9f ? 2 : 0;
}

void make_printable(char *text)
{
    for (size_t i = 0, len = strlen(text), n; i < len; i += n ? n : 1) {
        n = control_at(text + i, len - i);
        memset(text + i, '?', n);
    }
}

void make_ascii(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            *text = '?';
}
