/*
 * Settings files, for all programs of this tree: libinih reads them, and the first line that is not understood ends the
 * reading, because a setting that silently does nothing is worse than an error.
 */
#ifndef SW_TTP_CLI_INI_H
#define SW_TTP_CLI_INI_H

#include <stdbool.h>
#include <stdio.h>

enum cli_ini_result {
    CLI_INI_DONE,
    CLI_INI_UNREADABLE, /* errno */
    CLI_INI_NOT_TEXT,   /* a zero byte: what follows it would go unseen */
    CLI_INI_TOO_LONG,   /* a line of more than room bytes */
    CLI_INI_NO_SETTING, /* neither a setting nor a comment nor a [section] */
    CLI_INI_REFUSED     /* setting returned false, and knows why */
};

struct cli_ini {
    FILE *file;
    /* section is empty where there is none; all three are gone when it returns */
    bool (*setting)(void *ctx, const char *section, const char *name, const char *value);
    void *ctx;
    int line; /* from 1: where it is reading, and in the end the one that is wrong; 0 before */
    int room; /* receives how many bytes a line may have */
    enum cli_ini_result result;
};

/* cli_ini_read: all of ini->file, from where it stands; line and result are set by it. */
enum cli_ini_result cli_ini_read(struct cli_ini *ini);

#endif
