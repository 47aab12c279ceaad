/* Time as it passes, for whoever waits, and how the time of the calendar, time(), is written. */
#ifndef SW_APPS_CLI_CLOCK_H
#define SW_APPS_CLI_CLOCK_H

#include <stdint.h>

/* clock_now: milliseconds of a clock that only goes forward. clock_pause: do nothing for so many. */
int64_t clock_now(void);
void clock_pause(long ms);

/* clock_utc: Unix time as RFC 3339 has it, UTC; "" for one that has no such form. */
void clock_utc(int64_t at, char out[32]);

#endif
