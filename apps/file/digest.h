/* The SHA-256 of a file, computed in a thread while the file is sent. */
#ifndef SW_APPS_FILE_DIGEST_H
#define SW_APPS_FILE_DIGEST_H

#include "base/err.h"
#include <stdint.h>

struct digest_run;

/*
 * digest_begin: of the first length bytes of fd, from offset 0; fd's own offset stays, and it is open until digest_end.
 * The thread reads as far as it may: whoever sends the file lets it be near, so that both find in memory what one has
 * read from the disk. NULL with errno.
 * digest_allow: it may read up to here.
 */
struct digest_run *digest_begin(int fd, int64_t length);
void digest_allow(struct digest_run *run, int64_t end);
/*
 * digest_end: wait for the digest of all, and give everything back. SW_ERR_SYSTEM with errno; SW_ERR_SPACE: the file is
 * shorter. digest NULL: it is not wanted any more.
 */
enum sw_err digest_end(struct digest_run *run, uint8_t digest[32]);

#endif
