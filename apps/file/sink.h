/* A file that is written, and hashed, each in a thread of its own, while its bytes come. */
#ifndef SW_APPS_FILE_SINK_H
#define SW_APPS_FILE_SINK_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

enum { SINK_BUFFER = 256 << 10 };

struct sink;

/*
 * sink_begin: into fd, which is open until sink_end, from this offset on; what is there before it is read and hashed
 * first. NULL with errno.
 * sink_room: SINK_BUFFER bytes to be filled with what comes next; waits until there are some. NULL: it cannot be
 * written, and sink_end says why.
 * sink_give: so many of them are.
 * sink_end: wait until all is written, and give everything back. digest receives the SHA-256 of the whole file; NULL:
 * it is not wanted. SW_ERR_SYSTEM with errno; SW_ERR_SPACE: what should have been there was shorter.
 */
struct sink *sink_begin(int fd, int64_t offset);
uint8_t *sink_room(struct sink *sink);
void sink_give(struct sink *sink, size_t len);
enum sw_err sink_end(struct sink *sink, uint8_t digest[32]);

#endif
