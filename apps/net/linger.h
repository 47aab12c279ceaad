/*
 * The end of a connection that has said all it had to say: what is queued goes out, then the socket is half-closed and
 * what still comes is thrown away, for some seconds at most, so that the last answer is not lost to a reset (RFC 1122
 * 4.2.2.13).
 */
#ifndef SW_APPS_NET_LINGER_H
#define SW_APPS_NET_LINGER_H

#include <event2/bufferevent.h>

/*
 * linger: takes the bufferevent of a socket over, and frees it in the end; at once, where there is no memory for more.
 */
void linger(struct bufferevent *socket);

/*
 * linger_count: how many still have something to send. linger_forget: end all, whatever they have; before the event
 * base is freed.
 */
size_t linger_count(void);
void linger_forget(void);

#endif
