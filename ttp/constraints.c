/*
 * Name constraints (RFC 5280 4.2.1.10 and 6.1.3 b, c): every name of every certificate below a constraining CA must lie
 * in one of the permitted subtrees of its kind, if there is one of that kind, and in no excluded one. What cannot be
 * understood, in the constraint or in a name of a constrained kind, is refused: a name that nobody can place lies
 * outside.
 *
 * Names times subtrees is a product an attacker chooses, so each comparison is paid from the path's budget.
 */
#include "ttp/der.h"
#include "ttp/ip.h"
#include "ttp/name.h"
#include "ttp/oid.h"
#include "ttp/path.h"
#include "ttp/san.h"
#include <stdio.h>
#include <string.h>

enum {
    SUBTREE_TAG = SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED,
    SIDES = 2,
    PERMITTED = 0,
    EXCLUDED = 1,
    WHO = 64,
    NAME_TEXT = 80
};

static const struct sw_oid oid_common_name = {3, {0x55, 0x04, 0x03}};
static const struct sw_oid oid_email = {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01}};

/* --- the subtrees ------------------------------------------------------------------------------------------------- */

/*
 * permittedSubtrees [0] and excludedSubtrees [1]; at least one of them, and neither empty (the ASN.1 says SIZE
 * (1..MAX)).
 */
static bool open_constraints(struct sw_slice constraints, struct sw_slice side[SIDES])
{
    struct sw_reader r = sw_reader_of_slice(constraints);

    for (unsigned i = 0; i < SIDES; i++) {
        unsigned tag = SW_DER_CONTEXT(i) | SW_DER_CONSTRUCTED;

        side[i] = (struct sw_slice){NULL, 0};
        if (sw_der_peek(&r) != tag)
            continue;
        side[i] = sw_der_read(&r, tag);
        if (side[i].len == 0)
            return false;
    }
    return sw_reader_end(&r) && (side[PERMITTED].p != NULL || side[EXCLUDED].p != NULL);
}

/* GeneralSubtree: a base; minimum and maximum are unused (RFC 5280 4.2.1.10), so that a written one is refused. */
static bool next_subtree(struct sw_reader *side, struct sw_general_name *base)
{
    struct sw_reader subtree;

    if (sw_reader_left(side) == 0)
        return false;
    subtree = sw_der_enter(side, SW_DER_SEQUENCE);
    if (!sw_general_name_next(&subtree, base) || !sw_reader_end(&subtree))
        sw_reader_fail(side);
    return !side->failed;
}

static bool mask_valid(const uint8_t *mask, size_t len)
{
    unsigned bits = 0;

    while (bits < 8 * len && (mask[bits / 8] << bits % 8 & 0x80) != 0)
        bits++;
    for (; bits < 8 * len; bits++)
        if ((mask[bits / 8] << bits % 8 & 0x80) != 0)
            return false;
    return true;
}

static bool host_base_valid(struct sw_slice base)
{
    if (base.len > 1 && base.p[0] == '.') {
        base.p++;
        base.len--;
    }
    return sw_dns_valid(base, false);
}

static bool base_valid(const struct sw_general_name *base)
{
    struct sw_slice local, host, v = base->value;

    switch (base->kind) {
    case SW_GN_DNS: /* a leading dot is for URIs alone; the empty name is the root, which holds all */
        return v.len == 0 || sw_dns_valid(v, false);
    case SW_GN_EMAIL:
        return host_base_valid(v) || sw_email_split(v, &local, &host);
    case SW_GN_URI:
        return host_base_valid(v);
    case SW_GN_IP:
        return (v.len == 8 || v.len == 32) && mask_valid(v.p + v.len / 2, v.len / 2);
    case SW_GN_DIRECTORY:
        return sw_cert_name_valid(v);
    default:
        return true; /* not understood: names of that kind are refused */
    }
}

bool sw_constraints_valid(struct sw_slice constraints)
{
    struct sw_slice side[SIDES];
    struct sw_general_name base;

    if (!open_constraints(constraints, side))
        return false;
    for (unsigned i = 0; i < SIDES; i++) {
        struct sw_reader r = sw_reader_of_slice(side[i]);

        while (next_subtree(&r, &base))
            if (!base_valid(&base))
                return false;
        if (!sw_reader_end(&r))
            return false;
    }
    return true;
}

/* --- one name and one subtree ------------------------------------------------------------------------------------- */

/* host is base, or ends in "." base. */
static bool host_within(struct sw_slice host, struct sw_slice base)
{
    struct sw_slice tail;

    if (base.len == 0)
        return true;
    if (host.len < base.len)
        return false;
    tail = (struct sw_slice){host.p + (host.len - base.len), base.len};
    return sw_dns_eq(tail, base) && (host.len == base.len || tail.p[-1] == '.');
}

static struct sw_slice without(struct sw_slice s, size_t n)
{
    return (struct sw_slice){s.p + n, s.len - n};
}

/*
 * A wildcard stands for every label in its place: permitted only if all of those are, excluded if one of them is.
 * "*.example.org" may be "a.example.org", so that an excluded "a.example.org" hits it, and a permitted one does not
 * hold it.
 */
static bool dns_within(struct sw_slice name, struct sw_slice base, unsigned side)
{
    const uint8_t *dot;

    if (name.len < 2 || name.p[0] != '*')
        return host_within(name, base);
    name = without(name, 2);
    if (host_within(name, base))
        return true;
    dot = base.len > 0 ? memchr(base.p, '.', base.len) : NULL;
    return side == EXCLUDED && dot != NULL && sw_dns_eq(name, without(base, (size_t)(dot - base.p) + 1));
}

/* "example.org" is that host alone, ".example.org" every host below it. For e-mail and URIs, unlike DNS. */
static bool exact_host_within(struct sw_slice host, struct sw_slice base)
{
    if (base.len > 1 && base.p[0] == '.')
        return host.len > base.len && sw_dns_eq(without(host, host.len - base.len), base);
    return sw_dns_eq(host, base);
}

static bool email_within(struct sw_slice mailbox, struct sw_slice base)
{
    struct sw_slice local, host, base_local, base_host;

    if (!sw_email_split(mailbox, &local, &host))
        return false;
    if (!sw_email_split(base, &base_local, &base_host))
        return exact_host_within(host, base);
    return sw_slice_eq(local, base_local) && sw_dns_eq(host, base_host);
}

/*
 * The host of "scheme://[user@]host[:port]/..."; false if there is none, or an address: such a URI meets no constraint
 * (4.2.1.10).
 */
static bool uri_host(struct sw_slice uri, struct sw_slice *host)
{
    const uint8_t *colon = uri.len > 0 ? memchr(uri.p, ':', uri.len) : NULL, *at;
    size_t n = 0;
    uint8_t ip[SW_IP_MAX];

    if (colon == NULL || (size_t)(uri.p + uri.len - colon) < 3 || colon[1] != '/' || colon[2] != '/')
        return false;
    *host = without(uri, (size_t)(colon - uri.p) + 3);
    while (n < host->len && host->p[n] != '/' && host->p[n] != '?' && host->p[n] != '#')
        n++;
    host->len = n;
    at = n > 0 ? memrchr(host->p, '@', n) : NULL;
    if (at != NULL)
        *host = without(*host, (size_t)(at - host->p) + 1);
    colon = host->len > 0 ? memchr(host->p, ':', host->len) : NULL;
    if (colon != NULL)
        host->len = (size_t)(colon - host->p);
    return sw_dns_valid(*host, false) && sw_ip_parse((const char *)host->p, host->len, ip) == 0;
}

static bool ip_within(struct sw_slice ip, struct sw_slice base)
{
    if (base.len != 2 * ip.len)
        return false;
    for (size_t i = 0; i < ip.len; i++)
        if (((ip.p[i] ^ base.p[i]) & base.p[ip.len + i]) != 0)
            return false;
    return true;
}

static bool within(const struct sw_general_name *name, const struct sw_general_name *base, unsigned side, size_t *read)
{
    struct sw_slice host;

    *read = 0;
    switch (name->kind) {
    case SW_GN_DNS:
        return dns_within(name->value, base->value, side);
    case SW_GN_EMAIL:
        return email_within(name->value, base->value);
    case SW_GN_URI:
        return uri_host(name->value, &host) && exact_host_within(host, base->value);
    case SW_GN_IP:
        return ip_within(name->value, base->value);
    case SW_GN_DIRECTORY:
        return sw_dn_within(name->value, base->value, read);
    default:
        return false;
    }
}

/* Whether a name can be placed at all. */
static bool name_valid(const struct sw_general_name *name)
{
    struct sw_slice a, b;

    switch (name->kind) {
    case SW_GN_DNS:
        return sw_dns_valid(name->value, true);
    case SW_GN_EMAIL:
        return sw_email_split(name->value, &a, &b);
    case SW_GN_URI:
        return uri_host(name->value, &a);
    case SW_GN_IP:
        return name->value.len == 4 || name->value.len == 16;
    case SW_GN_DIRECTORY:
        return sw_cert_name_valid(name->value);
    default:
        return false;
    }
}

/* --- one certificate and one CA's constraints --------------------------------------------------------------------- */

struct judge {
    struct sw_path *path;
    unsigned depth; /* of the certificate whose names these are */
    struct sw_slice side[SIDES];
};

static enum sw_err refuse(struct judge *j, const struct sw_general_name *name, const char *why)
{
    char text[NAME_TEXT], ca[WHO];

    sw_san_text(name, text, sizeof text);
    sw_cert_common_name(j->path->cert[j->path->len - 1]->subject, ca, sizeof ca);
    return sw_path_fail(j->path, SW_ERR_CERT_NAME_CONSTRAINT, j->depth, "the name %s %s %s", text, why, ca);
}

/*
 * Of holding a name against one base: mailboxes and URIs are taken apart each time, of directory names so much is read.
 */
static size_t cost_of(const struct sw_general_name *name, size_t read)
{
    switch (name->kind) {
    case SW_GN_DIRECTORY:
        return read / 8;
    case SW_GN_EMAIL:
    case SW_GN_URI:
        return name->value.len / 16;
    default:
        return name->value.len / 64;
    }
}

static enum sw_err judge_name(struct judge *j, const struct sw_general_name *name)
{
    bool valid, constrained = false, hit[SIDES] = {false, false};
    struct sw_general_name base;

    if (!sw_path_spend(j->path, 1 + name->value.len / 16))
        return SW_ERR_CERT_BUDGET;
    valid = name_valid(name);
    for (unsigned side = 0; side < SIDES; side++) {
        struct sw_reader r = sw_reader_of_slice(j->side[side]);
        bool any = false;

        while (!hit[side] && next_subtree(&r, &base)) {
            size_t read = 0;

            if (base.kind == name->kind) {
                any = true;
                hit[side] = valid && within(name, &base, side, &read);
            }
            if (!sw_path_spend(j->path, 1 + (base.kind == name->kind ? cost_of(name, read) : 0)))
                return SW_ERR_CERT_BUDGET;
        }
        constrained = constrained || any;
        if (side == PERMITTED && !any)
            hit[PERMITTED] = true;
    }
    if (constrained && !valid)
        return refuse(j, name, "cannot be held against the name constraints of");
    if (!hit[PERMITTED])
        return refuse(j, name, "is not among those permitted by");
    return hit[EXCLUDED] ? refuse(j, name, "is excluded by") : SW_OK;
}

/*
 * emailAddress in the subject, where no SAN says it better (RFC 5280 4.2.1.10); the CN, where a verifier older than
 * SANs would look at it.
 */
static enum sw_err judge_attributes(struct judge *j, const struct sw_cert *cert, bool emails)
{
    struct sw_dn dn = sw_dn_open(cert->subject);
    struct sw_attribute attr;
    enum sw_err err = SW_OK;
    uint8_t ip[SW_IP_MAX];

    while (err == SW_OK && sw_dn_next(&dn, &attr)) {
        struct sw_general_name name = {SW_GN_DNS, attr.value};
        size_t ip_len = 0;

        if (emails && sw_oid_is(attr.type, &oid_email)) {
            name.kind = SW_GN_EMAIL;
            err = judge_name(j, &name);
        } else if (!cert->has_san && j->depth == 0 && sw_oid_is(attr.type, &oid_common_name)) {
            ip_len = sw_ip_parse((const char *)attr.value.p, attr.value.len, ip);
            if (ip_len > 0)
                name = (struct sw_general_name){SW_GN_IP, {ip, ip_len}};
            if (ip_len > 0 || (sw_dns_valid(attr.value, true) && memchr(attr.value.p, '.', attr.value.len) != NULL))
                err = judge_name(j, &name);
        }
    }
    return err;
}

static enum sw_err judge_cert(struct judge *j)
{
    const struct sw_cert *cert = j->path->cert[j->depth];
    struct sw_general_name name = {SW_GN_DIRECTORY, cert->subject};
    struct sw_reader names = sw_reader_of_slice(cert->san);
    enum sw_err err = cert->subject.len > 2 ? judge_name(j, &name) : SW_OK;
    bool emails = true;

    if (!sw_path_spend(j->path, cert->subject.len / 16))
        return SW_ERR_CERT_BUDGET;
    while (err == SW_OK && sw_general_name_next(&names, &name)) {
        emails = emails && name.kind != SW_GN_EMAIL;
        err = judge_name(j, &name);
    }
    return err == SW_OK ? judge_attributes(j, cert, emails) : err;
}

enum sw_err sw_check_constraints(struct sw_path *p)
{
    const struct sw_cert *ca = p->cert[p->len - 1];
    struct judge j = {.path = p};
    enum sw_err err = SW_OK;

    if (ca->name_constraints.p == NULL)
        return SW_OK;
    if (!open_constraints(ca->name_constraints, j.side))
        return sw_path_fail(p, SW_ERR_CERT_PROFILE, p->len - 1, "the name constraints are malformed");
    for (unsigned i = 0; err == SW_OK && i + 1 < p->len; i++) {
        /*
         * a self-issued intermediate is exempt, so that a constrained CA can change its key; the leaf never is (6.1.3
         * b)
         */
        if (i > 0 && p->self_issued[i])
            continue;
        j.depth = i;
        err = judge_cert(&j);
    }
    if (err == SW_ERR_CERT_BUDGET)
        return sw_path_fail(p, err, p->len - 1, "too many names to hold against too many name constraints");
    return err;
}
