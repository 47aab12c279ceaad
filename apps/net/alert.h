/*
 * What a fatal alert of the peer says about us, for a person: its name alone is for those who know RFC 5246 7.2.2 by
 * heart.
 */
#ifndef SW_APPS_NET_ALERT_H
#define SW_APPS_NET_ALERT_H

#include "base/err.h"

/* app_alert_meaning: what is wrong, and where to look; NULL if the alert's name says as much. Static text. */
const char *app_alert_meaning(enum sw_alert received);

#endif
