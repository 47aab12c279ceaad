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

/* cli_time_text: Unix time as RFC 3339 has it, in UTC; "" for one outside the years 0 to 9999. */
enum { CLI_TIME_CAP = sizeof "2026-11-21T02:02:20Z" };
void cli_time_text(int64_t time, char out[CLI_TIME_CAP]);

#endif
