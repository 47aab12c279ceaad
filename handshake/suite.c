/*
 * The cipher suites. The order of the rows is the order of preference of every policy: a policy is a column, not another list.
 *
 * The rules, the earlier one deciding:
 *
 *  1. 0x003C stands first. RSA key transport with MAC-then-encrypt records is what Sealwax exists to do well, and policy classic
 *     is to give it to every peer that has it. Everything below is for peers that do not.
 *  2. TLS 1.3 before TLS 1.2. The version is chosen before the suite; the place only decides where a ClientHello shows them.
 *  3. Forward secrecy before none: a server's key that leaks later must not open what was recorded earlier. It weighs more than
 *     the mode of the record protection, whose known attacks are active ones and have countermeasures here.
 *  4. AEAD before CBC: nothing to get wrong in padding and MAC, and several times the speed.
 *  5. ECDHE before DHE: a ninth of the time, and the group is always negotiated. ECDSA before RSA: a signature costs 14 us
 *     instead of 430.
 *  6. SHA-2 before SHA-1 in a MAC. HMAC-SHA-1 is not broken, but nobody has to explain HMAC-SHA-256.
 *  7. AES-128 before AES-256 before ChaCha20: 128 bits are beyond any search, and the processors Sealwax runs on have AES
 *     instructions. A client without them has a voice where the server lets the client's order decide.
 *
 * Below the line stands what is on only when named, each with its reason. What is not here at all: RC4, DES, export, MD5 and
 * anonymous suites (broken), static (EC)DH (forward secrecy neither), 3DES with ECDHE (whoever has ECDHE has AES), CCM, ARIA,
 * Camellia, PSK and SRP (no peer of ours asks).
 */
#include "handshake/suite.h"
#include "include/sealwax.h"
#include <string.h>

enum {
    CLASSIC = SW_POLICY_CLASSIC | SW_POLICY_ALL,
    EVERY = SW_POLICY_CLASSIC | SW_POLICY_MODERN | SW_POLICY_ALL,
    NONE = 0,
    PRIVATE = SW_POLICY_ALL
};

#define RSA SW_KEX_RSA, SW_AUTH_RSA
#define DHE_RSA SW_KEX_DHE, SW_AUTH_RSA
#define ECDHE_RSA SW_KEX_ECDHE, SW_AUTH_RSA
#define ECDHE_ECDSA SW_KEX_ECDHE, SW_AUTH_ECDSA
#define TLS13 SW_KEX_TLS13, SW_AUTH_ANY
#define AES128_CBC &sw_bulk_aes128_cbc
#define AES256_CBC &sw_bulk_aes256_cbc
#define AES128_GCM &sw_bulk_aes128_gcm
#define AES256_GCM &sw_bulk_aes256_gcm
#define CHACHA20 &sw_bulk_chacha20_poly1305
#define TDES_CBC &sw_bulk_3des_cbc
#define AEAD SW_HASH_NONE
#define S1 SW_HASH_SHA1
#define S256 SW_HASH_SHA256
#define S384 SW_HASH_SHA384
#define S512 SW_HASH_SHA512

/* clang-format off */
static const struct sw_suite rows[] = {
/*   number  registered name                                  OpenSSL's name                   key exchange bulk        MAC   PRF   version   on       nameable */

    /* Rule 1. */
    {0x003C, "TLS_RSA_WITH_AES_128_CBC_SHA256",               "AES128-SHA256",                 RSA,         AES128_CBC, S256, S256, SW_TLS12, CLASSIC, CLASSIC},

    /* Rule 2. The certificate's key and the group are negotiated beside the suite. On wherever the version is. */
    {0x1301, "TLS_AES_128_GCM_SHA256",                        "TLS_AES_128_GCM_SHA256",        TLS13,       AES128_GCM, AEAD, S256, SW_TLS13, EVERY,   EVERY},
    {0x1302, "TLS_AES_256_GCM_SHA384",                        "TLS_AES_256_GCM_SHA384",        TLS13,       AES256_GCM, AEAD, S384, SW_TLS13, EVERY,   EVERY},
    {0x1303, "TLS_CHACHA20_POLY1305_SHA256",                  "TLS_CHACHA20_POLY1305_SHA256",  TLS13,       CHACHA20,   AEAD, S256, SW_TLS13, EVERY,   EVERY},

    /* Rules 3 and 4: forward secrecy and AEAD. This block is policy modern in TLS 1.2, and what browsers, Python and ffplay get. */
    {0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",       "ECDHE-ECDSA-AES128-GCM-SHA256", ECDHE_ECDSA, AES128_GCM, AEAD, S256, SW_TLS12, EVERY,   EVERY},
    {0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",       "ECDHE-ECDSA-AES256-GCM-SHA384", ECDHE_ECDSA, AES256_GCM, AEAD, S384, SW_TLS12, EVERY,   EVERY},
    {0xCCA9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305", ECDHE_ECDSA, CHACHA20,   AEAD, S256, SW_TLS12, EVERY,   EVERY},
    {0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",         "ECDHE-RSA-AES128-GCM-SHA256",   ECDHE_RSA,   AES128_GCM, AEAD, S256, SW_TLS12, EVERY,   EVERY},
    {0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",         "ECDHE-RSA-AES256-GCM-SHA384",   ECDHE_RSA,   AES256_GCM, AEAD, S384, SW_TLS12, EVERY,   EVERY},
    {0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",   "ECDHE-RSA-CHACHA20-POLY1305",   ECDHE_RSA,   CHACHA20,   AEAD, S256, SW_TLS12, EVERY,   EVERY},
    {0x009E, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",           "DHE-RSA-AES128-GCM-SHA256",     DHE_RSA,     AES128_GCM, AEAD, S256, SW_TLS12, EVERY,   EVERY},
    {0x009F, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",           "DHE-RSA-AES256-GCM-SHA384",     DHE_RSA,     AES256_GCM, AEAD, S384, SW_TLS12, EVERY,   EVERY},
    {0xCCAA, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",     "DHE-RSA-CHACHA20-POLY1305",     DHE_RSA,     CHACHA20,   AEAD, S256, SW_TLS12, EVERY,   EVERY},

    /* Rule 3 alone: forward secrecy with CBC. */
    {0xC023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",       "ECDHE-ECDSA-AES128-SHA256",     ECDHE_ECDSA, AES128_CBC, S256, S256, SW_TLS12, CLASSIC, CLASSIC},
    {0xC024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",       "ECDHE-ECDSA-AES256-SHA384",     ECDHE_ECDSA, AES256_CBC, S384, S384, SW_TLS12, CLASSIC, CLASSIC},
    {0xC027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",         "ECDHE-RSA-AES128-SHA256",       ECDHE_RSA,   AES128_CBC, S256, S256, SW_TLS12, CLASSIC, CLASSIC},
    {0xC028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",         "ECDHE-RSA-AES256-SHA384",       ECDHE_RSA,   AES256_CBC, S384, S384, SW_TLS12, CLASSIC, CLASSIC},
    {0xC009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",          "ECDHE-ECDSA-AES128-SHA",        ECDHE_ECDSA, AES128_CBC, S1,   S256, SW_TLS12, CLASSIC, CLASSIC},
    {0xC00A, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",          "ECDHE-ECDSA-AES256-SHA",        ECDHE_ECDSA, AES256_CBC, S1,   S256, SW_TLS12, CLASSIC, CLASSIC},
    {0xC013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",            "ECDHE-RSA-AES128-SHA",          ECDHE_RSA,   AES128_CBC, S1,   S256, SW_TLS12, CLASSIC, CLASSIC},
    {0xC014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",            "ECDHE-RSA-AES256-SHA",          ECDHE_RSA,   AES256_CBC, S1,   S256, SW_TLS12, CLASSIC, CLASSIC},
    {0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256",           "DHE-RSA-AES128-SHA256",         DHE_RSA,     AES128_CBC, S256, S256, SW_TLS12, CLASSIC, CLASSIC},
    {0x006B, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256",           "DHE-RSA-AES256-SHA256",         DHE_RSA,     AES256_CBC, S256, S256, SW_TLS12, CLASSIC, CLASSIC},
    {0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",              "DHE-RSA-AES128-SHA",            DHE_RSA,     AES128_CBC, S1,   S256, SW_TLS12, CLASSIC, CLASSIC},
    {0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",              "DHE-RSA-AES256-SHA",            DHE_RSA,     AES256_CBC, S1,   S256, SW_TLS12, CLASSIC, CLASSIC},

    /* Rule 4 alone, then the mission's siblings: RSA key transport for peers that have nothing above. */
    {0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256",               "AES128-GCM-SHA256",             RSA,         AES128_GCM, AEAD, S256, SW_TLS12, CLASSIC, CLASSIC},
    {0x009D, "TLS_RSA_WITH_AES_256_GCM_SHA384",               "AES256-GCM-SHA384",             RSA,         AES256_GCM, AEAD, S384, SW_TLS12, CLASSIC, CLASSIC},
    {0x003D, "TLS_RSA_WITH_AES_256_CBC_SHA256",               "AES256-SHA256",                 RSA,         AES256_CBC, S256, S256, SW_TLS12, CLASSIC, CLASSIC},
    {0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA",                  "AES128-SHA",                    RSA,         AES128_CBC, S1,   S256, SW_TLS12, CLASSIC, CLASSIC},
    {0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA",                  "AES256-SHA",                    RSA,         AES256_CBC, S1,   S256, SW_TLS12, CLASSIC, CLASSIC},

    /* ---- on only when named ---- */

    /*
     * Private use (RFC 5246 12: 0xFF00 and up): what the media player negotiated and TLS never registered. The same building
     * blocks with SHA-512 as MAC or PRF; 3DES with SHA-256 completes its table. Two peers must mean the same by these
     * numbers, and only two Sealwaxes do: hence policy all.
     */
    {0xFF01, "SEALWAX_DHE_RSA_WITH_AES_128_GCM_SHA512",       NULL,                            DHE_RSA,     AES128_GCM, AEAD, S512, SW_TLS12, NONE,    PRIVATE},
    {0xFF02, "SEALWAX_DHE_RSA_WITH_AES_256_GCM_SHA512",       NULL,                            DHE_RSA,     AES256_GCM, AEAD, S512, SW_TLS12, NONE,    PRIVATE},
    {0xFF03, "SEALWAX_DHE_RSA_WITH_AES_128_CBC_SHA512",       NULL,                            DHE_RSA,     AES128_CBC, S512, S512, SW_TLS12, NONE,    PRIVATE},
    {0xFF04, "SEALWAX_DHE_RSA_WITH_AES_256_CBC_SHA512",       NULL,                            DHE_RSA,     AES256_CBC, S512, S512, SW_TLS12, NONE,    PRIVATE},
    {0xFF05, "SEALWAX_DHE_RSA_WITH_3DES_EDE_CBC_SHA512",      NULL,                            DHE_RSA,     TDES_CBC,   S512, S512, SW_TLS12, NONE,    PRIVATE},
    {0xFF06, "SEALWAX_DHE_RSA_WITH_3DES_EDE_CBC_SHA256",      NULL,                            DHE_RSA,     TDES_CBC,   S256, S256, SW_TLS12, NONE,    PRIVATE},

    /* 3DES: 64-bit blocks collide after some tens of gigabytes under one key (Sweet32), and it is slow. For a peer that has nothing else. */
    {0x0016, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA",             "DHE-RSA-DES-CBC3-SHA",          DHE_RSA,     TDES_CBC,   S1,   S256, SW_TLS12, NONE,    CLASSIC},
    {0x000A, "TLS_RSA_WITH_3DES_EDE_CBC_SHA",                 "DES-CBC3-SHA",                  RSA,         TDES_CBC,   S1,   S256, SW_TLS12, NONE,    CLASSIC},

    /* Authentic but readable, for `put --protect=auth` and for lessons. Last, so that a list that names it beside others means the others. */
    {0x003B, "TLS_RSA_WITH_NULL_SHA256",                      "NULL-SHA256",                   RSA,         &sw_bulk_null, S256, S256, SW_TLS12, NONE, CLASSIC},
};
/* clang-format on */

enum { ROWS = sizeof rows / sizeof rows[0] };
_Static_assert(ROWS <= 64, "sw_suite_choose keeps the rows in a 64-bit set");

const struct sw_suite *sw_suite_row(size_t i)
{
    return i < ROWS ? &rows[i] : NULL;
}

const struct sw_suite *sw_suite_by_id(uint16_t id)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].id == id)
            return &rows[i];
    return NULL;
}

static bool name_is(const char *row, const char *name, size_t len)
{
    return row && strlen(row) == len && memcmp(row, name, len) == 0;
}

bool sw_number_parse(const char *text, size_t len, uint16_t *out)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    unsigned v = 0;

    if (len != 6 || text[0] != '0' || (text[1] != 'x' && text[1] != 'X'))
        return false;
    for (size_t i = 2; i < len; i++) {
        const char *d = memchr(digits, text[i], sizeof digits - 1);
        if (!d)
            return false;
        v = v << 4 | ((unsigned)(d - digits) & 15);
    }
    *out = (uint16_t)v;
    return true;
}

const struct sw_suite *sw_suite_by_name(const char *name, size_t len)
{
    uint16_t id;

    for (size_t i = 0; i < ROWS; i++)
        if (name_is(rows[i].name, name, len) || name_is(rows[i].openssl_name, name, len))
            return &rows[i];
    return sw_number_parse(name, len, &id) ? sw_suite_by_id(id) : NULL;
}

static uint64_t row_bit(const struct sw_suite *suite)
{
    return (uint64_t)1 << (suite - rows);
}

/* The rows of one version that a list of ours holds. */
static uint64_t our_set(uint16_t version, const uint16_t *ours, size_t count)
{
    uint64_t set = 0;

    for (size_t i = 0; i < count; i++) {
        const struct sw_suite *suite = sw_suite_by_id(ours[i]);
        if (suite && suite->min_version == version)
            set |= row_bit(suite);
    }
    return set;
}

/*
 * In the client's order every candidate is tried where it stands. Each is tried once: a hello that repeats one suite thirty
 * thousand times does not have `usable` called thirty thousand times.
 */
static const struct sw_suite *first_of_theirs(uint64_t wanted, struct sw_slice theirs, sw_suite_usable *usable,
                                              void *ctx)
{
    struct sw_reader r = sw_reader_of_slice(theirs);

    while (wanted != 0 && sw_reader_left(&r) >= 2) {
        const struct sw_suite *suite = sw_suite_by_id(sw_read_u16(&r));
        if (!suite || !(wanted & row_bit(suite)))
            continue;
        if (usable(ctx, suite))
            return suite;
        wanted &= ~row_bit(suite);
    }
    return NULL;
}

static const struct sw_suite *first_of_ours(uint64_t offered, const uint16_t *ours, size_t count,
                                            sw_suite_usable *usable, void *ctx)
{
    for (size_t i = 0; i < count; i++) {
        const struct sw_suite *suite = sw_suite_by_id(ours[i]);
        if (suite && (offered & row_bit(suite)) && usable(ctx, suite))
            return suite;
    }
    return NULL;
}

const struct sw_suite *sw_suite_choose(uint16_t version, const uint16_t *ours, size_t count, struct sw_slice theirs,
                                       bool server_order, sw_suite_usable *usable, void *ctx)
{
    uint64_t wanted = our_set(version, ours, count);
    uint64_t offered = 0;
    struct sw_reader r = sw_reader_of_slice(theirs);

    if (!server_order)
        return first_of_theirs(wanted, theirs, usable, ctx);
    while (sw_reader_left(&r) >= 2) {
        const struct sw_suite *suite = sw_suite_by_id(sw_read_u16(&r));
        if (suite)
            offered |= row_bit(suite);
    }
    return first_of_ours(wanted & offered, ours, count, usable, ctx);
}
