/*
 * What a program says on a standard stream while it is being tested: kept to be looked at, and out of the tests' own
 * report.
 */
#ifndef SW_TESTS_SAID_H
#define SW_TESTS_SAID_H

#include <stdio.h>

/*
 * said_begin: from now on what goes to stream (stdout or stderr), be it by its descriptor, goes to a file without a
 * name.
 * said_end: no longer. Returns what was said, as far as it fits 8 KiB; it stays until the next said_end. One at a time.
 */
void said_begin(FILE *stream);
char *said_end(void);

#endif
