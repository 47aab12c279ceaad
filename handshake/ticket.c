/*
 * Session tickets (RFC 5077): name of the key, nonce, the written session encrypted with AES-256-GCM, tag.
 *
 * A key of 32 bytes is never used itself: the name that finds it and the key that encrypts are both derived from it
 * with HMAC, so that servers that were given the same keys agree on everything, and the name gives nothing away. Keys a
 * server makes itself live in memory alone and rotate, so that a ticket's secrets are gone some epochs after it
 * expired.
 *
 * The lock is held while a ticket is sealed or opened: a tenth of a microsecond each, less than to copy an expanded
 * key.
 */
#include "base/aead.h"
#include "base/hash.h"
#include "base/wipe.h"
#include "handshake/resume.h"
#include <pthread.h>
#include <string.h>

enum { NAME = 16, HEAD = NAME + SW_AEAD_NONCE };
_Static_assert(SW_TICKET_OVERHEAD == HEAD + SW_AEAD_TAG, "a ticket is head, session, tag");

struct ticket_key {
    struct sw_aead aead;
    int64_t made; /* Unix time, of a key of our own */
    uint8_t name[NAME];
};

struct sw_ticket_keys {
    struct sw_allocator alloc;
    pthread_mutex_t lock;
    bool fixed; /* set from outside */
    size_t count;
    struct ticket_key *key[SW_TICKET_KEYS_MAX]; /* the first seals */
};

static void key_free(struct sw_ticket_keys *keys, struct ticket_key *key)
{
    if (!key)
        return;
    sw_aead_wipe(&key->aead);
    sw_wipe(key, sizeof *key);
    keys->alloc.release(keys->alloc.ctx, key, sizeof *key);
}

static enum sw_err derive(struct ticket_key *key, const uint8_t secret[32])
{
    static const char for_name[] = "sealwax ticket name", for_seal[] = "sealwax ticket encryption";
    uint8_t out[SW_HASH_MAX];
    enum sw_err err = sw_hmac_once(SW_HASH_SHA256, secret, 32, for_name, sizeof for_name - 1, out);

    if (!err) {
        memcpy(key->name, out, NAME);
        err = sw_hmac_once(SW_HASH_SHA256, secret, 32, for_seal, sizeof for_seal - 1, out);
    }
    if (!err)
        err = sw_aead_key(&key->aead, out, 32);
    sw_wipe(out, sizeof out);
    return err;
}

static enum sw_err key_new(struct sw_ticket_keys *keys, const uint8_t secret[32], int64_t now, struct ticket_key **out)
{
    struct ticket_key *key = keys->alloc.alloc(keys->alloc.ctx, sizeof *key);
    enum sw_err err;

    if (!key)
        return SW_ERR_MEMORY;
    memset(key, 0, sizeof *key);
    key->made = now;
    err = derive(key, secret);
    if (err)
        key_free(keys, key);
    else
        *out = key;
    return err;
}

static void drop_all(struct sw_ticket_keys *keys)
{
    while (keys->count)
        key_free(keys, keys->key[--keys->count]);
}

struct sw_ticket_keys *sw_ticket_keys_new(const struct sw_allocator *alloc)
{
    struct sw_ticket_keys *keys = alloc->alloc(alloc->ctx, sizeof *keys);

    if (!keys)
        return NULL;
    memset(keys, 0, sizeof *keys);
    keys->alloc = *alloc;
    if (pthread_mutex_init(&keys->lock, NULL)) {
        alloc->release(alloc->ctx, keys, sizeof *keys);
        return NULL;
    }
    return keys;
}

void sw_ticket_keys_free(struct sw_ticket_keys *keys)
{
    struct sw_allocator alloc;

    if (!keys)
        return;
    drop_all(keys);
    pthread_mutex_destroy(&keys->lock);
    alloc = keys->alloc;
    sw_wipe(keys, sizeof *keys);
    alloc.release(alloc.ctx, keys, sizeof *keys);
}

enum sw_err sw_ticket_keys_set(struct sw_ticket_keys *keys, const uint8_t (*key)[32], size_t count)
{
    struct ticket_key *made[SW_TICKET_KEYS_MAX];
    enum sw_err err = SW_OK;
    size_t n = 0;

    if (count == 0 || count > SW_TICKET_KEYS_MAX)
        return SW_ERR_ARGUMENT;
    while (n < count && !(err = key_new(keys, key[n], 0, &made[n])))
        n++;
    if (err) {
        while (n)
            key_free(keys, made[--n]);
        return err;
    }
    pthread_mutex_lock(&keys->lock);
    drop_all(keys);
    memcpy(keys->key, made, count * sizeof *made);
    keys->count = count;
    keys->fixed = true;
    pthread_mutex_unlock(&keys->lock);
    return SW_OK;
}

/* --- sealing ------------------------------------------------------------------------------------------------------ */

static bool overdue(const struct sw_ticket_keys *keys, int64_t now, uint32_t lifetime)
{
    return !keys->fixed && (keys->count == 0 || now - keys->key[0]->made >= lifetime);
}

/* A new key in front; the last one goes when there are too many. */
static enum sw_err rotate(struct sw_ticket_keys *keys, const struct sw_rand *rand, int64_t now)
{
    uint8_t secret[32];
    struct ticket_key *key;
    enum sw_err err = sw_rand_bytes(rand, secret, sizeof secret);

    if (!err)
        err = key_new(keys, secret, now, &key);
    sw_wipe(secret, sizeof secret);
    if (err)
        return err;
    if (keys->count == SW_TICKET_EPOCHS)
        key_free(keys, keys->key[--keys->count]);
    memmove(keys->key + 1, keys->key, keys->count * sizeof keys->key[0]);
    keys->key[0] = key;
    keys->count++;
    return SW_OK;
}

/* Encrypt in place what was written behind the head, and put head and tag around it. */
static enum sw_err close_ticket(struct ticket_key *key, const struct sw_rand *rand, uint8_t *head, size_t len)
{
    uint8_t *text = head + HEAD;
    enum sw_err err = sw_rand_iv(rand, head + NAME, SW_AEAD_NONCE);

    memcpy(head, key->name, NAME);
    return err ? err : sw_aead_seal(&key->aead, head + NAME, head, NAME, text, len, text, text + len);
}

static enum sw_err seal_locked(struct sw_ticket_keys *keys, const struct sw_rand *rand, int64_t now, uint32_t lifetime,
                               uint8_t *head, size_t len)
{
    enum sw_err err = overdue(keys, now, lifetime) ? rotate(keys, rand, now) : SW_OK;

    return err ? err : close_ticket(keys->key[0], rand, head, len);
}

enum sw_err sw_ticket_seal(struct sw_ticket_keys *keys, const struct sw_rand *rand, const struct sw_session *s,
                           int64_t now, struct sw_writer *w)
{
    uint8_t *head = sw_write_room(w, HEAD), *text = w->buf + w->len;
    enum sw_err err;
    size_t len;

    if (s->lifetime == 0 || s->ticket.len)
        return SW_ERR_ARGUMENT;
    err = sw_session_encode(s, w);
    len = (size_t)(w->buf + w->len - text);
    if (!err && !sw_write_room(w, SW_AEAD_TAG))
        err = SW_ERR_SPACE;
    if (!err) {
        pthread_mutex_lock(&keys->lock);
        err = seal_locked(keys, rand, now, s->lifetime, head, len);
        pthread_mutex_unlock(&keys->lock);
    }
    if (err && head)
        sw_wipe(text, len);
    return err;
}

/* --- opening ------------------------------------------------------------------------------------------------------ */

/* The key a ticket names, or NULL; *age is its place. */
static struct ticket_key *find(struct sw_ticket_keys *keys, const uint8_t name[NAME], size_t *age)
{
    for (size_t i = 0; i < keys->count; i++)
        if (memcmp(keys->key[i]->name, name, NAME) == 0) {
            *age = i;
            return keys->key[i];
        }
    return NULL;
}

static enum sw_err open_locked(struct sw_ticket_keys *keys, struct sw_slice t, uint8_t *text, size_t len, size_t *age)
{
    struct ticket_key *key = find(keys, t.p, age);

    if (!key)
        return SW_ERR_NOT_FOUND;
    return sw_aead_open(&key->aead, t.p + NAME, t.p, NAME, t.p + HEAD, len, text, t.p + HEAD + len);
}

enum sw_err sw_ticket_open(struct sw_ticket_keys *keys, struct sw_slice ticket, int64_t now, struct sw_session *out,
                           bool *renew)
{
    uint8_t text[SW_SESSION_MAX];
    size_t len, age = 0;
    enum sw_err err;

    if (ticket.len <= SW_TICKET_OVERHEAD || ticket.len - SW_TICKET_OVERHEAD > sizeof text)
        return SW_ERR_NOT_FOUND;
    len = ticket.len - SW_TICKET_OVERHEAD;
    pthread_mutex_lock(&keys->lock);
    err = open_locked(keys, ticket, text, len, &age);
    if (!err)
        err = sw_session_decode(out, text, len);
    *renew = !err && (age > 0 || overdue(keys, now, out->lifetime));
    pthread_mutex_unlock(&keys->lock);
    sw_wipe(text, len);
    if (!err)
        out->ticket = (struct sw_slice){NULL, 0}; /* the bytes it would point into are gone */
    if (!err && sw_session_expired(out, now)) {
        sw_wipe(out, sizeof *out);
        err = SW_ERR_NOT_FOUND;
    }
    return err ? SW_ERR_NOT_FOUND : SW_OK;
}
