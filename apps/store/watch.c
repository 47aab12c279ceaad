/*
 * Who watches hears of each change: of ours at once, of those of other processes by the notices of a database that is
 * shared. A notice may be lost (its sender was killed between the commit and it, or a connection broke), so what is new
 * is asked for now and then as well.
 */
#include "apps/store/db.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NOTICE_MAX = 512 };

void sw_store_on_change(struct sw_store *store, void (*changed)(void *ctx, const struct sw_mail *mail, bool here),
                        void *ctx)
{
    store->changed = changed;
    store->changed_ctx = ctx;
}

void sw_store_on_claim(struct sw_store *store, void (*claimed)(void *ctx, const char *name, const uint8_t cert[32]),
                       void *ctx)
{
    store->claimed = claimed;
    store->claimed_ctx = ctx;
}

/* --- what servers tell each other: "mail STATE EXPIRES ID RECIPIENT", "reader CERTIFICATE NAME" ------------------- */

void row_tell(struct sw_store *s, const struct sw_mail *m)
{
    struct sw_mail told = *m;
    char text[NOTICE_MAX];
    told.body = NULL;
    told.body_len = 0;
    snprintf(text, sizeof text, "mail %d %" PRId64 " %s %s", (int)m->state, m->expires, m->id, m->recipient);
    if (s->driver->tell)
        s->driver->tell(s, text);
    if (s->changed)
        s->changed(s->changed_ctx, &told, true);
}

void sw_store_claim(struct sw_store *store, const char *name, const uint8_t cert[32])
{
    char text[NOTICE_MAX], hex[65];
    for (size_t i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", cert[i]);
    snprintf(text, sizeof text, "reader %s %s", hex, name);
    if (store->driver->tell)
        store->driver->tell(store, text);
}

static void hear_mail(struct sw_store *s, const char *text)
{
    struct sw_mail m = {0};
    int state, n = 0;
    if (sscanf(text, "%d %" SCNd64 " %32s %n", &state, &m.expires, m.id, &n) != 3 || n == 0 || !text[n] || !s->changed)
        return;
    m.state = (enum sw_mail_state)state;
    snprintf(m.recipient, sizeof m.recipient, "%s", text + n);
    s->changed(s->changed_ctx, &m, false);
}

static void hear_reader(struct sw_store *s, const char *text)
{
    uint8_t cert[32];
    if (strspn(text, "0123456789abcdef") != 2 * sizeof cert || text[2 * sizeof cert] != ' ')
        return;
    for (size_t i = 0; i < sizeof cert; i++, text += 2)
        if (sscanf(text, "%2hhx", &cert[i]) != 1)
            return;
    if (s->claimed)
        s->claimed(s->claimed_ctx, text + 1, cert);
}

void db_hear(struct sw_store *s, const char *text)
{
    if (!text && s->changed)
        s->changed(s->changed_ctx, NULL, false);
    else if (text && strncmp(text, "mail ", 5) == 0)
        hear_mail(s, text + 5);
    else if (text && strncmp(text, "reader ", 7) == 0)
        hear_reader(s, text + 7);
}

/* --- looking ------------------------------------------------------------------------------------------------------ */

bool sw_store_watch(const struct sw_store *store, int *fd)
{
    *fd = store->driver->watch ? store->driver->watch(store) : -1;
    return store->driver->look != NULL;
}

/*
 * What has come since the look before the last one. Numbers are given before they are committed, so a message may turn
 * up below one that was seen already; no transaction takes as long as two looks.
 */
static enum sw_err ask_since(struct sw_store *s)
{
    int64_t newest;
    enum sw_err err = db_number_asked(s, NEWEST, s->seen, &newest, db_ask_values(s, NEWEST, NULL, 0));
    if (err || s->looked == 0) { /* the first time: who comes from now on asks for himself */
        s->before = s->seen = err ? 0 : newest;
        return err;
    }
    err = db_ask(s, SINCE, db_number(s->before));
    while (err == SW_OK && (err = db_next(s, SINCE)) == SW_OK) {
        struct sw_mail m = {.cursor = db_get(s, SINCE, 0), .state = SW_MAIL_QUEUED, .expires = db_get(s, SINCE, 3)};
        db_get_text(s, SINCE, 1, m.id, sizeof m.id);
        db_get_text(s, SINCE, 2, m.recipient, sizeof m.recipient);
        if (s->changed)
            s->changed(s->changed_ctx, &m, false);
    }
    err = db_end(s, SINCE, err);
    if (err == SW_OK) {
        s->before = s->seen;
        s->seen = newest;
    }
    return err;
}

enum sw_err sw_store_look(struct sw_store *store, int64_t now)
{
    if (!store->driver->look)
        return SW_OK;
    enum sw_err err = store->driver->look(store);
    if (err || (now >= store->looked && now - store->looked < SW_STORE_LOOK))
        return err;
    err = ask_since(store);
    if (err == SW_OK)
        store->looked = now;
    return err;
}
