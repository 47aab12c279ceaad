/*
 * The certificate parser (RFC 5280 4). What is not strict DER, or not the syntax of RFC 5280, is refused; what is
 * syntax but breaks a rule of the profile is marked in flaws. Tables say which key usage, purpose and extension is
 * which.
 */
#include "ttp/cert.h"
#include "ttp/der.h"
#include "ttp/name.h"
#include "ttp/oid.h"

enum { VERSION_TAG = SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED, EXTENSIONS_TAG = SW_DER_CONTEXT(3) | SW_DER_CONSTRUCTED };

/* --- extensions --------------------------------------------------------------------------------------------------- */

static bool read_basic(struct sw_cert *c, struct sw_reader *r)
{
    struct sw_reader seq = sw_der_enter(r, SW_DER_SEQUENCE);

    c->has_basic = true;
    c->path_len = -1;
    if (sw_der_peek(&seq) == SW_DER_BOOLEAN) {
        c->is_ca = sw_der_read_bool(&seq);
        if (!c->is_ca) /* DEFAULT FALSE is not written in DER */
            c->flaws |= SW_FLAW_EXT_EMPTY;
    }
    if (sw_der_peek(&seq) == SW_DER_INTEGER) {
        uint64_t n = sw_der_read_uint(&seq);

        c->path_len = n > 1000 ? 1000 : (int)n;
        if (!c->is_ca)
            c->flaws |= SW_FLAW_PATH_LEN;
    }
    return sw_reader_end(&seq);
}

static bool read_key_usage(struct sw_cert *c, struct sw_reader *r)
{
    unsigned unused;
    struct sw_slice bits = sw_der_read_bits(r, &unused);

    c->has_key_usage = true;
    for (unsigned i = 0; i < 9 && i / 8 < bits.len; i++)
        if ((bits.p[i / 8] & 0x80 >> i % 8) != 0)
            c->key_usage |= 1u << i;
    if (c->key_usage == 0)
        c->flaws |= SW_FLAW_EXT_EMPTY;
    return true;
}

static const struct {
    struct sw_oid oid;
    unsigned bit;
} purposes[] = {
    {{4, {0x55, 0x1d, 0x25, 0x00}}, SW_EKU_ANY},
    {{8, {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01}}, SW_EKU_SERVER_AUTH},
    {{8, {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02}}, SW_EKU_CLIENT_AUTH},
    {{8, {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03}}, SW_EKU_CODE_SIGNING},
    {{8, {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04}}, SW_EKU_EMAIL},
    {{8, {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08}}, SW_EKU_TIME_STAMPING},
    {{8, {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09}}, SW_EKU_OCSP_SIGNING},
};

static bool read_eku(struct sw_cert *c, struct sw_reader *r)
{
    struct sw_reader seq = sw_der_enter(r, SW_DER_SEQUENCE);

    c->has_eku = true;
    if (sw_reader_left(&seq) == 0)
        return false;
    while (sw_reader_left(&seq) > 0) {
        struct sw_slice oid = sw_der_read(&seq, SW_DER_OID);
        unsigned bit = SW_EKU_OTHER;

        for (size_t i = 0; i < sizeof purposes / sizeof purposes[0]; i++)
            if (sw_oid_is(oid, &purposes[i].oid))
                bit = purposes[i].bit;
        c->eku |= bit;
    }
    return sw_reader_end(&seq);
}

static bool read_san(struct sw_cert *c, struct sw_reader *r)
{
    struct sw_general_name name;
    struct sw_reader walk;

    c->has_san = true;
    c->san = sw_der_read(r, SW_DER_SEQUENCE);
    walk = sw_reader_of_slice(c->san);
    if (c->san.len == 0)
        return false;
    while (sw_general_name_next(&walk, &name))
        if (name.kind == SW_GN_IP && name.value.len != 4 && name.value.len != 16)
            return false;
    return sw_reader_end(&walk);
}

static bool read_ski(struct sw_cert *c, struct sw_reader *r)
{
    c->ski = sw_der_read(r, SW_DER_OCTET_STRING);
    return c->ski.len > 0;
}

static bool read_aki(struct sw_cert *c, struct sw_reader *r)
{
    struct sw_reader seq = sw_der_enter(r, SW_DER_SEQUENCE);
    struct sw_slice whole;
    unsigned tag;

    c->has_aki = true;
    if (sw_der_peek(&seq) == SW_DER_CONTEXT(0))
        c->aki = sw_der_read(&seq, SW_DER_CONTEXT(0));
    while (sw_reader_left(&seq) > 0) {
        (void)sw_der_read_any(&seq, &tag, &whole);
        c->aki_by_serial = true;
    }
    return sw_reader_end(&seq);
}

/* Kept for whoever judges it; that the outermost element is whole DER is checked here. */
static bool keep_sequence(struct sw_slice *out, struct sw_reader *r)
{
    *out = sw_der_read(r, SW_DER_SEQUENCE);
    return !r->failed;
}

static bool read_name_constraints(struct sw_cert *c, struct sw_reader *r)
{
    return keep_sequence(&c->name_constraints, r) && c->name_constraints.len > 0;
}

static bool read_policies(struct sw_cert *c, struct sw_reader *r)
{
    return keep_sequence(&c->policies, r);
}

static bool read_mappings(struct sw_cert *c, struct sw_reader *r)
{
    return keep_sequence(&c->policy_mappings, r);
}

static bool read_policy_constraints(struct sw_cert *c, struct sw_reader *r)
{
    return keep_sequence(&c->policy_constraints, r);
}

static bool read_inhibit(struct sw_cert *c, struct sw_reader *r)
{
    c->inhibit_any = sw_der_read_whole(r, SW_DER_INTEGER);
    return !r->failed;
}

static bool read_crl_dp(struct sw_cert *c, struct sw_reader *r)
{
    return keep_sequence(&c->crl_dp, r);
}

/* Nothing here follows these addresses: malformed ones are a flaw, not an end. RFC 5280 4.2.2.1. */
static bool read_aia(struct sw_cert *c, struct sw_reader *r)
{
    struct sw_reader all = *r, seq = sw_der_enter(&all, SW_DER_SEQUENCE);
    struct sw_general_name location;

    c->aia = sw_read_rest(r);
    if (sw_reader_left(&seq) == 0)
        c->flaws |= SW_FLAW_AIA;
    while (sw_reader_left(&seq) > 0) {
        struct sw_reader access = sw_der_enter(&seq, SW_DER_SEQUENCE);

        (void)sw_der_read(&access, SW_DER_OID);
        if (!sw_general_name_next(&access, &location) || !sw_reader_end(&access))
            sw_reader_fail(&seq);
    }
    if (!sw_reader_end(&seq) || !sw_reader_end(&all))
        c->flaws |= SW_FLAW_AIA;
    return true;
}

static bool read_tls_feature(struct sw_cert *c, struct sw_reader *r)
{
    struct sw_reader seq = sw_der_enter(r, SW_DER_SEQUENCE);

    while (sw_reader_left(&seq) > 0)
        if (sw_der_read_uint(&seq) == 5)
            c->must_staple = true;
    return sw_reader_end(&seq);
}

enum { ANY_CRITICALITY, CRITICAL, NOT_CRITICAL };

/* The extensions we understand; criticality as RFC 5280 4.2 wants it of CAs that conform. */
static const struct extension {
    struct sw_oid oid;
    int criticality;
    bool (*read)(struct sw_cert *c, struct sw_reader *r);
    size_t critical_at; /* where to note criticality, 0: nowhere */
} extensions[] = {
    {{3, {0x55, 0x1d, 0x13}}, ANY_CRITICALITY, read_basic, offsetof(struct sw_cert, basic_critical)},
    {{3, {0x55, 0x1d, 0x0f}}, ANY_CRITICALITY, read_key_usage, offsetof(struct sw_cert, key_usage_critical)},
    {{3, {0x55, 0x1d, 0x25}}, ANY_CRITICALITY, read_eku, offsetof(struct sw_cert, eku_critical)},
    {{3, {0x55, 0x1d, 0x11}}, ANY_CRITICALITY, read_san, offsetof(struct sw_cert, san_critical)},
    {{3, {0x55, 0x1d, 0x0e}}, NOT_CRITICAL, read_ski, 0},
    {{3, {0x55, 0x1d, 0x23}}, NOT_CRITICAL, read_aki, 0},
    {{3, {0x55, 0x1d, 0x1e}}, CRITICAL, read_name_constraints, 0},
    {{3, {0x55, 0x1d, 0x20}}, ANY_CRITICALITY, read_policies, 0},
    {{3, {0x55, 0x1d, 0x21}}, ANY_CRITICALITY, read_mappings, 0},
    {{3, {0x55, 0x1d, 0x24}}, CRITICAL, read_policy_constraints, 0},
    {{3, {0x55, 0x1d, 0x36}}, CRITICAL, read_inhibit, 0},
    {{3, {0x55, 0x1d, 0x1f}}, ANY_CRITICALITY, read_crl_dp, 0},
    {{8, {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x01}}, NOT_CRITICAL, read_aia, 0},
    {{8, {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x18}}, ANY_CRITICALITY, read_tls_feature, 0},
};

enum { KNOWN = sizeof extensions / sizeof extensions[0] };

static int find_extension(struct sw_slice oid)
{
    for (int i = 0; i < KNOWN; i++)
        if (sw_oid_is(oid, &extensions[i].oid))
            return i;
    return -1;
}

static bool read_known(struct sw_cert *c, const struct extension *e, bool critical, struct sw_slice value)
{
    struct sw_reader r = sw_reader_of_slice(value);

    if (e->criticality == CRITICAL && !critical)
        c->flaws |= SW_FLAW_EXT_NOT_CRITICAL;
    if (e->criticality == NOT_CRITICAL && critical)
        c->flaws |= SW_FLAW_EXT_CRITICAL;
    if (e->critical_at != 0)
        *(bool *)(void *)((char *)c + e->critical_at) = critical;
    return e->read(c, &r) && sw_reader_end(&r);
}

enum { UNKNOWN_MAX = 64 };

/*
 * The extensions that are not known: none may occur twice (RFC 5280 4.2), nor is there an end of them in an honest
 * certificate.
 */
struct unknown {
    size_t len;
    struct sw_slice oid[UNKNOWN_MAX];
};

static bool is_new(struct unknown *u, struct sw_slice oid)
{
    for (size_t i = 0; i < u->len; i++)
        if (sw_slice_eq(u->oid[i], oid))
            return false;
    if (u->len == UNKNOWN_MAX)
        return false;
    u->oid[u->len++] = oid;
    return true;
}

static bool read_extensions(struct sw_cert *c, struct sw_slice list)
{
    struct sw_reader r = sw_reader_of_slice(list);
    struct unknown unknown = {0};
    uint32_t seen = 0;

    c->extensions = list;
    if (list.len == 0)
        return false;
    while (sw_reader_left(&r) > 0) {
        struct sw_reader ext = sw_der_enter(&r, SW_DER_SEQUENCE);
        struct sw_slice oid = sw_der_read(&ext, SW_DER_OID), value;
        bool critical = false;
        int known = find_extension(oid);

        if (sw_der_peek(&ext) == SW_DER_BOOLEAN) {
            critical = sw_der_read_bool(&ext);
            if (!critical)
                return false; /* DEFAULT FALSE is not written in DER */
        }
        value = sw_der_read(&ext, SW_DER_OCTET_STRING);
        if (!sw_reader_end(&ext))
            return false;
        if (known >= 0) {
            if ((seen & 1u << known) != 0 || !read_known(c, &extensions[known], critical, value))
                return false;
            seen |= 1u << known;
            continue;
        }
        if (!is_new(&unknown, oid))
            return false;
        if (critical && !c->unknown_critical) {
            c->unknown_critical = true;
            c->unknown_critical_oid = oid;
        }
    }
    return sw_reader_end(&r);
}

/* --- the certificate ---------------------------------------------------------------------------------------------- */

static int64_t read_time(struct sw_cert *c, struct sw_reader *r)
{
    bool general;
    int64_t t = sw_der_read_time(r, &general);

    /* 2050-01-01 divides the two forms (RFC 5280 4.1.2.5) */
    if (general != (t >= 2524608000))
        c->flaws |= SW_FLAW_TIME_FORMAT;
    return t;
}

static void read_serial(struct sw_cert *c, struct sw_reader *tbs)
{
    c->serial = sw_der_read_integer(tbs);
    if (c->serial.len > 20 || (c->serial.len > 0 && (c->serial.p[0] & 0x80) != 0))
        c->flaws |= SW_FLAW_SERIAL;
    if (c->serial.len == 1 && c->serial.p[0] == 0)
        c->flaws |= SW_FLAW_SERIAL_ZERO;
}

static unsigned read_version(struct sw_reader *tbs)
{
    struct sw_reader v;
    uint64_t n;

    if (sw_der_peek(tbs) != VERSION_TAG)
        return 1;
    v = sw_der_enter(tbs, VERSION_TAG);
    n = sw_der_read_uint(&v);
    if (!sw_reader_end(&v) || n > 2 || n == 0)
        sw_reader_fail(tbs);
    return (unsigned)n + 1;
}

/* issuerUniqueID and subjectUniqueID are read and mean nothing (RFC 5280 4.1.2.8). */
static bool read_tail(struct sw_cert *c, struct sw_reader *tbs)
{
    for (unsigned i = 1; i <= 2; i++) {
        struct sw_slice bits;

        if (sw_der_peek(tbs) != SW_DER_CONTEXT(i))
            continue;
        bits = sw_der_read(tbs, SW_DER_CONTEXT(i));
        if (bits.len == 0 || bits.p[0] > 7 || (bits.len == 1 && bits.p[0] > 0))
            return false;
    }
    if (sw_der_peek(tbs) == EXTENSIONS_TAG) {
        struct sw_reader tagged = sw_der_enter(tbs, EXTENSIONS_TAG);
        struct sw_slice list = sw_der_read(&tagged, SW_DER_SEQUENCE);

        if (c->version != 3)
            c->flaws |= SW_FLAW_VERSION;
        if (!sw_reader_end(&tagged) || !read_extensions(c, list))
            return false;
    }
    return sw_reader_end(tbs);
}

static bool read_tbs(struct sw_cert *c, struct sw_slice tbs_whole, struct sw_slice *inner_alg)
{
    struct sw_reader r = sw_reader_of_slice(tbs_whole), tbs = sw_der_enter(&r, SW_DER_SEQUENCE), validity;

    c->version = read_version(&tbs);
    read_serial(c, &tbs);
    *inner_alg = sw_der_read_whole(&tbs, SW_DER_SEQUENCE);
    c->issuer = sw_der_read_whole(&tbs, SW_DER_SEQUENCE);
    validity = sw_der_enter(&tbs, SW_DER_SEQUENCE);
    c->not_before = read_time(c, &validity);
    c->not_after = read_time(c, &validity);
    c->subject = sw_der_read_whole(&tbs, SW_DER_SEQUENCE);
    c->spki = sw_der_read_whole(&tbs, SW_DER_SEQUENCE);
    if (!sw_reader_end(&validity) || tbs.failed || !sw_cert_name_valid(c->issuer) || !sw_cert_name_valid(c->subject))
        return false;
    return sw_spki_parse(&c->key, c->spki) == SW_OK && read_tail(c, &tbs) && sw_reader_end(&r);
}

static void note_flaws(struct sw_cert *c)
{
    if (c->issuer.len == 2)
        c->flaws |= SW_FLAW_ISSUER_EMPTY;
    if (c->subject.len == 2 && (!c->has_san || !c->san_critical))
        c->flaws |= SW_FLAW_EMPTY_SUBJECT_SAN;
}

enum sw_err sw_cert_parse(struct sw_cert *cert, const uint8_t *der, size_t len)
{
    struct sw_reader r = sw_reader_of(der, len), seq = sw_der_enter(&r, SW_DER_SEQUENCE);
    struct sw_slice outer, inner;
    unsigned unused;

    memset(cert, 0, sizeof *cert);
    cert->path_len = -1;
    cert->der = (struct sw_slice){der, len};
    cert->tbs = sw_der_read_whole(&seq, SW_DER_SEQUENCE);
    outer = sw_der_read_whole(&seq, SW_DER_SEQUENCE);
    cert->sig = sw_der_read_bits(&seq, &unused);
    if (len > SW_CERT_LEN_MAX || !sw_reader_end(&seq) || !sw_reader_end(&r) || unused != 0 ||
        !read_tbs(cert, cert->tbs, &inner) || !sw_algorithm_valid(outer) || !sw_algorithm_valid(inner))
        return SW_ERR_CERT_DECODE;
    if (!sw_slice_eq(outer, inner))
        cert->flaws |= SW_FLAW_SIG_ALG_MISMATCH;
    cert->sig_scheme = sw_sigalg_parse(outer, &cert->sig_salt);
    note_flaws(cert);
    return SW_OK;
}
