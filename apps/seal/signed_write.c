/*
 * SignedData, written. The content and what is around it have indefinite lengths (X.690 8.1.3.6), for nobody knows how
 * long it will be when it begins; certificates and the signature are DER.
 */
#include "apps/seal/crypt.h"
#include "apps/seal/recipient.h"
#include "apps/seal/signed.h"
#include "ttp/sign.h"
#include <string.h>

enum { INFO_MAX = 16 << 10, ATTRS_MAX = 512, ATTRS = SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED };

static const uint8_t endless_sequence[] = {SW_DER_SEQUENCE, 0x80}, endless_explicit[] = {ATTRS, 0x80},
                     endless_octets[] = {SW_DER_OCTET_STRING | SW_DER_CONSTRUCTED, 0x80};

/* ContentInfo, SignedData and EncapsulatedContentInfo up to the first piece of the content. */
static bool write_head(struct signed_sink *s)
{
    uint8_t buf[128];
    struct sw_writer w = sw_writer_of(buf, sizeof buf);
    sw_write_bytes(&w, endless_sequence, 2);
    sw_oid_write(&w, &seal_oid_signed);
    sw_write_bytes(&w, endless_explicit, 2);
    sw_write_bytes(&w, endless_sequence, 2);
    sw_der_write_int(&w, 1); /* RFC 5652 5.1: certificates of version 3, content of type data */
    size_t algorithms = sw_der_open(&w, SW_DER_SET);
    seal_digest_write(&w, s->hash.id);
    sw_der_close(&w, algorithms);
    sw_write_bytes(&w, endless_sequence, 2);
    sw_oid_write(&w, &seal_oid_data);
    sw_write_bytes(&w, endless_explicit, 2);
    sw_write_bytes(&w, endless_octets, 2);
    return sw_writer_ok(&w) ? s->out->write(s->out, buf, w.len) : seal_fail_err(s->st, SW_ERR_SPACE);
}

static bool flush(struct signed_sink *s)
{
    enum sw_err err = sw_hash_update(&s->hash, s->buf, s->have);
    size_t n = s->have;
    s->have = 0;
    return err == SW_OK ? piece_write(s->out, s->buf, n) : seal_fail_err(s->st, err);
}

static bool signed_write(struct seal_sink *sink, const void *p, size_t len)
{
    struct signed_sink *s = (struct signed_sink *)sink;
    struct sw_slice in = {p, len};
    while (in.len > 0)
        if (seal_gather(s->buf, sizeof s->buf, &s->have, &in) && !flush(s))
            return false;
    return true;
}

bool signed_begin(struct signed_sink *s, const struct seal_self *self, struct seal_sink *out, struct seal_status *st)
{
    s->sink.write = signed_write;
    s->out = out;
    s->st = st;
    s->self = self;
    s->have = 0;
    s->scheme = seal_scheme_for(sw_privkey_public(self->key));
    if (!s->scheme)
        return seal_fail(st, SEAL_CONFIG, "messages cannot be signed with this kind of key");
    enum sw_err err = sw_hash_init(&s->hash, seal_scheme_digest(s->scheme));
    return err == SW_OK ? write_head(s) : seal_fail_err(st, err);
}

/* --- behind the content ------------------------------------------------------------------------------------------- */

static bool write_certs(struct signed_sink *s)
{
    const struct seal_chain *chain = s->self->chain;
    uint8_t head[8];
    struct sw_writer w = sw_writer_of(head, sizeof head);
    size_t total = 0;
    for (size_t i = 0; i < chain->len; i++)
        total += chain->cert[i].der.len;
    sw_write_u8(&w, ATTRS);
    sw_write_u8(&w, 0x83);
    sw_write_u24(&w, (uint32_t)total);
    if (total > SIGNED_CERTS_BYTES || chain->len > SIGNED_CERTS_MAX)
        return seal_fail(s->st, SEAL_CONFIG, "the certificates to be sent along are too many");
    bool ok = s->out->write(s->out, head, w.len);
    for (size_t i = 0; i < chain->len && ok; i++)
        ok = s->out->write(s->out, chain->cert[i].der.p, chain->cert[i].der.len);
    return ok;
}

static void attribute_open(struct sw_writer *w, const struct sw_oid *type, size_t mark[2])
{
    mark[0] = sw_der_open(w, SW_DER_SEQUENCE);
    sw_oid_write(w, type);
    mark[1] = sw_der_open(w, SW_DER_SET);
}

static void attribute_close(struct sw_writer *w, const size_t mark[2])
{
    sw_der_close(w, mark[1]);
    sw_der_close(w, mark[0]);
}

/*
 * The signed attributes as the SET that is signed; in the order of their encodings, which DER asks for and their
 * lengths decide.
 */
static void write_attributes(struct sw_writer *w, const uint8_t *digest, size_t len, int64_t now)
{
    size_t set = sw_der_open(w, SW_DER_SET), mark[2];
    attribute_open(w, &seal_oid_content_type, mark);
    sw_oid_write(w, &seal_oid_data);
    attribute_close(w, mark);
    attribute_open(w, &seal_oid_signing_time, mark);
    sw_time_encode(w, now);
    attribute_close(w, mark);
    attribute_open(w, &seal_oid_message_digest, mark);
    sw_der_write(w, SW_DER_OCTET_STRING, digest, len);
    attribute_close(w, mark);
    sw_der_close(w, set);
}

/*
 * SignerInfos with the one SignerInfo (5.3). The attributes stand in it under another tag than the one they are signed
 * with (5.4).
 */
static bool write_signer(struct signed_sink *s, struct sw_slice attrs, const uint8_t *sig, size_t sig_len)
{
    uint8_t buf[INFO_MAX];
    struct sw_writer w = sw_writer_of(buf, sizeof buf);
    size_t set = sw_der_open(&w, SW_DER_SET), info = sw_der_open(&w, SW_DER_SEQUENCE);
    sw_der_write_int(&w, 1);
    issuer_and_serial_write(&w, &s->self->chain->cert[0]);
    seal_digest_write(&w, s->hash.id);
    sw_write_u8(&w, ATTRS);
    sw_write_bytes(&w, attrs.p + 1, attrs.len - 1);
    seal_scheme_write(&w, s->scheme);
    sw_der_write(&w, SW_DER_OCTET_STRING, sig, sig_len);
    sw_der_close(&w, info);
    sw_der_close(&w, set);
    return sw_writer_ok(&w) ? s->out->write(s->out, buf, w.len) : seal_fail_err(s->st, SW_ERR_SPACE);
}

bool signed_end(struct signed_sink *s, int64_t now)
{
    static const uint8_t ends[6] = {0};
    uint8_t digest[SW_HASH_MAX], attrs[ATTRS_MAX], sig[SW_SIG_MAX];
    struct sw_writer w = sw_writer_of(attrs, sizeof attrs);
    size_t sig_len;
    if (!flush(s) || !s->out->write(s->out, ends, 6)) /* octet string, [0], EncapsulatedContentInfo */
        return false;
    enum sw_err err = sw_hash_final(&s->hash, digest);
    if (err != SW_OK)
        return seal_fail_err(s->st, err);
    write_attributes(&w, digest, sw_hash_len(s->hash.id), now);
    if (!sw_writer_ok(&w))
        return seal_fail_err(s->st, SW_ERR_SPACE);
    err = sw_privkey_sign(s->self->key, s->scheme, attrs, w.len, sig, &sig_len);
    if (err != SW_OK)
        return seal_fail_err(s->st, err);
    return write_certs(s) && write_signer(s, (struct sw_slice){attrs, w.len}, sig, sig_len) &&
           s->out->write(s->out, ends, 6); /* SignedData, [0], ContentInfo */
}
