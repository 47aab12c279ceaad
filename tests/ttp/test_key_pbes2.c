/* PBKDF2 against RFC 6070 and RFC 7914 11; PBES2 against itself, and each part of its parameters against change. */
#include "tests/ttp/vectors.h"
#include "ttp/der.h"
#include "ttp/key_pbes2.h"

static struct sw_slice text(const char *s)
{
    return (struct sw_slice){(const uint8_t *)s, strlen(s)};
}

static void pbkdf2_sha1(void)
{
    uint8_t out[25];
    SW_ASSERT_OK(sw_pbkdf2(SW_HASH_SHA1, text("password"), text("salt"), 1, out, 20));
    SW_ASSERT_HEX(out, 20, "0c60c80f961f0e71f3a9b524af6012062fe037a6");
    SW_ASSERT_OK(sw_pbkdf2(SW_HASH_SHA1, text("password"), text("salt"), 4096, out, 20));
    SW_ASSERT_HEX(out, 20, "4b007901b765489abead49d926f721d065a429c1");
    SW_ASSERT_OK(sw_pbkdf2(SW_HASH_SHA1, text("passwordPASSWORDpassword"), text("saltSALTsaltSALTsaltSALTsaltSALTsalt"),
                           4096, out, 25));
    SW_ASSERT_HEX(out, 25, "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038");
}

static void pbkdf2_sha256(void)
{
    uint8_t out[64];
    SW_ASSERT_OK(sw_pbkdf2(SW_HASH_SHA256, text("passwd"), text("salt"), 1, out, 64));
    SW_ASSERT_HEX(out, 64,
                  "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
                  "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
}

/* contents of the AlgorithmIdentifier's parameters, and the ciphertext, of something encrypted */
struct sealed {
    uint8_t buf[512];
    struct sw_slice params, cipher;
};

static void seal(struct sealed *s, const char *plain)
{
    struct sw_writer w = sw_writer_of(s->buf, sizeof s->buf);
    SW_ASSERT_OK(sw_pbes2_encrypt(&w, SW_DER_OCTET_STRING, sealwax_pass, text(plain)));
    struct sw_reader r = sw_reader_of(s->buf, w.len), alg = sw_der_enter(&r, SW_DER_SEQUENCE);
    CU_ASSERT(sw_pbes2_is(sw_der_read(&alg, SW_DER_OID)));
    s->params = sw_der_read(&alg, SW_DER_SEQUENCE);
    s->cipher = sw_der_read(&r, SW_DER_OCTET_STRING);
    CU_ASSERT(sw_reader_end(&alg) && sw_reader_end(&r));
}

static void opens_what_it_seals(void)
{
    static const char *const plains[] = {"", "a", "fifteen bytes..", "sixteen bytes...", "seventeen bytes.."};
    for (size_t i = 0; i < sizeof plains / sizeof *plains; i++) {
        struct sealed s;
        uint8_t out[64];
        size_t len = 99;
        seal(&s, plains[i]);
        SW_ASSERT_OK(sw_pbes2_decrypt(s.params, sealwax_pass, s.cipher, out, &len));
        CU_ASSERT_EQUAL(len, strlen(plains[i]));
        SW_ASSERT_BYTES(out, plains[i], strlen(plains[i]));
    }
}

static void says_when_it_is_full(void)
{
    uint8_t small[100];
    struct sw_writer w = sw_writer_of(small, sizeof small);
    SW_ASSERT_OK(sw_pbes2_encrypt(&w, SW_DER_OCTET_STRING, sealwax_pass, text("plain")));
    CU_ASSERT_FALSE(sw_writer_ok(&w));
}

/* The rounds stand in the parameters: a file that asks for too many must be refused before they are done. */
static void bounds_the_rounds(void)
{
    struct sealed s;
    uint8_t out[64];
    size_t len;
    seal(&s, "plain");
    uint8_t *params = exact_copy(s.params.p, s.params.len), *at = NULL;
    for (size_t i = 0; i + 5 < s.params.len; i++)
        if (memcmp(params + i, "\x02\x03\x09\x27\xc0", 5) == 0) /* INTEGER 600000 */
            at = params + i + 2;
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    memcpy(at, "\x00\x00\x00", 3); /* not minimal, and none at all */
    CU_ASSERT(sw_pbes2_decrypt((struct sw_slice){params, s.params.len}, sealwax_pass, s.cipher, out, &len) != SW_OK);
    free(params);

    uint8_t many[128];
    size_t n = sw_unhex("301f06092a864886f70d01050c301204080102030405060708020600ffffffffff301d060960864801650304012a04"
                        "1000000000000000000000000000000000",
                        many, sizeof many); /* 2^40 - 1 rounds */
    SW_ASSERT_ERR(sw_pbes2_decrypt((struct sw_slice){many, n}, sealwax_pass, s.cipher, out, &len), SW_ERR_UNSUPPORTED);
}

static void refuses_wrong_lengths(void)
{
    struct sealed s;
    uint8_t out[64];
    size_t len;
    seal(&s, "plain");
    struct sw_slice cut = {s.cipher.p, s.cipher.len - 1}, none = {s.cipher.p, 0};
    SW_ASSERT_ERR(sw_pbes2_decrypt(s.params, sealwax_pass, cut, out, &len), SW_ERR_DER);
    SW_ASSERT_ERR(sw_pbes2_decrypt(s.params, sealwax_pass, none, out, &len), SW_ERR_DER);
    for (size_t i = 0; i < s.params.len; i++) {
        uint8_t *part = exact_copy(s.params.p, i);
        CU_ASSERT(sw_pbes2_decrypt((struct sw_slice){part, i}, sealwax_pass, s.cipher, out, &len) != SW_OK);
        free(part);
    }
}

SW_TEST_SUITE(key_pbes2){
    SW_TEST(pbkdf2_sha1),          SW_TEST(pbkdf2_sha256),     SW_TEST(opens_what_it_seals),
    SW_TEST(says_when_it_is_full), SW_TEST(bounds_the_rounds), SW_TEST(refuses_wrong_lengths),
};
