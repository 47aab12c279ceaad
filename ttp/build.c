/*
 * The path builder: a depth-first search from the leaf to a root. Each candidate issuer is put on the path, checked in
 * its place by everything that can be checked there, and taken off again if any of it fails, so that an expired, wrong
 * or constrained branch never hides a good one.
 *
 * What is subtle: the number of paths is exponential in what a peer sends. Four things keep it small: signatures are
 * remembered, an entity (name and key) stands on a path once, or twice in a row where it issued to itself, a search
 * that goes astray goes on by what can reach a root at all (reach.c), and every step is paid from a budget.
 */
#include "ttp/name.h"
#include "ttp/path.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WHO = 64 };

/* --- budget and verdict ------------------------------------------------------------------------------------------- */

bool sw_path_spend(struct sw_path *p, size_t steps)
{
    p->steps = p->steps > (long)steps ? p->steps - (long)steps : 0;
    return p->steps > 0;
}

/*
 * The farther the path, the better the candidate; at one place a wrong signature says less than anything else, a
 * missing issuer least.
 */
static unsigned rank_of(const struct sw_path *p, enum sw_err err)
{
    if (err == SW_ERR_CERT_BUDGET)
        return UINT_MAX;
    return p->len * 4 + (err == SW_ERR_CERT_UNKNOWN_CA ? 1 : err == SW_ERR_CERT_SIGNATURE ? 2 : 3);
}

enum sw_err sw_path_fail(struct sw_path *p, enum sw_err err, unsigned depth, const char *format, ...)
{
    unsigned rank = rank_of(p, err);
    va_list args;

    if (rank <= p->rank)
        return err;
    p->rank = rank;
    p->result->err = err;
    p->result->depth = depth;
    va_start(args, format);
    vsnprintf(p->result->reason, sizeof p->result->reason, format, args);
    va_end(args);
    return err;
}

static enum sw_err budget_end(struct sw_path *p)
{
    return sw_path_fail(p, SW_ERR_CERT_BUDGET, p->len - 1,
                        "finding a path through these certificates takes too much work");
}

/* These end the search, for good or to begin it again; any other failure only ends a branch. */
static bool is_final(const struct sw_path *p, enum sw_err err)
{
    return err == SW_OK || err == SW_ERR_CERT_BUDGET || err == SW_ERR_MEMORY || p->again;
}

/* --- signatures --------------------------------------------------------------------------------------------------- */

static unsigned bits_of(struct sw_slice n)
{
    return (unsigned)(n.len < 8 ? n.len : 8) * 8;
}

/* What checking a signature costs, in checks of RSA-2048 or P-256; a long message is paid by its hashing. */
static long signature_cost(const struct sw_pubkey *key, size_t msg_len)
{
    unsigned k = key->bits / 1024;
    long cost = 1;

    if (key->type == SW_KEY_RSA || key->type == SW_KEY_RSA_PSS)
        cost = k > 2 ? (long)(k * k * (bits_of(key->e) + 16) / 128) : 1;
    else if (key->type == SW_KEY_EC)
        cost = key->curve == SW_CURVE_P256 ? 1 : key->curve == SW_CURVE_P384 ? 4 : 8;
    else if (key->type == SW_KEY_ED448)
        cost = 8;
    return cost + 1 + (long)(msg_len >> 16);
}

bool sw_path_pay(struct sw_path *p, const struct sw_pubkey *key, size_t msg_len, unsigned n)
{
    p->signatures -= n * signature_cost(key, msg_len);
    return p->signatures > 0;
}

enum sw_err sw_path_verify(struct sw_path *p, const struct sw_pubkey *key, const struct sw_sigscheme *scheme,
                           size_t salt, struct sw_slice msg, struct sw_slice sig)
{
    if (!sw_sigalg_fits(key, scheme, salt))
        return SW_ERR_CERT_SIGNATURE;
    if (!sw_path_pay(p, key, msg.len, 1))
        return budget_end(p);
    switch (sw_sigalg_verify(key, scheme, salt, msg, sig)) {
    case SW_OK:
        return SW_OK;
    case SW_ERR_MEMORY:
        return SW_ERR_MEMORY;
    default:
        return SW_ERR_CERT_SIGNATURE;
    }
}

static const struct sw_step_seen *find_seen(const struct sw_path *p, const struct sw_cert *cert,
                                            const struct sw_cert *issuer, bool alone)
{
    for (unsigned i = 0; i < p->seen_len; i++) {
        const struct sw_step_seen *s = &p->seen[i];

        if (s->cert == cert && s->alone == alone &&
            (s->issuer == issuer || (!alone && sw_slice_eq(s->issuer->spki, issuer->spki))))
            return s;
    }
    return NULL;
}

bool sw_path_is_bad(const struct sw_path *p, const struct sw_cert *cert, const struct sw_cert *issuer)
{
    const struct sw_step_seen *s = find_seen(p, cert, issuer, false);

    return (s != NULL && s->err != SW_OK) || find_seen(p, cert, issuer, true) != NULL;
}

/*
 * Remember how the step to the last certificate ended. One that is bad makes the rooms smaller: the search begins again
 * with those.
 */
static void remember(struct sw_path *p, enum sw_err err, bool alone)
{
    const struct sw_cert *cert = p->cert[p->len - 2];

    if (p->seen_len == SW_SIGNATURES_KNOWN)
        return;
    p->seen[p->seen_len++] = (struct sw_step_seen){cert, p->cert[p->len - 1], err, alone};
    if (err == SW_OK || p->reach == NULL)
        return;
    sw_reach_hurt(p->reach, cert);
    p->again = true;
}

/* The signature of the certificate before the last, by the last one's key. */
static enum sw_err check_signature(struct sw_path *p)
{
    const struct sw_cert *cert = p->cert[p->len - 2], *issuer = p->cert[p->len - 1];
    const struct sw_step_seen *seen = find_seen(p, cert, issuer, false);
    enum sw_err err = seen != NULL
                          ? seen->err
                          : sw_path_verify(p, &issuer->key, cert->sig_scheme, cert->sig_salt, cert->tbs, cert->sig);
    char name[WHO];

    if (seen == NULL && (err == SW_OK || err == SW_ERR_CERT_SIGNATURE))
        remember(p, err, false);
    if (err != SW_ERR_CERT_SIGNATURE)
        return err;
    sw_cert_common_name(cert->subject, name, sizeof name);
    return sw_path_fail(p, err, p->len - 2, "%s: its signature does not verify with its issuer's key", name);
}

/* The lists of the last certificate on the one before it: its answer is the same on every path. */
static enum sw_err check_revocation(struct sw_path *p)
{
    enum sw_err err = sw_check_crls(p);

    if (err == SW_OK && p->len == 2)
        err = sw_check_ocsp(p);
    if (err != SW_OK && !is_final(p, err) && p->reach != NULL)
        remember(p, err, true);
    return err;
}

/* --- the search --------------------------------------------------------------------------------------------------- */

static enum sw_err extend(struct sw_path *p);

static bool same_entity(const struct sw_cert *a, const struct sw_cert *b)
{
    return sw_slice_eq(a->spki, b->spki) && sw_slice_eq(a->subject, b->subject);
}

/*
 * A name and key may stand on the path once; twice in a row where a CA issued to itself, for that is no detour (RFC
 * 5280 6.1).
 */
static bool is_cycle(const struct sw_path *p, const struct sw_cert *c)
{
    for (unsigned i = 0; i + 1 < p->len; i++)
        if (same_entity(p->cert[i], c))
            return true;
    return false;
}

/* Everything that can be said once an issuer is at the end of the path. The costly questions come last. */
static enum sw_err check_link(struct sw_path *p, bool anchor)
{
    enum sw_err err = sw_check_issuer(p, anchor);

    if (err == SW_OK)
        err = check_signature(p);
    if (err == SW_OK)
        err = sw_check_constraints(p);
    return err == SW_OK ? check_revocation(p) : err;
}

static enum sw_err try_issuer(struct sw_path *p, const struct sw_cert *candidate, bool anchor)
{
    enum sw_err err;

    if (p->len == SW_PATH_MAX)
        return sw_path_fail(p, SW_ERR_CERT_PATH_LEN, p->len - 1, "the path has more than %d certificates", SW_PATH_MAX);
    /* its names are read some times more, all it holds is compared with what is on the path */
    if (!sw_path_spend(p, 2 + (candidate->subject.len + candidate->issuer.len) / 16 + candidate->der.len / 256))
        return budget_end(p);
    if (sw_slice_eq(candidate->der, p->cert[p->len - 1]->der))
        return SW_ERR_CERT_UNKNOWN_CA;
    if (is_cycle(p, candidate))
        return sw_path_fail(p, SW_ERR_CERT_UNKNOWN_CA, p->len - 1,
                            "the certificates above it only sign each other, in a circle");
    p->self_issued[p->len] = sw_is_self_issued(candidate);
    p->cert[p->len++] = candidate;
    err = check_link(p, anchor);
    if (err == SW_OK)
        err = anchor ? sw_check_policies(p) : extend(p);
    if (err != SW_OK)
        p->len--;
    return err;
}

/* Key identifiers choose the order and nothing else: candidates that do not contradict come first. */
static bool key_id_fits(const struct sw_cert *cert, const struct sw_cert *issuer)
{
    return cert->aki.len == 0 || issuer->ski.len == 0 || sw_slice_eq(cert->aki, issuer->ski);
}

/* Whether the straight way has cost so much that all certificates are better looked at once. */
static bool is_lost(const struct sw_path *p)
{
    return !p->unreached &&
           (SW_BUDGET_STEPS - p->steps > SW_REACH_STEPS || SW_BUDGET_SIGNATURES - p->signatures > SW_REACH_SIGNATURES);
}

struct source {
    bool anchors;
    bool fitting; /* those whose key identifier fits, or the others */
};

static enum sw_err try_source(struct sw_path *p, struct source source, bool *named)
{
    const struct sw_cert *cert = p->cert[p->len - 1], *c;
    size_t n = source.anchors ? sw_trust_count(p->params->trust) : p->params->untrusted_len;
    enum sw_err err;

    for (size_t i = 0; i < n; i++) {
        size_t read = 0;
        bool fits;

        c = source.anchors ? sw_trust_at(p->params->trust, i) : &p->params->untrusted[i];
        fits = key_id_fits(cert, c) == source.fitting && sw_dn_eq(c->subject, cert->issuer, &read);
        if (!sw_path_spend(p, 1 + read / 16 + c->ski.len / 1024))
            return budget_end(p);
        if (is_lost(p)) {
            p->again = true;
            return SW_ERR_CERT_UNKNOWN_CA;
        }
        if (!fits)
            continue;
        *named = *named || !sw_slice_eq(c->der, cert->der);
        err = try_issuer(p, c, source.anchors);
        if (is_final(p, err))
            return err;
    }
    return SW_ERR_CERT_UNKNOWN_CA;
}

static enum sw_err no_issuer(struct sw_path *p)
{
    const struct sw_cert *cert = p->cert[p->len - 1];
    char name[WHO], issuer[WHO];

    sw_cert_common_name(cert->subject, name, sizeof name);
    if (name[0] == '\0')
        sw_cert_display_name(cert, name, sizeof name);
    sw_cert_common_name(cert->issuer, issuer, sizeof issuer);
    if (issuer[0] == '\0')
        sw_cert_name_text(cert->issuer, issuer, sizeof issuer);
    if (p->self_issued[p->len - 1])
        return sw_path_fail(p, SW_ERR_CERT_UNKNOWN_CA, p->len - 1, "%s: it is signed by itself and not trusted", name);
    return sw_path_fail(p, SW_ERR_CERT_UNKNOWN_CA, p->len - 1,
                        "%s: its issuer, %s, is neither trusted nor among the intermediates", name, issuer);
}

/* The straight way: roots before intermediates, as they come. */
static enum sw_err extend_straight(struct sw_path *p)
{
    static const struct source sources[] = {{true, true}, {false, true}, {true, false}, {false, false}};
    bool named = false;
    enum sw_err err;

    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        err = try_source(p, sources[i], &named);
        if (is_final(p, err))
            return err;
    }
    return named ? SW_ERR_CERT_UNKNOWN_CA : no_issuer(p);
}

/* Candidates whose name may be the issuer's. */
struct range {
    size_t first, len;
};

/* Candidates of exactly this room. */
static enum sw_err try_room(struct sw_path *p, struct range range, int room, bool fitting)
{
    const struct sw_cert *cert = p->cert[p->len - 1];
    enum sw_err err;

    if (!sw_path_spend(p, 1 + range.len / 16))
        return budget_end(p);
    for (size_t i = range.first; i < range.first + range.len; i++) {
        const struct sw_candidate *c = sw_reach_at(p->reach, i);
        size_t read = 0;

        if (c->room != room || key_id_fits(cert, c->cert) != fitting)
            continue;
        if (sw_path_is_bad(p, cert, c->cert) || !sw_dn_eq(c->cert->subject, cert->issuer, &read))
            continue;
        if (!sw_path_spend(p, 1 + (read + c->cert->ski.len / 64) / 16))
            return budget_end(p);
        err = try_issuer(p, c->cert, c->anchor);
        if (is_final(p, err))
            return err;
    }
    return SW_ERR_CERT_UNKNOWN_CA;
}

/*
 * By rooms: what is nearest to a root first, and nothing above which there is no room. Among sound certificates the
 * first way is the right one: it never comes back to a CA, as that has been left by the nearest way already.
 */
static enum sw_err extend_by_room(struct sw_path *p)
{
    const struct sw_cert *cert = p->cert[p->len - 1];
    int least = (int)sw_path_below(p, p->len);
    struct range range;
    char name[WHO];
    enum sw_err err;

    if (!sw_path_spend(p, 1 + cert->issuer.len / 64))
        return budget_end(p);
    range.len = sw_reach_issuers(p->reach, cert, &range.first);
    for (int pass = 0; range.len > 0 && pass < 2; pass++)
        for (int room = (int)sw_path_limit(p); room >= least; room--) {
            err = try_room(p, range, room, pass == 0);
            if (is_final(p, err))
                return err;
        }
    sw_cert_common_name(cert->subject, name, sizeof name);
    return sw_path_fail(p, SW_ERR_CERT_UNKNOWN_CA, p->len - 1, "%s: none of the CAs above it leads to a trusted root",
                        name);
}

/* Find an issuer for the last certificate of the path. */
static enum sw_err extend(struct sw_path *p)
{
    const char *weak = sw_scheme_is_weak(p->cert[p->len - 1]->sig_scheme);
    char name[WHO];

    if (weak != NULL) {
        sw_cert_common_name(p->cert[p->len - 1]->subject, name, sizeof name);
        return sw_path_fail(p, SW_ERR_CERT_ALGORITHM, p->len - 1, "%s: it is signed with %s", name, weak);
    }
    return p->reach != NULL ? extend_by_room(p) : extend_straight(p);
}

/* Look at all certificates, with what the straight way has shown of them. */
static void begin_reach(struct sw_path *p)
{
    p->reach = sw_reach_new(p);
    p->unreached = p->reach == NULL;
    for (unsigned i = 0; p->reach != NULL && i < p->seen_len; i++)
        if (p->seen[i].err != SW_OK)
            sw_reach_hurt(p->reach, p->seen[i].cert);
}

/*
 * The straight way, which is that of nearly all there is; and if it goes astray, the considered one, as often as there
 * is news.
 */
static enum sw_err search(struct sw_path *p)
{
    enum sw_err err = extend(p);

    while (p->again) {
        p->again = false;
        p->len = 1;
        if (p->reach == NULL)
            begin_reach(p);
        if (p->steps <= 0 || (p->reach != NULL && !sw_reach_measure(p->reach, p)))
            return budget_end(p);
        err = extend(p);
    }
    return err;
}

/* --- the question ------------------------------------------------------------------------------------------------- */

/* A leaf that is trusted itself needs no path. */
static bool is_trusted(const struct sw_path *p, const struct sw_cert *leaf)
{
    for (size_t i = 0; i < sw_trust_count(p->params->trust); i++)
        if (sw_slice_eq(sw_trust_at(p->params->trust, i)->der, leaf->der))
            return true;
    return false;
}

enum sw_err sw_verify(const struct sw_cert *leaf, const struct sw_verify_params *params,
                      struct sw_verify_result *result)
{
    struct sw_path p;
    enum sw_err err;

    p.params = params;
    p.result = result;
    p.cert[0] = leaf;
    p.self_issued[0] = sw_is_self_issued(leaf);
    p.len = 1;
    p.steps = SW_BUDGET_STEPS;
    p.signatures = SW_BUDGET_SIGNATURES;
    p.seen_len = 0;
    p.reach = NULL;
    p.unreached = p.again = false;
    p.ocsp_key = (struct sw_slice){NULL, 0};
    p.rank = 0;
    memset(result, 0, sizeof *result);
    err = sw_check_leaf(&p);
    if (err == SW_OK && !is_trusted(&p, leaf))
        err = search(&p);
    if (err == SW_OK) {
        p.rank = 0; /* what was said of branches that failed no longer counts */
        err = sw_check_name(&p);
    }
    if (err == SW_OK) {
        memset(result, 0, sizeof *result);
        memcpy(result->path, p.cert, p.len * sizeof p.cert[0]);
        result->path_len = p.len;
    } else if (p.rank == 0 || err == SW_ERR_MEMORY) {
        result->err = err; /* nothing was noted where the search ran in a circle, or memory ran out */
    }
    sw_reach_free(p.reach);
    result->steps = SW_BUDGET_STEPS - p.steps;
    result->signatures = SW_BUDGET_SIGNATURES - p.signatures;
    return result->err;
}
