/*
 * SignedData, read: the content as it comes, hashed with what the signer announced; the certificates and the one
 * SignerInfo behind it.
 */
#include "apps/seal/recipient.h"
#include "apps/seal/signed.h"
#include "base/ct.h"
#include <string.h>

enum { VERSION_MAX = 16, DIGEST_ALG_MAX = 64, ATTRS = SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED };
enum { CRLS = SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED };

/* --- up to the content -------------------------------------------------------------------------------------------- */

bool content_type_is(struct ber *in, const struct sw_oid *want, const char *otherwise)
{
    uint8_t buf[64];
    struct sw_slice whole;
    if (!ber_collect(in, SW_DER_OID, buf, sizeof buf, &whole))
        return false;
    struct sw_reader r = sw_reader_of_slice(whole);
    return sw_oid_is(sw_der_read(&r, SW_DER_OID), want) || seal_fail(in->st, SEAL_UNSUPPORTED, "%s", otherwise);
}

static bool add_hash(struct signed_data *s, enum sw_hash_id hash, struct seal_status *st)
{
    for (unsigned i = 0; i < s->hashes; i++)
        if (s->hash[i].id == hash)
            return true;
    enum sw_err err = sw_hash_init(&s->hash[s->hashes++], hash);
    return err == SW_OK || seal_fail_err(st, err);
}

/* digestAlgorithms: those that are known; the signer's must be among them. */
static bool read_digests(struct signed_data *s, struct ber *in)
{
    uint8_t buf[DIGEST_ALG_MAX];
    struct sw_slice whole;
    if (!ber_enter(in, SW_DER_SET))
        return false;
    while (ber_peek(in) != 0) {
        if (!ber_collect(in, SW_DER_SEQUENCE, buf, sizeof buf, &whole))
            return false;
        struct sw_reader r = sw_reader_of_slice(whole);
        enum sw_hash_id hash = seal_digest_read(&r);
        if (hash != SW_HASH_NONE && !s->detached && !add_hash(s, hash, in->st))
            return false;
    }
    return ber_leave(in);
}

static bool read_head(struct signed_data *s, struct ber *in)
{
    uint8_t buf[VERSION_MAX];
    struct sw_slice version;
    return ber_enter(in, SW_DER_SEQUENCE) && content_type_is(in, &seal_oid_signed, "what is encrypted is not signed") &&
           ber_enter(in, ATTRS) && ber_enter(in, SW_DER_SEQUENCE) &&
           ber_collect(in, SW_DER_INTEGER, buf, sizeof buf, &version) && read_digests(s, in) &&
           ber_enter(in, SW_DER_SEQUENCE) &&
           content_type_is(in, &seal_oid_data, "what is signed is of a kind that is not supported");
}

bool signed_open(struct signed_data *s, struct ber *in)
{
    memset(s, 0, sizeof *s);
    if (!read_head(s, in))
        return false;
    if (ber_peek(in) == 0)
        return seal_fail(in->st, SEAL_UNSUPPORTED, "its text is not with the signature (a detached one)");
    return ber_enter(in, ATTRS) && ber_octets(in, SW_DER_OCTET_STRING);
}

static bool hash_piece(struct signed_data *s, const uint8_t *p, size_t len, struct seal_status *st)
{
    for (unsigned i = 0; i < s->hashes; i++) {
        enum sw_err err = sw_hash_update(&s->hash[i], p, len);
        if (err != SW_OK)
            return seal_fail_err(st, err);
    }
    return true;
}

size_t signed_content(struct signed_data *s, struct ber *in, uint8_t *buf, size_t cap)
{
    size_t n = ber_octets_read(in, buf, cap);
    return hash_piece(s, buf, n, in->st) ? n : 0;
}

/* Which hash is wanted shows only behind the text; what stands before it (micalg) is not signed. */
bool signed_detached_begin(struct signed_data *s, struct seal_status *st)
{
    memset(s, 0, sizeof *s);
    s->detached = true;
    return add_hash(s, SW_HASH_SHA256, st) && add_hash(s, SW_HASH_SHA384, st) && add_hash(s, SW_HASH_SHA512, st);
}

bool signed_detached_content(struct signed_data *s, const uint8_t *p, size_t len, struct seal_status *st)
{
    return hash_piece(s, p, len, st);
}

bool signed_detached_open(struct signed_data *s, struct ber *in)
{
    return read_head(s, in) &&
           (ber_peek(in) == 0 ||
            seal_fail(in->st, SEAL_UNSUPPORTED, "it has its text twice: in the signature and beside it"));
}

/* --- behind it ---------------------------------------------------------------------------------------------------- */

/*
 * One CertificateChoices. A certificate that cannot be decoded is left out, as are attribute certificates: the signer's
 * may still be there.
 */
static bool read_cert(struct signed_data *s, struct ber *in)
{
    struct sw_slice whole;
    unsigned tag = ber_peek(in);
    if (!ber_collect(in, tag, s->certs_buf + s->certs_len, sizeof s->certs_buf - s->certs_len, &whole))
        return false;
    if (tag != SW_DER_SEQUENCE || s->certs == SIGNED_CERTS_MAX ||
        sw_cert_parse(&s->cert[s->certs], whole.p, whole.len) != SW_OK)
        return true;
    s->certs++;
    s->certs_len += whole.len;
    return true;
}

/* Elements that are of no use here, such as the sender's revocation lists: ours count. */
static bool skip_set(struct ber *in, unsigned tag, uint8_t *buf, size_t cap)
{
    struct sw_slice whole;
    if (!ber_enter(in, tag))
        return false;
    while (ber_peek(in) != 0)
        if (!ber_collect(in, ber_peek(in), buf, cap, &whole))
            return false;
    return ber_leave(in);
}

static bool read_signer(struct signed_data *s, struct ber *in)
{
    struct sw_slice whole;
    if (!ber_enter(in, SW_DER_SET))
        return false;
    if (ber_peek(in) == 0)
        return seal_fail(in->st, SEAL_TAMPERED, "nobody signed it");
    if (!ber_collect(in, SW_DER_SEQUENCE, s->info, sizeof s->info, &whole))
        return false;
    s->info_len = whole.len;
    if (ber_peek(in) != 0)
        return seal_fail(in->st, SEAL_UNSUPPORTED, "it has more than one signature");
    return ber_leave(in);
}

bool signed_close(struct signed_data *s, struct ber *in)
{
    if ((!s->detached && !ber_leave(in)) || !ber_leave(in)) /* [0], EncapsulatedContentInfo */
        return false;
    if (ber_peek(in) == ATTRS) {
        if (!ber_enter(in, ATTRS))
            return false;
        while (ber_peek(in) != 0)
            if (!read_cert(s, in))
                return false;
        if (!ber_leave(in))
            return false;
    }
    if (ber_peek(in) == CRLS && !skip_set(in, CRLS, s->info, sizeof s->info))
        return false;
    return read_signer(s, in) && ber_leave(in) && ber_leave(in) && ber_leave(in) && in->st->result == SEAL_OK;
}

/* --- the signature ------------------------------------------------------------------------------------------------ */

struct signer_info {
    const struct sw_cert *cert;
    enum sw_hash_id digest;
    struct sw_slice attrs; /* contents; p NULL: none */
    const struct sw_sigscheme *scheme;
    uint16_t salt;
    struct sw_slice sig;
};

static bool parse_info(struct signed_data *s, struct signer_info *info, struct seal_status *st)
{
    struct sw_reader r = sw_reader_of(s->info, s->info_len), seq = sw_der_enter(&r, SW_DER_SEQUENCE);
    (void)sw_der_read_uint(&seq);
    struct sw_reader sid = seq;
    unsigned tag;
    struct sw_slice whole;
    (void)sw_der_read_any(&seq, &tag, &whole);
    for (size_t i = 0; i < s->certs && !info->cert; i++) {
        struct sw_reader one = sid;
        if (sid_is(&one, &s->cert[i]))
            info->cert = &s->cert[i];
    }
    info->digest = seal_digest_read(&seq);
    if (sw_der_peek(&seq) == ATTRS)
        info->attrs = sw_der_read(&seq, ATTRS);
    info->scheme = seal_scheme_read(sw_der_read_whole(&seq, SW_DER_SEQUENCE), info->digest, &info->salt);
    info->sig = sw_der_read(&seq, SW_DER_OCTET_STRING);
    if (sw_reader_left(&seq) > 0)
        (void)sw_der_read(&seq, SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED); /* what others may add unsigned */
    if (!sw_reader_end(&seq) || !sw_reader_end(&r))
        return seal_fail(st, SEAL_TAMPERED, "its signature cannot be decoded");
    if (!info->cert)
        return seal_fail(st, SEAL_SIGNER, "the signer's certificate is not in it");
    if (info->digest == SW_HASH_NONE || !info->scheme)
        return seal_fail(st, SEAL_UNSUPPORTED, "it is signed with an algorithm that is too weak or not supported");
    return true;
}

/* An attribute's single value; false if it is not of this type. */
static bool attribute_value(struct sw_reader attr, const struct sw_oid *type, struct sw_reader *value)
{
    if (!sw_oid_is(sw_der_read(&attr, SW_DER_OID), type))
        return false;
    *value = sw_der_enter(&attr, SW_DER_SET);
    value->failed |= !sw_reader_end(&attr);
    return true;
}

/* The signed attributes (5.3, 11): type and digest once each and right, the time for the verdict. */
static bool check_attributes(struct sw_slice attrs, const uint8_t *digest, size_t len, int64_t *at)
{
    unsigned types = 0, digests = 0;
    struct sw_reader r = sw_reader_of_slice(attrs), value;
    while (sw_reader_left(&r) > 0) {
        struct sw_reader attr = sw_der_enter(&r, SW_DER_SEQUENCE);
        if (attribute_value(attr, &seal_oid_content_type, &value)) {
            bool right = sw_oid_is(sw_der_read(&value, SW_DER_OID), &seal_oid_data);
            types += right && sw_reader_end(&value) ? 1 : 2;
        } else if (attribute_value(attr, &seal_oid_message_digest, &value)) {
            struct sw_slice got = sw_der_read(&value, SW_DER_OCTET_STRING);
            bool right = got.len == len && memcmp(got.p, digest, len) == 0;
            digests += right && sw_reader_end(&value) ? 1 : 2;
        } else if (attribute_value(attr, &seal_oid_signing_time, &value)) {
            *at = sw_der_read_time(&value, NULL);
            if (!sw_reader_end(&value))
                return false;
        }
    }
    return sw_reader_end(&r) && types == 1 && digests == 1;
}

/* The attributes under the tag they are signed with (5.4). */
static enum sw_err verify_attributes(const struct signer_info *info)
{
    uint8_t buf[SIGNED_INFO_MAX];
    struct sw_writer w = sw_writer_of(buf, sizeof buf);
    sw_der_write(&w, SW_DER_SET, info->attrs.p, info->attrs.len);
    if (!sw_writer_ok(&w))
        return SW_ERR_SPACE;
    return sw_sigalg_verify(&info->cert->key, info->scheme, info->salt, (struct sw_slice){buf, w.len}, info->sig);
}

bool signed_verify(struct signed_data *s, const struct sw_cert **signer, int64_t *at, struct seal_status *st)
{
    struct signer_info info = {0};
    uint8_t digest[SW_HASH_MAX];
    enum sw_err err = SW_ERR_UNSUPPORTED;
    *signer = NULL;
    *at = 0;
    if (!parse_info(s, &info, st))
        return false;
    *signer = info.cert;
    for (unsigned i = 0; i < s->hashes && err != SW_OK; i++)
        if (s->hash[i].id == info.digest)
            err = sw_hash_final(&s->hash[i], digest);
    if (err != SW_OK)
        return seal_fail(st, SEAL_TAMPERED, "it does not announce the hash it is signed with");
    /*
     * Without attributes the content itself is what is signed, and then the attributes of one message can be passed off
     * as the content of another: both are just bytes under a signature. So they are asked for.
     */
    if (!info.attrs.p)
        return seal_fail(st, SEAL_UNSUPPORTED, "it is signed without attributes");
    if (!check_attributes(info.attrs, digest, sw_hash_len(info.digest), at))
        err = SW_ERR_SIGNATURE;
    else
        err = verify_attributes(&info);
    if (err == SW_ERR_SIGNATURE)
        return seal_fail(st, SEAL_TAMPERED, "the signature does not fit the text");
    if (err == SW_ERR_UNSUPPORTED)
        return seal_fail(st, SEAL_UNSUPPORTED, "it is signed in a way that is not supported");
    return err == SW_OK || seal_fail_err(st, err);
}
