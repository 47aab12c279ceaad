/* Which certificate, scheme and group: by suite, by what the peer says, by name, by key usage. */
#include "handshake/msg.h"
#include "tests/handshake/pair.h"
#include <stdio.h>
#include <string.h>

/* What a peer said, and a connection that has heard it. */
struct heard {
    struct sw_config *cfg;
    struct sw_conn *conn;
    uint8_t groups[64], sigalgs[64], authorities[512];
    char name[64];
};

/* certs: names of tests/vectors/tls, separated by spaces. */
static void heard_open(struct heard *h, enum sw_role role, const char *certs, const char *policy)
{
    char text[128], *save = NULL;

    memset(h, 0, sizeof *h);
    h->cfg = pair_config(role);
    SW_ASSERT_OK(sw_config_set_policy(h->cfg, policy));
    snprintf(text, sizeof text, "%s", certs);
    for (char *name = strtok_r(text, " ", &save); name != NULL; name = strtok_r(NULL, " ", &save))
        pair_cert(h->cfg, name);
    SW_ASSERT_OK(sw_conn_new(&h->conn, h->cfg, role == SW_CLIENT ? "server.example" : NULL));
}

static void heard_close(struct heard *h)
{
    if (h->conn->name == h->name)
        h->conn->name = NULL;
    sw_conn_free(h->conn);
    sw_config_free(h->cfg);
}

/* NULL: the client did not send the extension. */
static void hear(struct heard *h, const char *groups, const char *sigalgs)
{
    struct sw_hello_ext *ext = &h->conn->hs->peer_ext;

    ext->groups_present = groups != NULL;
    ext->groups = (struct sw_slice){h->groups, groups != NULL ? sw_unhex(groups, h->groups, sizeof h->groups) : 0};
    ext->sigalgs_present = sigalgs != NULL;
    ext->sigalgs =
        (struct sw_slice){h->sigalgs, sigalgs != NULL ? sw_unhex(sigalgs, h->sigalgs, sizeof h->sigalgs) : 0};
}

static void hear_name(struct heard *h, const char *name)
{
    snprintf(h->name, sizeof h->name, "%s", name);
    h->conn->name = h->name;
}

static void hear_authority(struct heard *h, struct sw_slice dn, struct sw_slice *list)
{
    struct sw_writer w = sw_writer_of(h->authorities, sizeof h->authorities);

    sw_write_u16(&w, 2);
    sw_write_u16(&w, 0x3000); /* a name of nobody in front */
    sw_write_u16(&w, (uint16_t)dn.len);
    sw_write_slice(&w, dn);
    *list = (struct sw_slice){h->authorities, w.len};
}

/* The place of the certificate chosen, or -1. */
static int chosen(struct heard *h, uint16_t suite, unsigned only, uint16_t *scheme)
{
    const struct sw_credential *cred = NULL;
    const struct sw_sigscheme *s = NULL;

    *scheme = 0;
    if (!sw_credential_for_suite(h->conn, sw_suite_by_id(suite), only, &cred, &s))
        return -1;
    *scheme = s != NULL ? s->id : 0;
    for (size_t i = 0; i < h->cfg->creds_len; i++)
        if (h->cfg->creds[i] == cred)
            return (int)i;
    return -2;
}

/* --- a server's choice -------------------------------------------------------------------------------------------- */

#define EACH "server-rsa server-p256 server-p384 server-ed25519"
#define USUAL "0403 0503 0807 0804 0401"

enum { RSA = 0x003C, DHE_RSA = 0x0067, ECDHE_RSA = 0xC02F, ECDHE_ECDSA = 0xC02B };

/* clang-format off */
static const struct choice_row {
    const char *certs, *policy, *groups, *sigalgs;
    uint16_t suite;
    int cert;
    uint16_t scheme;
} choices[] = {
    /* the suite's key exchange and authentication */
    {EACH, "classic", "001d 0017 0018", USUAL, RSA,         0, 0},
    {EACH, "classic", "001d 0017 0018", USUAL, DHE_RSA,     0, 0x0804},
    {EACH, "classic", "001d 0017 0018", USUAL, ECDHE_RSA,   0, 0x0804},
    {EACH, "classic", "001d 0017 0018", USUAL, ECDHE_ECDSA, 1, 0x0403},
    {"server-p256",    "classic", "001d 0017", USUAL, RSA,         -1, 0},
    {"server-p256",    "classic", "001d 0017", USUAL, ECDHE_RSA,   -1, 0},
    {"server-rsa",     "classic", "001d 0017", USUAL, ECDHE_ECDSA, -1, 0},
    {"server-ed25519", "classic", "001d 0017", USUAL, ECDHE_ECDSA,  0, 0x0807}, /* RFC 8422 5.1.3: of the ECDSA suites */
    {"server-ed25519", "classic", "001d 0017", USUAL, ECDHE_RSA,   -1, 0},
    /* RFC 8422 5.1: the curves named bind the certificate's; one not named is passed over */
    {EACH, "classic", "001d 0018",      USUAL, ECDHE_ECDSA, 2, 0x0403},
    {EACH, "classic", "001d",           USUAL, ECDHE_ECDSA, 3, 0x0807},
    {EACH, "classic", NULL,             USUAL, ECDHE_ECDSA, 1, 0x0403},
    {"server-p256", "classic", "001d 0018", USUAL, ECDHE_ECDSA, -1, 0},
    /* the client's order of schemes, among those that fit the key and that are ours */
    {"server-rsa", "classic", NULL, "0401 0804",      ECDHE_RSA,  0, 0x0401},
    {"server-rsa", "classic", NULL, "0403 0501 0401", ECDHE_RSA,  0, 0x0501},
    {"server-rsa", "classic", NULL, "0809 0804",      ECDHE_RSA,  0, 0x0804}, /* rsa_pss_pss wants a key of its own kind */
    {"server-rsa", "classic", NULL, "0201",           ECDHE_RSA, -1, 0},      /* SHA-1, and it is off */
    {"server-rsa", "all",     NULL, "0201",           ECDHE_RSA,  0, 0x0201},
    {"server-rsa", "classic", NULL, "0101 0403",      ECDHE_RSA, -1, 0},
    {"server-rsa", "classic", NULL, "",               ECDHE_RSA, -1, 0},
    {"server-rsa", "classic", NULL, "0403",           RSA,        0, 0},      /* nothing is signed */
    /* RFC 5246 7.4.1.4.1: no extension means SHA-1, where the policy believes it */
    {"server-rsa",     "classic", NULL, NULL, ECDHE_RSA,    0, 0x0201},
    {"server-rsa",     "all",     NULL, NULL, ECDHE_RSA,    0, 0x0201},
    {"server-rsa",     "modern",  NULL, NULL, ECDHE_RSA,   -1, 0},
    {"server-p256",    "classic", NULL, NULL, ECDHE_ECDSA,  0, 0x0203},
    {"server-p256",    "modern",  NULL, NULL, ECDHE_ECDSA, -1, 0},
    {"server-ed25519", "classic", NULL, NULL, ECDHE_ECDSA, -1, 0},            /* has no SHA-1 form */
    {"server-ed25519 server-p256", "classic", NULL, NULL, ECDHE_ECDSA, 1, 0x0203},
    {"server-rsa",     "modern",  NULL, NULL, RSA,          0, 0},
};
/* clang-format on */

static void by_suite_curve_and_scheme(void)
{
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        const struct choice_row *c = &choices[i];
        struct heard h;
        uint16_t scheme;
        int cert;

        heard_open(&h, SW_SERVER, c->certs, c->policy);
        hear(&h, c->groups, c->sigalgs);
        cert = chosen(&h, c->suite, 0, &scheme);
        if (cert != c->cert || scheme != c->scheme)
            printf("choice %zu: certificate %d, scheme %04x\n", i, cert, scheme);
        CU_ASSERT_EQUAL(cert, c->cert);
        CU_ASSERT_EQUAL(scheme, c->scheme);
        heard_close(&h);
    }
}

static void by_name(void)
{
    struct heard h;
    uint16_t scheme;

    heard_open(&h, SW_SERVER, "server-p256 other-p256", "classic");
    hear(&h, "0017", USUAL);
    hear_name(&h, "other.example");
    CU_ASSERT_EQUAL(chosen(&h, ECDHE_ECDSA, SW_CRED_NAMED, &scheme), 1);
    CU_ASSERT_EQUAL(chosen(&h, ECDHE_ECDSA, 0, &scheme), 0);
    hear_name(&h, "OTHER.example");
    CU_ASSERT_EQUAL(chosen(&h, ECDHE_ECDSA, SW_CRED_NAMED, &scheme), 1);
    hear_name(&h, "server.example");
    CU_ASSERT_EQUAL(chosen(&h, ECDHE_ECDSA, SW_CRED_NAMED, &scheme), 0);
    hear_name(&h, "nobody.example");
    CU_ASSERT_EQUAL(chosen(&h, ECDHE_ECDSA, SW_CRED_NAMED, &scheme), -1);
    /* the right name on a key that cannot serve */
    hear_name(&h, "other.example");
    CU_ASSERT_EQUAL(chosen(&h, ECDHE_RSA, SW_CRED_NAMED, &scheme), -1);
    heard_close(&h);
}

/* RFC 5246 7.4.2: a key for signing does not decrypt, one for encryption does not sign. */
static void by_key_usage(void)
{
    static const struct {
        bool present;
        unsigned bits;
        bool decrypts, signs;
    } usages[] = {
        {false, 0, true, true},
        {true, SW_KU_DIGITAL_SIGNATURE, false, true},
        {true, SW_KU_KEY_ENCIPHERMENT, true, false},
        {true, SW_KU_DIGITAL_SIGNATURE | SW_KU_KEY_ENCIPHERMENT, true, true},
        {true, 0, false, false},
    };
    struct heard h;
    uint16_t scheme;

    heard_open(&h, SW_SERVER, "server-rsa server-p256", "classic");
    hear(&h, "0017", USUAL);
    for (size_t i = 0; i < sizeof usages / sizeof usages[0]; i++) {
        for (size_t c = 0; c < 2; c++) {
            h.cfg->creds[c]->leaf.has_key_usage = usages[i].present;
            h.cfg->creds[c]->leaf.key_usage = (uint16_t)usages[i].bits;
        }
        CU_ASSERT_EQUAL(chosen(&h, RSA, 0, &scheme), usages[i].decrypts ? 0 : -1);
        CU_ASSERT_EQUAL(chosen(&h, DHE_RSA, 0, &scheme), usages[i].signs ? 0 : -1);
        CU_ASSERT_EQUAL(chosen(&h, ECDHE_ECDSA, 0, &scheme), usages[i].signs ? 1 : -1);
        CU_ASSERT_EQUAL(sw_credential_kind(h.conn, sw_suite_by_id(RSA)), usages[i].decrypts);
        CU_ASSERT_EQUAL(sw_credential_kind(h.conn, sw_suite_by_id(ECDHE_ECDSA)), usages[i].signs);
    }
    heard_close(&h);
}

/* sw_credential_kind asks about keys alone: what the client says does not matter. */
static void the_kind_of_key(void)
{
    struct heard h;

    heard_open(&h, SW_SERVER, "server-p256", "modern");
    hear(&h, "001d", "0401");
    CU_ASSERT_TRUE(sw_credential_kind(h.conn, sw_suite_by_id(ECDHE_ECDSA)));
    CU_ASSERT_FALSE(sw_credential_kind(h.conn, sw_suite_by_id(ECDHE_RSA)));
    CU_ASSERT_FALSE(sw_credential_kind(h.conn, sw_suite_by_id(RSA)));
    heard_close(&h);
}

/* A certificate with an order of its own signs by it, whatever the client prefers. */
static void schemes_of_a_certificate(void)
{
    struct heard h;
    uint16_t scheme;

    heard_open(&h, SW_SERVER, "server-rsa", "classic");
    SW_ASSERT_OK(sw_config_set_cert_sigalgs(h.cfg, "rsa_pkcs1_sha512:rsa_pss_rsae_sha256"));
    hear(&h, NULL, "0804 0401 0601");
    CU_ASSERT_EQUAL(chosen(&h, ECDHE_RSA, 0, &scheme), 0);
    CU_ASSERT_EQUAL(scheme, 0x0601);
    hear(&h, NULL, "0401 0804");
    CU_ASSERT_EQUAL(chosen(&h, ECDHE_RSA, 0, &scheme), 0);
    CU_ASSERT_EQUAL(scheme, 0x0804);
    hear(&h, NULL, "0401 0501");
    CU_ASSERT_EQUAL(chosen(&h, ECDHE_RSA, 0, &scheme), -1);
    hear(&h, NULL, NULL); /* SHA-1 is meant, and it does not sign with that */
    CU_ASSERT_EQUAL(chosen(&h, ECDHE_RSA, 0, &scheme), -1);
    heard_close(&h);
}

static void for_named_issuers_alone(void)
{
    struct heard h;
    uint16_t scheme;

    heard_open(&h, SW_SERVER, "server-rsa", "classic");
    SW_ASSERT_OK(sw_config_set_cert_match_issuer(h.cfg, true));
    hear(&h, NULL, USUAL);
    CU_ASSERT_EQUAL(chosen(&h, ECDHE_RSA, 0, &scheme), -1);
    hear_authority(&h, h.cfg->creds[0]->leaf.subject, &h.conn->hs->peer_ext.authorities);
    CU_ASSERT_EQUAL(chosen(&h, ECDHE_RSA, 0, &scheme), -1);
    hear_authority(&h, h.cfg->creds[0]->leaf.issuer, &h.conn->hs->peer_ext.authorities);
    CU_ASSERT_EQUAL(chosen(&h, ECDHE_RSA, 0, &scheme), 0);
    heard_close(&h);
}

/* --- groups ------------------------------------------------------------------------------------------------------- */

/*
 * RFC 7919 4: any number from 256 to 511, known or not, says that the client speaks of finite-field groups, and then
 * only those; without one it takes what it is given. RFC 8422 4: no list at all means any curve; a list without ours
 * means none.
 */
static void groups_by_hello(void)
{
    /* clang-format off */
    static const struct {
        const char *groups;
        uint16_t dhe, ecdhe; /* 0: none */
    } rows[] = {
        {NULL,                  256, 29},
        {"",                    256, 0},
        {"0017 001d",           256, 29}, /* our order */
        {"0018",                256, 24},
        {"0101",                257, 0},
        {"0017 0102 0101",      257, 23},
        {"0017 01ff",             0, 23}, /* the last number of the range, nobody's */
        {"0017 0200",           256, 23}, /* behind it */
        {"0017 00ff",           256, 23}, /* before it */
        {"0104",                  0, 0},  /* ffdhe8192: not ours */
        {"001d 0100",           256, 29},
        {"1a1a 2a2a",           256, 0},
    };
    /* clang-format on */
    struct heard h;

    heard_open(&h, SW_SERVER, "server-rsa", "classic");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sw_group *dhe, *ecdhe;

        hear(&h, rows[i].groups, USUAL);
        dhe = sw_group_for_hello(h.conn, SW_KEX_DHE);
        ecdhe = sw_group_for_hello(h.conn, SW_KEX_ECDHE);
        CU_ASSERT_EQUAL(dhe != NULL ? dhe->id : 0, rows[i].dhe);
        CU_ASSERT_EQUAL(ecdhe != NULL ? ecdhe->id : 0, rows[i].ecdhe);
    }
    heard_close(&h);
}

/* --- signatures of the chain -------------------------------------------------------------------------------------- */

/* The bit of a scheme's row. */
static uint32_t signed_with(uint16_t id)
{
    unsigned i = 0;

    while (sw_sigscheme_at(i)->id != id)
        i++;
    return 1U << i;
}

/*
 * What the client's lists say about a chain (RFC 5246 7.4.2, RFC 8446 4.2.3): signature_algorithms_cert alone, where it
 * is there.
 */
static void chains_believed(void)
{
    /* clang-format off */
    static const struct {
        uint16_t with[2];
        const char *sigalgs, *for_certs; /* NULL: the client did not send the extension */
        bool believed;
    } rows[] = {
        {{0x0401, 0},      "0804 0401", NULL,        true},
        {{0x0401, 0},      "0804 0501", NULL,        false},
        {{0x0401, 0},      "0804",      "0401",      true},
        {{0x0401, 0},      "0804 0401", "0501",      false},
        {{0x0401, 0},      NULL,        NULL,        true},
        {{0x0401, 0},      NULL,        "0403",      false},
        {{0x0401, 0x0503}, "0804 0401", NULL,        false}, /* each certificate of it */
        {{0x0401, 0x0503}, "0804",      "0503 0401", true},
        {{0x0804, 0},      "0809",      NULL,        true},  /* which kind of RSA key has signed, it does not say */
        {{0x0809, 0},      "0804",      NULL,        true},
        {{0x0805, 0},      "0804",      NULL,        false},
        {{0x0807, 0},      "0808",      NULL,        false},
        {{0, 0},           "0804",      NULL,        true},  /* it has signed itself */
        {{1, 0},           "0804 0401", NULL,        false}, /* by a scheme that is none of ours */
        {{1, 0},           NULL,        NULL,        true},
    };
    /* clang-format on */
    struct heard h;
    uint16_t scheme;

    heard_open(&h, SW_SERVER, "server-rsa", "classic");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static uint8_t numbers[16];
        struct sw_credential *cred = h.cfg->creds[0];

        hear(&h, NULL, rows[i].sigalgs);
        h.conn->hs->peer_ext.sigalgs_cert =
            (struct sw_slice){numbers, rows[i].for_certs ? sw_unhex(rows[i].for_certs, numbers, sizeof numbers) : 0};
        cred->signed_with = 0;
        for (int k = 0; k < 2; k++)
            if (rows[i].with[k] != 0)
                cred->signed_with |= rows[i].with[k] == 1 ? SW_SIGNED_OTHERWISE : signed_with(rows[i].with[k]);
        CU_ASSERT_EQUAL(chosen(&h, RSA, SW_CRED_BELIEVED, &scheme), rows[i].believed ? 0 : -1);
        CU_ASSERT_EQUAL(chosen(&h, RSA, 0, &scheme), 0);
    }
    heard_close(&h);
}

/* A chain that the client can check is worth more than the first suite; where there is none, the suite decides. */
static void the_chain_before_the_suite(void)
{
    static const struct {
        uint16_t rsa, p256, suite; /* what the two are signed with; what must be chosen */
    } rows[] = {{0x0501, 0x0501, ECDHE_ECDSA},
                {0x0501, 0x0503, ECDHE_RSA},
                {0x0503, 0x0501, ECDHE_ECDSA},
                {0x0503, 0x0503, ECDHE_ECDSA}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sw_conn_info info;
        struct pair p;

        pair_open(&p, false);
        pair_cert(p.server_cfg, "server-p256");
        SW_ASSERT_OK(sw_config_set_suites(p.server_cfg, "0xC02B:0xC02F"));
        SW_ASSERT_OK(sw_config_set_suites(p.client_cfg, "0xC02B:0xC02F"));
        SW_ASSERT_OK(sw_config_set_sigalgs(p.client_cfg, "0x0403:0x0804:0x0501"));
        p.server_cfg->creds[0]->signed_with = signed_with(rows[i].rsa);
        p.server_cfg->creds[1]->signed_with = signed_with(rows[i].p256);
        pair_connect(&p, "server.example");
        CU_ASSERT_TRUE(pair_run(&p));
        sw_conn_info(p.client, &info);
        CU_ASSERT_EQUAL(info.suite, rows[i].suite);
        pair_close(&p);
    }
}

/* --- a client's choice -------------------------------------------------------------------------------------------- */

static int requested(struct heard *h, const char *types, const char *sigalgs, uint16_t *scheme)
{
    static uint8_t numbers[16];
    struct sw_handshake *hs = h->conn->hs;
    const struct sw_credential *cred;
    const struct sw_sigscheme *s = NULL;

    hs->req_types = (struct sw_slice){numbers, sw_unhex(types, numbers, sizeof numbers)};
    hs->req_sigalgs = (struct sw_slice){h->sigalgs, sw_unhex(sigalgs, h->sigalgs, sizeof h->sigalgs)};
    sw_credential_for_request(h->conn, &cred, &s);
    *scheme = cred != NULL ? s->id : 0;
    for (size_t i = 0; i < h->cfg->creds_len; i++)
        if (h->cfg->creds[i] == cred) {
            CU_ASSERT_EQUAL(h->conn->cert_index, i);
            return (int)i;
        }
    return -1;
}

/* RFC 5246 7.4.4: rsa_sign is 1, ecdsa_sign 64, fixed forms are for nobody. */
static void requests_by_type_and_scheme(void)
{
    /* clang-format off */
    static const struct {
        const char *types, *sigalgs;
        int cert;
        uint16_t scheme;
    } rows[] = {
        {"01 40", USUAL,       0, 0x0804},
        {"01",    USUAL,       0, 0x0804},
        {"40",    USUAL,       1, 0x0403},
        {"02 04 05 06 41 42", USUAL, -1, 0},
        {"",      USUAL,      -1, 0},
        {"01 40", "0403",      1, 0x0403},
        {"01",    "0403",     -1, 0},
        {"40",    "0401",     -1, 0},
        {"40",    "0603 0503", 1, 0x0603}, /* the server's order; in TLS 1.2 the curve does not bind the hash */
        {"01 40", "0201 0203", -1, 0},     /* SHA-1 is off */
        {"01 40", "",         -1, 0},      /* an extension cannot be left out here: SHA-1 is not implied */
    };
    /* clang-format on */
    struct heard h;
    uint16_t scheme;

    heard_open(&h, SW_CLIENT, "client-rsa client-p256", "classic");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CU_ASSERT_EQUAL(requested(&h, rows[i].types, rows[i].sigalgs, &scheme), rows[i].cert);
        CU_ASSERT_EQUAL(scheme, rows[i].scheme);
    }
    heard_close(&h);
}

/* RFC 5246 7.4.6: the client's certificate signs; one that is not for signing is not shown. */
static void requests_by_key_usage(void)
{
    struct heard h;
    uint16_t scheme;

    heard_open(&h, SW_CLIENT, "client-rsa client-p256", "classic");
    h.cfg->creds[0]->leaf.key_usage = SW_KU_KEY_ENCIPHERMENT;
    CU_ASSERT_EQUAL(requested(&h, "01 40", USUAL, &scheme), 1);
    h.cfg->creds[1]->leaf.key_usage = SW_KU_KEY_AGREEMENT;
    CU_ASSERT_EQUAL(requested(&h, "01 40", USUAL, &scheme), -1);
    h.cfg->creds[1]->leaf.has_key_usage = false;
    CU_ASSERT_EQUAL(requested(&h, "01 40", USUAL, &scheme), 1);
    heard_close(&h);
}

/*
 * A certificate whose issuer is named goes first; without one the first that fits, but for one that is for its issuers
 * alone.
 */
static void requests_by_authority(void)
{
    struct heard h;
    struct sw_slice *list, root, nobody;
    uint16_t scheme;

    heard_open(&h, SW_CLIENT, "client-rsa client-p256", "classic");
    list = &h.conn->hs->req_authorities;
    root = h.cfg->creds[0]->leaf.issuer;
    nobody = h.cfg->creds[0]->leaf.subject;
    hear_authority(&h, nobody, list);
    CU_ASSERT_EQUAL(requested(&h, "01 40", USUAL, &scheme), 0);

    SW_ASSERT_OK(sw_config_set_cert_match_issuer(h.cfg, true)); /* the second */
    CU_ASSERT_EQUAL(requested(&h, "40", USUAL, &scheme), -1);
    hear_authority(&h, root, list);
    CU_ASSERT_EQUAL(requested(&h, "40", USUAL, &scheme), 1);
    *list = (struct sw_slice){NULL, 0};
    CU_ASSERT_EQUAL(requested(&h, "40", USUAL, &scheme), -1);
    heard_close(&h);
}

/*
 * RFC 5246 7.4.6: one whose chain the server can check goes first, behind one whose issuer it names; without such a one
 * the first that fits.
 */
static void requests_by_signature(void)
{
    struct heard h;
    uint16_t scheme;

    heard_open(&h, SW_CLIENT, "client-rsa client-p256", "classic");
    CU_ASSERT_EQUAL(requested(&h, "01 40", "0403 0804 0501", &scheme), 0);
    h.cfg->creds[0]->signed_with = signed_with(0x0601);
    CU_ASSERT_EQUAL(requested(&h, "01 40", "0403 0804 0501", &scheme), 1);
    CU_ASSERT_EQUAL(requested(&h, "01", "0403 0804 0501", &scheme), 0);
    h.cfg->creds[1]->signed_with = signed_with(0x0601);
    CU_ASSERT_EQUAL(requested(&h, "01 40", "0403 0804 0501", &scheme), 0);
    heard_close(&h);
}

/* The second certificate's issuer is named and the first's is not: the first shows a chain nothing can be read of. */
static void the_named_issuer_goes_first(void)
{
    struct heard h;
    uint16_t scheme;
    size_t len;

    heard_open(&h, SW_CLIENT, "client-rsa client-p256", "classic");
    hear_authority(&h, h.cfg->creds[1]->leaf.issuer, &h.conn->hs->req_authorities);
    CU_ASSERT_EQUAL(requested(&h, "01 40", USUAL, &scheme), 0);
    len = h.cfg->creds[0]->der[0].len;
    h.cfg->creds[0]->der[0].len = 1;
    CU_ASSERT_EQUAL(requested(&h, "01 40", USUAL, &scheme), 1);
    h.cfg->creds[0]->der[0].len = len;
    heard_close(&h);
}

/* --- what a peer signs with --------------------------------------------------------------------------------------- */

static void schemes_accepted(void)
{
    /* clang-format off */
    static const struct {
        size_t cert;
        const char *policy;
        uint16_t scheme;
        bool accepted;
    } rows[] = {
        {0, "classic", 0x0401, true},
        {0, "classic", 0x0804, true},
        {0, "classic", 0x0809, false}, /* for a key of id-RSASSA-PSS */
        {0, "classic", 0x0403, false},
        {0, "classic", 0x0201, false}, /* not offered */
        {0, "all",     0x0201, true},
        {0, "all",     0x0101, false}, /* RSA with MD5 */
        {0, "all",     0x0000, false},
        {1, "classic", 0x0403, true},
        {1, "classic", 0x0503, true},  /* RFC 5246: any hash with any curve */
        {1, "classic", 0x0401, false},
        {1, "classic", 0x0807, false},
        {1, "all",     0x0203, true},
        {2, "classic", 0x0807, true},
        {2, "classic", 0x0808, false},
        {2, "classic", 0x0403, false},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sw_sigscheme *s = NULL;
        struct heard h;

        heard_open(&h, SW_SERVER, "server-rsa server-p256 server-ed25519", rows[i].policy);
        SW_ASSERT_ERR(sw_scheme_accepted(h.conn, &h.cfg->creds[rows[i].cert]->leaf.key, rows[i].scheme, &s),
                      rows[i].accepted ? SW_OK : SW_ERR_SIGNATURE_SCHEME);
        CU_ASSERT_EQUAL(s != NULL ? s->id : 0, rows[i].accepted ? rows[i].scheme : 0);
        heard_close(&h);
    }
}

SW_TEST_SUITE(credential){
    SW_TEST(by_suite_curve_and_scheme),
    SW_TEST(by_name),
    SW_TEST(by_key_usage),
    SW_TEST(the_kind_of_key),
    SW_TEST(schemes_of_a_certificate),
    SW_TEST(for_named_issuers_alone),
    SW_TEST(groups_by_hello),
    SW_TEST(requests_by_type_and_scheme),
    SW_TEST(requests_by_key_usage),
    SW_TEST(requests_by_authority),
    SW_TEST(requests_by_signature),
    SW_TEST(chains_believed),
    SW_TEST(the_chain_before_the_suite),
    SW_TEST(the_named_issuer_goes_first),
    SW_TEST(schemes_accepted),
};
