#include "apps/cli/places.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool places_first(const char *variable, char *out, size_t cap)
{
    const char *text = getenv(variable);
    size_t n = text ? strcspn(text, ":") : 0;
    if (n == 0 || *text != '/' || n >= cap)
        return false;
    memcpy(out, text, n);
    out[n] = 0;
    return true;
}

static bool is_bare(const char *name)
{
    return *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* One directory, whatever is in its name. */
bool places_credential(const char *name, char *out, size_t cap)
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    if (!dir || *dir != '/' || !is_bare(name))
        return false;
    int n = snprintf(out, cap, "%s/%s", dir, name);
    return n > 0 && (size_t)n < cap && faccessat(AT_FDCWD, out, F_OK, AT_EACCESS) == 0;
}

bool places_is_credential(const char *path)
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    size_t len = dir ? strlen(dir) : 0;
    return dir && *dir == '/' && strncmp(path, dir, len) == 0 && path[len] == '/' && is_bare(path + len + 1);
}

bool places_runtime(const char *name, char *out, size_t cap)
{
    if (!is_bare(name) || !places_first("RUNTIME_DIRECTORY", out, cap))
        return false;
    size_t len = strlen(out);
    int n = snprintf(out + len, cap - len, "/%s", name);
    return n > 0 && (size_t)n < cap - len;
}
