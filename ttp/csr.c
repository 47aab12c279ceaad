/*
 * Certificate requests: SEQUENCE { CertificationRequestInfo { version, subject, SubjectPublicKeyInfo, [0] attributes },
 * algorithm, signature }.
 */
#include "ttp/csr.h"
#include "ttp/der.h"
#include "ttp/key.h"
#include "ttp/sign.h"
#include <stdlib.h>
#include <string.h>

static const uint8_t oid_extension_request[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e};
/* id-ce, 2.5.29.x: the last byte tells */
enum { CE_KEY_USAGE = 15, CE_SAN = 17, CE_BASIC = 19, CE_EKU = 37 };
/* id-kp, 1.3.6.1.5.5.7.3.x */
static const uint8_t oid_kp[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03};

static int id_ce(struct sw_slice oid)
{
    return oid.len == 3 && oid.p[0] == 0x55 && oid.p[1] == 0x1d ? oid.p[2] : 0;
}

/* --- reading --- */

static unsigned eku_bit(struct sw_slice oid)
{
    static const unsigned bits[] = {[1] = SW_EKU_SERVER_AUTH, [2] = SW_EKU_CLIENT_AUTH,   [3] = SW_EKU_CODE_SIGNING,
                                    [4] = SW_EKU_EMAIL,       [8] = SW_EKU_TIME_STAMPING, [9] = SW_EKU_OCSP_SIGNING};
    if (id_ce(oid) == 0 && oid.len == sizeof oid_kp + 1 && memcmp(oid.p, oid_kp, sizeof oid_kp) == 0) {
        unsigned last = oid.p[sizeof oid_kp];
        return last < sizeof bits / sizeof *bits && bits[last] ? bits[last] : SW_EKU_OTHER;
    }
    return oid.len == 4 && oid.p[2] == CE_EKU && oid.p[3] == 0 ? SW_EKU_ANY : SW_EKU_OTHER;
}

static void read_eku(struct sw_csr *csr, struct sw_reader *value)
{
    struct sw_reader seq = sw_der_enter(value, SW_DER_SEQUENCE);
    csr->has_eku = true;
    while (sw_reader_left(&seq))
        csr->eku |= eku_bit(sw_der_read(&seq, SW_DER_OID));
    if (!sw_reader_end(&seq))
        sw_reader_fail(value);
}

static void read_key_usage(struct sw_csr *csr, struct sw_reader *value)
{
    struct sw_slice bits = sw_der_read(value, SW_DER_BIT_STRING);
    csr->has_key_usage = true;
    for (unsigned i = 0; i < 9 && 1 + i / 8 < bits.len; i++)
        if (bits.p[1 + i / 8] & 0x80 >> i % 8)
            csr->key_usage |= 1u << i;
}

static void read_basic(struct sw_csr *csr, struct sw_reader *value)
{
    struct sw_reader seq = sw_der_enter(value, SW_DER_SEQUENCE);
    if (sw_der_peek(&seq) == SW_DER_BOOLEAN) {
        struct sw_slice b = sw_der_read(&seq, SW_DER_BOOLEAN);
        csr->asks_ca |= b.len == 1 && b.p[0];
    }
    if (sw_der_peek(&seq) == SW_DER_INTEGER)
        (void)sw_der_read(&seq, SW_DER_INTEGER);
    if (!sw_reader_end(&seq))
        sw_reader_fail(value);
}

static void read_san(struct sw_csr *csr, struct sw_reader *value)
{
    if (csr->san.p)
        sw_reader_fail(value); /* twice: which one is meant? */
    csr->san = sw_der_read(value, SW_DER_SEQUENCE);
}

/* One Extension: what is asked with it goes into *csr. */
static bool read_extension(struct sw_csr *csr, struct sw_reader *list)
{
    struct sw_reader ext = sw_der_enter(list, SW_DER_SEQUENCE);
    struct sw_slice oid = sw_der_read(&ext, SW_DER_OID);
    if (sw_der_peek(&ext) == SW_DER_BOOLEAN)
        (void)sw_der_read(&ext, SW_DER_BOOLEAN);
    struct sw_reader value = sw_der_enter(&ext, SW_DER_OCTET_STRING);
    switch (id_ce(oid)) {
    case CE_SAN:
        read_san(csr, &value);
        break;
    case CE_BASIC:
        read_basic(csr, &value);
        break;
    case CE_KEY_USAGE:
        read_key_usage(csr, &value);
        break;
    case CE_EKU:
        read_eku(csr, &value);
        break;
    default:
        csr->others++;
        (void)sw_read_rest(&value);
    }
    return sw_reader_end(&value) && sw_reader_end(&ext);
}

/*
 * One Attribute: OID and a SET of values; of those only an extensionRequest with exactly one list means anything to us.
 */
static bool read_attribute(struct sw_csr *csr, struct sw_reader *attributes)
{
    struct sw_reader attr = sw_der_enter(attributes, SW_DER_SEQUENCE);
    struct sw_slice oid = sw_der_read(&attr, SW_DER_OID);
    struct sw_reader values = sw_der_enter(&attr, SW_DER_SET);
    if (oid.len != sizeof oid_extension_request || memcmp(oid.p, oid_extension_request, oid.len) != 0) {
        csr->others++;
        (void)sw_read_rest(&values);
        return sw_reader_end(&attr) && sw_reader_end(&values);
    }
    struct sw_reader list = sw_der_enter(&values, SW_DER_SEQUENCE);
    bool ok = true;
    while (ok && sw_reader_left(&list))
        ok = read_extension(csr, &list);
    return ok && sw_reader_end(&list) && sw_reader_end(&values) && sw_reader_end(&attr);
}

static bool read_info(struct sw_csr *csr, struct sw_reader *r)
{
    struct sw_reader info = sw_der_enter(r, SW_DER_SEQUENCE);
    uint64_t version = sw_der_read_uint(&info);
    csr->subject = sw_der_read_whole(&info, SW_DER_SEQUENCE);
    csr->spki = sw_der_read_whole(&info, SW_DER_SEQUENCE);
    bool ok = version == 0;
    /* RFC 2986 makes the attributes mandatory, may they be empty; some tools leave them out */
    if (sw_reader_left(&info)) {
        struct sw_reader attributes = sw_der_enter(&info, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
        while (ok && sw_reader_left(&attributes))
            ok = read_attribute(csr, &attributes);
        ok = ok && sw_reader_end(&attributes);
    }
    return ok && sw_reader_end(&info) && sw_cert_name_valid(csr->subject);
}

enum sw_err sw_csr_parse(struct sw_csr *csr, const uint8_t *der, size_t len)
{
    *csr = (struct sw_csr){.der = {der, len}};
    struct sw_reader all = sw_reader_of(der, len);
    struct sw_reader seq = sw_der_enter(&all, SW_DER_SEQUENCE);
    struct sw_reader peek = seq;
    csr->info = sw_der_read_whole(&peek, SW_DER_SEQUENCE);
    if (len > SW_CERT_LEN_MAX || !read_info(csr, &seq))
        return SW_ERR_DER;
    csr->sig_scheme = sw_sigalg_parse(sw_der_read_whole(&seq, SW_DER_SEQUENCE), &csr->sig_salt);
    struct sw_slice sig = sw_der_read(&seq, SW_DER_BIT_STRING);
    if (!sw_reader_end(&seq) || !sw_reader_end(&all) || sig.len < 1 || sig.p[0] != 0)
        return SW_ERR_DER;
    csr->sig = (struct sw_slice){sig.p + 1, sig.len - 1};
    return sw_spki_parse(&csr->key, csr->spki) == SW_OK ? SW_OK : SW_ERR_DER;
}

enum sw_err sw_csr_verify(const struct sw_csr *csr)
{
    if (!csr->sig_scheme || csr->key.type == SW_KEY_NONE || !sw_sigalg_fits(&csr->key, csr->sig_scheme, csr->sig_salt))
        return SW_ERR_UNSUPPORTED;
    return sw_sigalg_verify(&csr->key, csr->sig_scheme, csr->sig_salt, csr->info, csr->sig);
}

/* --- making --- */

static size_t open_extension(struct sw_writer *w, unsigned id, size_t *value)
{
    const uint8_t oid[] = {0x55, 0x1d, (uint8_t)id};
    size_t ext = sw_der_open(w, SW_DER_SEQUENCE);
    sw_der_write(w, SW_DER_OID, oid, sizeof oid);
    *value = sw_der_open(w, SW_DER_OCTET_STRING);
    return ext;
}

static void write_extensions(struct sw_writer *w, struct sw_slice san, bool ca)
{
    size_t value;
    if (san.len) {
        size_t ext = open_extension(w, CE_SAN, &value);
        sw_der_write(w, SW_DER_SEQUENCE, san.p, san.len);
        sw_der_close(w, value);
        sw_der_close(w, ext);
    }
    if (ca) {
        size_t ext = open_extension(w, CE_BASIC, &value);
        size_t seq = sw_der_open(w, SW_DER_SEQUENCE);
        sw_der_write(w, SW_DER_BOOLEAN, "\xff", 1);
        sw_der_close(w, seq);
        sw_der_close(w, value);
        sw_der_close(w, ext);
    }
}

static void write_attributes(struct sw_writer *w, struct sw_slice san, bool ca)
{
    size_t attributes = sw_der_open(w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
    if (san.len || ca) {
        size_t attr = sw_der_open(w, SW_DER_SEQUENCE);
        sw_der_write(w, SW_DER_OID, oid_extension_request, sizeof oid_extension_request);
        size_t set = sw_der_open(w, SW_DER_SET), list = sw_der_open(w, SW_DER_SEQUENCE);
        write_extensions(w, san, ca);
        sw_der_close(w, list);
        sw_der_close(w, set);
        sw_der_close(w, attr);
    }
    sw_der_close(w, attributes);
}

enum sw_err sw_csr_encode(const struct sw_privkey *key, struct sw_slice subject, struct sw_slice san, bool ca,
                          uint8_t *out, size_t cap, size_t *len)
{
    const struct sw_pubkey *pub = sw_privkey_public(key);
    const struct sw_sigscheme *scheme = sw_sign_scheme(pub, true);
    if (!scheme)
        return SW_ERR_UNSUPPORTED;
    uint8_t *buf = malloc(cap);
    if (!buf)
        return SW_ERR_MEMORY;
    struct sw_writer info = sw_writer_of(buf, cap), w = sw_writer_of(out, cap);
    size_t seq = sw_der_open(&info, SW_DER_SEQUENCE);
    sw_der_write_int(&info, 0);
    sw_write_slice(&info, subject);
    sw_spki_encode(&info, pub);
    write_attributes(&info, san, ca);
    sw_der_close(&info, seq);
    enum sw_err err =
        sw_writer_ok(&info) ? sw_sign_wrap(&w, (struct sw_slice){buf, info.len}, key, scheme) : SW_ERR_SPACE;
    *len = w.len;
    free(buf);
    return err;
}
