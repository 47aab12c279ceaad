/* A track at an address of this machine, for any player that takes one: it knows how long it lasts, and seeks. */
#ifndef SW_APPS_MEDIA_LOCAL_H
#define SW_APPS_MEDIA_LOCAL_H

#include "apps/media/source.h"

/*
 * local_play: serve what source gives until the player ends, or a signal (SIGINT, SIGTERM, SIGHUP) ends this.
 *   player   a command for the shell, in which {} stands for the address; NULL: the address is printed
 * Returns an exit code; said.
 */
int local_play(struct source *source, const char *player);

#endif
