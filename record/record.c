/* Headers, limits, sequence numbers; the work itself is in seal_cbc.c and seal_aead.c. */
#include "record/record.h"
#include "base/wipe.h"
#include "record/seal_dir.h"
#include <string.h>

struct sw_record_header sw_record_header_decode(const uint8_t p[SW_RECORD_HEADER])
{
    struct sw_reader r = sw_reader_of(p, SW_RECORD_HEADER);
    struct sw_record_header h;

    h.type = sw_read_u8(&r);
    h.version = sw_read_u16(&r);
    h.len = sw_read_u16(&r);
    return h;
}

void sw_header_write(uint8_t *p, uint8_t type, uint16_t version, size_t len)
{
    p[0] = type;
    p[1] = (uint8_t)(version >> 8);
    p[2] = (uint8_t)version;
    p[3] = (uint8_t)(len >> 8);
    p[4] = (uint8_t)len;
}

void sw_aad(uint8_t aad[SW_AAD_MAX], uint64_t seq, uint8_t type, uint16_t version, size_t len)
{
    for (int i = 0; i < 8; i++)
        aad[i] = (uint8_t)(seq >> (56 - 8 * i));
    sw_header_write(aad + 8, type, version, len);
}

/* --- sizes -------------------------------------------------------------------------------------------------------- */

size_t sw_record_before(const struct sw_record_secrets *s)
{
    return SW_RECORD_HEADER + (s->tls13 ? 0 : s->bulk->record_iv_len);
}

size_t sw_record_after(const struct sw_record_secrets *s)
{
    if (s->bulk->kind == SW_BULK_AEAD)
        return s->bulk->tag_len + (s->tls13 ? 1u : 0u);
    return sw_hash_len(s->mac) + s->bulk->block;
}

size_t sw_record_sealed_len(const struct sw_record_secrets *s, size_t len)
{
    size_t mac = sw_hash_len(s->mac), block = s->bulk->block, padded;

    switch (s->bulk->kind) {
    case SW_BULK_AEAD:
        return sw_record_before(s) + len + sw_record_after(s);
    case SW_BULK_NULL:
        return SW_RECORD_HEADER + len + mac;
    case SW_BULK_CBC:
        break;
    }
    /* one byte of padding length at least, then up to the block */
    padded = len + (s->etm ? 0 : mac) + 1;
    padded += (block - padded % block) % block;
    return sw_record_before(s) + padded + (s->etm ? mac : 0);
}

/* --- directions --------------------------------------------------------------------------------------------------- */

size_t sw_record_dir_size(void)
{
    return sizeof(struct sw_record_dir);
}

static int expand_cipher(struct sw_record_dir *dir)
{
    const struct sw_record_secrets *s = dir->s;

    if (s->bulk == &sw_bulk_null || s->bulk == &sw_bulk_chacha20_poly1305)
        return 0;
    if (s->bulk == &sw_bulk_3des_cbc) {
        int rc = wc_Des3Init(&dir->u.des3, NULL, INVALID_DEVID);

        return rc != 0 ? rc
                       : wc_Des3_SetKey(&dir->u.des3, s->key, NULL, dir->sealing ? DES_ENCRYPTION : DES_DECRYPTION);
    }
    if (wc_AesInit(&dir->u.aes, NULL, INVALID_DEVID) != 0)
        return -1;
    if (s->bulk->kind == SW_BULK_AEAD)
        return wc_AesGcmSetKey(&dir->u.aes, s->key, s->bulk->key_len);
    return wc_AesSetKey(&dir->u.aes, s->key, s->bulk->key_len, NULL, dir->sealing ? AES_ENCRYPTION : AES_DECRYPTION);
}

enum sw_err sw_record_dir_init(struct sw_record_dir *dir, struct sw_record_secrets *secrets, bool sealing)
{
    enum sw_err err = SW_OK;

    memset(dir, 0, sizeof *dir);
    dir->s = secrets;
    dir->sealing = sealing;
    if (expand_cipher(dir) != 0)
        return SW_ERR_CRYPTO;
    if (secrets->bulk->kind != SW_BULK_AEAD)
        err = sw_hmac_key(&dir->hmac, secrets->mac, secrets->mac_key, sw_hash_len(secrets->mac));
    return err;
}

void sw_record_dir_wipe(struct sw_record_dir *dir)
{
    const struct sw_bulk *bulk = dir->s != NULL ? dir->s->bulk : NULL;

    if (bulk == &sw_bulk_3des_cbc)
        wc_Des3Free(&dir->u.des3);
    else if (bulk != NULL && bulk != &sw_bulk_null && bulk != &sw_bulk_chacha20_poly1305)
        wc_AesFree(&dir->u.aes);
    sw_wipe(dir, sizeof *dir);
}

/* --- sealing and opening ------------------------------------------------------------------------------------------ */

static enum sw_err seal_jobs(struct sw_record_dir *dir, const struct sw_rand *rand, struct sw_seal_job *jobs,
                             size_t count)
{
    enum sw_err err = SW_OK;

    if (dir->s->seq > UINT64_MAX - count)
        return SW_ERR_SEQUENCE;
    for (size_t i = 0; i < count; i++) {
        if (jobs[i].data.len > SW_RECORD_PLAIN_MAX)
            return SW_ERR_ARGUMENT;
        if (jobs[i].data.len == 0) /* no plaintext needs no address */
            jobs[i].data.p = jobs[i].buf + sw_record_before(dir->s);
        jobs[i].seq = dir->s->seq + i;
    }
    if (dir->s->bulk->kind != SW_BULK_AEAD)
        err = sw_seal_cbc(dir, rand, jobs, count);
    else
        for (size_t i = 0; i < count && err == SW_OK; i++)
            err = sw_seal_aead(dir, &jobs[i]);
    /* also after an error: a nonce that may have been used is not used again */
    dir->s->seq += count;
    return err;
}

enum sw_err sw_record_seal(struct sw_record_dir *dir, const struct sw_rand *rand, enum sw_content_type type,
                           struct sw_slice data, uint8_t *buf, size_t *out)
{
    struct sw_seal_job job = {.type = type, .data = data, .buf = buf};
    enum sw_err err = seal_jobs(dir, rand, &job, 1);

    *out = job.out;
    return err;
}

enum sw_err sw_record_seal_two(struct sw_record_dir *dir, const struct sw_rand *rand, enum sw_content_type type,
                               const struct sw_slice data[2], uint8_t *const buf[2], size_t out[2])
{
    struct sw_seal_job jobs[2] = {{.type = type, .data = data[0], .buf = buf[0]},
                                  {.type = type, .data = data[1], .buf = buf[1]}};
    enum sw_err err = seal_jobs(dir, rand, jobs, 2);

    out[0] = jobs[0].out;
    out[1] = jobs[1].out;
    return err;
}

enum sw_err sw_record_open(struct sw_record_dir *dir, uint8_t *rec, size_t len, uint8_t *type, struct sw_slice *out)
{
    size_t most = SW_RECORD_PLAIN_MAX + (dir->s->tls13 ? 256u : 2048u);
    enum sw_err err;

    if (len < SW_RECORD_HEADER || len - SW_RECORD_HEADER > most)
        return SW_ERR_RECORD_OVERFLOW;
    *type = rec[0];
    if (dir->s->seq == UINT64_MAX)
        return SW_ERR_SEQUENCE;
    if (dir->s->bulk->kind == SW_BULK_AEAD)
        err = sw_open_aead(dir, rec, len, type, out);
    else
        err = sw_open_cbc(dir, rec, len, out);
    if (err != SW_OK)
        return err;
    dir->s->seq++;
    return out->len > SW_RECORD_PLAIN_MAX ? SW_ERR_RECORD_OVERFLOW : SW_OK;
}
