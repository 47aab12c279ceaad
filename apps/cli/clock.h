/* Time as it passes, for whoever waits. */
#ifndef SW_APPS_CLI_CLOCK_H
#define SW_APPS_CLI_CLOCK_H

#include <stdint.h>

/* clock_now: milliseconds of a clock that only goes forward. clock_pause: do nothing for so many. */
int64_t clock_now(void);
void clock_pause(long ms);

#endif
