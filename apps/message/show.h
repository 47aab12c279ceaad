/* A message for a person or a program: its text on standard output, who sent it and when on standard error. */
#ifndef SW_APPS_MESSAGE_SHOW_H
#define SW_APPS_MESSAGE_SHOW_H

#include "apps/cli/options.h"
#include <jansson.h>

/*
 * message_show: returns an exit code; said. On a terminal, what would steer it is shown as a question mark, and bytes
 * that are no text are not shown; those of a one-time message, which does not come again, in base64.
 */
int message_show(const struct app *app, const json_t *mail);

#endif
