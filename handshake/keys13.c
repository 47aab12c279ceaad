/* The TLS 1.3 key schedule. */
#include "handshake/keys13.h"
#include "base/hkdf.h"
#include "base/wipe.h"
#include "include/sealwax.h"
#include <string.h>

/* RFC 8446 5.3: every AEAD of TLS 1.3 has a nonce of twelve bytes, all of it fixed. */
enum { IV_LEN = 12 };

static const struct sw_slice nothing = {NULL, 0};

enum sw_err sw_hkdf_expand_label(enum sw_hash_id hash, const uint8_t *secret, const char *label,
                                 struct sw_slice context, uint8_t *out, size_t len)
{
    static const char prefix[] = "tls13 ";
    uint8_t info[2 + 1 + 255 + 1 + 255];
    struct sw_writer w = sw_writer_of(info, sizeof info);
    size_t mark;

    /* HkdfLabel: the length wanted, the label, the context. */
    sw_write_u16(&w, (unsigned)len);
    mark = sw_write_open(&w, 1);
    sw_write_bytes(&w, prefix, sizeof prefix - 1);
    sw_write_bytes(&w, label, strlen(label));
    sw_write_close(&w, mark, 1);
    mark = sw_write_open(&w, 1);
    sw_write_slice(&w, context);
    sw_write_close(&w, mark, 1);
    if (!sw_writer_ok(&w) || len > UINT16_MAX)
        return SW_ERR_ARGUMENT;
    return sw_hkdf_expand(hash, secret, sw_hash_len(hash), info, w.len, out, len);
}

/* Derive-Secret, with the messages' hash already taken. */
static enum sw_err derive_secret(enum sw_hash_id hash, const uint8_t *secret, const char *label,
                                 const uint8_t *transcript_hash, uint8_t *out)
{
    uint8_t empty[SW_HASH_MAX];
    size_t len = sw_hash_len(hash);
    enum sw_err err = len ? SW_OK : SW_ERR_ARGUMENT;

    if (!err && !transcript_hash)
        err = sw_hash_once(hash, "", 0, empty);
    if (err)
        return err;
    return sw_hkdf_expand_label(hash, secret, label, (struct sw_slice){transcript_hash ? transcript_hash : empty, len},
                                out, len);
}

/* HKDF-Extract; an input that there is not stands for a hash's length of zeros. */
static enum sw_err extract(struct sw_keys13 *k, const uint8_t *salt, size_t salt_len, struct sw_slice input)
{
    static const uint8_t zeros[SW_HASH_MAX];

    if (input.len == 0)
        input = (struct sw_slice){zeros, sw_hash_len(k->hash)};
    return sw_hkdf_extract(k->hash, salt, salt_len, input.p, input.len, k->secret);
}

enum sw_err sw_keys13_early(struct sw_keys13 *k, enum sw_hash_id hash, struct sw_slice psk)
{
    memset(k, 0, sizeof *k);
    k->hash = hash;
    return extract(k, NULL, 0, psk);
}

enum sw_err sw_keys13_next(struct sw_keys13 *k, struct sw_slice input)
{
    uint8_t salt[SW_HASH_MAX];
    enum sw_err err = derive_secret(k->hash, k->secret, "derived", NULL, salt);

    if (!err)
        err = extract(k, salt, sw_hash_len(k->hash), input);
    sw_wipe(salt, sizeof salt);
    return err;
}

enum sw_err sw_keys13_derive(const struct sw_keys13 *k, enum sw_keys13_label label, const uint8_t *transcript_hash,
                             uint8_t *out)
{
    static const char *const labels[SW_KEYS13_LABELS] = {
        [SW_KEYS13_EXT_BINDER] = "ext binder",
        [SW_KEYS13_RES_BINDER] = "res binder",
        [SW_KEYS13_CLIENT_EARLY] = "c e traffic",
        [SW_KEYS13_EARLY_EXPORTER] = "e exp master",
        [SW_KEYS13_CLIENT_HANDSHAKE] = "c hs traffic",
        [SW_KEYS13_SERVER_HANDSHAKE] = "s hs traffic",
        [SW_KEYS13_CLIENT_APPLICATION] = "c ap traffic",
        [SW_KEYS13_SERVER_APPLICATION] = "s ap traffic",
        [SW_KEYS13_EXPORTER] = "exp master",
        [SW_KEYS13_RESUMPTION] = "res master",
    };

    return derive_secret(k->hash, k->secret, labels[label], transcript_hash, out);
}

enum sw_err sw_keys13_traffic(const struct sw_suite *suite, const uint8_t *secret, struct sw_record_secrets *out)
{
    enum sw_err err;

    /* RFC 8446 5.1: the record's header goes on saying TLS 1.2. */
    *out = (struct sw_record_secrets){.bulk = suite->bulk, .tls13 = true, .version = SW_TLS12};
    memcpy(out->mac_key, secret, sw_hash_len(suite->prf));
    err = sw_hkdf_expand_label(suite->prf, secret, "key", nothing, out->key, suite->bulk->key_len);
    return err ? err : sw_hkdf_expand_label(suite->prf, secret, "iv", nothing, out->iv, IV_LEN);
}

enum sw_err sw_keys13_update(enum sw_hash_id hash, uint8_t *secret)
{
    uint8_t next[SW_HASH_MAX];
    size_t len = sw_hash_len(hash);
    enum sw_err err = sw_hkdf_expand_label(hash, secret, "traffic upd", nothing, next, len);

    if (!err)
        memcpy(secret, next, len);
    sw_wipe(next, sizeof next);
    return err;
}

enum sw_err sw_keys13_finished(enum sw_hash_id hash, const uint8_t *base, const uint8_t *transcript_hash, uint8_t *out)
{
    uint8_t key[SW_HASH_MAX];
    size_t len = sw_hash_len(hash);
    enum sw_err err = sw_hkdf_expand_label(hash, base, "finished", nothing, key, len);

    if (!err)
        err = sw_hmac_once(hash, key, len, transcript_hash, len, out);
    sw_wipe(key, sizeof key);
    return err;
}

enum sw_err sw_keys13_psk(enum sw_hash_id hash, const uint8_t *resumption, struct sw_slice nonce, uint8_t *out)
{
    return sw_hkdf_expand_label(hash, resumption, "resumption", nonce, out, sw_hash_len(hash));
}

enum sw_err sw_keys13_export(enum sw_hash_id hash, const uint8_t *exporter, const char *label, struct sw_slice context,
                             uint8_t *out, size_t len)
{
    uint8_t secret[SW_HASH_MAX], digest[SW_HASH_MAX];
    enum sw_err err = derive_secret(hash, exporter, label, NULL, secret);

    if (!err)
        err = sw_hash_once(hash, context.p, context.len, digest);
    if (!err)
        err = sw_hkdf_expand_label(hash, secret, "exporter", (struct sw_slice){digest, sw_hash_len(hash)}, out, len);
    sw_wipe(secret, sizeof secret);
    return err;
}

void sw_keys13_wipe(struct sw_keys13 *k)
{
    sw_wipe(k, sizeof *k);
}
