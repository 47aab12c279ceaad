/* Points in time as people write them, for all programs of this tree. */
#ifndef SW_TTP_CLI_TIME_H
#define SW_TTP_CLI_TIME_H

#include <stdbool.h>
#include <stdint.h>

/*
 * cli_parse_time: RFC 3339, the time of day and the zone (UTC) may be left out; or seconds since 1970. False if it is
 * neither.
 */
bool cli_parse_time(const char *text, int64_t *out);

#endif
