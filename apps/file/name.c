/* What a file may be called. The server keeps it under a digest of its name; this is for those who will fetch it. */
#include "apps/file/server.h"
#include <string.h>

static bool component_ok(const char *p, size_t len)
{
    if (len == 0 || len > 255 || (len == 1 && p[0] == '.') || (len == 2 && p[0] == '.' && p[1] == '.'))
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f || p[i] == '\\')
            return false;
    return true;
}

bool file_name_ok(const char *name)
{
    if (strlen(name) >= FILE_NAME_MAX)
        return false;
    for (;;) {
        size_t n = strcspn(name, "/");
        if (!component_ok(name, n))
            return false;
        if (!name[n])
            return true;
        name += n + 1;
    }
}
