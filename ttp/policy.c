/*
 * Policy processing, RFC 5280 6.1, for whoever takes any policy (the user-initial-policy-set is any-policy, nothing is
 * inhibited at the start).
 *
 * The standard grows a tree whose size is exponential in what certificates map. But its answer is only whether the tree
 * is empty, and a node matters only by the policies expected below it: so one set per level is enough, and it is
 * bounded.
 */
#include "ttp/der.h"
#include "ttp/oid.h"
#include "ttp/path.h"

enum { POLICIES_MAX = 128, REQUIRE_EXPLICIT = 0, INHIBIT_MAPPING = 1 };

static const struct sw_oid any_policy = {4, {0x55, 0x1d, 0x20, 0x00}};

/* Policies expected at a level; any: anyPolicy is among them. Neither: the tree is empty. */
struct set {
    bool any;
    size_t len;
    struct sw_slice oid[POLICIES_MAX];
};

struct state {
    struct sw_path *path;
    struct set expected, next;
    int explicit_policy, mapping, inhibit_any; /* the counters of 6.1.2 */
};

static bool contains(struct state *s, const struct set *set, struct sw_slice oid)
{
    (void)sw_path_spend(s->path, 1 + set->len * (32 + oid.len) / 256);
    for (size_t i = 0; i < set->len; i++)
        if (sw_slice_eq(set->oid[i], oid))
            return true;
    return false;
}

static bool add(struct state *s, struct set *set, struct sw_slice oid)
{
    if (contains(s, set, oid))
        return true;
    if (set->len == POLICIES_MAX)
        return false;
    set->oid[set->len++] = oid;
    return true;
}

/* PolicyInformation: the identifier, qualifiers unread. */
static struct sw_slice next_policy(struct state *s, struct sw_reader *r)
{
    struct sw_reader info = sw_der_enter(r, SW_DER_SEQUENCE);
    struct sw_slice oid = sw_der_read(&info, SW_DER_OID);

    if (sw_reader_left(&info) > 0)
        (void)sw_der_read(&info, SW_DER_SEQUENCE);
    if (!sw_reader_end(&info) || !sw_path_spend(s->path, 1 + oid.len / 128))
        sw_reader_fail(r);
    return oid;
}

/* 6.1.3 (d), (e): what of the expected policies this certificate keeps. any_counts: whether its anyPolicy does. */
static bool take_policies(struct state *s, const struct sw_cert *c, bool any_counts)
{
    struct sw_reader r = sw_reader_of_slice(c->policies);
    bool any = false, ok = true;

    s->next.any = false;
    s->next.len = 0;
    while (ok && sw_reader_left(&r) > 0) {
        struct sw_slice oid = next_policy(s, &r);

        if (sw_oid_is(oid, &any_policy))
            any = true;
        else if (s->expected.any || contains(s, &s->expected, oid))
            ok = add(s, &s->next, oid);
    }
    if (any && any_counts) {
        s->next.any = s->expected.any;
        for (size_t i = 0; ok && i < s->expected.len; i++)
            ok = add(s, &s->next, s->expected.oid[i]);
    }
    s->expected = s->next;
    return ok && sw_reader_end(&r);
}

static bool next_mapping(struct state *s, struct sw_reader *r, struct sw_slice *from, struct sw_slice *to)
{
    struct sw_reader pair;

    if (sw_reader_left(r) == 0)
        return false;
    pair = sw_der_enter(r, SW_DER_SEQUENCE);
    *from = sw_der_read(&pair, SW_DER_OID);
    *to = sw_der_read(&pair, SW_DER_OID);
    /* 6.1.4 (a): anyPolicy is not mapped */
    if (!sw_path_spend(s->path, 1 + (from->len + to->len) / 128) || !sw_reader_end(&pair) ||
        sw_oid_is(*from, &any_policy) || sw_oid_is(*to, &any_policy))
        sw_reader_fail(r);
    return !r->failed;
}

static bool is_mapped(struct state *s, struct sw_slice mappings, struct sw_slice oid)
{
    struct sw_reader r = sw_reader_of_slice(mappings);
    struct sw_slice from, to;

    while (next_mapping(s, &r, &from, &to))
        if (sw_slice_eq(from, oid))
            return true;
    return false;
}

/* 6.1.4 (b): a mapped policy is replaced by what it is mapped to, or goes when mapping is inhibited. */
static bool map_policies(struct state *s, struct sw_slice mappings)
{
    struct sw_reader r = sw_reader_of_slice(mappings);
    struct sw_slice from, to;
    bool ok = true;

    s->next.any = s->expected.any;
    s->next.len = 0;
    for (size_t i = 0; ok && i < s->expected.len; i++)
        if (!is_mapped(s, mappings, s->expected.oid[i]))
            ok = add(s, &s->next, s->expected.oid[i]);
    while (ok && next_mapping(s, &r, &from, &to))
        if (s->mapping > 0 && (s->expected.any || contains(s, &s->expected, from)))
            ok = add(s, &s->next, to);
    s->expected = s->next;
    return ok && sw_reader_end(&r);
}

static void lower(int *counter, uint64_t value)
{
    if (value < (uint64_t)*counter)
        *counter = (int)value;
}

/* IMPLICIT INTEGER [tag]; absent: false. */
static bool read_skip(struct sw_reader *r, unsigned tag, uint64_t *value)
{
    struct sw_slice v;

    if (sw_der_peek(r) != SW_DER_CONTEXT(tag))
        return false;
    v = sw_der_read(r, SW_DER_CONTEXT(tag));
    if (v.len == 0 || v.len > 4 || (v.p[0] & 0x80) != 0)
        sw_reader_fail(r);
    *value = 0;
    for (size_t i = 0; i < v.len && i < 4; i++)
        *value = *value << 8 | v.p[i];
    return true;
}

/* PolicyConstraints, RFC 5280 4.2.1.11. For the leaf only a zero counts (6.1.5 b). */
static bool take_constraints(struct state *s, const struct sw_cert *c, bool leaf)
{
    struct sw_reader r = sw_reader_of_slice(c->policy_constraints);
    uint64_t skip;

    if (c->policy_constraints.p == NULL)
        return true;
    if (c->policy_constraints.len == 0)
        return false;
    if (read_skip(&r, REQUIRE_EXPLICIT, &skip) && (!leaf || skip == 0))
        lower(&s->explicit_policy, skip);
    if (read_skip(&r, INHIBIT_MAPPING, &skip) && !leaf)
        lower(&s->mapping, skip);
    return sw_reader_end(&r);
}

/* 6.1.4 (h) to (j), or 6.1.5 (a), (b). */
static bool count_down(struct state *s, unsigned depth)
{
    const struct sw_cert *c = s->path->cert[depth];
    bool leaf = depth == 0;
    struct sw_reader r = sw_reader_of_slice(c->inhibit_any);

    if (leaf || !s->path->self_issued[depth]) {
        s->explicit_policy -= s->explicit_policy > 0;
        s->mapping -= s->mapping > 0;
        s->inhibit_any -= s->inhibit_any > 0;
    }
    if (!take_constraints(s, c, leaf))
        return false;
    if (c->inhibit_any.p == NULL || leaf)
        return true;
    lower(&s->inhibit_any, sw_der_read_uint(&r));
    return sw_reader_end(&r);
}

static enum sw_err one_cert(struct state *s, unsigned depth)
{
    const struct sw_cert *c = s->path->cert[depth];
    bool leaf = depth == 0, any_counts = s->inhibit_any > 0 || (!leaf && s->path->self_issued[depth]), ok = true;

    if (c->policies.p == NULL) {
        s->expected.any = false;
        s->expected.len = 0;
    } else {
        ok = take_policies(s, c, any_counts);
    }
    /* 6.1.3 (f) */
    if (ok && s->explicit_policy == 0 && !s->expected.any && s->expected.len == 0)
        return sw_path_fail(s->path, SW_ERR_CERT_POLICY, depth, "no certificate policy is left that the path allows");
    if (ok && !leaf && c->policy_mappings.p != NULL)
        ok = map_policies(s, c->policy_mappings);
    ok = ok && count_down(s, depth);
    if (!sw_path_spend(s->path, 1))
        return sw_path_fail(s->path, SW_ERR_CERT_BUDGET, depth, "the certificate policies take too much work");
    if (!ok)
        return sw_path_fail(s->path, SW_ERR_CERT_POLICY, depth, "its certificate policies are malformed or too many");
    if (leaf && s->explicit_policy == 0 && !s->expected.any && s->expected.len == 0)
        return sw_path_fail(s->path, SW_ERR_CERT_POLICY, depth, "no certificate policy is left that the path allows");
    return SW_OK;
}

/* Whether anything on the path makes policies matter: without policyConstraints nothing can make the answer "no". */
static bool matters(const struct sw_path *p)
{
    for (unsigned i = 0; i + 1 < p->len; i++)
        if (p->cert[i]->policies.p != NULL || p->cert[i]->policy_mappings.p != NULL ||
            p->cert[i]->policy_constraints.p != NULL || p->cert[i]->inhibit_any.p != NULL)
            return true;
    return false;
}

enum sw_err sw_check_policies(struct sw_path *p)
{
    struct state s;
    int n = (int)p->len; /* certificates without the anchor, plus one: never reached by counting down */
    enum sw_err err = SW_OK;

    if (!matters(p))
        return SW_OK;
    s.path = p;
    s.explicit_policy = s.mapping = s.inhibit_any = n;
    s.expected.any = true;
    s.expected.len = 0;
    for (unsigned depth = p->len - 1; err == SW_OK && depth-- > 0;)
        err = one_cert(&s, depth);
    return err;
}
