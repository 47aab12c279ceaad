/*
 * Dates of the Gregorian calendar, of the years 0 to 9999, and the time of day in UTC. Unlike libc's they do not depend
 * on $TZ, of whose settings some count leap seconds.
 */
#ifndef SW_BASE_CIVIL_H
#define SW_BASE_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

struct sw_civil {
    int year, month, day, hour, minute, second;
};

/*
 * sw_time_split: of a Unix time. sw_time_join: the other way round; false, and *time as it was, if c is no date and
 * time.
 */
struct sw_civil sw_time_split(int64_t time);
bool sw_time_join(const struct sw_civil *c, int64_t *time);

#endif
