/* What somebody else wrote, shown to a person: it must not steer the terminal, nor pretend to be another line. */
#ifndef SW_APPS_CLI_PRINTABLE_H
#define SW_APPS_CLI_PRINTABLE_H

#include <stddef.h>

/*
 * control_at: how many bytes at p, of len, are a control character: C0 and DEL one, C1 (U+0080 to U+009F, which some
 * terminals obey) two as UTF-8; 0: none. Line ends and tabs are controls, too.
 */
size_t control_at(const char *p, size_t len);

/*
 * make_printable: each control character becomes question marks, one for each of its bytes, so that the length stays.
 */
void make_printable(char *text);

/* make_ascii: each byte of anything else becomes a question mark, where text of an unknown kind must be valid UTF-8. */
void make_ascii(char *text);

#endif
