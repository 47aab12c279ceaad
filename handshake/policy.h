/*
 * Policies: what one word switches on. One row each: suites (a column of suite.c), groups, signature schemes, versions.
 * And the lists a person writes instead of them, with an error that names the word it does not like.
 *
 * Whoever asks for modern gets it. A client's modern offer holds nothing but forward secrecy and AEAD, so no server can
 * choose less; a modern server has nothing else to choose; and the other policies have modern's TLS 1.2 suites on, so
 * that it is also answered.
 */
#ifndef SW_HANDSHAKE_POLICY_H
#define SW_HANDSHAKE_POLICY_H

#include "base/bytes.h"
#include "base/err.h"
#include "handshake/suite.h"

/* Numbers of suites, groups or signature schemes, most wanted first. Room for every row of the longest table. */
enum { SW_LIST_MAX = 64 };
struct sw_id_list {
    uint16_t id[SW_LIST_MAX];
    size_t len;
};

struct sw_policy {
    const char *name; /* "classic" */
    unsigned bit;     /* SW_POLICY_ */
    uint16_t min_version, max_version;
    const uint16_t *groups; /* in order, 0 behind the last */
    bool sha1_announced;    /* signatures with SHA-1 are asked for, taken and made */
    /*
     * A TLS 1.2 peer that sends no signature_algorithms means SHA-1 (RFC 5246 7.4.1.4.1). True: believe it and sign
     * with SHA-1; false: refuse, as RFC 9155 2 would have it.
     */
    bool sha1_implied;
};

/*
 * sw_policy_by_name: "classic", "modern" or "all"; NULL for another word. sw_policy_at: row i, NULL past the last; row
 * 0 is the default.
 */
const struct sw_policy *sw_policy_by_name(const char *name);
const struct sw_policy *sw_policy_at(size_t i);

enum sw_list_kind { SW_LIST_SUITES, SW_LIST_GROUPS, SW_LIST_SIGSCHEMES };

/*
 * sw_policy_list: what the policy has on without naming, in its order; groups and schemes this wolfCrypt lacks are left
 * out.
 */
void sw_policy_list(const struct sw_policy *policy, enum sw_list_kind kind, struct sw_id_list *out);

/* What is wrong with a list: `what` and the word, for example "unknown suite" and "FOO". */
struct sw_list_fault {
    const char *what;     /* static */
    struct sw_slice word; /* in the text given */
};

/*
 * sw_policy_parse: a list a person wrote.
 *   names  separated by colons: RFC names, OpenSSL's, or numbers ("0x003C")
 *   out    receives the numbers in the order written
 *   fault  receives what is wrong when SW_ERR_ARGUMENT is returned: a word that is unknown, that the policy does not
 *          let be named, that comes twice or is empty
 */
enum sw_err sw_policy_parse(const struct sw_policy *policy, enum sw_list_kind kind, const char *names,
                            struct sw_id_list *out, struct sw_list_fault *fault) SW_MUST_USE;

/*
 * sw_list_fault_text: the fault as one line, "unknown suite FOO", cut to cap bytes and ended with NUL; what is not
 * printable becomes '?'.
 */
void sw_list_fault_text(const struct sw_list_fault *fault, char *out, size_t cap);

#endif
