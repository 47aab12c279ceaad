#include "apps/vault/disk.h"
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

enum sw_err disk_read(int fd, void *out, size_t len, off_t at)
{
    uint8_t *to = out;
    while (len) {
        ssize_t n = pread(fd, to, len, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return SW_ERR_SYSTEM;
        if (n == 0)
            return SW_ERR_CRYPTO;
        to += n;
        at += n;
        len -= (size_t)n;
    }
    return SW_OK;
}

enum sw_err disk_write(int fd, const void *p, size_t len, off_t at)
{
    const uint8_t *from = p;
    while (len) {
        ssize_t n = pwrite(fd, from, len, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return SW_ERR_SYSTEM;
        from += n;
        at += n;
        len -= (size_t)n;
    }
    return SW_OK;
}
