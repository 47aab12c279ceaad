/* Encryption and decryption of content, a piece at a time. */
#include "apps/seal/crypt.h"
#include "base/ct.h"
#include "base/wipe.h"
#include <string.h>

const char crypt_tampered[] = "it cannot be decrypted: it was changed on the way, or is not what it says";

/* --- writing ------------------------------------------------------------------------------------------------------ */

bool piece_write(struct seal_sink *out, const uint8_t *p, size_t len)
{
    uint8_t head[8];
    struct sw_writer w = sw_writer_of(head, sizeof head);
    sw_write_u8(&w, SW_DER_OCTET_STRING);
    if (len >= 0x80)
        sw_write_u8(&w, len > 0xff ? 0x82 : 0x81);
    if (len > 0xff)
        sw_write_u8(&w, (unsigned)len >> 8);
    sw_write_u8(&w, (unsigned)len & 0xff);
    return len == 0 || (out->write(out, head, w.len) && out->write(out, p, len));
}

static bool flush(struct crypt_sink *c)
{
    enum sw_err err = sw_aead_seal_more(&c->aead, c->buf, c->have, c->buf);
    size_t n = c->have;
    c->have = 0;
    if (err == SW_ERR_SPACE)
        return seal_fail(c->st, SEAL_TOO_LONG, "a sealed message holds at most 4 GiB");
    return err == SW_OK ? piece_write(c->out, c->buf, n) : seal_fail_err(c->st, err);
}

static bool crypt_write(struct seal_sink *sink, const void *p, size_t len)
{
    struct crypt_sink *c = (struct crypt_sink *)sink;
    struct sw_slice in = {p, len};
    while (in.len > 0)
        if (seal_gather(c->buf, sizeof c->buf, &c->have, &in) && !flush(c))
            return false;
    return true;
}

bool crypt_sink_init(struct crypt_sink *c, struct seal_sink *out, const uint8_t *key, size_t key_len,
                     const uint8_t nonce[SW_AEAD_NONCE], struct seal_status *st)
{
    c->sink.write = crypt_write;
    c->out = out;
    c->st = st;
    c->have = 0;
    enum sw_err err = sw_aead_key(&c->aead, key, key_len);
    if (err == SW_OK)
        err = sw_aead_start(&c->aead, nonce);
    return err == SW_OK || seal_fail_err(st, err);
}

bool crypt_sink_end(struct crypt_sink *c, uint8_t tag[SW_AEAD_TAG])
{
    if (!flush(c))
        return false;
    enum sw_err err = sw_aead_seal_end(&c->aead, tag);
    return err == SW_OK || seal_fail_err(c->st, err);
}

void crypt_sink_wipe(struct crypt_sink *c)
{
    sw_aead_wipe(&c->aead);
    sw_wipe(c, sizeof *c);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static size_t gcm_read(struct crypt_source *c, uint8_t *buf, size_t cap)
{
    size_t n = ber_octets_read(c->in, buf, cap);
    if (n == 0)
        return 0;
    enum sw_err err = sw_aead_open_more(&c->aead, buf, n, buf);
    if (err == SW_OK)
        return n;
    if (err == SW_ERR_SPACE)
        seal_fail(c->st, SEAL_TOO_LONG, "a sealed message holds at most 4 GiB");
    seal_fail_err(c->st, err);
    return 0;
}

/*
 * The padding of the last block (RFC 5652 6.3): n bytes of value n. CBC is not authenticated, so that whoever can ask
 * us often enough whether a padding was right learns the text: the answer is the same sentence as for everything else
 * that does not open.
 */
static bool strip_padding(struct crypt_source *c)
{
    size_t pad = c->have ? c->buf[c->have - 1] : 0, wrong = 0;
    size_t fits = sw_ct_ge(SW_CBC_BLOCK, pad) & ~sw_ct_is_zero(pad);
    if (c->have < SW_CBC_BLOCK)
        return seal_fail(c->st, SEAL_TAMPERED, "%s", crypt_tampered);
    for (size_t i = 0; i < SW_CBC_BLOCK; i++)
        wrong |= sw_ct_ge(pad, i + 1) & ~sw_ct_eq(c->buf[c->have - 1 - i], pad);
    if (!fits || wrong)
        return seal_fail(c->st, SEAL_TAMPERED, "%s", crypt_tampered);
    c->have -= pad;
    c->ready = c->have;
    return true;
}

/* Fill the buffer anew and decrypt it; the last block waits until it is known whether it is the last. */
static bool cbc_refill(struct crypt_source *c)
{
    memmove(c->buf, c->buf + c->ready, c->have - c->ready);
    c->have -= c->ready;
    c->next = c->ready = 0;
    size_t n = 1, old = c->have; /* old: a block that is decrypted already, or nothing */
    while (c->have < sizeof c->buf && (n = ber_octets_read(c->in, c->buf + c->have, sizeof c->buf - c->have)) > 0)
        c->have += n;
    if (c->st->result != SEAL_OK)
        return false;
    if ((c->have - old) % SW_CBC_BLOCK)
        return seal_fail(c->st, SEAL_TAMPERED, "%s", crypt_tampered);
    enum sw_err err = sw_cbc_open(&c->cbc, c->buf + old, c->have - old, c->buf + old);
    if (err != SW_OK)
        return seal_fail_err(c->st, err);
    c->ended = n == 0;
    if (c->ended)
        return strip_padding(c);
    c->ready = c->have - SW_CBC_BLOCK;
    return true;
}

static size_t cbc_read(struct crypt_source *c, uint8_t *buf, size_t cap)
{
    if (c->next == c->ready && (c->ended || !cbc_refill(c)))
        return 0;
    return seal_hand_out(buf, cap, c->buf, c->ready, &c->next);
}

static size_t crypt_read(struct seal_source *source, uint8_t *buf, size_t cap)
{
    struct crypt_source *c = (struct crypt_source *)source;
    return c->cipher->gcm ? gcm_read(c, buf, cap) : cbc_read(c, buf, cap);
}

bool crypt_source_init(struct crypt_source *c, struct ber *in, const struct seal_cipher *cipher, const uint8_t *key,
                       const uint8_t *iv, struct seal_status *st)
{
    enum sw_err err;
    memset(c, 0, sizeof *c);
    c->source.read = crypt_read;
    c->in = in;
    c->st = st;
    c->cipher = cipher;
    if (cipher->gcm) {
        err = sw_aead_key(&c->aead, key, cipher->key_len);
        if (err == SW_OK)
            err = sw_aead_start(&c->aead, iv);
    } else {
        err = sw_cbc_start(&c->cbc, key, cipher->key_len, iv);
    }
    return err == SW_OK || seal_fail_err(st, err);
}

bool crypt_source_drain(struct crypt_source *c)
{
    uint8_t rest[1024];
    while (c->source.read(&c->source, rest, sizeof rest) > 0) {
    }
    sw_wipe(rest, sizeof rest);
    return c->st->result == SEAL_OK;
}

bool crypt_source_tag(struct crypt_source *c, const uint8_t tag[SW_AEAD_TAG])
{
    if (sw_aead_open_end(&c->aead, tag) != SW_OK)
        return seal_fail(c->st, SEAL_TAMPERED, "%s", crypt_tampered);
    return true;
}

void crypt_source_wipe(struct crypt_source *c)
{
    if (c->cipher && c->cipher->gcm)
        sw_aead_wipe(&c->aead);
    else if (c->cipher)
        sw_cbc_wipe(&c->cbc);
    sw_wipe(c, sizeof *c);
}
