/* AlgorithmIdentifiers that are none, whatever their algorithm: found by reading changed certificates beside OpenSSL (make diff). */
#include "tests/test.h"
#include "ttp/cert.h"
#include <stdio.h>
#include <string.h>

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

SW_TEST_SUITE(alg){
    SW_TEST(algorithms_have_a_form),
};
