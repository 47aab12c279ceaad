/*
 * Choosing among our certificates, signature schemes and groups. A server is bound by the suite, by what the client can check, and by the
 * name it asked for; a client by the CertificateRequest. RFC 5246 7.4.2, 7.4.4, 7.4.6; RFC 8422 5.1, 5.3; RFC 7919 4.
 */
#include "handshake/msg.h"
#include "ttp/name.h"
#include <string.h>

enum { TYPE_RSA_SIGN = 1, TYPE_ECDSA_SIGN = 64 };

static bool has_number(struct sw_slice list, uint16_t id)
{
    for (size_t i = 0; i + 1 < list.len; i += 2)
        if ((list.p[i] << 8 | list.p[i + 1]) == id)
            return true;
    return false;
}

/* --- groups --------------------------------------------------------------------------------------------------------------- */

static bool is_ffdhe_number(uint16_t id)
{
    return id >= 256 && id <= 511;
}

/* Whether the client speaks of finite-field groups at all; if it does not, it takes what it is given (RFC 7919 4). */
static bool names_ffdhe(struct sw_slice groups)
{
    for (size_t i = 0; i + 1 < groups.len; i += 2)
        if (is_ffdhe_number((uint16_t)(groups.p[i] << 8 | groups.p[i + 1])))
            return true;
    return false;
}

const struct sw_group *sw_group_for_hello(const struct sw_conn *conn, enum sw_kex_kind kex)
{
    const struct sw_hello_ext *ext = &conn->hs->peer_ext;
    bool any = kex == SW_KEX_DHE ? !names_ffdhe(ext->groups) : !ext->groups_present;

    for (size_t i = 0; i < conn->cfg->groups.len; i++) {
        const struct sw_group *g = sw_group_by_id(conn->cfg->groups.id[i]);

        if ((g->kind == SW_GROUP_FFDHE) == (kex == SW_KEX_DHE) && (any || has_number(ext->groups, g->id)))
            return g;
    }
    return NULL;
}

/* --- signature schemes ------------------------------------------------------------------------------------------------------ */

/* Whether a key can make such a signature in this handshake: TLS 1.3 ties ECDSA to the curve, and has done with PKCS#1 v1.5 and SHA-1 (RFC 8446 4.2.3, 4.4.3). */
static bool fits_version(const struct sw_conn *conn, const struct sw_pubkey *key, const struct sw_sigscheme *s)
{
    if (!sw_pubkey_fits(key, s))
        return false;
    if (conn->version != SW_TLS13 || s->padding == SW_SIG_PSS || s->padding == SW_SIG_EDDSA)
        return true;
    return s->padding == SW_SIG_ECDSA && s->curve != SW_CURVE_NONE && s->curve == key->curve;
}

/*
 * The scheme to sign with. A certificate with an order of its own keeps it; otherwise the peer's order decides among what we have on. A peer that
 * names none means SHA-1 (RFC 5246 7.4.1.4.1), if the policy believes it.
 */
static const struct sw_sigscheme *choose_scheme(const struct sw_conn *conn, const struct sw_credential *cred,
                                                bool present, struct sw_slice theirs)
{
    const struct sw_pubkey *key = &cred->leaf.key;
    const struct sw_id_list *own = cred->has_sigalgs ? &cred->sigalgs : &conn->cfg->sigalgs;

    if (!present) {
        const struct sw_sigscheme *s =
            sw_sigscheme_of(key->type, key->type == SW_KEY_EC ? SW_SIG_ECDSA : SW_SIG_PKCS1, SW_HASH_SHA1);

        if (s == NULL || (cred->has_sigalgs && !sw_list_has(own, s->id)))
            return NULL;
        return conn->cfg->policy->sha1_implied && sw_pubkey_fits(key, s) ? s : NULL;
    }
    if (cred->has_sigalgs) {
        for (size_t i = 0; i < own->len; i++) {
            const struct sw_sigscheme *s = sw_sigscheme_by_id(own->id[i]);

            if (fits_version(conn, key, s) && has_number(theirs, s->id))
                return s;
        }
        return NULL;
    }
    for (size_t i = 0; i + 1 < theirs.len; i += 2) {
        const struct sw_sigscheme *s = sw_sigscheme_by_id((uint16_t)(theirs.p[i] << 8 | theirs.p[i + 1]));

        if (s != NULL && sw_list_has(own, s->id) && fits_version(conn, key, s))
            return s;
    }
    return NULL;
}

enum sw_err sw_scheme_accepted(const struct sw_conn *conn, const struct sw_pubkey *key, uint16_t id,
                               const struct sw_sigscheme **out)
{
    const struct sw_sigscheme *s = sw_sigscheme_by_id(id);

    if (s == NULL || !sw_list_has(&conn->cfg->sigalgs, id) || !fits_version(conn, key, s))
        return SW_ERR_SIGNATURE_SCHEME;
    *out = s;
    return SW_OK;
}

/* Whether a list has a scheme. That of a PSS signature in a certificate does not say which kind of RSA key made it: either will do. */
static bool has_scheme(struct sw_slice list, const struct sw_sigscheme *s)
{
    const struct sw_sigscheme *row;

    if (s->padding != SW_SIG_PSS)
        return has_number(list, s->id);
    for (size_t i = 0; (row = sw_sigscheme_at(i)) != NULL; i++)
        if (row->padding == SW_SIG_PSS && row->hash == s->hash && has_number(list, row->id))
            return true;
    return false;
}

/* Whether all signatures of a chain are of schemes that the peer has listed. */
static bool chain_listed(const struct sw_credential *cred, struct sw_slice list)
{
    const struct sw_sigscheme *row;

    for (unsigned i = 0; (row = sw_sigscheme_at(i)) != NULL; i++)
        if ((cred->signed_with & 1U << i) != 0 && !has_scheme(list, row))
            return false;
    return (cred->signed_with & SW_SIGNED_OTHERWISE) == 0;
}

/* What a client says about certificates' signatures: in its own list (RFC 8446 4.2.3), else in that for handshakes (RFC 5246 7.4.2), else nothing. */
static bool chain_believed(const struct sw_hello_ext *ext, const struct sw_credential *cred)
{
    if (ext->sigalgs_cert.len > 0)
        return chain_listed(cred, ext->sigalgs_cert);
    return !ext->sigalgs_present || chain_listed(cred, ext->sigalgs);
}

/* --- certificates ----------------------------------------------------------------------------------------------------------- */

static bool usage_allows(const struct sw_cert *cert, unsigned bit)
{
    return !cert->has_key_usage || (cert->key_usage & bit) != 0;
}

/* Whether the key can do what the suite asks of the server's certificate. */
static bool key_serves(const struct sw_cert *cert, const struct sw_suite *suite)
{
    if (suite->kex == SW_KEX_RSA)
        return cert->key.type == SW_KEY_RSA && usage_allows(cert, SW_KU_KEY_ENCIPHERMENT);
    if (!usage_allows(cert, SW_KU_DIGITAL_SIGNATURE))
        return false;
    if (suite->auth == SW_AUTH_ANY)
        return cert->key.type != SW_KEY_NONE;
    if (suite->auth == SW_AUTH_RSA)
        return cert->key.type == SW_KEY_RSA || cert->key.type == SW_KEY_RSA_PSS;
    return cert->key.type == SW_KEY_EC || cert->key.type == SW_KEY_ED25519 || cert->key.type == SW_KEY_ED448;
}

/* In TLS 1.2 supported_groups also limits the curves of ECDSA certificates (RFC 8422 5.1). */
static bool curve_allowed(const struct sw_conn *conn, const struct sw_pubkey *key)
{
    const struct sw_hello_ext *ext = &conn->hs->peer_ext;

    return conn->version == SW_TLS13 || key->type != SW_KEY_EC || !ext->groups_present ||
           has_number(ext->groups, key->curve);
}

/* Whether some certificate of the chain was issued by one of the names in a certificate_authorities list. */
static bool issuer_named(const struct sw_credential *cred, struct sw_slice authorities)
{
    for (size_t i = 0; i < cred->der_len; i++) {
        struct sw_reader r = sw_reader_of_slice(authorities);
        struct sw_cert cert;

        if (sw_cert_parse(&cert, cred->der[i].p, cred->der[i].len) != SW_OK)
            continue;
        while (sw_reader_left(&r) > 0) {
            struct sw_reader dn = sw_read_vec16(&r);

            if (sw_slice_eq(sw_read_rest(&dn), cert.issuer))
                return true;
        }
    }
    return false;
}

static bool fits_suite(struct sw_conn *conn, const struct sw_credential *cred, const struct sw_suite *suite,
                       const struct sw_sigscheme **scheme)
{
    const struct sw_hello_ext *ext = &conn->hs->peer_ext;

    *scheme = NULL;
    if (!key_serves(&cred->leaf, suite) || !curve_allowed(conn, &cred->leaf.key))
        return false;
    if (cred->match_issuer && !issuer_named(cred, ext->authorities))
        return false;
    if (suite->kex == SW_KEX_RSA)
        return true;
    *scheme = choose_scheme(conn, cred, ext->sigalgs_present, ext->sigalgs);
    return *scheme != NULL;
}

bool sw_credential_for_suite(struct sw_conn *conn, const struct sw_suite *suite, unsigned only,
                             const struct sw_credential **cred, const struct sw_sigscheme **scheme)
{
    for (size_t i = 0; i < conn->cfg->creds_len; i++) {
        const struct sw_credential *c = conn->cfg->creds[i];

        if ((only & SW_CRED_NAMED) != 0 && !sw_name_matches(&c->leaf, conn->name))
            continue;
        if ((only & SW_CRED_BELIEVED) != 0 && !chain_believed(&conn->hs->peer_ext, c))
            continue;
        if (fits_suite(conn, c, suite, scheme)) {
            *cred = c;
            return true;
        }
    }
    return false;
}

bool sw_credential_kind(const struct sw_conn *conn, const struct sw_suite *suite)
{
    for (size_t i = 0; i < conn->cfg->creds_len; i++)
        if (key_serves(&conn->cfg->creds[i]->leaf, suite))
            return true;
    return false;
}

static bool type_requested(struct sw_slice types, enum sw_key_type key)
{
    int want = key == SW_KEY_RSA || key == SW_KEY_RSA_PSS ? TYPE_RSA_SIGN : TYPE_ECDSA_SIGN;

    return types.len > 0 && memchr(types.p, want, types.len) != NULL;
}

void sw_credential_for_request(struct sw_conn *conn, const struct sw_credential **cred,
                               const struct sw_sigscheme **scheme)
{
    const struct sw_handshake *hs = conn->hs;

    *cred = NULL;
    /* one whose issuer is named is preferred, and one that is signed as the server can check it (RFC 5246 7.4.6); without such a one the first that
     * fits may still convince it */
    for (int only = SW_CRED_NAMED | SW_CRED_BELIEVED; only >= 0; only--)
        for (size_t i = 0; i < conn->cfg->creds_len; i++) {
            const struct sw_credential *c = conn->cfg->creds[i];
            bool named = hs->req_authorities.len > 0 && issuer_named(c, hs->req_authorities);

            if (!named && ((only & SW_CRED_NAMED) != 0 || c->match_issuer))
                continue;
            if ((only & SW_CRED_BELIEVED) != 0 &&
                !chain_listed(c, hs->req_sigalgs_cert.len > 0 ? hs->req_sigalgs_cert : hs->req_sigalgs))
                continue;
            if ((conn->version != SW_TLS13 && !type_requested(hs->req_types, c->leaf.key.type)) ||
                !usage_allows(&c->leaf, SW_KU_DIGITAL_SIGNATURE))
                continue;
            *scheme = choose_scheme(conn, c, true, hs->req_sigalgs);
            if (*scheme != NULL) {
                *cred = c;
                conn->cert_index = i;
                return;
            }
        }
}
