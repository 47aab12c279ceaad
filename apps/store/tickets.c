/*
 * Keys of session tickets, an epoch each. Whoever finds that the one of this epoch or of the next is missing makes it;
 * of two that do so at once, the second one finds the first one's. That the next one is there an epoch early is what
 * lets all servers open what one of them begins to seal with it.
 */
#include "apps/store/db.h"
#include "base/rand.h"
#include "base/wipe.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { KEY = 32, SEALED_KEY = KEY + SW_VAULT_EXTRA, KEY_NAME_MAX = 40, BEFORE = SW_TICKET_LIFE / SW_TICKET_EPOCH };

_Static_assert(SW_TICKET_KEYS == BEFORE + 2, "those before, the one that seals, and the next one");

static void seal_name(int64_t epoch, char out[KEY_NAME_MAX])
{
    snprintf(out, KEY_NAME_MAX, "ticket key %" PRId64, epoch);
}

/* What is there: slot 0 is the oldest that is kept. */
struct ring {
    int64_t first;
    bool has[SW_TICKET_KEYS];
    uint8_t key[SW_TICKET_KEYS][KEY];
};

static enum sw_err read_ring(struct sw_store *s, struct ring *ring)
{
    char name[KEY_NAME_MAX];
    memset(ring->has, 0, sizeof ring->has);
    enum sw_err err = db_ask(s, TICKET_KEYS, db_number(ring->first), db_number(ring->first + SW_TICKET_KEYS - 1));
    while (err == SW_OK && (err = db_next(s, TICKET_KEYS)) == SW_OK) {
        int64_t epoch = db_get(s, TICKET_KEYS, 0);
        if (epoch < ring->first || epoch >= ring->first + SW_TICKET_KEYS) { /* nobody asked for that */
            err = SW_ERR_CRYPTO;
            break;
        }
        int64_t slot = epoch - ring->first;
        struct db_value sealed = s->driver->column(s, TICKET_KEYS, 1);
        seal_name(epoch, name);
        err = sealed.type == DB_BYTES && sealed.len == SEALED_KEY
                  ? sw_vault_unseal(&s->vault, name, sealed.p, sealed.len, ring->key[slot])
                  : SW_ERR_CRYPTO;
        ring->has[slot] = err == SW_OK;
    }
    return db_end(s, TICKET_KEYS, err);
}

static enum sw_err add(struct sw_store *s, int64_t epoch)
{
    uint8_t key[KEY], sealed[SEALED_KEY];
    char name[KEY_NAME_MAX];
    seal_name(epoch, name);
    enum sw_err err = sw_rand_bytes(NULL, key, sizeof key);
    if (err == SW_OK)
        err = sw_vault_seal(&s->vault, name, key, sizeof key, sealed);
    sw_wipe(key, sizeof key);
    return err ? err : db_run(s, ADD_TICKET_KEY, db_number(epoch), db_bytes(sealed, sizeof sealed));
}

/* The keys of this epoch and of the next, if they are not there; those whose tickets have ended go. */
static enum sw_err rotate(struct sw_store *s, int64_t first)
{
    enum sw_err err = db_begin(s, "ticket keys");
    if (err)
        return err;
    err = add(s, first + BEFORE);
    if (err == SW_OK)
        err = add(s, first + BEFORE + 1);
    if (err == SW_OK)
        err = db_run(s, FORGET_TICKET_KEYS, db_number(first));
    return db_finish(s, err);
}

enum sw_err sw_store_ticket_keys(struct sw_store *store, int64_t now, uint8_t keys[SW_TICKET_KEYS][32], size_t *n)
{
    static const int order[SW_TICKET_KEYS] = {BEFORE, BEFORE + 1, BEFORE - 1, BEFORE - 2};
    struct ring ring = {.first = now / SW_TICKET_EPOCH - BEFORE};
    *n = 0;
    if (!store->driver->look)
        return SW_ERR_UNSUPPORTED;
    enum sw_err err = read_ring(store, &ring);
    if (err == SW_OK && !(ring.has[BEFORE] && ring.has[BEFORE + 1])) {
        err = rotate(store, ring.first);
        if (err == SW_OK)
            err = read_ring(store, &ring);
    }
    for (size_t i = 0; err == SW_OK && i < SW_TICKET_KEYS; i++)
        if (ring.has[order[i]])
            memcpy(keys[(*n)++], ring.key[order[i]], KEY);
    sw_wipe(&ring, sizeof ring);
    return err;
}
