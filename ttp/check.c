/*
 * What each certificate of a path must be by itself and in its place (RFC 5280 6.1.3, 6.1.4), in the default profile,
 * which takes what private CAs make today, and in the strict one. Every refusal names the certificate and what is wrong
 * with it.
 */
#include "base/civil.h"
#include "ttp/der.h"
#include "ttp/name.h"
#include "ttp/path.h"
#include "ttp/san.h"
#include <stdio.h>
#include <string.h>

enum { WHO = 64, TIME_TEXT = 40 };

/* --- words -------------------------------------------------------------------------------------------------------- */

static const char *who(const struct sw_cert *cert, char out[WHO])
{
    sw_cert_common_name(cert->subject, out, WHO);
    if (out[0] == '\0')
        sw_cert_display_name(cert, out, WHO);
    if (out[0] == '\0')
        sw_cert_name_text(cert->subject, out, WHO);
    return out;
}

static const char *when(int64_t time, char out[TIME_TEXT])
{
    struct sw_civil c = sw_time_split(time);

    snprintf(out, TIME_TEXT, "%04d-%02d-%02d %02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute, c.second);
    return out;
}

/* --- algorithms --------------------------------------------------------------------------------------------------- */

const char *sw_scheme_is_weak(const struct sw_sigscheme *scheme)
{
    if (scheme == NULL)
        return "an algorithm that is too weak or not supported";
    if (scheme->hash == SW_HASH_SHA1)
        return "SHA-1, which can be forged";
    if (scheme->hash == SW_HASH_MD5)
        return "MD5, which can be forged";
    return NULL;
}

const char *sw_key_is_weak(const struct sw_pubkey *key, bool strict)
{
    bool rsa = key->type == SW_KEY_RSA || key->type == SW_KEY_RSA_PSS;

    if (key->type == SW_KEY_NONE)
        return "of a kind that is too weak or not supported";
    if (rsa && key->bits < 2048)
        return "RSA of less than 2048 bits";
    if (rsa && key->bits > SW_RSA_MAX_BITS)
        return "RSA of more bits than are supported";
    if (rsa && strict && key->bits % 8 != 0)
        return "RSA of a length that is no multiple of 8 bits";
    return NULL;
}

bool sw_is_self_issued(const struct sw_cert *cert)
{
    return sw_cert_name_eq(cert->subject, cert->issuer);
}

/* --- every certificate -------------------------------------------------------------------------------------------- */

struct rule {
    uint32_t flaw;
    bool strict_only;
    const char *words;
};

static const struct rule rules[] = {
    {SW_FLAW_SIG_ALG_MISMATCH, false, "names two different signature algorithms"},
    {SW_FLAW_VERSION, false, "has extensions, but is not of version 3"},
    {SW_FLAW_ISSUER_EMPTY, false, "has an empty issuer"},
    {SW_FLAW_SERIAL, false, "has a serial number that is negative or too long"},
    {SW_FLAW_EXT_CRITICAL, false, "marks an extension critical that must not be"},
    {SW_FLAW_PATH_LEN, false, "has a path length, but is no CA certificate"},
    {SW_FLAW_TIME_FORMAT, true, "writes a time in the wrong form"},
    {SW_FLAW_EXT_NOT_CRITICAL, true, "does not mark an extension critical that must be"},
    {SW_FLAW_EMPTY_SUBJECT_SAN, true, "has an empty subject without a critical subjectAltName"},
    {SW_FLAW_EXT_EMPTY, true, "has an extension that says nothing"},
    {SW_FLAW_AIA, true, "has a malformed authorityInfoAccess"},
};

static enum sw_err check_flaws(struct sw_path *p, unsigned depth)
{
    const struct sw_cert *c = p->cert[depth];
    char name[WHO];

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if ((c->flaws & rules[i].flaw) != 0 && (p->params->strict || !rules[i].strict_only))
            return sw_path_fail(p, SW_ERR_CERT_PROFILE, depth, "%s: it %s", who(c, name), rules[i].words);
    if (c->unknown_critical)
        return sw_path_fail(p, SW_ERR_CERT_CRITICAL, depth, "%s: it has a critical extension that is not understood",
                            who(c, name));
    return SW_OK;
}

static enum sw_err check_time(struct sw_path *p, unsigned depth)
{
    const struct sw_cert *c = p->cert[depth];
    char name[WHO], at[TIME_TEXT];

    if (p->params->time > c->not_after)
        return sw_path_fail(p, SW_ERR_CERT_EXPIRED, depth, "%s: it expired on %s UTC", who(c, name),
                            when(c->not_after, at));
    if (p->params->time < c->not_before)
        return sw_path_fail(p, SW_ERR_CERT_NOT_YET, depth, "%s: it is not valid before %s UTC", who(c, name),
                            when(c->not_before, at));
    return SW_OK;
}

static enum sw_err check_key(struct sw_path *p, unsigned depth)
{
    const char *weak = sw_key_is_weak(&p->cert[depth]->key, p->params->strict);
    char name[WHO];

    if (weak == NULL)
        return SW_OK;
    return sw_path_fail(p, SW_ERR_CERT_ALGORITHM, depth, "%s: its key is %s", who(p->cert[depth], name), weak);
}

static unsigned purpose_bit(enum sw_purpose purpose)
{
    return purpose == SW_PURPOSE_SERVER   ? SW_EKU_SERVER_AUTH
           : purpose == SW_PURPOSE_CLIENT ? SW_EKU_CLIENT_AUTH
                                          : SW_EKU_EMAIL;
}

static const char *purpose_text(enum sw_purpose purpose)
{
    return purpose == SW_PURPOSE_SERVER ? "servers" : purpose == SW_PURPOSE_CLIENT ? "clients" : "e-mail";
}

/*
 * Of a CA the extension limits what it may issue for, as every implementation has it, though RFC 5280 4.2.1.12 speaks
 * of end entities.
 */
static enum sw_err check_purpose(struct sw_path *p, unsigned depth)
{
    const struct sw_cert *c = p->cert[depth];
    enum sw_purpose purpose = p->params->purpose;
    char name[WHO];

    if (!c->has_eku || purpose == SW_PURPOSE_ANY)
        return SW_OK;
    if ((c->eku & (purpose_bit(purpose) | SW_EKU_ANY)) != 0)
        return SW_OK;
    return sw_path_fail(p, SW_ERR_CERT_PURPOSE, depth, "%s: its extended key usage does not include %s", who(c, name),
                        purpose_text(purpose));
}

static enum sw_err check_any(struct sw_path *p, unsigned depth)
{
    enum sw_err err = check_time(p, depth);

    if (err == SW_OK)
        err = check_key(p, depth);
    if (err == SW_OK)
        err = check_flaws(p, depth);
    return err == SW_OK ? check_purpose(p, depth) : err;
}

/* --- the leaf ----------------------------------------------------------------------------------------------------- */

/* A SAN of which a part would be overlooked must not be used at all. */
static bool san_valid(const struct sw_cert *c, bool strict)
{
    struct sw_reader r = sw_reader_of_slice(c->san);
    struct sw_general_name name;

    while (sw_general_name_next(&r, &name))
        if (strict && name.kind == SW_GN_DNS && memchr(name.value.p, '_', name.value.len) != NULL)
            return false;
    return sw_reader_end(&r);
}

/* CA/Browser Forum baseline requirements 7.1.2.7 and RFC 5280 4.2 for end entities. */
static const char *leaf_breaks_strict(const struct sw_cert *c, enum sw_purpose purpose)
{
    if (c->is_ca)
        return "is a CA certificate";
    if (!c->has_eku && purpose != SW_PURPOSE_ANY)
        return "has no extended key usage";
    if ((c->eku & SW_EKU_ANY) != 0)
        return "has the extended key usage \"any\"";
    if (c->eku_critical)
        return "marks its extended key usage critical";
    if ((c->flaws & SW_FLAW_SERIAL_ZERO) != 0)
        return "has the serial number 0";
    if (c->san_critical && c->subject.len > 2)
        return "marks its subjectAltName critical though it has a subject";
    if (c->aki.len == 0 && !sw_is_self_issued(c))
        return "does not identify its issuer's key";
    return NULL;
}

enum sw_err sw_check_leaf(struct sw_path *p)
{
    const unsigned transport = SW_KU_DIGITAL_SIGNATURE | SW_KU_KEY_ENCIPHERMENT | SW_KU_KEY_AGREEMENT;
    const struct sw_cert *c = p->cert[0];
    const char *breaks = p->params->strict ? leaf_breaks_strict(c, p->params->purpose) : NULL;
    bool tls = p->params->purpose == SW_PURPOSE_SERVER || p->params->purpose == SW_PURPOSE_CLIENT;
    enum sw_err err = check_any(p, 0);
    char name[WHO];

    if (err != SW_OK)
        return err;
    if (breaks == NULL && c->version != 3)
        breaks = "is not of version 3";
    if (breaks == NULL && !c->is_ca && c->name_constraints.p != NULL)
        breaks = "has name constraints, but is no CA certificate";
    if (breaks == NULL && !c->is_ca && (c->key_usage & SW_KU_KEY_CERT_SIGN) != 0)
        breaks = "may sign certificates by its key usage, but is no CA certificate";
    if (breaks == NULL && !san_valid(c, p->params->strict))
        breaks = "has a malformed subjectAltName";
    if (breaks != NULL)
        return sw_path_fail(p, SW_ERR_CERT_PROFILE, 0, "%s: it %s", who(c, name), breaks);
    if (tls && c->has_key_usage && (c->key_usage & transport) == 0 && !c->is_ca)
        return sw_path_fail(p, SW_ERR_CERT_KEY_USAGE, 0, "%s: its key usage allows no TLS", who(c, name));
    return SW_OK;
}

/* The names a certificate has, for whoever expected another. */
static void list_names(const struct sw_cert *c, char *out, size_t cap)
{
    struct sw_reader r = sw_reader_of_slice(c->san);
    struct sw_general_name name;
    size_t len = 0;

    out[0] = '\0';
    while (sw_general_name_next(&r, &name)) {
        char text[80];

        sw_san_text(&name, text, sizeof text);
        if (len + strlen(text) + 8 > cap) {
            snprintf(out + len, cap - len, ", ...");
            return;
        }
        len += (size_t)snprintf(out + len, cap - len, "%s%s", len > 0 ? ", " : "", text);
    }
    if (len == 0)
        snprintf(out, cap, "none");
}

enum sw_err sw_check_name(struct sw_path *p)
{
    char names[120];

    for (size_t i = 0; i < p->params->names_len; i++)
        if (sw_name_matches(p->cert[0], p->params->names[i]))
            return SW_OK;
    if (p->params->names_len == 0)
        return SW_OK;
    list_names(p->cert[0], names, sizeof names);
    return sw_path_fail(p, SW_ERR_CERT_NAME, 0, "it is not for %.60s; its names: %s", p->params->names[0], names);
}

/* --- issuers ------------------------------------------------------------------------------------------------------ */

/* By its own key, whatever the names say: only then may the authorityKeyIdentifier be left out (RFC 5280 4.2.1.1). */
static bool is_self_signed(struct sw_path *p, const struct sw_cert *c)
{
    return p->self_issued[p->len - 1] ||
           (c->sig_scheme != NULL && sw_path_verify(p, &c->key, c->sig_scheme, c->sig_salt, c->tbs, c->sig) == SW_OK);
}

/* RFC 5280 4.2.1.1 and 4.2.1.2, CA/Browser 7.1.2.1: key identifiers are hints elsewhere, here they are rules. */
static const char *issuer_breaks_strict(struct sw_path *p, const struct sw_cert *c, bool anchor)
{
    bool self = p->self_issued[p->len - 1];

    if (!c->basic_critical)
        return "does not mark its basicConstraints critical";
    if (!anchor && (c->flaws & SW_FLAW_SERIAL_ZERO) != 0)
        return "has the serial number 0"; /* old roots have it; nobody issues so today */
    if (!anchor)
        return c->aki.len == 0 ? "does not identify its issuer's key" : NULL;
    if (c->has_eku && self)
        return "is a root with an extended key usage";
    if (c->ski.len == 0)
        return "has no subjectKeyIdentifier";
    if (c->aki_by_serial && self)
        return "identifies its issuer by name and serial number";
    if (c->has_aki ? c->aki.len == 0 : !is_self_signed(p, c))
        return "does not identify its issuer's key";
    if (c->has_aki && self && !sw_slice_eq(c->aki, c->ski))
        return "identifies as its issuer's key another than its own";
    return NULL;
}

/* How many intermediates a path may have. */
static unsigned depth_limit(const struct sw_path *p)
{
    unsigned limit = p->params->max_depth;

    return limit == 0 ? SW_DEPTH_DEFAULT : limit == SW_DEPTH_NONE ? 0 : limit;
}

unsigned sw_path_limit(const struct sw_path *p)
{
    unsigned limit = depth_limit(p);

    return limit < SW_PATH_MAX - 2 ? limit : SW_PATH_MAX - 2;
}

unsigned sw_path_below(const struct sw_path *p, unsigned depth)
{
    unsigned n = 0;

    for (unsigned i = 1; i < depth; i++)
        n += !p->self_issued[i];
    return n;
}

static enum sw_err check_lengths(struct sw_path *p, bool anchor)
{
    unsigned depth = p->len - 1, limit = depth_limit(p), below = sw_path_below(p, depth);
    const struct sw_cert *c = p->cert[depth];
    unsigned count = below + (anchor || p->self_issued[depth] ? 0 : 1);
    char name[WHO];

    if (c->path_len >= 0 && below > (unsigned)c->path_len)
        return sw_path_fail(p, SW_ERR_CERT_PATH_LEN, depth, "%s: it allows %d CA certificates below, there are %u",
                            who(c, name), c->path_len, below);
    if (count > limit)
        return sw_path_fail(p, SW_ERR_CERT_PATH_LEN, depth, "the path has more than %u intermediate certificates",
                            limit);
    return SW_OK;
}

enum sw_err sw_check_issuer(struct sw_path *p, bool anchor)
{
    unsigned depth = p->len - 1;
    const struct sw_cert *c = p->cert[depth];
    const char *breaks = NULL;
    enum sw_err err;
    char name[WHO];

    if (c->version != 3 || !c->is_ca)
        return sw_path_fail(p, SW_ERR_CERT_NOT_CA, depth, "%s: it is no CA certificate", who(c, name));
    if (c->has_key_usage && (c->key_usage & SW_KU_KEY_CERT_SIGN) == 0)
        return sw_path_fail(p, SW_ERR_CERT_NOT_CA, depth, "%s: its key usage does not allow it to sign certificates",
                            who(c, name));
    if (!sw_path_spend(p, 1 + c->name_constraints.len / 16))
        return sw_path_fail(p, SW_ERR_CERT_BUDGET, depth,
                            "finding a path through these certificates takes too much work");
    err = check_lengths(p, anchor);
    if (err == SW_OK)
        err = check_any(p, depth);
    if (err != SW_OK)
        return err;
    if (c->subject.len == 2)
        breaks = "is a CA certificate with an empty subject";
    else if (c->name_constraints.p != NULL && !sw_constraints_valid(c->name_constraints))
        breaks = "has malformed name constraints";
    else if (p->params->strict)
        breaks = issuer_breaks_strict(p, c, anchor);
    if (breaks != NULL)
        return sw_path_fail(p, SW_ERR_CERT_PROFILE, depth, "%s: it %s", who(c, name), breaks);
    return SW_OK;
}
