/* What a certificate is granted: its profile, which names, how long. */
#include "ttp/path.h"
#include "ttp/ttp_ca.h"
#include <stdio.h>
#include <string.h>

enum { DAY = 86400 };

/* --- profiles --- */

int ttp_profile(const struct ttp *t, const struct sw_profile **profile)
{
    const char *name = ttp_get(t, TTP_OPT_PROFILE);
    *profile = sw_profile_by_name(name ? name : "server");
    if (!*profile || strcmp((*profile)->name, "root") == 0)
        return ttp_usage(t, "profile %s: there are server, client, peer, email and ca", name);
    return TTP_DONE;
}

/* Whether the CA, and every CA above it, may vouch for a name: their name constraints, as verifiers will read them. */
static bool may_vouch(const struct ttp_ca *ca, const struct sw_san *name)
{
    uint8_t san[SW_SAN_VALUE_MAX + 8];
    struct sw_writer w = sw_writer_of(san, sizeof san);
    sw_san_write(&w, name);
    const struct sw_cert leaf = {.san = {san, w.len}, .has_san = true};
    struct sw_verify_params params = {.trust = NULL};
    struct sw_verify_result result;
    struct sw_path p = {
        .params = &params, .cert = {&leaf, &ca->cert}, .len = 2, .steps = SW_BUDGET_STEPS, .result = &result};
    bool ok = sw_check_constraints(&p) == SW_OK;
    for (size_t i = 0; ok && i < ca->chain.n && p.len < SW_PATH_MAX; i++) {
        p.cert[p.len++] = &ca->chain.v[i];
        ok = sw_check_constraints(&p) == SW_OK;
    }
    if (ok && ca->root.n && p.len < SW_PATH_MAX) {
        p.cert[p.len++] = &ca->root.v[0];
        ok = sw_check_constraints(&p) == SW_OK;
    }
    return ok;
}

/*
 * The common name of a person that is a host name only by chance ("alice") is left out where the CA may not vouch for
 * it. For a server a name that the CA may not vouch for is an error, and found as such later.
 */
static bool leave_out_first(const struct sw_profile *profile, const struct ttp_ca *ca, const struct ttp_names *names,
                            const char *cn)
{
    struct sw_san name;
    return !(profile->eku & SW_EKU_SERVER_AUTH) && names->n && names->v[0].kind == SW_GN_DNS &&
           !sw_san_parse(&name, cn) && sw_san_eq(&name, &names->v[0]) && !may_vouch(ca, &name);
}

static int needs_host(const struct ttp *t, const char *cn)
{
    static const char what[] = "a certificate for a server needs a host name or an IP address";
    struct sw_san name;
    const char *why = sw_san_parse(&name, cn);
    if (!why || strchr(cn, ' '))
        return ttp_error(t, TTP_REFUSED, "%s (for a person: --profile client)", what);
    return ttp_error(t, TTP_REFUSED, "%s, and %s is none: %s", what, *cn ? cn : "an empty subject", why);
}

int ttp_names_for_profile(const struct ttp *t, const struct ttp_ca *ca, const struct ttp_names *names, const char *cn,
                          uint8_t *buf, struct ttp_order *order)
{
    const struct sw_profile *profile = order->profile;
    size_t skip = leave_out_first(profile, ca, names, cn);
    const struct ttp_names kept = {names->v + skip, names->n - skip};
    struct sw_writer w = sw_writer_of(buf, TTP_SAN_MAX);
    ttp_names_encode(&w, &kept);
    order->san = (struct sw_slice){buf, w.len};
    if (!sw_writer_ok(&w))
        return ttp_error(t, TTP_REFUSED,
                         "%zu names are more than there is room for in a certificate of ours (%d bytes)", kept.n,
                         TTP_SAN_MAX);
    if ((profile->eku & SW_EKU_SERVER_AUTH) && !ttp_names_have(&kept, SW_GN_DNS) && !ttp_names_have(&kept, SW_GN_IP))
        return needs_host(t, cn);
    if ((profile->eku & SW_EKU_EMAIL) && !ttp_names_have(&kept, SW_GN_EMAIL))
        return ttp_error(t, TTP_REFUSED, "a certificate for e-mail needs an address: email:someone@example.org");
    return TTP_DONE;
}

static char *bit_names(unsigned bits, const char *const *names, size_t n, char *out, size_t cap)
{
    size_t len = 0;
    out[0] = 0;
    for (size_t i = 0; i < n; i++)
        if (bits >> i & 1 && names[i] && len < cap)
            len += (size_t)snprintf(out + len, cap - len, "%s%s", len ? ", " : "", names[i]);
    return out;
}

char *ttp_eku_text(unsigned eku, char *out, size_t cap)
{
    static const char *const names[16] = {"any",          "server",        "client",       "e-mail",
                                          "code signing", "time stamping", "OCSP signing", [15] = "other"};
    return bit_names(eku, names, 16, out, cap);
}

char *ttp_usage_text(unsigned usage, char *out, size_t cap)
{
    static const char *const names[] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                        "dataEncipherment", "keyAgreement",   "keyCertSign",
                                        "cRLSign",          "encipherOnly",   "decipherOnly"};
    return bit_names(usage, names, sizeof names / sizeof *names, out, cap);
}

/* --- validity --- */

/* What both UTCTime and GeneralizedTime reach: the years 1950 to 9999 (RFC 5280 4.1.2.5). */
static int check_range(const struct ttp *t, int64_t time)
{
    const int64_t first = -631152000, last = 253402300799;
    return time >= first && time <= last
               ? TTP_DONE
               : ttp_usage(t, "times in certificates are of the years 1950 to 9999 (is the clock right?)");
}

int ttp_validity(const struct ttp *t, const struct sw_profile *profile, const struct sw_cert *issuer,
                 int64_t *not_before, int64_t *not_after)
{
    int days;
    char time[TTP_TIME_CAP];
    bool leaf = !profile->ca;
    int err = ttp_get_int(t, TTP_OPT_DAYS, leaf && t->conf.days ? t->conf.days : profile->days, 1, 36500, &days);
    if (!err)
        err = ttp_get_time(t, TTP_OPT_NOT_BEFORE, t->now - (issuer ? t->conf.backdate : 0), not_before);
    if (!err)
        err = check_range(t, *not_before);
    if (!err)
        err = check_range(t, t->now);
    /* both ends belong to the period: RFC 5280 4.1.2.5 */
    if (!err)
        err =
            ttp_get_time(t, TTP_OPT_NOT_AFTER,
                         (ttp_has(t, TTP_OPT_NOT_BEFORE) ? *not_before : t->now) + (int64_t)days * DAY - 1, not_after);
    if (!err)
        err = check_range(t, *not_after);
    if (err)
        return err;
    if (ttp_has(t, TTP_OPT_NOT_AFTER) && ttp_has(t, TTP_OPT_DAYS))
        return ttp_usage(t, "--days and --not-after both say when it ends: only one of them");
    if (issuer && *not_before < issuer->not_before && !ttp_has(t, TTP_OPT_NOT_BEFORE))
        *not_before = issuer->not_before;
    if (issuer && *not_after > issuer->not_after) {
        *not_after = issuer->not_after;
        ttp_note(t, "the CA itself ends %s, and so does what it signs", ttp_time_text(*not_after, time));
    }
    if (issuer && issuer->not_after < t->now && !ttp_has(t, TTP_OPT_NOT_AFTER))
        return ttp_error(t, TTP_REFUSED, "the CA's certificate has expired (%s)",
                         ttp_time_text(issuer->not_after, time));
    if (*not_after < *not_before)
        return ttp_usage(t, "the certificate would end (%s) before it begins", ttp_time_text(*not_after, time));
    return TTP_DONE;
}
