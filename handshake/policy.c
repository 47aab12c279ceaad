/*
 * The policies and the lists people write. Nothing here is secret and nothing here is fast: it runs when a
 * configuration is made.
 */
#include "handshake/policy.h"
#include "handshake/kex.h"
#include "include/sealwax.h"
#include <string.h>

/*
 * Groups. x25519 first: the fastest here, and the one with the fewest ways to get a check wrong. Then the curve
 * everybody has, then the ones beyond 128 bits, which only somebody with a reason asks for. Finite fields last (RFC
 * 7919): a hundred times the work for the same strength. Above 4096 bits a single exchange costs more than ten
 * handshakes, so a server must be told to want that.
 */
#define GROUPS_COMMON                                                                                                  \
    29 /* x25519 */, 23 /* secp256r1 */, 24 /* secp384r1 */, 30 /* x448 */, 25 /* secp521r1 */, 256, 257,              \
        258 /* ffdhe4096 */
static const uint16_t groups_common[] = {GROUPS_COMMON, 0};
static const uint16_t groups_all[] = {GROUPS_COMMON, 259, 260 /* ffdhe8192 */, 0};

static const struct sw_policy policies[] = {
    /* name      bit                versions           groups         sha1_announced sha1_implied */
    {"classic", SW_POLICY_CLASSIC, SW_TLS12, SW_TLS12, groups_common, false, true},
    {"modern", SW_POLICY_MODERN, SW_TLS12, SW_TLS13, groups_common, false, false},
    {"all", SW_POLICY_ALL, SW_TLS12, SW_TLS13, groups_all, true, true},
};

const struct sw_policy *sw_policy_at(size_t i)
{
    return i < sizeof policies / sizeof policies[0] ? &policies[i] : NULL;
}

const struct sw_policy *sw_policy_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++)
        if (strcmp(policies[i].name, name) == 0)
            return &policies[i];
    return NULL;
}

/* Each kind's word to number; 0 (no suite, group or scheme has it) if there is none. */
static uint16_t suite_id(const char *word, size_t len)
{
    const struct sw_suite *suite = sw_suite_by_name(word, len);

    return suite ? suite->id : 0;
}

static uint16_t group_id(const char *word, size_t len)
{
    uint16_t id;
    const struct sw_group *group = sw_number_parse(word, len, &id) ? sw_group_by_id(id) : sw_group_by_name(word, len);

    return group ? group->id : 0;
}

static uint16_t scheme_id(const char *word, size_t len)
{
    uint16_t id;
    const struct sw_sigscheme *scheme =
        sw_number_parse(word, len, &id) ? sw_sigscheme_by_id(id) : sw_sigscheme_by_name(word, len);

    return scheme ? scheme->id : 0;
}

/* Whether a policy lets a number be named. */
static bool suite_allowed(const struct sw_policy *policy, uint16_t id)
{
    return sw_suite_by_id(id)->named & policy->bit;
}

static bool in_list(const uint16_t *list, uint16_t id)
{
    while (*list && *list != id)
        list++;
    return *list != 0;
}

static bool group_allowed(const struct sw_policy *policy, uint16_t id)
{
    (void)policy;
    return in_list(groups_all, id);
}

/*
 * SHA-1 is announced by policy all alone: chosen prefixes collide at a price that small firms can pay (RFC 9155). Signatures
 * with SHA-224, which nobody asks for, are never made or taken.
 */
static bool scheme_hash_allowed(const struct sw_sigscheme *scheme, bool sha1)
{
    return scheme->hash == SW_HASH_NONE || sw_hash_is_strong(scheme->hash) || (sha1 && scheme->hash == SW_HASH_SHA1);
}

/* Naming SHA-1 is one's own business, except where modern was asked for. */
static bool scheme_allowed(const struct sw_policy *policy, uint16_t id)
{
    return scheme_hash_allowed(sw_sigscheme_by_id(id), policy->bit != SW_POLICY_MODERN);
}

static const struct {
    uint16_t (*id)(const char *word, size_t len);
    bool (*allowed)(const struct sw_policy *policy, uint16_t id);
    const char *unknown, *not_allowed, *twice, *empty;
} kinds[] = {
    [SW_LIST_SUITES] = {suite_id, suite_allowed, "unknown suite", "the policy does not allow suite",
                        "suite named twice:", "no suite named"},
    [SW_LIST_GROUPS] = {group_id, group_allowed, "unknown group", "the policy does not allow group",
                        "group named twice:", "no group named"},
    [SW_LIST_SIGSCHEMES] = {scheme_id, scheme_allowed, "unknown signature scheme",
                            "the policy does not allow signature scheme",
                            "signature scheme named twice:", "no signature scheme named"},
};

static void append(struct sw_id_list *list, uint16_t id)
{
    if (list->len < SW_LIST_MAX)
        list->id[list->len++] = id;
}

void sw_policy_list(const struct sw_policy *policy, enum sw_list_kind kind, struct sw_id_list *out)
{
    const struct sw_suite *suite;
    const struct sw_sigscheme *scheme;

    out->len = 0;
    switch (kind) {
    case SW_LIST_SUITES:
        for (size_t i = 0; (suite = sw_suite_row(i)); i++)
            if (suite->policies & policy->bit)
                append(out, suite->id);
        break;
    case SW_LIST_GROUPS:
        for (const uint16_t *id = policy->groups; *id; id++)
            if (sw_group_by_id(*id))
                append(out, *id);
        break;
    case SW_LIST_SIGSCHEMES:
        for (size_t i = 0; (scheme = sw_sigscheme_at(i)); i++)
            if (scheme_hash_allowed(scheme, policy->sha1_announced))
                append(out, scheme->id);
        break;
    }
}

/* NULL if the word at p may join the list, else what is wrong with it. */
static const char *add_word(const struct sw_policy *policy, enum sw_list_kind kind, const char *p, size_t len,
                            struct sw_id_list *out)
{
    uint16_t id = kinds[kind].id(p, len);

    if (len == 0)
        return kinds[kind].empty;
    if (id == 0)
        return kinds[kind].unknown;
    if (!kinds[kind].allowed(policy, id))
        return kinds[kind].not_allowed;
    for (size_t i = 0; i < out->len; i++)
        if (out->id[i] == id)
            return kinds[kind].twice;
    append(out, id);
    return NULL;
}

enum sw_err sw_policy_parse(const struct sw_policy *policy, enum sw_list_kind kind, const char *names,
                            struct sw_id_list *out, struct sw_list_fault *fault)
{
    const char *p = names;

    out->len = 0;
    for (;;) {
        size_t len = strcspn(p, ":");
        const char *what = add_word(policy, kind, p, len, out);
        if (what) {
            *fault = (struct sw_list_fault){what, {(const uint8_t *)p, len}};
            return SW_ERR_ARGUMENT;
        }
        if (p[len] == '\0')
            return SW_OK;
        p += len + 1;
    }
}

void sw_list_fault_text(const struct sw_list_fault *fault, char *out, size_t cap)
{
    size_t n = 0;

    for (const char *p = fault->what; *p && n + 1 < cap; p++)
        out[n++] = *p;
    if (fault->word.len && n + 1 < cap)
        out[n++] = ' ';
    for (size_t i = 0; i < fault->word.len && n + 1 < cap; i++) {
        uint8_t c = fault->word.p[i];
        out[n++] = c >= 0x20 && c < 0x7F ? (char)c : '?';
    }
    if (cap)
        out[n] = '\0';
}
