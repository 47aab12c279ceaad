/*
 * Who may play what how often. A licence belongs to the serial number of a certificate and to a track; it is sealed as it is stored, bound to both. One play is
 * debited when its first byte is asked for, in one durable transaction; what the same holder asks of the same track within the window after that (seeking, a
 * connection that broke) is the same play.
 */
#ifndef SW_APPS_MEDIA_LICENCE_H
#define SW_APPS_MEDIA_LICENCE_H

#include "apps/rewrap.h"
#include "apps/vault.h"
#include <stdint.h>

enum { LICENCE_HOLDER_MAX = 64, LICENCE_TRACK_MAX = 40 };

struct licences;

struct licence {
    char holder[LICENCE_HOLDER_MAX], track[LICENCE_TRACK_MAX];
    int64_t plays;   /* left */
    int64_t granted; /* how many there were in all */
    int64_t until;   /* the play that was debited last goes on until then, Unix seconds */
};

/* licences_open: the database, made if there is none; the vault must outlive it. SW_ERR_SYSTEM; licences_why says what. */
enum sw_err licences_open(struct licences **out, struct sw_vault *vault, const char *path) SW_MUST_USE;
void licences_close(struct licences *l);
const char *licences_why(const struct licences *l);

/*
 * licences_play: debit a play, or go on with the last one.
 *   first   plays of a licence that is made by this; 0: none is made
 *   window  seconds a play lasts
 *   fresh   receives whether a play was debited
 * SW_ERR_STATE: none is left; out says. SW_ERR_NOT_FOUND: there is no licence. SW_ERR_CRYPTO: it was changed. SW_ERR_SYSTEM.
 */
enum sw_err licences_play(struct licences *l, const char *holder, const char *track, int64_t first, int64_t window,
                          int64_t now, struct licence *out, bool *fresh) SW_MUST_USE;

/* licences_get: as it is; SW_ERR_NOT_FOUND. licences_set: so many plays from now on; made if there is none. */
enum sw_err licences_get(struct licences *l, const char *holder, const char *track, struct licence *out) SW_MUST_USE;
enum sw_err licences_set(struct licences *l, const char *holder, const char *track, int64_t plays) SW_MUST_USE;

/* licences_each: all of them, by holder and track. One that was changed has plays -1. */
enum sw_err licences_each(struct licences *l, void (*each)(void *ctx, const struct licence *licence),
                          void *ctx) SW_MUST_USE;

/* licences_rekey: seal all of them anew (apps/rewrap.h), some a transaction; it can be interrupted anywhere and done again. SW_ERR_SYSTEM, SW_ERR_MEMORY, SW_ERR_RANDOM. */
enum sw_err licences_rekey(struct licences *l, struct rewrap *r) SW_MUST_USE;

#endif
