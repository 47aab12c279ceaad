/* The SHA-256 of a file, computed in a thread while the file is sent. */
#ifndef SW_APPS_FILE_DIGEST_H
#define SW_APPS_FILE_DIGEST_H

#include "base/err.h"
#include <stdint.h>

struct digest_run;

/* digest_begin: of the first length bytes of fd, from offset 0; fd's own offset stays, and it is open until digest_end. NULL with errno. */
struct digest_run *digest_begin(int fd, int64_t length);
/* digest_follow: whoever sends the file is at this offset: the thread keeps near it, so that both find in memory what one has read from the disk. */
void digest_follow(struct digest_run *run, int64_t offset);
/* digest_end: wait for the digest, and give everything back. SW_ERR_SYSTEM with errno; SW_ERR_SPACE: the file became shorter. digest NULL: it is not wanted any more. */
enum sw_err digest_end(struct digest_run *run, uint8_t digest[32]);

#endif
