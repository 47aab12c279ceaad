/* Keeping and hashing the handshake messages. */
#include "handshake/transcript.h"
#include "base/wipe.h"
#include <string.h>

enum { MORE_ROOM = 1024 /* behind the message that did not fit */, MESSAGE_HASH = 254 /* RFC 8446 4.4.1 */ };

void sw_transcript_init(struct sw_transcript *t, struct sw_config *cfg)
{
    t->cfg = cfg;
    t->first.bytes = t->room;
    t->first.cap = sizeof t->room;
    t->latest = &t->first;
}

static void release(struct sw_transcript *t, void *p, size_t size)
{
    sw_config_release(t->cfg, p, size);
    t->memory -= size;
}

static void *take(struct sw_transcript *t, size_t size)
{
    void *p = sw_config_alloc(t->cfg, size);

    if (p != NULL)
        t->memory += size;
    return p;
}

static void free_joined(struct sw_transcript *t)
{
    release(t, t->joined, t->joined_len);
    t->joined = NULL;
    t->joined_len = 0;
}

static void free_blocks(struct sw_transcript *t)
{
    struct sw_transcript_block *b = t->first.next, *next;

    for (; b != NULL; b = next) {
        next = b->next;
        release(t, b, sizeof *b + b->cap);
    }
    t->first.next = NULL;
}

void sw_transcript_free(struct sw_transcript *t)
{
    free_joined(t);
    free_blocks(t);
    sw_wipe(&t->hash, sizeof t->hash);
}

/* --- keeping ------------------------------------------------------------------------------------------------------------ */

static enum sw_err another_block(struct sw_transcript *t, size_t cap)
{
    struct sw_transcript_block *b = take(t, sizeof *b + cap);

    if (b == NULL)
        return SW_ERR_MEMORY;
    b->bytes = (uint8_t *)(b + 1);
    b->cap = cap;
    t->latest->next = b;
    t->latest = b;
    return SW_OK;
}

static enum sw_err keep(struct sw_transcript *t, struct sw_slice msg, struct sw_slice *kept)
{
    enum sw_err err = msg.len <= t->latest->cap - t->latest->len ? SW_OK : another_block(t, msg.len + MORE_ROOM);
    struct sw_transcript_block *b = t->latest;

    if (err != SW_OK)
        return err;
    memcpy(b->bytes + b->len, msg.p, msg.len);
    *kept = (struct sw_slice){b->bytes + b->len, msg.len};
    b->len += msg.len;
    t->len += msg.len;
    return SW_OK;
}

enum sw_err sw_transcript_add(struct sw_transcript *t, struct sw_slice msg, struct sw_slice *kept)
{
    struct sw_slice here;
    enum sw_err err = keep(t, msg, kept != NULL ? kept : &here);

    return err == SW_OK && t->started ? sw_hash_update(&t->hash, msg.p, msg.len) : err;
}

struct sw_room sw_transcript_spare(struct sw_transcript *t)
{
    struct sw_transcript_block *b = t->latest;

    return (struct sw_room){b->bytes + b->len, b->cap - b->len};
}

/* --- hashing ------------------------------------------------------------------------------------------------------------ */

/* The first len bytes. */
static enum sw_err hash_first(const struct sw_transcript *t, enum sw_hash_id id, size_t len, struct sw_hash *h)
{
    enum sw_err err = sw_hash_init(h, id);

    for (const struct sw_transcript_block *b = &t->first; b != NULL && err == SW_OK; b = b->next) {
        size_t n = b->len < len ? b->len : len;

        err = sw_hash_update(h, b->bytes, n);
        len -= n;
    }
    return err;
}

static enum sw_err hash_all(const struct sw_transcript *t, enum sw_hash_id id, struct sw_hash *h)
{
    return hash_first(t, id, t->len, h);
}

enum sw_err sw_transcript_start(struct sw_transcript *t, enum sw_hash_id id)
{
    enum sw_err err = hash_all(t, id, &t->hash);

    t->started = err == SW_OK;
    return err;
}

enum sw_err sw_transcript_digest(const struct sw_transcript *t, uint8_t *out)
{
    return sw_hash_peek(&t->hash, out);
}

enum sw_err sw_transcript_digest_with(const struct sw_transcript *t, enum sw_hash_id id, uint8_t *out)
{
    struct sw_hash h;
    enum sw_err err;

    if (t->started && t->hash.id == id)
        return sw_hash_peek(&t->hash, out);
    err = hash_all(t, id, &h);
    return err == SW_OK ? sw_hash_final(&h, out) : err;
}

enum sw_err sw_transcript_digest_cut(const struct sw_transcript *t, enum sw_hash_id id, size_t cut,
                                     struct sw_slice more, uint8_t *out)
{
    struct sw_hash h;
    enum sw_err err = cut > t->len ? SW_ERR_ARGUMENT : hash_first(t, id, t->len - cut, &h);

    if (err == SW_OK)
        err = sw_hash_update(&h, more.p, more.len);
    return err == SW_OK ? sw_hash_final(&h, out) : err;
}

enum sw_err sw_transcript_restart(struct sw_transcript *t, enum sw_hash_id id)
{
    uint8_t msg[4 + SW_HASH_MAX] = {MESSAGE_HASH, 0, 0, (uint8_t)sw_hash_len(id)};
    enum sw_err err = sw_transcript_digest_with(t, id, msg + 4);

    if (err == SW_OK)
        err = sw_hash_init(&t->hash, id);
    if (err != SW_OK)
        return err;
    free_joined(t);
    free_blocks(t);
    t->latest = &t->first;
    t->first.len = t->len = 0;
    t->started = true;
    return sw_transcript_add(t, (struct sw_slice){msg, 4 + sw_hash_len(id)}, NULL);
}

enum sw_err sw_transcript_whole(struct sw_transcript *t, struct sw_slice *all)
{
    size_t at = 0;

    if (t->first.next == NULL) {
        *all = (struct sw_slice){t->first.bytes, t->first.len};
        return SW_OK;
    }
    free_joined(t);
    t->joined = take(t, t->len);
    if (t->joined == NULL)
        return SW_ERR_MEMORY;
    t->joined_len = t->len;
    for (const struct sw_transcript_block *b = &t->first; b != NULL; at += b->len, b = b->next)
        memcpy(t->joined + at, b->bytes, b->len);
    *all = (struct sw_slice){t->joined, t->len};
    return SW_OK;
}
