/* Keeping and hashing the handshake messages. */
#include "handshake/transcript.h"
#include "base/wipe.h"
#include <string.h>

enum { FIRST_CAP = 2048 };

void sw_transcript_init(struct sw_transcript *t, struct sw_config *cfg)
{
    memset(t, 0, sizeof *t);
    t->cfg = cfg;
    t->keeping = true;
}

void sw_transcript_drop(struct sw_transcript *t)
{
    sw_config_release(t->cfg, t->kept, t->cap);
    t->kept = NULL;
    t->len = t->cap = 0;
    t->keeping = false;
}

void sw_transcript_free(struct sw_transcript *t)
{
    if (t->cfg == NULL)
        return;
    sw_transcript_drop(t);
    sw_wipe(&t->hash, sizeof t->hash);
}

static enum sw_err keep(struct sw_transcript *t, const void *msg, size_t len)
{
    if (len > t->cap - t->len) {
        size_t cap = t->cap > 0 ? t->cap : FIRST_CAP;
        uint8_t *grown;

        while (cap - t->len < len)
            cap *= 2;
        grown = sw_config_alloc(t->cfg, cap);
        if (grown == NULL)
            return SW_ERR_MEMORY;
        if (t->len > 0)
            memcpy(grown, t->kept, t->len);
        sw_config_release(t->cfg, t->kept, t->cap);
        t->kept = grown;
        t->cap = cap;
    }
    memcpy(t->kept + t->len, msg, len);
    t->len += len;
    return SW_OK;
}

enum sw_err sw_transcript_add(struct sw_transcript *t, const void *msg, size_t len)
{
    enum sw_err err = t->started ? sw_hash_update(&t->hash, msg, len) : SW_OK;

    return err == SW_OK && t->keeping ? keep(t, msg, len) : err;
}

enum sw_err sw_transcript_start(struct sw_transcript *t, enum sw_hash_id id)
{
    enum sw_err err = sw_hash_init(&t->hash, id);

    if (err == SW_OK)
        err = sw_hash_update(&t->hash, t->kept, t->len);
    t->started = err == SW_OK;
    return err;
}

enum sw_err sw_transcript_digest(const struct sw_transcript *t, uint8_t *out)
{
    return sw_hash_peek(&t->hash, out);
}

enum sw_err sw_transcript_digest_with(const struct sw_transcript *t, enum sw_hash_id id, uint8_t *out)
{
    if (t->started && t->hash.id == id)
        return sw_hash_peek(&t->hash, out);
    return t->keeping ? sw_hash_once(id, t->kept, t->len, out) : SW_ERR_STATE;
}

struct sw_slice sw_transcript_kept(const struct sw_transcript *t)
{
    return (struct sw_slice){t->kept, t->len};
}
