/* One recipient of a message. Everything of ECDH that both sides must agree on byte by byte is made in kek_derive(). */
#include "apps/seal/recipient.h"
#include "apps/seal/alg.h"
#include "base/keywrap.h"
#include "base/rand.h"
#include "base/wipe.h"

enum { KEK_MAX = 32, SHARED_MAX = 66, INFO_MAX = 512, UKM_MAX = 256, KARI = SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED };

/* --- names of certificates ---------------------------------------------------------------------------------------- */

void issuer_and_serial_write(struct sw_writer *w, const struct sw_cert *cert)
{
    size_t seq = sw_der_open(w, SW_DER_SEQUENCE);
    sw_write_slice(w, cert->issuer);
    sw_der_write(w, SW_DER_INTEGER, cert->serial.p, cert->serial.len);
    sw_der_close(w, seq);
}

bool sid_is(struct sw_reader *r, const struct sw_cert *cert)
{
    if (sw_der_peek(r) != SW_DER_SEQUENCE) {
        struct sw_slice ski = sw_der_read(r, SW_DER_CONTEXT(0));
        return ski.len > 0 && sw_slice_eq(ski, cert->ski);
    }
    struct sw_reader seq = sw_der_enter(r, SW_DER_SEQUENCE);
    struct sw_slice issuer = sw_der_read_whole(&seq, SW_DER_SEQUENCE), serial = sw_der_read(&seq, SW_DER_INTEGER);
    return sw_reader_end(&seq) && sw_slice_eq(serial, cert->serial) && sw_cert_name_eq(issuer, cert->issuer);
}

/* --- RSA ---------------------------------------------------------------------------------------------------------- */

static bool write_transport(struct sw_writer *w, const struct sw_cert *to, const uint8_t *key, size_t key_len,
                            struct seal_status *st)
{
    uint8_t sealed[SW_SIG_MAX];
    enum sw_err err = sw_pubkey_encrypt_oaep(&to->key, SW_HASH_SHA256, key, key_len, sealed, sizeof sealed);
    if (err != SW_OK)
        return seal_fail_err(st, err);
    size_t info = sw_der_open(w, SW_DER_SEQUENCE);
    sw_der_write_int(w, 0);
    issuer_and_serial_write(w, to);
    seal_oaep_write(w);
    sw_der_write(w, SW_DER_OCTET_STRING, sealed, to->key.n.len);
    sw_der_close(w, info);
    return true;
}

/* Opens with the algorithm named, into out->key; a failure leaves the random bytes that are there. */
static bool open_transport(struct sw_slice algorithm, struct sw_slice sealed, const struct sw_privkey *key,
                           struct recipient_key *out, struct seal_status *st)
{
    uint8_t plain[SW_SIG_MAX];
    size_t len = 0;
    struct sw_reader r = sw_reader_of_slice(algorithm), alg = sw_der_enter(&r, SW_DER_SEQUENCE);
    struct sw_slice oid = sw_der_read(&alg, SW_DER_OID);
    enum sw_err err = SW_ERR_UNSUPPORTED;
    if (sw_oid_is(oid, &sw_oid_rsa)) {
        out->transport = "RSA PKCS#1 v1.5";
        err = sw_privkey_decrypt_pkcs1(key, sealed.p, sealed.len, plain, &len);
    } else if (sw_oid_is(oid, &seal_oid_oaep)) {
        enum sw_hash_id hash = seal_oaep_read(&alg);
        out->transport = hash == SW_HASH_SHA256 ? "RSA-OAEP (SHA-256)" : "RSA-OAEP";
        if (hash != SW_HASH_NONE)
            err = sw_privkey_decrypt_oaep(key, hash, sealed.p, sealed.len, plain, &len);
    }
    if (err == SW_ERR_UNSUPPORTED)
        return seal_fail(st, SEAL_UNSUPPORTED, "its key is encrypted to us in a way that is not supported");
    if (err == SW_OK && len <= sizeof out->key) {
        memcpy(out->key, plain, len);
        out->len = len;
    }
    sw_wipe(plain, sizeof plain);
    return err == SW_OK || err == SW_ERR_CRYPTO || seal_fail_err(st, err);
}

static bool read_transport(struct sw_reader *info, const struct seal_self *self, struct recipient_key *out,
                           struct seal_status *st)
{
    uint64_t version = sw_der_read_uint(info);
    bool ours = sid_is(info, &self->chain->cert[0]);
    struct sw_slice algorithm = sw_der_read_whole(info, SW_DER_SEQUENCE);
    struct sw_slice sealed = sw_der_read(info, SW_DER_OCTET_STRING);
    if (!sw_reader_end(info) || (version != 0 && version != 2))
        return seal_fail(st, SEAL_TAMPERED, "a recipient cannot be decoded");
    out->found = ours;
    return !ours || open_transport(algorithm, sealed, self->key, out, st);
}

/* --- ECDH --------------------------------------------------------------------------------------------------------- */

/* How keys are agreed on; the AlgorithmIdentifier of the wrap is what both sides derive from, byte by byte. */
struct agreement {
    enum sw_hash_id hash;
    struct sw_slice wrap, ukm;
    size_t kek_len;
};

/* ECC-CMS-SharedInfo (RFC 5753 7.2) and X9.63 over it. */
static enum sw_err kek_derive(const struct agreement *a, const struct sw_privkey *key, struct sw_slice point,
                              uint8_t kek[KEK_MAX])
{
    uint8_t shared[SHARED_MAX], buf[INFO_MAX];
    struct sw_writer w = sw_writer_of(buf, sizeof buf);
    size_t shared_len, seq = sw_der_open(&w, SW_DER_SEQUENCE), field;
    sw_write_slice(&w, a->wrap);
    if (a->ukm.p) {
        field = sw_der_open(&w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
        sw_der_write(&w, SW_DER_OCTET_STRING, a->ukm.p, a->ukm.len);
        sw_der_close(&w, field);
    }
    field = sw_der_open(&w, SW_DER_CONTEXT(2) | SW_DER_CONSTRUCTED);
    size_t bits = sw_der_open(&w, SW_DER_OCTET_STRING);
    sw_write_u32(&w, (uint32_t)a->kek_len * 8);
    sw_der_close(&w, bits);
    sw_der_close(&w, field);
    sw_der_close(&w, seq);
    if (!sw_writer_ok(&w))
        return SW_ERR_SPACE;
    enum sw_err err = sw_privkey_ecdh(key, point, shared, &shared_len);
    if (err == SW_OK)
        err = sw_x963_kdf(a->hash, shared, shared_len, w.buf, w.len, kek, a->kek_len);
    sw_wipe(shared, sizeof shared);
    return err;
}

/* KeyAgreeRecipientInfo (RFC 5652 6.2.2) with a key made for this recipient alone. */
static void write_agreement_fields(struct sw_writer *w, const struct sw_cert *to, const struct agreement *a,
                                   struct sw_slice point, const uint8_t *wrapped, size_t len)
{
    size_t info = sw_der_open(w, KARI);
    sw_der_write_int(w, 3);
    size_t originator = sw_der_open(w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
    size_t pub = sw_der_open(w, SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED);
    size_t alg = sw_der_open(w, SW_DER_SEQUENCE);
    sw_oid_write(w, &sw_oid_ec); /* the curve is the recipient's: RFC 5753 3.1.1 lets it be left out */
    sw_der_close(w, alg);
    size_t bits = sw_der_open(w, SW_DER_BIT_STRING);
    sw_write_u8(w, 0);
    sw_write_slice(w, point);
    sw_der_close(w, bits);
    sw_der_close(w, pub);
    sw_der_close(w, originator);
    size_t scheme = sw_der_open(w, SW_DER_SEQUENCE);
    seal_ecdh_write(w);
    sw_write_slice(w, a->wrap);
    sw_der_close(w, scheme);
    size_t keys = sw_der_open(w, SW_DER_SEQUENCE), one = sw_der_open(w, SW_DER_SEQUENCE);
    issuer_and_serial_write(w, to);
    sw_der_write(w, SW_DER_OCTET_STRING, wrapped, len);
    sw_der_close(w, one);
    sw_der_close(w, keys);
    sw_der_close(w, info);
}

static bool write_agreement(struct sw_writer *w, const struct sw_cert *to, const uint8_t *key, size_t key_len,
                            struct seal_status *st)
{
    uint8_t kek[KEK_MAX], wrapped[RECIPIENT_KEY_MAX + SW_KEYWRAP_EXTRA], wrap[32];
    struct sw_writer ww = sw_writer_of(wrap, sizeof wrap);
    struct sw_privkey *own = NULL;
    seal_wrap_write(&ww);
    struct agreement a = {SW_HASH_SHA256, {wrap, ww.len}, {NULL, 0}, KEK_MAX};
    enum sw_err err = sw_privkey_generate(&own, SW_KEY_EC, to->key.curve);
    if (err == SW_OK)
        err = kek_derive(&a, own, to->key.point, kek);
    if (err == SW_OK)
        err = sw_keywrap(kek, sizeof kek, key, key_len, wrapped);
    if (err == SW_OK)
        write_agreement_fields(w, to, &a, sw_privkey_public(own)->point, wrapped, key_len + SW_KEYWRAP_EXTRA);
    sw_wipe(kek, sizeof kek);
    sw_privkey_free(own);
    return err == SW_OK || seal_fail_err(st, err);
}

/*
 * OriginatorIdentifierOrKey: the point of an originatorKey; empty for any other, which is not supported but may be
 * meant for another recipient. ECDH checks that the point is on our curve.
 */
static struct sw_slice read_originator(struct sw_reader *info)
{
    unsigned unused = 0;
    struct sw_slice point = {NULL, 0};
    struct sw_reader outer = sw_der_enter(info, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
    if (sw_der_peek(&outer) != (SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED))
        return point;
    struct sw_reader pub = sw_der_enter(&outer, SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED);
    struct sw_reader alg = sw_der_enter(&pub, SW_DER_SEQUENCE);
    bool ec = sw_oid_is(sw_der_read(&alg, SW_DER_OID), &sw_oid_ec);
    point = sw_der_read_bits(&pub, &unused);
    if (unused != 0 || !sw_reader_end(&pub) || !sw_reader_end(&outer))
        sw_reader_fail(info);
    return ec ? point : (struct sw_slice){NULL, 0};
}

static bool read_scheme(struct sw_reader *info, struct agreement *a)
{
    struct sw_reader scheme = sw_der_enter(info, SW_DER_SEQUENCE);
    a->hash = seal_ecdh_hash(sw_der_read(&scheme, SW_DER_OID));
    a->wrap = sw_der_read_whole(&scheme, SW_DER_SEQUENCE);
    struct sw_reader r = sw_reader_of_slice(a->wrap), alg = sw_der_enter(&r, SW_DER_SEQUENCE);
    a->kek_len = seal_wrap_len(sw_der_read(&alg, SW_DER_OID));
    if (!sw_reader_end(&scheme))
        sw_reader_fail(info);
    return a->hash != SW_HASH_NONE && a->kek_len != 0;
}

/* The encrypted key among the recipients who share the originator's key that is for us; empty if there is none. */
static struct sw_slice find_ours(struct sw_reader *keys, const struct sw_cert *us)
{
    struct sw_slice ours = {NULL, 0};
    while (sw_reader_left(keys) > 0) {
        struct sw_reader one = sw_der_enter(keys, SW_DER_SEQUENCE);
        bool match;
        if (sw_der_peek(&one) == (SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED)) {
            struct sw_reader by_key = sw_der_enter(&one, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
            struct sw_slice ski = sw_der_read(&by_key, SW_DER_OCTET_STRING);
            match = ski.len > 0 && sw_slice_eq(ski, us->ski);
        } else {
            match = sid_is(&one, us);
        }
        struct sw_slice wrapped = sw_der_read(&one, SW_DER_OCTET_STRING);
        if (!sw_reader_end(&one))
            sw_reader_fail(keys);
        else if (match && !ours.p)
            ours = wrapped;
    }
    return ours;
}

static bool open_agreement(const struct agreement *a, struct sw_slice point, struct sw_slice wrapped,
                           const struct sw_privkey *key, struct recipient_key *out, struct seal_status *st)
{
    uint8_t kek[KEK_MAX], plain[RECIPIENT_KEY_MAX];
    out->transport = a->hash == SW_HASH_SHA256 ? "ECDH (SHA-256)" : "ECDH";
    enum sw_err err = kek_derive(a, key, point, kek);
    if (err == SW_OK)
        err = sw_keyunwrap(kek, a->kek_len, wrapped.p, wrapped.len, plain);
    if (err == SW_OK) {
        out->len = wrapped.len - SW_KEYWRAP_EXTRA;
        memcpy(out->key, plain, out->len);
    }
    sw_wipe(kek, sizeof kek);
    sw_wipe(plain, sizeof plain);
    if (err == SW_ERR_UNSUPPORTED)
        return seal_fail(st, SEAL_UNSUPPORTED, "its key is encrypted to us in a way that is not supported");
    return err != SW_ERR_MEMORY || seal_fail_err(st, err);
}

static bool read_agreement(struct sw_reader *info, const struct seal_self *self, struct recipient_key *out,
                           struct seal_status *st)
{
    struct agreement a = {0};
    uint64_t version = sw_der_read_uint(info);
    struct sw_slice point = read_originator(info);
    if (sw_der_peek(info) == (SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED)) {
        struct sw_reader ukm = sw_der_enter(info, SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED);
        a.ukm = sw_der_read(&ukm, SW_DER_OCTET_STRING);
        if (!sw_reader_end(&ukm) || a.ukm.len > UKM_MAX)
            sw_reader_fail(info);
    }
    bool known = read_scheme(info, &a);
    struct sw_reader keys = sw_der_enter(info, SW_DER_SEQUENCE);
    struct sw_slice wrapped = find_ours(&keys, &self->chain->cert[0]);
    if (!sw_reader_end(&keys) || !sw_reader_end(info) || version != 3)
        return seal_fail(st, SEAL_TAMPERED, "a recipient cannot be decoded");
    out->found = wrapped.p != NULL;
    if (!out->found)
        return true;
    if (!known || point.len == 0)
        return seal_fail(st, SEAL_UNSUPPORTED, "its key is encrypted to us in a way that is not supported");
    return open_agreement(&a, point, wrapped, self->key, out, st);
}

/* --- either ------------------------------------------------------------------------------------------------------- */

bool recipient_write(struct sw_writer *w, const struct sw_cert *to, const uint8_t *key, size_t key_len,
                     struct seal_status *st)
{
    bool ok = to->key.type == SW_KEY_RSA ? write_transport(w, to, key, key_len, st)
                                         : write_agreement(w, to, key, key_len, st);
    return ok && (sw_writer_ok(w) || seal_fail_err(st, SW_ERR_SPACE));
}

bool recipient_read(struct sw_slice info, const struct seal_self *self, struct recipient_key *out,
                    struct seal_status *st)
{
    struct sw_reader r = sw_reader_of_slice(info), body;
    enum sw_err err;
    if (out->found)
        return true;
    if ((err = sw_rand_bytes(NULL, out->key, sizeof out->key)) != SW_OK)
        return seal_fail_err(st, err);
    out->len = 0;
    switch (sw_der_peek(&r)) {
    case SW_DER_SEQUENCE:
        body = sw_der_enter(&r, SW_DER_SEQUENCE);
        return read_transport(&body, self, out, st);
    case KARI:
        body = sw_der_enter(&r, KARI);
        return read_agreement(&body, self, out, st);
    default:
        return true; /* a password, or a key shared beforehand: not for us */
    }
}
