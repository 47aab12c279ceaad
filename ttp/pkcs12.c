/*
 * PKCS#12. Outside in: PFX holds an AuthenticatedSafe and a MAC over it; the safe is a list of contents, each in the
 * clear or encrypted; a content is a list of bags; a bag holds a key or a certificate.
 */
#include "ttp/pkcs12.h"
#include "base/ct.h"
#include "base/rand.h"
#include "base/wipe.h"
#include "ttp/cert.h"
#include "ttp/der.h"
#include "ttp/key.h"
#include "ttp/key_pbes2.h"
#include "ttp/oid.h"
#include "ttp/pkcs12_kdf.h"
#include <stdlib.h>
#include <string.h>

/* pkcs, 1.2.840.113549.1: what follows tells. */
#define PKCS 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01
static const uint8_t oid_data[] = {PKCS, 0x07, 0x01};
static const uint8_t oid_encrypted_data[] = {PKCS, 0x07, 0x06};
static const uint8_t oid_bag[] = {PKCS, 0x0c, 0x0a, 0x01}; /* + one byte: the kind of bag */
static const uint8_t oid_pbe[] = {PKCS, 0x0c, 0x01};       /* + one byte: the cipher */
static const uint8_t oid_x509[] = {PKCS, 0x09, 0x16, 0x01};
static const uint8_t oid_friendly_name[] = {PKCS, 0x09, 0x14};
static const uint8_t oid_local_key_id[] = {PKCS, 0x09, 0x15};
enum { BAG_KEY = 1, BAG_SHROUDED_KEY = 2, BAG_CERT = 3, PBE_3DES = 3 };

#define OID(array) ((struct sw_slice){array, sizeof array})
#define CONSTRUCTED(n) (SW_DER_CONTEXT(n) | SW_DER_CONSTRUCTED)

/* Each encrypted part may ask for its own long derivation; files in use have two, certificates and key. */
enum { SALT_LEN = 16, ENCRYPTED_MAX = 4 };

/* The last byte of an OID that begins with base; 0 if it is another. */
static int oid_last(struct sw_slice oid, struct sw_slice base)
{
    return oid.len == base.len + 1 && memcmp(oid.p, base.p, base.len) == 0 ? oid.p[base.len] : 0;
}

/* --- integrity --- */

static enum sw_err mac(enum sw_hash_id hash, struct sw_slice pass, struct sw_slice salt, uint32_t rounds,
                       struct sw_slice data, uint8_t out[SW_HASH_MAX])
{
    uint8_t key[SW_HASH_MAX];
    enum sw_err err = sw_pkcs12_kdf(hash, SW_PKCS12_MAC, pass, salt, rounds, key, sw_hash_len(hash));
    if (err == SW_OK)
        err = sw_hmac_once(hash, key, sw_hash_len(hash), data.p, data.len, out);
    sw_wipe(key, sizeof key);
    return err;
}

/* --- writing --- */

static void write_oid(struct sw_writer *w, struct sw_slice base, int last)
{
    size_t oid = sw_der_open(w, SW_DER_OID);
    sw_write_slice(w, base);
    if (last)
        sw_write_u8(w, (unsigned)last);
    sw_der_close(w, oid);
}

/* friendlyName (Java's alias) and localKeyId, which ties the key to its certificate: RFC 2985 5.5. */
static void write_attributes(struct sw_writer *w, const char *name, const uint8_t id[20])
{
    size_t set = sw_der_open(w, SW_DER_SET);
    size_t attr = sw_der_open(w, SW_DER_SEQUENCE);
    write_oid(w, OID(oid_friendly_name), 0);
    size_t values = sw_der_open(w, SW_DER_SET), text = sw_der_open(w, SW_DER_BMP_STRING);
    for (; *name; name++)
        sw_write_u16(w, *name >= 0x20 && *name < 0x7f ? (unsigned)*name : '?');
    sw_der_close(w, text);
    sw_der_close(w, values);
    sw_der_close(w, attr);
    attr = sw_der_open(w, SW_DER_SEQUENCE);
    write_oid(w, OID(oid_local_key_id), 0);
    values = sw_der_open(w, SW_DER_SET);
    sw_der_write(w, SW_DER_OCTET_STRING, id, 20);
    sw_der_close(w, values);
    sw_der_close(w, attr);
    sw_der_close(w, set);
}

static void write_cert_bag(struct sw_writer *w, struct sw_slice cert, const char *name, const uint8_t *id)
{
    size_t bag = sw_der_open(w, SW_DER_SEQUENCE);
    write_oid(w, OID(oid_bag), BAG_CERT);
    size_t value = sw_der_open(w, CONSTRUCTED(0)), seq = sw_der_open(w, SW_DER_SEQUENCE);
    write_oid(w, OID(oid_x509), 0);
    size_t tagged = sw_der_open(w, CONSTRUCTED(0));
    sw_der_write(w, SW_DER_OCTET_STRING, cert.p, cert.len);
    sw_der_close(w, tagged);
    sw_der_close(w, seq);
    sw_der_close(w, value);
    if (id)
        write_attributes(w, name, id);
    sw_der_close(w, bag);
}

/* ContentInfo { encryptedData, [0] { 0, { data, algorithm, [0] ciphertext } } } */
static enum sw_err write_certs(struct sw_writer *w, const struct sw_pkcs12_parts *parts, struct sw_slice pass,
                               const uint8_t *id, uint8_t *buf, size_t cap)
{
    struct sw_writer bags = sw_writer_of(buf, cap);
    size_t list = sw_der_open(&bags, SW_DER_SEQUENCE);
    for (size_t i = 0; i < parts->certs_len; i++)
        write_cert_bag(&bags, parts->certs[i], parts->name, i == 0 ? id : NULL);
    sw_der_close(&bags, list);
    if (!sw_writer_ok(&bags))
        return SW_ERR_SPACE;
    size_t info = sw_der_open(w, SW_DER_SEQUENCE);
    write_oid(w, OID(oid_encrypted_data), 0);
    size_t tagged = sw_der_open(w, CONSTRUCTED(0)), data = sw_der_open(w, SW_DER_SEQUENCE);
    sw_der_write_int(w, 0);
    size_t content = sw_der_open(w, SW_DER_SEQUENCE);
    write_oid(w, OID(oid_data), 0);
    enum sw_err err = sw_pbes2_encrypt(w, SW_DER_CONTEXT(0), pass, (struct sw_slice){buf, bags.len});
    sw_der_close(w, content);
    sw_der_close(w, data);
    sw_der_close(w, tagged);
    sw_der_close(w, info);
    return err;
}

/* ContentInfo { data, [0] OCTET STRING { bags } } with the one bag of the key, which is encrypted by itself. */
static enum sw_err write_key(struct sw_writer *w, const struct sw_pkcs12_parts *parts, struct sw_slice pass,
                             const uint8_t *id)
{
    uint8_t plain[SW_KEY_DER_MAX];
    size_t len;
    enum sw_err err = sw_key_encode(parts->key, plain, sizeof plain, &len);
    if (err != SW_OK)
        return err;
    size_t info = sw_der_open(w, SW_DER_SEQUENCE);
    write_oid(w, OID(oid_data), 0);
    size_t tagged = sw_der_open(w, CONSTRUCTED(0)), octets = sw_der_open(w, SW_DER_OCTET_STRING),
           list = sw_der_open(w, SW_DER_SEQUENCE);
    size_t bag = sw_der_open(w, SW_DER_SEQUENCE);
    write_oid(w, OID(oid_bag), BAG_SHROUDED_KEY);
    size_t value = sw_der_open(w, CONSTRUCTED(0)), sealed = sw_der_open(w, SW_DER_SEQUENCE);
    err = sw_pbes2_encrypt(w, SW_DER_OCTET_STRING, pass, (struct sw_slice){plain, len});
    sw_der_close(w, sealed);
    sw_der_close(w, value);
    write_attributes(w, parts->name, id);
    sw_der_close(w, bag);
    sw_der_close(w, list);
    sw_der_close(w, octets);
    sw_der_close(w, tagged);
    sw_der_close(w, info);
    sw_wipe(plain, sizeof plain);
    return err;
}

static enum sw_err write_mac(struct sw_writer *w, struct sw_slice safe, struct sw_slice pass)
{
    uint8_t salt[SALT_LEN], digest[SW_HASH_MAX];
    enum sw_err err = sw_rand_bytes(NULL, salt, sizeof salt);
    if (err == SW_OK)
        err = mac(SW_HASH_SHA256, pass, (struct sw_slice){salt, sizeof salt}, SW_PBKDF2_ROUNDS, safe, digest);
    size_t data = sw_der_open(w, SW_DER_SEQUENCE), info = sw_der_open(w, SW_DER_SEQUENCE);
    sw_hash_alg_write(w, SW_HASH_SHA256);
    sw_der_write(w, SW_DER_OCTET_STRING, digest, 32);
    sw_der_close(w, info);
    sw_der_write(w, SW_DER_OCTET_STRING, salt, sizeof salt);
    sw_der_write_int(w, SW_PBKDF2_ROUNDS);
    sw_der_close(w, data);
    return err;
}

static enum sw_err write_safe(struct sw_writer *safe, const struct sw_pkcs12_parts *parts, struct sw_slice pass,
                              uint8_t *buf, size_t cap)
{
    uint8_t id[SW_HASH_MAX];
    enum sw_err err =
        sw_hash_once(SW_HASH_SHA1, parts->certs[0].p, parts->certs[0].len, id); /* any 20 bytes would do */
    size_t list = sw_der_open(safe, SW_DER_SEQUENCE);
    if (err == SW_OK)
        err = write_certs(safe, parts, pass, id, buf, cap);
    if (err == SW_OK)
        err = write_key(safe, parts, pass, id);
    sw_der_close(safe, list);
    return err == SW_OK && !sw_writer_ok(safe) ? SW_ERR_SPACE : err;
}

enum sw_err sw_pkcs12_encode(const struct sw_pkcs12_parts *parts, struct sw_slice pass, uint8_t *out, size_t cap,
                             size_t *len)
{
    if (parts->certs_len == 0 || parts->certs_len > SW_PKCS12_CERTS_MAX || pass.len > SW_PKCS12_PASS_MAX)
        return SW_ERR_ARGUMENT;
    uint8_t *buf = malloc(2 * cap);
    if (!buf)
        return SW_ERR_MEMORY;
    struct sw_writer safe = sw_writer_of(buf, cap), w = sw_writer_of(out, cap);
    enum sw_err err = write_safe(&safe, parts, pass, buf + cap, cap);
    size_t pfx = sw_der_open(&w, SW_DER_SEQUENCE);
    sw_der_write_int(&w, 3);
    size_t info = sw_der_open(&w, SW_DER_SEQUENCE);
    write_oid(&w, OID(oid_data), 0);
    size_t tagged = sw_der_open(&w, CONSTRUCTED(0));
    sw_der_write(&w, SW_DER_OCTET_STRING, buf, safe.len);
    sw_der_close(&w, tagged);
    sw_der_close(&w, info);
    if (err == SW_OK)
        err = write_mac(&w, (struct sw_slice){buf, safe.len}, pass);
    sw_der_close(&w, pfx);
    *len = w.len;
    free(buf);
    return err == SW_OK && !sw_writer_ok(&w) ? SW_ERR_SPACE : err;
}

/* --- reading --- */

struct decoding {
    struct sw_pkcs12 *p12;
    struct sw_slice pass;
    size_t used, cap; /* of p12->buf */
    unsigned opened;  /* parts that were encrypted */
};

/* MacData over the AuthenticatedSafe: the first thing that is done, and so where a wrong passphrase ends. */
static enum sw_err check_mac(struct sw_reader *pfx, struct sw_slice safe, struct sw_slice pass)
{
    uint8_t digest[SW_HASH_MAX];
    struct sw_reader data = sw_der_enter(pfx, SW_DER_SEQUENCE), info = sw_der_enter(&data, SW_DER_SEQUENCE);
    enum sw_hash_id hash = sw_hash_alg_read(&info);
    struct sw_slice told = sw_der_read(&info, SW_DER_OCTET_STRING), salt = sw_der_read(&data, SW_DER_OCTET_STRING);
    uint64_t rounds = sw_reader_left(&data) ? sw_der_read_uint(&data) : 1;
    if (!sw_reader_end(&info) || !sw_reader_end(&data))
        return SW_ERR_DER;
    if (hash == SW_HASH_NONE || rounds == 0 || rounds > SW_PBKDF2_ROUNDS_MAX || salt.len > SW_PKCS12_SALT_MAX)
        return SW_ERR_UNSUPPORTED;
    enum sw_err err = mac(hash, pass, salt, (uint32_t)rounds, safe, digest);
    if (err != SW_OK)
        return err;
    return told.len == sw_hash_len(hash) && sw_ct_equal(told.p, digest, told.len) ? SW_OK : SW_ERR_PASSPHRASE;
}

/* pbeWithSHAAnd3-KeyTripleDES-CBC: key and IV both from the derivation above. */
static enum sw_err decrypt_3des(struct sw_reader *alg, struct sw_slice pass, struct sw_slice cipher, uint8_t *out,
                                size_t *len)
{
    uint8_t key[24], iv[8];
    struct sw_reader params = sw_der_enter(alg, SW_DER_SEQUENCE);
    struct sw_slice salt = sw_der_read(&params, SW_DER_OCTET_STRING);
    uint64_t rounds = sw_der_read_uint(&params);
    if (!sw_reader_end(&params))
        return SW_ERR_DER;
    if (rounds == 0 || rounds > SW_PBKDF2_ROUNDS_MAX || salt.len > SW_PKCS12_SALT_MAX)
        return SW_ERR_UNSUPPORTED;
    enum sw_err err = sw_pkcs12_kdf(SW_HASH_SHA1, SW_PKCS12_KEY, pass, salt, (uint32_t)rounds, key, sizeof key);
    if (err == SW_OK)
        err = sw_pkcs12_kdf(SW_HASH_SHA1, SW_PKCS12_IV, pass, salt, (uint32_t)rounds, iv, sizeof iv);
    if (err == SW_OK)
        err = sw_pbe_3des_decrypt(key, iv, cipher, out, len);
    sw_wipe(key, sizeof key);
    return err;
}

/* By whatever scheme the AlgorithmIdentifier names; out has cipher.len bytes. */
static enum sw_err decrypt(struct decoding *d, struct sw_reader *alg, struct sw_slice cipher, uint8_t *out, size_t *len)
{
    struct sw_slice oid = sw_der_read(alg, SW_DER_OID);
    if (d->opened++ == ENCRYPTED_MAX)
        return SW_ERR_UNSUPPORTED;
    if (sw_pbes2_is(oid))
        return sw_pbes2_decrypt(sw_der_read(alg, SW_DER_SEQUENCE), d->pass, cipher, out, len);
    return oid_last(oid, OID(oid_pbe)) == PBE_3DES ? decrypt_3des(alg, d->pass, cipher, out, len) : SW_ERR_UNSUPPORTED;
}

static enum sw_err read_shrouded_key(struct decoding *d, struct sw_reader *value)
{
    struct sw_reader sealed = sw_der_enter(value, SW_DER_SEQUENCE), alg = sw_der_enter(&sealed, SW_DER_SEQUENCE);
    struct sw_slice cipher = sw_der_read(&sealed, SW_DER_OCTET_STRING);
    size_t len = 0;
    if (!sw_reader_end(&sealed))
        return SW_ERR_DER;
    uint8_t *plain = malloc(cipher.len ? cipher.len : 1);
    if (!plain)
        return SW_ERR_MEMORY;
    enum sw_err err = decrypt(d, &alg, cipher, plain, &len);
    if (err == SW_OK)
        err = sw_key_decode(&d->p12->key, plain, len);
    sw_wipe(plain, cipher.len);
    free(plain);
    return err;
}

static enum sw_err read_cert(struct decoding *d, struct sw_reader *value)
{
    struct sw_reader seq = sw_der_enter(value, SW_DER_SEQUENCE);
    struct sw_slice oid = sw_der_read(&seq, SW_DER_OID);
    struct sw_reader tagged = sw_der_enter(&seq, CONSTRUCTED(0));
    struct sw_slice cert = sw_der_read(&tagged, SW_DER_OCTET_STRING);
    if (!sw_reader_end(&tagged) || !sw_reader_end(&seq))
        return SW_ERR_DER;
    if (!sw_slice_eq(oid, OID(oid_x509)))
        return SW_OK; /* SDSI certificates: nobody has seen one */
    if (d->p12->certs_len == SW_PKCS12_CERTS_MAX)
        return SW_ERR_UNSUPPORTED;
    d->p12->certs[d->p12->certs_len++] = cert;
    return SW_OK;
}

/*
 * One SafeBag. Of several keys the first counts; kinds of bags that hold neither key nor certificate are stepped over.
 */
static enum sw_err read_bag(struct decoding *d, struct sw_reader *list)
{
    struct sw_reader bag = sw_der_enter(list, SW_DER_SEQUENCE);
    int kind = oid_last(sw_der_read(&bag, SW_DER_OID), OID(oid_bag));
    struct sw_reader value = sw_der_enter(&bag, CONSTRUCTED(0));
    if (sw_reader_left(&bag))
        (void)sw_der_read(&bag, SW_DER_SET);
    if (!sw_reader_end(&bag))
        return SW_ERR_DER;
    if (kind == BAG_CERT)
        return read_cert(d, &value);
    if (d->p12->key) {
        d->p12->further_keys += kind == BAG_SHROUDED_KEY || kind == BAG_KEY;
        return SW_OK;
    }
    if (kind == BAG_SHROUDED_KEY)
        return read_shrouded_key(d, &value);
    if (kind == BAG_KEY) {
        struct sw_slice key = sw_read_rest(&value);
        return sw_key_decode(&d->p12->key, key.p, key.len);
    }
    return SW_OK;
}

static enum sw_err read_bags(struct decoding *d, struct sw_slice contents)
{
    struct sw_reader r = sw_reader_of_slice(contents), list = sw_der_enter(&r, SW_DER_SEQUENCE);
    enum sw_err err = SW_OK;
    while (err == SW_OK && sw_reader_left(&list))
        err = read_bag(d, &list);
    return err == SW_OK && !(sw_reader_end(&list) && sw_reader_end(&r)) ? SW_ERR_DER : err;
}

/* EncryptedData, opened into the buffer: all plaintexts together are no longer than the file. */
static enum sw_err read_encrypted(struct decoding *d, struct sw_reader *tagged)
{
    struct sw_reader data = sw_der_enter(tagged, SW_DER_SEQUENCE);
    uint64_t version = sw_der_read_uint(&data);
    struct sw_reader content = sw_der_enter(&data, SW_DER_SEQUENCE);
    struct sw_slice oid = sw_der_read(&content, SW_DER_OID);
    struct sw_reader alg = sw_der_enter(&content, SW_DER_SEQUENCE);
    struct sw_slice cipher = sw_der_read(&content, SW_DER_CONTEXT(0));
    size_t len = 0;
    if (!sw_reader_end(&content) || version != 0 || !sw_slice_eq(oid, OID(oid_data)) || cipher.len > d->cap - d->used)
        return SW_ERR_DER;
    uint8_t *out = d->p12->buf + d->used;
    enum sw_err err = decrypt(d, &alg, cipher, out, &len);
    d->used += cipher.len;
    return err == SW_OK ? read_bags(d, (struct sw_slice){out, len}) : err;
}

static enum sw_err read_plain(struct decoding *d, struct sw_reader *tagged)
{
    struct sw_slice octets = sw_der_read(tagged, SW_DER_OCTET_STRING);
    if (!sw_reader_end(tagged) || octets.len > d->cap - d->used)
        return SW_ERR_DER;
    uint8_t *copy = d->p12->buf + d->used;
    memcpy(copy, octets.p, octets.len);
    d->used += octets.len;
    return read_bags(d, (struct sw_slice){copy, octets.len});
}

static enum sw_err read_safe(struct decoding *d, struct sw_slice safe)
{
    struct sw_reader r = sw_reader_of_slice(safe), list = sw_der_enter(&r, SW_DER_SEQUENCE);
    enum sw_err err = SW_OK;
    while (err == SW_OK && sw_reader_left(&list)) {
        struct sw_reader info = sw_der_enter(&list, SW_DER_SEQUENCE);
        struct sw_slice oid = sw_der_read(&info, SW_DER_OID);
        struct sw_reader tagged = sw_der_enter(&info, CONSTRUCTED(0));
        if (!sw_reader_end(&info))
            err = SW_ERR_DER;
        else if (sw_slice_eq(oid, OID(oid_data)))
            err = read_plain(d, &tagged);
        else if (sw_slice_eq(oid, OID(oid_encrypted_data)))
            err = read_encrypted(d, &tagged);
        /* envelopedData: for a recipient's key, not a passphrase */
        else
            err = SW_ERR_UNSUPPORTED;
    }
    return err == SW_OK && !(sw_reader_end(&list) && sw_reader_end(&r)) ? SW_ERR_DER : err;
}

/* The key's certificate to the front. */
static void sort_certs(struct sw_pkcs12 *p12)
{
    for (size_t i = 0; p12->key && i < p12->certs_len; i++) {
        struct sw_cert cert;
        if (sw_cert_parse(&cert, p12->certs[i].p, p12->certs[i].len) != SW_OK ||
            !sw_pubkey_eq(&cert.key, sw_privkey_public(p12->key)))
            continue;
        struct sw_slice leaf = p12->certs[i];
        memmove(p12->certs + 1, p12->certs, i * sizeof *p12->certs);
        p12->certs[0] = leaf;
        return;
    }
}

enum sw_err sw_pkcs12_decode(struct sw_pkcs12 *p12, const uint8_t *der, size_t len, struct sw_slice pass)
{
    struct decoding d = {.p12 = p12, .pass = pass, .cap = len};
    struct sw_reader r = sw_reader_of(der, len), pfx = sw_der_enter(&r, SW_DER_SEQUENCE);
    *p12 = (struct sw_pkcs12){.key = NULL};
    uint64_t version = sw_der_read_uint(&pfx);
    struct sw_reader info = sw_der_enter(&pfx, SW_DER_SEQUENCE);
    struct sw_slice oid = sw_der_read(&info, SW_DER_OID);
    struct sw_reader tagged = sw_der_enter(&info, CONSTRUCTED(0));
    struct sw_slice safe = sw_der_read(&tagged, SW_DER_OCTET_STRING);
    if (!sw_reader_end(&tagged) || !sw_reader_end(&info) || !sw_reader_end(&r) || version != 3 ||
        pass.len > SW_PKCS12_PASS_MAX)
        return SW_ERR_DER;
    /* a file without MAC, or signed instead, would be read without knowing who made it */
    if (!sw_slice_eq(oid, OID(oid_data)) || sw_der_peek(&pfx) != SW_DER_SEQUENCE)
        return SW_ERR_UNSUPPORTED;
    enum sw_err err = check_mac(&pfx, safe, pass);
    if (err == SW_OK && !sw_reader_end(&pfx))
        err = SW_ERR_DER;
    if (err != SW_OK)
        return err;
    p12->buf = malloc(len);
    if (!p12->buf)
        return SW_ERR_MEMORY;
    p12->buf_len = len;
    err = read_safe(&d, safe);
    if (err == SW_OK)
        sort_certs(p12);
    return err;
}

void sw_pkcs12_free(struct sw_pkcs12 *p12)
{
    sw_privkey_free(p12->key);
    if (p12->buf)
        sw_wipe(p12->buf, p12->buf_len);
    free(p12->buf);
    *p12 = (struct sw_pkcs12){.key = NULL};
}

bool sw_pkcs12_looks(const uint8_t *der, size_t len)
{
    struct sw_reader r = sw_reader_of(der, len), pfx = sw_der_enter(&r, SW_DER_SEQUENCE);
    uint64_t version = sw_der_read_uint(&pfx);
    struct sw_reader info = sw_der_enter(&pfx, SW_DER_SEQUENCE);
    struct sw_slice oid = sw_der_read(&info, SW_DER_OID);
    return version == 3 && oid.len == sizeof oid_data && memcmp(oid.p, oid_data, sizeof oid_data - 1) == 0;
}
