/*
 * The reader of revocation lists. What would make a list mean less than it seems to (delta, indirect, unknown critical
 * extensions) is noted in `unsupported`, so that the refusal can say which.
 */
#include "ttp/crl.h"
#include "ttp/der.h"
#include "ttp/name.h"
#include "ttp/oid.h"

enum {
    EXTENSIONS_TAG = SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED,
    FULL_NAME = SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED,
    RELATIVE_NAME = SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED
};

static const struct sw_oid oid_number = {3, {0x55, 0x1d, 0x14}};
static const struct sw_oid oid_delta = {3, {0x55, 0x1d, 0x1b}};
static const struct sw_oid oid_idp = {3, {0x55, 0x1d, 0x1c}};
static const struct sw_oid oid_aki = {3, {0x55, 0x1d, 0x23}};
static const struct sw_oid oid_reason = {3, {0x55, 0x1d, 0x15}};
static const struct sw_oid oid_cert_issuer = {3, {0x55, 0x1d, 0x1d}};

/* One Extension; its value is left for the caller. */
static bool read_extension(struct sw_reader *list, struct sw_slice *oid, bool *critical, struct sw_reader *value)
{
    struct sw_reader ext = sw_der_enter(list, SW_DER_SEQUENCE);

    *oid = sw_der_read(&ext, SW_DER_OID);
    *critical = sw_der_peek(&ext) == SW_DER_BOOLEAN && sw_der_read_bool(&ext);
    *value = sw_der_enter(&ext, SW_DER_OCTET_STRING);
    if (!sw_reader_end(&ext))
        sw_reader_fail(list);
    return !list->failed;
}

/* --- entries ------------------------------------------------------------------------------------------------------ */

static bool read_entry_extensions(struct sw_reader *list, struct sw_crl_entry *entry, const char **unsupported)
{
    struct sw_slice oid;
    struct sw_reader value;
    bool critical;

    while (sw_reader_left(list) > 0 && read_extension(list, &oid, &critical, &value)) {
        if (sw_oid_is(oid, &oid_reason)) {
            struct sw_slice code = sw_der_read(&value, SW_DER_ENUMERATED);

            if (code.len != 1 || code.p[0] > 10 || !sw_reader_end(&value))
                return false;
            entry->reason = code.p[0];
        } else if (sw_oid_is(oid, &oid_cert_issuer)) {
            *unsupported = "it is an indirect list";
        } else if (critical) {
            *unsupported = "an entry has a critical extension that is not understood";
        }
    }
    return sw_reader_end(list);
}

static bool read_entry(struct sw_reader *entries, struct sw_crl_entry *entry, const char **unsupported)
{
    struct sw_reader seq = sw_der_enter(entries, SW_DER_SEQUENCE);
    bool ok = true;

    entry->reason = -1;
    entry->serial = sw_der_read_integer(&seq);
    entry->at = sw_der_read_time(&seq, NULL);
    if (sw_reader_left(&seq) > 0) {
        struct sw_reader list = sw_der_enter(&seq, SW_DER_SEQUENCE);

        ok = read_entry_extensions(&list, entry, unsupported);
    }
    if (!ok || !sw_reader_end(&seq))
        sw_reader_fail(entries);
    return !entries->failed;
}

bool sw_crl_next(struct sw_reader *entries, struct sw_crl_entry *entry)
{
    const char *unsupported = NULL;

    return sw_reader_left(entries) > 0 && read_entry(entries, entry, &unsupported);
}

bool sw_crl_find(const struct sw_crl *crl, struct sw_slice serial, struct sw_crl_entry *entry)
{
    struct sw_reader r = sw_reader_of_slice(crl->entries);

    while (sw_reader_left(&r) > 0) {
        struct sw_reader seq = sw_der_enter(&r, SW_DER_SEQUENCE), whole = seq;

        if (!sw_slice_eq(sw_der_read(&seq, SW_DER_INTEGER), serial))
            continue;
        r = whole;
        entry->serial = sw_der_read_integer(&r);
        entry->at = sw_der_read_time(&r, NULL);
        entry->reason = -1;
        if (sw_reader_left(&r) > 0) {
            const char *unsupported;
            struct sw_reader list = sw_der_enter(&r, SW_DER_SEQUENCE);

            return read_entry_extensions(&list, entry, &unsupported);
        }
        return true;
    }
    return false;
}

const char *sw_crl_reason_text(int reason)
{
    static const char *const texts[] = {"unspecified",        "keyCompromise", "cACompromise",
                                        "affiliationChanged", "superseded",    "cessationOfOperation",
                                        "certificateHold",    "unspecified",   "removeFromCRL",
                                        "privilegeWithdrawn", "aACompromise"};

    return reason < 0 || reason > 10 ? texts[0] : texts[reason];
}

/* --- the list's extensions ---------------------------------------------------------------------------------------- */

static unsigned read_reasons(struct sw_reader *idp)
{
    /* IMPLICIT BIT STRING: contents are the count of unused bits, then the bits */
    struct sw_slice bits = sw_der_read(idp, SW_DER_CONTEXT(3));
    unsigned reasons = 0;

    if (bits.len < 2 || bits.len > 3 || bits.p[0] > 7)
        sw_reader_fail(idp);
    for (unsigned i = 1; !idp->failed && i < 9 && 1 + i / 8 < bits.len; i++)
        if ((bits.p[1 + i / 8] & 0x80 >> i % 8) != 0)
            reasons |= 1u << i;
    return reasons;
}

/* An IMPLICIT BOOLEAN that is there, so it is TRUE. */
static bool read_flag(struct sw_reader *idp, unsigned tag)
{
    struct sw_slice v;

    if (sw_der_peek(idp) != SW_DER_CONTEXT(tag))
        return false;
    v = sw_der_read(idp, SW_DER_CONTEXT(tag));
    if (v.len != 1 || v.p[0] != 0xff)
        sw_reader_fail(idp);
    return true;
}

static void read_distribution_point(struct sw_crl *crl, struct sw_reader *idp)
{
    struct sw_reader point = sw_der_enter(idp, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);

    if (sw_der_peek(&point) == FULL_NAME) {
        crl->idp_names = sw_der_read(&point, FULL_NAME);
        if (crl->idp_names.len == 0)
            sw_reader_fail(idp);
    } else {
        crl->unsupported = "its distribution point is named relative to its issuer";
        (void)sw_der_read(&point, RELATIVE_NAME);
    }
    if (!sw_reader_end(&point))
        sw_reader_fail(idp);
}

/* IssuingDistributionPoint, RFC 5280 5.2.5. */
static bool read_idp(struct sw_crl *crl, struct sw_reader *r)
{
    struct sw_reader idp = sw_der_enter(r, SW_DER_SEQUENCE);

    crl->has_idp = true;
    if (sw_der_peek(&idp) == (SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED))
        read_distribution_point(crl, &idp);
    crl->only_user = read_flag(&idp, 1);
    crl->only_ca = read_flag(&idp, 2);
    if (sw_der_peek(&idp) == SW_DER_CONTEXT(3))
        crl->reasons = read_reasons(&idp);
    if (read_flag(&idp, 4))
        crl->unsupported = "it is an indirect list";
    if (read_flag(&idp, 5))
        crl->unsupported = "it is for attribute certificates";
    if (crl->only_user && crl->only_ca)
        crl->unsupported = "it covers nothing";
    return sw_reader_end(&idp);
}

static bool read_aki(struct sw_crl *crl, struct sw_reader *r)
{
    struct sw_reader seq = sw_der_enter(r, SW_DER_SEQUENCE);

    if (sw_der_peek(&seq) == SW_DER_CONTEXT(0))
        crl->aki = sw_der_read(&seq, SW_DER_CONTEXT(0));
    (void)sw_read_rest(&seq);
    return sw_reader_end(&seq);
}

enum { NUMBER = 1, IDP = 2, AKI = 4 };

static bool read_extensions(struct sw_crl *crl, struct sw_reader *list)
{
    unsigned seen = 0, bit;
    struct sw_slice oid;
    struct sw_reader value;
    bool critical, ok = true;

    while (ok && sw_reader_left(list) > 0 && read_extension(list, &oid, &critical, &value)) {
        bit = 0;
        if (sw_oid_is(oid, &oid_number)) {
            bit = NUMBER;
            crl->number = sw_der_read_integer(&value);
            crl->number_critical = critical;
        } else if (sw_oid_is(oid, &oid_idp)) {
            bit = IDP;
            ok = read_idp(crl, &value);
        } else if (sw_oid_is(oid, &oid_aki)) {
            bit = AKI;
            ok = read_aki(crl, &value);
        } else {
            if (sw_oid_is(oid, &oid_delta))
                crl->unsupported = "it is a delta list";
            else if (critical)
                crl->unsupported = "it has a critical extension that is not understood";
            (void)sw_read_rest(&value);
        }
        ok = ok && sw_reader_end(&value) && (seen & bit) == 0;
        seen |= bit;
    }
    return ok && sw_reader_end(list);
}

/* --- the list ----------------------------------------------------------------------------------------------------- */

static bool read_entries(struct sw_crl *crl, struct sw_reader *tbs)
{
    struct sw_reader r;
    struct sw_crl_entry entry;

    crl->entries = sw_der_read(tbs, SW_DER_SEQUENCE);
    for (r = sw_reader_of_slice(crl->entries); sw_reader_left(&r) > 0; crl->entries_len++)
        if (!read_entry(&r, &entry, &crl->unsupported))
            return false;
    return sw_reader_end(&r);
}

static bool read_tbs(struct sw_crl *crl, struct sw_slice *inner)
{
    struct sw_reader r = sw_reader_of_slice(crl->tbs), tbs = sw_der_enter(&r, SW_DER_SEQUENCE);
    bool v2 = sw_der_peek(&tbs) == SW_DER_INTEGER;

    if (v2 && sw_der_read_uint(&tbs) != 1)
        return false;
    *inner = sw_der_read_whole(&tbs, SW_DER_SEQUENCE);
    crl->issuer = sw_der_read_whole(&tbs, SW_DER_SEQUENCE);
    crl->this_update = sw_der_read_time(&tbs, NULL);
    if (sw_der_peek(&tbs) == SW_DER_UTC_TIME || sw_der_peek(&tbs) == SW_DER_GENERALIZED_TIME)
        crl->next_update = sw_der_read_time(&tbs, NULL);
    if (sw_der_peek(&tbs) == SW_DER_SEQUENCE && !read_entries(crl, &tbs))
        return false;
    if (sw_der_peek(&tbs) == EXTENSIONS_TAG) {
        struct sw_reader tagged = sw_der_enter(&tbs, EXTENSIONS_TAG), list = sw_der_enter(&tagged, SW_DER_SEQUENCE);

        if (!v2 || !read_extensions(crl, &list) || !sw_reader_end(&tagged))
            return false;
    }
    return sw_reader_end(&tbs) && sw_reader_end(&r) && sw_cert_name_valid(crl->issuer);
}

enum sw_err sw_crl_parse(struct sw_crl *crl, const uint8_t *der, size_t len)
{
    struct sw_reader r = sw_reader_of(der, len), seq = sw_der_enter(&r, SW_DER_SEQUENCE);
    struct sw_slice outer, inner;
    unsigned unused;

    memset(crl, 0, sizeof *crl);
    crl->reasons = SW_CRL_ALL_REASONS;
    crl->der = (struct sw_slice){der, len};
    crl->tbs = sw_der_read_whole(&seq, SW_DER_SEQUENCE);
    outer = sw_der_read_whole(&seq, SW_DER_SEQUENCE);
    crl->sig = sw_der_read_bits(&seq, &unused);
    if (len > SW_CRL_LEN_MAX || !sw_reader_end(&seq) || !sw_reader_end(&r) || unused != 0 || !read_tbs(crl, &inner))
        return SW_ERR_CRL;
    if (!sw_slice_eq(outer, inner) || !sw_algorithm_valid(outer))
        return SW_ERR_CRL;
    crl->sig_scheme = sw_sigalg_parse(outer, &crl->sig_salt);
    return SW_OK;
}
