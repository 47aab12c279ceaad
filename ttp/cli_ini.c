#include "ttp/cli_ini.h"
#include <errno.h>
#include <ini.h>

/*
 * A line for libinih, which has room for a short one only, and would take the rest for a line of its own: a comment's
 * end for a setting.
 */
static char *next_line(char *out, int size, void *stream)
{
    struct cli_ini *ini = stream;
    int n = 0, c;
    if (ini->result)
        return NULL;
    ini->line++;
    ini->room = size - 1;
    while ((c = getc(ini->file)) != EOF && c != 0 && n < size - 1) {
        out[n++] = (char)c;
        if (c == '\n')
            break;
    }
    out[n] = 0;
    if (c == 0)
        ini->result = CLI_INI_NOT_TEXT;
    else if (c != EOF && c != '\n')
        ini->result = CLI_INI_TOO_LONG;
    return ini->result || n == 0 ? NULL : out;
}

/* libinih's handler: 1 to go on, 0 for an error in this line. */
static int on_setting(void *user, const char *section, const char *name, const char *value)
{
    struct cli_ini *ini = user;
    if (!ini->result && !ini->setting(ini->ctx, section, name, value))
        ini->result = CLI_INI_REFUSED;
    return !ini->result;
}

enum cli_ini_result cli_ini_read(struct cli_ini *ini)
{
    ini->line = 0;
    ini->result = CLI_INI_DONE;
    errno = 0;
    int first_bad = ini_parse_stream(next_line, ini, on_setting, ini);
    if (ferror(ini->file))
        return ini->result = CLI_INI_UNREADABLE;
    /* libinih reads on behind a line of which it makes nothing */
    if (first_bad > 0 && (first_bad < ini->line || !ini->result)) {
        ini->line = first_bad;
        ini->result = CLI_INI_NO_SETTING;
    }
    return ini->result;
}
