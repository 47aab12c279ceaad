/* The table of signature schemes, and the ways to find a row of it. */
#include "base/sigscheme.h"
#include <string.h>

/* clang-format off */
#define OID_RSA(last)   {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last}} /* RFC 4055 5 */
#define OID_ECDSA(last) {8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, last}}       /* RFC 5758 3.2 */
#define OID_ECDSA_SHA1  {7, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01}}             /* RFC 3279 2.2.3 */
#define OID_ED(last)    {3, {0x2b, 0x65, last}}                                     /* RFC 8410 3 */
#define OID_NONE        {0, {0}}

/*
 * In order of preference: ECDSA and EdDSA cost a fraction of RSA and stand first, so that a server with two
 * certificates, answering a peer that knows both, uses the cheap one; PSS has a proof that PKCS#1 v1.5 lacks; and of
 * the same kind the hash that is strong enough for the key comes first. The weak hashes are last and on only where they
 * are named.
 */
static const struct sw_sigscheme schemes[] = {
    /* id    name                       alias             key             padding       hash            curve          oid */
    {0x0403, "ecdsa_secp256r1_sha256",  "ECDSA+SHA256",   SW_KEY_EC,      SW_SIG_ECDSA, SW_HASH_SHA256, SW_CURVE_P256, OID_ECDSA(0x02)},
    {0x0807, "ed25519",                 NULL,             SW_KEY_ED25519, SW_SIG_EDDSA, SW_HASH_NONE,   SW_CURVE_NONE, OID_ED(0x70)},
    {0x0503, "ecdsa_secp384r1_sha384",  "ECDSA+SHA384",   SW_KEY_EC,      SW_SIG_ECDSA, SW_HASH_SHA384, SW_CURVE_P384, OID_ECDSA(0x03)},
    {0x0603, "ecdsa_secp521r1_sha512",  "ECDSA+SHA512",   SW_KEY_EC,      SW_SIG_ECDSA, SW_HASH_SHA512, SW_CURVE_P521, OID_ECDSA(0x04)},
    {0x0808, "ed448",                   NULL,             SW_KEY_ED448,   SW_SIG_EDDSA, SW_HASH_NONE,   SW_CURVE_NONE, OID_ED(0x71)},
    {0x0804, "rsa_pss_rsae_sha256",     "RSA-PSS+SHA256", SW_KEY_RSA,     SW_SIG_PSS,   SW_HASH_SHA256, SW_CURVE_NONE, OID_NONE},
    {0x0805, "rsa_pss_rsae_sha384",     "RSA-PSS+SHA384", SW_KEY_RSA,     SW_SIG_PSS,   SW_HASH_SHA384, SW_CURVE_NONE, OID_NONE},
    {0x0806, "rsa_pss_rsae_sha512",     "RSA-PSS+SHA512", SW_KEY_RSA,     SW_SIG_PSS,   SW_HASH_SHA512, SW_CURVE_NONE, OID_NONE},
    {0x0809, "rsa_pss_pss_sha256",      NULL,             SW_KEY_RSA_PSS, SW_SIG_PSS,   SW_HASH_SHA256, SW_CURVE_NONE, OID_NONE},
    {0x080a, "rsa_pss_pss_sha384",      NULL,             SW_KEY_RSA_PSS, SW_SIG_PSS,   SW_HASH_SHA384, SW_CURVE_NONE, OID_NONE},
    {0x080b, "rsa_pss_pss_sha512",      NULL,             SW_KEY_RSA_PSS, SW_SIG_PSS,   SW_HASH_SHA512, SW_CURVE_NONE, OID_NONE},
    {0x0401, "rsa_pkcs1_sha256",        "RSA+SHA256",     SW_KEY_RSA,     SW_SIG_PKCS1, SW_HASH_SHA256, SW_CURVE_NONE, OID_RSA(0x0b)},
    {0x0501, "rsa_pkcs1_sha384",        "RSA+SHA384",     SW_KEY_RSA,     SW_SIG_PKCS1, SW_HASH_SHA384, SW_CURVE_NONE, OID_RSA(0x0c)},
    {0x0601, "rsa_pkcs1_sha512",        "RSA+SHA512",     SW_KEY_RSA,     SW_SIG_PKCS1, SW_HASH_SHA512, SW_CURVE_NONE, OID_RSA(0x0d)},
    {0x0303, "ecdsa_sha224",            NULL,             SW_KEY_EC,      SW_SIG_ECDSA, SW_HASH_SHA224, SW_CURVE_NONE, OID_NONE},
    {0x0301, "rsa_pkcs1_sha224",        NULL,             SW_KEY_RSA,     SW_SIG_PKCS1, SW_HASH_SHA224, SW_CURVE_NONE, OID_NONE},
    {0x0203, "ecdsa_sha1",              "ECDSA+SHA1",     SW_KEY_EC,      SW_SIG_ECDSA, SW_HASH_SHA1,   SW_CURVE_NONE, OID_ECDSA_SHA1},
    {0x0201, "rsa_pkcs1_sha1",          "RSA+SHA1",       SW_KEY_RSA,     SW_SIG_PKCS1, SW_HASH_SHA1,   SW_CURVE_NONE, OID_RSA(0x05)},
};
/* clang-format on */

enum { SCHEMES = sizeof schemes / sizeof schemes[0] };

const struct sw_sigscheme *sw_sigscheme_by_id(uint16_t id)
{
    for (size_t i = 0; i < SCHEMES; i++)
        if (schemes[i].id == id)
            return &schemes[i];
    return NULL;
}

static bool is_word(const char *word, const char *name, size_t len)
{
    return word && strlen(word) == len && memcmp(word, name, len) == 0;
}

/* OpenSSL takes "PSS+SHA256" for "RSA-PSS+SHA256", too. */
static bool has_name(const struct sw_sigscheme *s, const char *name, size_t len)
{
    return is_word(s->name, name, len) || is_word(s->alias, name, len) ||
           (s->alias && s->padding == SW_SIG_PSS && is_word(s->alias + strlen("RSA-"), name, len));
}

const struct sw_sigscheme *sw_sigscheme_by_name(const char *name, size_t len)
{
    for (size_t i = 0; i < SCHEMES; i++)
        if (has_name(&schemes[i], name, len))
            return &schemes[i];
    return NULL;
}

const struct sw_sigscheme *sw_sigscheme_by_oid(struct sw_slice oid)
{
    for (size_t i = 0; i < SCHEMES; i++)
        if (sw_oid_is(oid, &schemes[i].oid))
            return &schemes[i];
    return NULL;
}

const struct sw_sigscheme *sw_sigscheme_of(enum sw_key_type key, enum sw_sig_padding padding, enum sw_hash_id hash)
{
    for (size_t i = 0; i < SCHEMES; i++)
        if (schemes[i].key == key && schemes[i].padding == padding && schemes[i].hash == hash)
            return &schemes[i];
    return NULL;
}

const struct sw_sigscheme *sw_sigscheme_at(size_t i)
{
    return i < SCHEMES ? &schemes[i] : NULL;
}
