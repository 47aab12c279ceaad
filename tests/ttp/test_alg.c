/*
 * AlgorithmIdentifiers that are none, whatever their algorithm: found by reading changed certificates beside OpenSSL
 * (make diff).
 */
#include "tests/ttp/vectors.h"
#include "ttp/cert.h"

static size_t unhex(const char *hex, uint8_t *out)
{
    size_t n = 0;
    unsigned byte;

    for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        out[n++] = (uint8_t)byte;
    return n;
}

/* clang-format off */
static const struct {
    const char *hex;
    bool valid;
} rows[] = {
    {"300d06092a864886f70d01010b0500", true},  /* sha256WithRSAEncryption, NULL */
    {"300b06092a864886f70d01010b", true},      /* parameters left out */
    {"300506032b6570", true},                  /* Ed25519 */
    {"300706032a0304a100", true},              /* unknown, parameters of a kind of its own */
    {"300806032a03043001ff", true},            /* what is inside is its algorithm's business */
    {"3000", false},
    {"30020600", false},                       /* an OID of nothing */
    {"300506032a8003", false},                 /* a subidentifier that begins with a zero */
    {"300506032a0383", false},                 /* one that does not end */
    {"300906032a030405000500", false},         /* two parameters */
    {"300806032a03040501aa", false},           /* a NULL of something */
    {"300706032a03040100", false},             /* a BOOLEAN of nothing */
    {"300806032a0304010101", false},           /* a BOOLEAN that is neither */
    {"300706032a03040200", false},             /* an INTEGER of nothing */
    {"300706032a03040300", false},             /* a BIT STRING without its count */
    {"300706032a03040000", false},             /* end of contents */
    {"300706032a03041000", false},             /* a SEQUENCE that is not constructed */
    {"300706032a03042400", false},             /* an OCTET STRING that is */
    {"310506032b6570", false},
};
/* clang-format on */

static void algorithms_have_a_form(void)
{
    uint8_t der[64];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len = unhex(rows[i].hex, der);

        if (sw_algorithm_valid((struct sw_slice){der, len}) != rows[i].valid)
            printf("%s\n", rows[i].hex);
        CU_ASSERT_EQUAL(sw_algorithm_valid((struct sw_slice){der, len}), rows[i].valid);
        for (size_t cut = 0; cut < len; cut++)
            CU_ASSERT_FALSE(sw_algorithm_valid((struct sw_slice){der, cut}));
    }
}

/* --- PSS in X.509 ------------------------------------------------------------------------------------------------- */

/* clang-format off */
#define ALG_256      "300d06096086480165030402010500"
#define ALG_256_BARE "300b0609608648016503040201" /* without NULL */
#define ALG_384      "300d06096086480165030402020500"
#define MGF1(L, HASH) "a1" L "06092a864886f70d010108" HASH
#define PSS          "06092a864886f70d01010a"

/* id: 0 for what is refused. RFC 4055 3.1. */
static const struct {
    const char *hex;
    uint16_t id, salt;
} pss_rows[] = {
    {"3041" PSS "3034" "a00f" ALG_256 MGF1("1c301a", ALG_256) "a203020120", 0x0804, 32},
    {"3041" PSS "3034" "a00f" ALG_384 MGF1("1c301a", ALG_384) "a203020130", 0x0805, 48},
    {"3041" PSS "3034" "a00f" ALG_256 MGF1("1c301a", ALG_256) "a203020100", 0x0804, 0},
    {"3041" PSS "3034" "a00f" ALG_256 MGF1("1c301a", ALG_256) "a203020114", 0x0804, 20},
    {"3042" PSS "3035" "a00f" ALG_256 MGF1("1c301a", ALG_256) "a204020200de", 0x0804, 222},
    {"3042" PSS "3035" "a00f" ALG_256 MGF1("1c301a", ALG_256) "a20402020400", 0x0804, 1024},
    {"303c" PSS "302f" "a00f" ALG_256 MGF1("1c301a", ALG_256), 0x0804, 20},                         /* the default */
    {"3038" PSS "302b" "a00d" ALG_256_BARE MGF1("1a3018", ALG_256_BARE), 0x0804, 20},
    {"3046" PSS "3039" "a00f" ALG_256 MGF1("1c301a", ALG_256) "a203020120" "a303020101", 0x0804, 32},
    {"3046" PSS "3039" "a00f" ALG_256 MGF1("1c301a", ALG_256) "a203020120" "a303020102", 0, 0},     /* another trailer */
    {"3041" PSS "3034" "a00f" ALG_256 MGF1("1c301a", ALG_384) "a203020120", 0, 0},                  /* two hashes */
    {"3042" PSS "3035" "a00f" ALG_256 MGF1("1c301a", ALG_256) "a20402020401", 0, 0},                /* longer than any modulus */
    {"3041" PSS "3034" "a00f" ALG_256 MGF1("1c301a", ALG_256) "a2030201ff", 0, 0},                  /* below zero */
    {"3040" PSS "3033" "a00f" ALG_256 MGF1("1c301a", ALG_256) "a2020200", 0, 0},                    /* a number of no bytes */
    {"3042" PSS "3035" "a00f" ALG_256 MGF1("1c301a", ALG_256) "a20402020020", 0, 0},                /* not minimal */
    {"3042" PSS "3035" "a00f" ALG_256 MGF1("1c301a", ALG_256) "a20302012000", 0, 0},                /* something behind it */
    {"300d" PSS "3000", 0, 0},                                                                    /* all of it by default: SHA-1 */
    {"301e" PSS "3011" "a00f" ALG_256, 0, 0},                                                      /* MGF1 with SHA-1 by default */
    {"300b" PSS, 0, 0},                                                                           /* nothing: keys alone may do that */
};
/* clang-format on */

static void salts_of_signatures(void)
{
    for (size_t i = 0; i < sizeof pss_rows / sizeof *pss_rows; i++) {
        uint8_t der[128];
        uint16_t salt = 1;
        size_t len = unhex(pss_rows[i].hex, der);
        const struct sw_sigscheme *scheme = sw_sigalg_parse((struct sw_slice){der, len}, &salt);

        if ((scheme != NULL ? scheme->id : 0) != pss_rows[i].id)
            printf("row %zu\n", i);
        CU_ASSERT_EQUAL(scheme != NULL ? scheme->id : 0, pss_rows[i].id);
        if (scheme != NULL)
            CU_ASSERT_EQUAL(salt, pss_rows[i].salt);
    }
}

/* Certificates of OpenSSL that sign themselves: exactly the salt that they name. */
static void salts_of_certificates(void)
{
    static const struct {
        const char *path;
        uint16_t id, salt;
    } certs[] = {
        {VECTOR("pss-0.crt"), 0x0805, 0},        {VECTOR("pss-20.crt"), 0x0805, 20},
        {VECTOR("pss-48.crt"), 0x0805, 48},      {VECTOR("pss-max.crt"), 0x0805, 256 - 48 - 2},
        {VECTOR("rsapss2048.crt"), 0x0804, 222}, {VECTOR("rsapss2048-salt20.crt"), 0x0804, 20},
    };

    for (size_t i = 0; i < sizeof certs / sizeof *certs; i++) {
        size_t len;
        uint8_t *der = vector_der(certs[i].path, &len);
        struct sw_cert c;

        SW_ASSERT_OK(sw_cert_parse(&c, der, len));
        CU_ASSERT_PTR_NOT_NULL_FATAL(c.sig_scheme);
        CU_ASSERT_EQUAL(c.sig_scheme->id, certs[i].id);
        CU_ASSERT_EQUAL(c.sig_salt, certs[i].salt);
        SW_ASSERT_OK(sw_sigalg_verify(&c.key, c.sig_scheme, c.sig_salt, c.tbs, c.sig));
        if (c.key.type == SW_KEY_RSA) /* what TLS asks for */
            SW_ASSERT_ERR(sw_pubkey_verify(&c.key, c.sig_scheme, c.tbs.p, c.tbs.len, c.sig.p, c.sig.len),
                          c.sig_salt == 48 ? SW_OK : SW_ERR_SIGNATURE);
        for (size_t salt = 0; salt <= 256; salt++) {
            enum sw_err err = sw_sigalg_verify(&c.key, c.sig_scheme, salt, c.tbs, c.sig);
            bool room = salt <= 256 - sw_hash_len(c.sig_scheme->hash) - 2,
                 enough = c.key.pss_hash == SW_HASH_NONE || salt >= c.key.pss_salt;

            CU_ASSERT_EQUAL(sw_sigalg_fits(&c.key, c.sig_scheme, salt), room && enough);
            SW_ASSERT_ERR(err, salt == c.sig_salt ? SW_OK : room && enough ? SW_ERR_SIGNATURE : SW_ERR_UNSUPPORTED);
        }
        free(der);
    }
}

/* What a key's own parameters allow (RFC 4055 3.3): the hash, and no shorter salt; TLS's is as long as the hash. */
static void salts_that_a_key_allows(void)
{
    const struct sw_sigscheme *scheme = sw_sigscheme_by_id(0x0809);
    struct sw_pubkey key;
    size_t len;
    uint8_t *spki = sw_test_file(VECTOR("rsapss2048-salt20.spki"), &len);

    SW_ASSERT_OK(sw_spki_parse(&key, (struct sw_slice){spki, len}));
    CU_ASSERT_EQUAL(key.type, SW_KEY_RSA_PSS);
    CU_ASSERT_EQUAL(key.pss_hash, SW_HASH_SHA256);
    CU_ASSERT_EQUAL(key.pss_salt, 20);
    CU_ASSERT_FALSE(sw_pubkey_fits_salt(&key, scheme, 19));
    CU_ASSERT_TRUE(sw_pubkey_fits_salt(&key, scheme, 20));
    CU_ASSERT_TRUE(sw_pubkey_fits_salt(&key, scheme, 222));
    CU_ASSERT_FALSE(sw_pubkey_fits_salt(&key, scheme, 223));
    CU_ASSERT_TRUE(sw_pubkey_fits(&key, scheme));
    key.pss_salt = 33;
    CU_ASSERT_FALSE(sw_pubkey_fits(&key, scheme));
    free(spki);
}

SW_TEST_SUITE(alg){
    SW_TEST(algorithms_have_a_form),
    SW_TEST(salts_of_signatures),
    SW_TEST(salts_of_certificates),
    SW_TEST(salts_that_a_key_allows),
};
