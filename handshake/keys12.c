/*
 * The TLS 1.2 key schedule. Everything is one function, P_hash (RFC 5246 5): HMAC keyed with the secret, run over a
 * chain A(i) of its own outputs and the seed. The key's inner and outer HMAC states are computed once and serve every
 * step; nothing is allocated.
 *
 * Secrets: the premaster, the master secret and the key block pass through here. Time depends on lengths, which are
 * public (but see handshake/kex.c on a Diffie-Hellman premaster, whose length RFC 5246 8.1.2 makes depend on its
 * value), and each function wipes what it leaves on the stack at its one exit.
 */
#include "handshake/keys12.h"
#include "base/wipe.h"
#include "include/sealwax.h"
#include <string.h>

enum { SEED_PARTS = 5, FLAT = 192 };

/*
 * What HMAC runs over: A(i) and behind it the seed, label first. They stand side by side, so that a step is one update;
 * a part of the seed that does not fit any more (an exporter's context may be long) follows in its own.
 */
struct chain {
    uint8_t bytes[SW_HASH_MAX + FLAT]; /* A(i) ends at SW_HASH_MAX, where the seed begins */
    size_t flat;                       /* bytes of the seed there */
    struct sw_slice rest[SEED_PARTS];  /* empty ones at the end */
};

static struct sw_slice slice(const void *p, size_t len)
{
    return (struct sw_slice){p, len};
}

static void chain_begin(struct chain *c, const struct sw_slice seed[SEED_PARTS])
{
    size_t rest = 0;

    c->flat = 0;
    memset(c->rest, 0, sizeof c->rest);
    for (size_t i = 0; i < SEED_PARTS; i++) {
        if (rest || seed[i].len > FLAT - c->flat) {
            c->rest[rest++] = seed[i];
        } else if (seed[i].len) {
            memcpy(c->bytes + SW_HASH_MAX + c->flat, seed[i].p, seed[i].len);
            c->flat += seed[i].len;
        }
    }
}

/* HMAC over the seed, after a_len bytes of A(i). */
static enum sw_err mac_seed(struct sw_hmac *m, const struct chain *c, size_t a_len, uint8_t *out)
{
    enum sw_err err = sw_hmac_update(m, c->bytes + SW_HASH_MAX - a_len, a_len + c->flat);

    for (size_t i = 0; i < SEED_PARTS && c->rest[i].len && !err; i++)
        err = sw_hmac_update(m, c->rest[i].p, c->rest[i].len);
    return err ? err : sw_hmac_final(m, out);
}

/* A(i) = HMAC(A(i-1)). */
static enum sw_err mac_a(struct sw_hmac *m, uint8_t *a, size_t a_len)
{
    enum sw_err err = sw_hmac_update(m, a, a_len);

    return err ? err : sw_hmac_final(m, a);
}

/* A(0) = seed; the output is HMAC(A(1) + seed) + HMAC(A(2) + seed) + ..., cut to len. */
static enum sw_err p_hash(enum sw_hash_id hash, const void *secret, size_t secret_len,
                          const struct sw_slice seed[SEED_PARTS], uint8_t *out, size_t len)
{
    struct sw_hmac m;
    struct chain c;
    uint8_t block[SW_HASH_MAX];
    size_t n = sw_hash_len(hash);
    uint8_t *a = c.bytes + SW_HASH_MAX - n;
    enum sw_err err = n ? sw_hmac_key(&m, hash, secret, secret_len) : SW_ERR_ARGUMENT;

    chain_begin(&c, seed);
    if (!err)
        err = mac_seed(&m, &c, 0, a);
    while (!err && len > n) {
        err = mac_seed(&m, &c, n, out);
        if (!err)
            err = mac_a(&m, a, n);
        out += n;
        len -= n;
    }
    if (!err)
        err = mac_seed(&m, &c, n, block);
    if (!err)
        memcpy(out, block, len);
    sw_wipe(&m, sizeof m);
    sw_wipe(&c, sizeof c);
    sw_wipe(block, sizeof block);
    return err;
}

enum sw_err sw_prf(enum sw_hash_id hash, const void *secret, size_t secret_len, const char *label,
                   struct sw_slice seed_a, struct sw_slice seed_b, uint8_t *out, size_t len)
{
    const struct sw_slice seed[SEED_PARTS] = {slice(label, strlen(label)), seed_a, seed_b};

    return p_hash(hash, secret, secret_len, seed, out, len);
}

enum sw_err sw_keys12_master(enum sw_hash_id prf, const void *premaster, size_t len,
                             const uint8_t client_random[SW_RANDOM_LEN], const uint8_t server_random[SW_RANDOM_LEN],
                             uint8_t master[SW_MASTER_LEN])
{
    /* RFC 5246 8.1. */
    return sw_prf(prf, premaster, len, "master secret", slice(client_random, SW_RANDOM_LEN),
                  slice(server_random, SW_RANDOM_LEN), master, SW_MASTER_LEN);
}

enum sw_err sw_keys12_master_ems(enum sw_hash_id prf, const void *premaster, size_t len, const uint8_t *session_hash,
                                 size_t hash_len, uint8_t master[SW_MASTER_LEN])
{
    /* RFC 7627 4: the hash of the handshake so far takes the randoms' place, and with it the server's certificate. */
    return sw_prf(prf, premaster, len, "extended master secret", slice(session_hash, hash_len), slice(NULL, 0), master,
                  SW_MASTER_LEN);
}

/* What both directions have in common. */
static struct sw_record_secrets direction(const struct sw_suite *suite, bool etm)
{
    return (struct sw_record_secrets){
        .bulk = suite->bulk,
        .mac = suite->mac,
        /* RFC 7366 3: for block ciphers only; an AEAD has nothing to put in another order. */
        .etm = etm && suite->bulk->kind == SW_BULK_CBC,
        .version = SW_TLS12,
    };
}

enum sw_err sw_keys12_expand(const struct sw_suite *suite, bool etm, const uint8_t master[SW_MASTER_LEN],
                             const uint8_t client_random[SW_RANDOM_LEN], const uint8_t server_random[SW_RANDOM_LEN],
                             struct sw_record_secrets *client, struct sw_record_secrets *server)
{
    uint8_t block[2 * SW_RECORD_SECRET_MAX];
    size_t mac_len = sw_hash_len(suite->mac), key_len = suite->bulk->key_len, iv_len = suite->bulk->fixed_iv_len;
    size_t len = 2 * (mac_len + key_len + iv_len);
    struct sw_reader r = sw_reader_of(block, len);
    enum sw_err err;

    *client = *server = direction(suite, etm);
    /* RFC 5246 6.3: here the server's random comes first. */
    err = sw_prf(suite->prf, master, SW_MASTER_LEN, "key expansion", slice(server_random, SW_RANDOM_LEN),
                 slice(client_random, SW_RANDOM_LEN), block, len);
    if (!err) {
        sw_read_copy(&r, client->mac_key, mac_len);
        sw_read_copy(&r, server->mac_key, mac_len);
        sw_read_copy(&r, client->key, key_len);
        sw_read_copy(&r, server->key, key_len);
        sw_read_copy(&r, client->iv, iv_len);
        sw_read_copy(&r, server->iv, iv_len);
        if (!sw_reader_end(&r))
            err = SW_ERR_CRYPTO;
    }
    sw_wipe(block, sizeof block);
    return err;
}

enum sw_err sw_keys12_finished(enum sw_hash_id prf, const uint8_t master[SW_MASTER_LEN], bool client,
                               const uint8_t *transcript_hash, size_t hash_len, uint8_t out[SW_VERIFY_DATA_LEN])
{
    /* RFC 5246 7.4.9. */
    return sw_prf(prf, master, SW_MASTER_LEN, client ? "client finished" : "server finished",
                  slice(transcript_hash, hash_len), slice(NULL, 0), out, SW_VERIFY_DATA_LEN);
}

/* RFC 5705 4: a label may not be one of the schedule's own, nor, label and seed being simply joined, begin with one. */
static bool label_is_reserved(const char *label)
{
    static const char *const reserved[] = {"client finished", "server finished", "master secret",
                                           "extended master secret", "key expansion"};

    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strncmp(label, reserved[i], strlen(reserved[i])) == 0)
            return true;
    return false;
}

enum sw_err sw_keys12_export(enum sw_hash_id prf, const uint8_t master[SW_MASTER_LEN],
                             const uint8_t client_random[SW_RANDOM_LEN], const uint8_t server_random[SW_RANDOM_LEN],
                             const char *label, bool with_context, struct sw_slice context, uint8_t *out, size_t len)
{
    uint8_t context_len[2] = {(uint8_t)(context.len >> 8), (uint8_t)context.len};
    struct sw_slice seed[SEED_PARTS] = {slice(label, strlen(label)), slice(client_random, SW_RANDOM_LEN),
                                        slice(server_random, SW_RANDOM_LEN)};

    if (label_is_reserved(label) || context.len > UINT16_MAX)
        return SW_ERR_ARGUMENT;
    if (with_context) {
        seed[3] = slice(context_len, sizeof context_len);
        seed[4] = context;
    }
    return p_hash(prf, master, SW_MASTER_LEN, seed, out, len);
}
