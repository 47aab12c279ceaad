/* All of some bytes at a place of an open file, however many calls of the system that takes, and past signals. */
#ifndef SW_APPS_VAULT_DISK_H
#define SW_APPS_VAULT_DISK_H

#include "base/err.h"
#include <stddef.h>
#include <sys/types.h>

/*
 * disk_read, disk_write: len bytes from offset `at` on; the position of fd stays.
 * SW_ERR_SYSTEM (errno; a full disk, say, after some of them are written). disk_read: SW_ERR_CRYPTO where the file ends
 * before: what is kept sealed has been cut short.
 */
enum sw_err disk_read(int fd, void *out, size_t len, off_t at) SW_MUST_USE;
enum sw_err disk_write(int fd, const void *p, size_t len, off_t at) SW_MUST_USE;

#endif
