#include "apps/store/libpq.h"
#include <dlfcn.h>
#include <stdio.h>

#define POINTER(type, name, arguments) type(*name) arguments;
LIBPQ(POINTER)

bool libpq_load(char *why, size_t cap)
{
    static void *library; /* stays: it has begun things that cannot be ended */
    if (!library && !(library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL))) {
        snprintf(why, cap, "its library cannot be loaded (%s); Debian has it in libpq5", dlerror());
        return false;
    }
#define FIND(type, name, arguments)                                                                                    \
    if (!(*(void **)&name = dlsym(library, #name))) {                                                                  \
        snprintf(why, cap, "libpq.so.5 has no " #name);                                                                \
        return false;                                                                                                  \
    }
    LIBPQ(FIND)
    return true;
}
