/*
 * A place on this machine where a player may ask: a port of 127.0.0.1, a path that nobody can guess, and nobody but
 * whoever runs this and root. The address stands in the player's command line, which others on the machine may read.
 */
#ifndef SW_APPS_MEDIA_DOOR_H
#define SW_APPS_MEDIA_DOOR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>

enum { DOOR_PATH_MAX = 40, DOOR_HOST_MAX = 32 };

struct door {
    int fd;
    char host[DOOR_HOST_MAX], path[DOOR_PATH_MAX]; /* "127.0.0.1:1234", "/..." */
    in_port_t port;                                /* in the order of the network */
};

/* door_open: false with errno. door_close. */
bool door_open(struct door *d);
void door_close(struct door *d);

/*
 * door_accept: a connection that does not block; -1: none. allowed receives whether whoever makes it may.
 * door_owner: in a table of the kernel's (/proc/net/tcp), whose socket the one at that port of 127.0.0.1 is that is
 * connected to ours; -1 if it does not stand there.
 */
int door_accept(const struct door *d, bool *allowed);
long door_owner(FILE *table, in_port_t theirs, in_port_t ours);

#endif
