/*
 * Which certificates can be on a path to a root at all, and how many CAs may stand below each of them then: its room.
 * It is computed downwards from the roots, by names, path lengths and everything that can be said of a certificate by
 * itself, before anybody's signature on another; whoever builds upwards sees with it which candidates are in vain, and
 * takes the one nearest to a root first. In a mesh of CAs that vouch for each other that is the difference between a
 * walk and all the walks there are.
 *
 * What is subtle: room only ever says too much. Names stand for it by their hashes, and what depends on the whole path
 * (names of intermediates, policies) is left out. Of a signature or a list that turned out bad the search tells, and
 * the rooms are computed again without that step.
 */
#include "ttp/name.h"
#include "ttp/path.h"
#include <stdlib.h>
#include <string.h>

enum { NOWHERE = -1 };

struct node {
    struct sw_candidate what;
    uint64_t subject, issuer; /* hashes of the names */
    uint32_t up;              /* where those with the issuer's name begin; len: there are none */
    uint32_t end;             /* of the first of a name: where the next name begins */
    int8_t best;              /* of the first of a name: the largest room of them */
    bool hurt;                /* a step upwards from it is known to be bad */
};

/* Names that somebody's issuer has, by a part of their hashes: one too many does no harm. */
enum { WANTED_BITS = 1 << 13 };

struct sw_reach {
    size_t len, cap;
    struct node *node;
    uint8_t wanted[WANTED_BITS / 8];
};

/* --- the nodes --- */

static void want(struct sw_reach *r, uint64_t name)
{
    r->wanted[name % WANTED_BITS / 8] |= (uint8_t)(1U << name % 8);
}

static bool is_wanted(const struct sw_reach *r, uint64_t name)
{
    return (r->wanted[name % WANTED_BITS / 8] & 1U << name % 8) != 0;
}

/*
 * Whether a certificate could issue anything to this leaf: asked with the two on the path alone, and without a word
 * about it.
 */
static bool is_sound(struct sw_path *p, const struct sw_cert *c, bool anchor)
{
    unsigned rank = p->rank;
    bool sound;

    p->rank = UINT_MAX;
    p->cert[1] = c;
    p->self_issued[1] = sw_is_self_issued(c);
    p->len = 2;
    sound = sw_check_issuer(p, anchor) == SW_OK && sw_check_constraints(p) == SW_OK;
    p->len = 1;
    p->rank = rank;
    return sound;
}

static bool push(struct sw_reach *r, const struct node *n)
{
    if (r->len == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 64;
        struct node *node = realloc(r->node, cap * sizeof *node);

        if (node == NULL)
            return false;
        r->node = node;
        r->cap = cap;
    }
    r->node[r->len++] = *n;
    return true;
}

/* The candidates in their order: the roots, then what the peer offers. */
static const struct sw_cert *candidate(const struct sw_path *p, size_t i, bool *anchor)
{
    size_t roots = sw_trust_count(p->params->trust);

    *anchor = i < roots;
    return i < roots                              ? sw_trust_at(p->params->trust, i)
           : i < roots + p->params->untrusted_len ? &p->params->untrusted[i - roots]
                                                  : NULL;
}

/*
 * Once over all that is not looked at yet: what has a name that is wanted. False when memory or the budget is at its
 * end.
 */
static bool gather(struct sw_reach *r, struct sw_path *p, uint8_t *looked_at, bool *more)
{
    const struct sw_cert *c;
    bool anchor;

    *more = false;
    for (size_t i = 0; (c = candidate(p, i, &anchor)) != NULL; i++) {
        struct node n = {.what = {.cert = c, .anchor = anchor}, .subject = 0};

        if (looked_at[i / 8] & 1U << i % 8)
            continue;
        n.subject = sw_dn_hash(c->subject);
        if (!sw_path_spend(p, 1 + c->subject.len / 64))
            return false;
        if (!is_wanted(r, n.subject))
            continue;
        looked_at[i / 8] |= (uint8_t)(1U << i % 8);
        if (!sw_path_spend(p, 2 + c->issuer.len / 16 + c->der.len / 256))
            return false;
        if (!is_sound(p, c, anchor))
            continue;
        n.issuer = sw_dn_hash(c->issuer);
        n.what.self_issued = p->self_issued[1];
        if (!push(r, &n))
            return false;
        want(r, n.issuer);
        *more = true;
    }
    return p->steps > 0;
}

static int by_subject(const void *a, const void *b)
{
    uint64_t x = ((const struct node *)a)->subject, y = ((const struct node *)b)->subject;

    return x < y ? -1 : x > y;
}

static uint32_t find(const struct sw_reach *r, uint64_t subject)
{
    size_t low = 0, high = r->len;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (r->node[mid].subject < subject)
            low = mid + 1;
        else
            high = mid;
    }
    return (uint32_t)(low < r->len && r->node[low].subject == subject ? low : r->len);
}

static void join(struct sw_reach *r)
{
    size_t first = 0;

    qsort(r->node, r->len, sizeof r->node[0], by_subject);
    for (size_t i = 0; i < r->len; i++) {
        if (r->node[i].subject != r->node[first].subject)
            first = i;
        r->node[first].end = (uint32_t)i + 1;
        r->node[i].up = find(r, r->node[i].issuer);
    }
}

struct sw_reach *sw_reach_new(struct sw_path *p)
{
    struct sw_reach *r = calloc(1, sizeof *r);
    uint8_t *looked_at = calloc(1, (sw_trust_count(p->params->trust) + p->params->untrusted_len) / 8 + 1);
    bool ok = r != NULL && looked_at != NULL, more = true;

    if (ok)
        want(r, sw_dn_hash(p->cert[0]->issuer));
    /* names that are farther up than a path is long are in nobody's reach */
    for (unsigned i = 0; ok && more && i <= sw_path_limit(p); i++)
        ok = gather(r, p, looked_at, &more);
    free(looked_at);
    if (!ok) {
        sw_reach_free(r);
        return NULL;
    }
    if (r->len > 0)
        join(r);
    return r;
}

void sw_reach_free(struct sw_reach *r)
{
    if (r != NULL)
        free(r->node);
    free(r);
}

/* --- the rooms --- */

static int capped(const struct sw_cert *c, int room)
{
    return c->path_len >= 0 && c->path_len < room ? c->path_len : room;
}

/* The largest room above a node, but for what is known to be bad. */
static int room_above(const struct sw_reach *r, const struct sw_path *p, const struct node *n)
{
    int best = NOWHERE;

    if (n->up == r->len || !n->hurt)
        return n->up == r->len ? NOWHERE : r->node[n->up].best;
    for (size_t i = n->up; i < r->node[n->up].end; i++)
        if (r->node[i].what.room > best && !sw_path_is_bad(p, n->what.cert, r->node[i].what.cert))
            best = r->node[i].what.room;
    return best;
}

/* Once over all: whether any has got more. */
static bool spread(struct sw_reach *r, const struct sw_path *p)
{
    bool more = false;
    size_t first = 0;
    int above, room;

    for (size_t i = 0; i < r->len; i++) {
        struct node *n = &r->node[i];

        if (i == r->node[first].end)
            first = i;
        above = n->what.anchor ? NOWHERE : room_above(r, p, n);
        room = capped(n->what.cert, above - !n->what.self_issued);
        if (above == NOWHERE || room <= n->what.room)
            continue;
        n->what.room = (int8_t)room;
        more = true;
        if (room > r->node[first].best)
            r->node[first].best = (int8_t)room;
    }
    return more;
}

/* As if nothing were known but the roots. */
static void begin(struct sw_reach *r, int limit)
{
    size_t first = 0;

    for (size_t i = 0; i < r->len; i++) {
        struct node *n = &r->node[i];

        n->what.room = (int8_t)(n->what.anchor ? capped(n->what.cert, limit) : NOWHERE);
        if (i == 0 || i == r->node[first].end) {
            first = i;
            n->best = NOWHERE;
        }
        if (n->what.room > r->node[first].best)
            r->node[first].best = (int8_t)n->what.room;
    }
}

bool sw_reach_measure(struct sw_reach *r, struct sw_path *p)
{
    bool more = true;

    begin(r, (int)sw_path_limit(p));
    while (more) { /* a room grows at most as often as it is large */
        if (!sw_path_spend(p, 1 + r->len / 16))
            return false;
        more = spread(r, p);
    }
    return true;
}

void sw_reach_hurt(struct sw_reach *r, const struct sw_cert *cert)
{
    size_t first = find(r, sw_dn_hash(cert->subject));

    for (size_t i = first; i < r->len && i < r->node[first].end; i++)
        if (r->node[i].what.cert == cert)
            r->node[i].hurt = true;
}

size_t sw_reach_issuers(const struct sw_reach *r, const struct sw_cert *cert, size_t *first)
{
    *first = find(r, sw_dn_hash(cert->issuer));
    return *first == r->len ? 0 : r->node[*first].end - *first;
}

const struct sw_candidate *sw_reach_at(const struct sw_reach *r, size_t i)
{
    return &r->node[i].what;
}
