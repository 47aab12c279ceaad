/* PKCS#12: files of OpenSSL and Java are read, ours are read back, a wrong passphrase and a changed byte are found. */
#include "tests/ttp/p12.h"
#include "tests/ttp/vectors.h"
#include "ttp/key_pbes2.h"
#include "ttp/pkcs12.h"

static enum sw_err read_file(const char *path, struct sw_slice pass, struct sw_pkcs12 *p12)
{
    size_t len;
    uint8_t *data = sw_test_file(path, &len), *exact = exact_copy(data, len);
    enum sw_err err = sw_pkcs12_decode(p12, exact, len, pass);
    CU_ASSERT(sw_pkcs12_looks(exact, len));
    free(exact);
    free(data);
    return err;
}

static void check_leaf(const struct sw_pkcs12 *p12)
{
    size_t leaf_len, root_len;
    uint8_t *leaf = vector_der(VECTOR("leaf.crt"), &leaf_len), *root = vector_der(VECTOR("root.crt"), &root_len);
    struct sw_privkey *key = vector_key_ok(VECTOR("p256.pem"));
    CU_ASSERT(p12->key && sw_pubkey_eq(sw_privkey_public(p12->key), sw_privkey_public(key)));
    CU_ASSERT_EQUAL_FATAL(p12->certs_len, 2);
    CU_ASSERT(sw_slice_eq(p12->certs[0], (struct sw_slice){leaf, leaf_len}));
    CU_ASSERT(sw_slice_eq(p12->certs[1], (struct sw_slice){root, root_len}));
    sw_privkey_free(key);
    free(leaf);
    free(root);
}

static void reads_files_of_others(void)
{
    static const char *const files[] = {VECTOR("openssl.p12"), VECTOR("java.p12"), VECTOR("tripledes.p12"),
                                        VECTOR("clear.p12")};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct sw_pkcs12 p12;
        if (SW_ASSERT_OK(read_file(files[i], sealwax_pass, &p12)))
            check_leaf(&p12);
        sw_pkcs12_free(&p12);
        SW_ASSERT_ERR(read_file(files[i], (struct sw_slice){(const uint8_t *)"wrong", 5}, &p12), SW_ERR_PASSPHRASE);
        CU_ASSERT_PTR_NULL(p12.key);
        sw_pkcs12_free(&p12);
    }
}

/* The MAC's derivation takes UTF-16, PBES2's the bytes as they are: a passphrase beyond ASCII shows both. */
static void reads_passphrases_beyond_ascii(void)
{
    struct sw_pkcs12 p12;
    if (SW_ASSERT_OK(read_file(VECTOR("utf8.p12"),
                               (struct sw_slice){(const uint8_t *)"gr\xc3\xb6\xc3\x9f"
                                                                  "e",
                                                 7},
                               &p12)))
        check_leaf(&p12);
    sw_pkcs12_free(&p12);
}

static void refuses_what_it_cannot_read(void)
{
    struct sw_pkcs12 p12;
    SW_ASSERT_ERR(read_file(VECTOR("rc2.p12"), sealwax_pass, &p12), SW_ERR_UNSUPPORTED);
    sw_pkcs12_free(&p12);
    SW_ASSERT_ERR(read_file(VECTOR("nomac.p12"), sealwax_pass, &p12), SW_ERR_UNSUPPORTED);
    sw_pkcs12_free(&p12);
    CU_ASSERT_FALSE(sw_pkcs12_looks((const uint8_t *)"\x30\x03\x02\x01\x03", 5));
    SW_ASSERT_ERR(sw_pkcs12_decode(&p12, (const uint8_t *)"", 0, sealwax_pass), SW_ERR_DER);
    sw_pkcs12_free(&p12);
}

static uint8_t *make(size_t *len, struct sw_pkcs12_parts *parts, struct sw_privkey **key, uint8_t *certs[2])
{
    size_t n0, n1;
    certs[0] = vector_der(VECTOR("leaf.crt"), &n0);
    certs[1] = vector_der(VECTOR("root.crt"), &n1);
    *key = vector_key_ok(VECTOR("p256.pem"));
    /* the leaf second, to see that reading puts it first */
    *parts = (struct sw_pkcs12_parts){
        .key = *key, .certs = {{certs[0], n0}, {certs[1], n1}}, .certs_len = 2, .name = "leaf \xff"};
    size_t cap = SW_PKCS12_CAP(n0 + n1);
    uint8_t *out = malloc(cap);
    if (!out)
        abort();
    SW_ASSERT_OK(sw_pkcs12_encode(parts, sealwax_pass, out, cap, len));
    return out;
}

static void reads_back_what_it_makes(void)
{
    size_t len;
    struct sw_pkcs12_parts parts;
    struct sw_privkey *key;
    uint8_t *certs[2], *der = make(&len, &parts, &key, certs);
    struct sw_pkcs12 p12;
    if (SW_ASSERT_OK(sw_pkcs12_decode(&p12, der, len, sealwax_pass)))
        check_leaf(&p12);
    sw_pkcs12_free(&p12);
    struct sw_slice leaf = parts.certs[0];
    parts.certs[0] = parts.certs[1];
    parts.certs[1] = leaf;
    SW_ASSERT_OK(sw_pkcs12_encode(&parts, sealwax_pass, der, SW_PKCS12_CAP(len), &len));
    if (SW_ASSERT_OK(sw_pkcs12_decode(&p12, der, len, sealwax_pass)))
        check_leaf(&p12); /* the key's certificate comes first in any case */
    sw_pkcs12_free(&p12);
    SW_ASSERT_ERR(sw_pkcs12_encode(&parts, sealwax_pass, der, 500, &len), SW_ERR_SPACE);
    parts.certs_len = 0;
    SW_ASSERT_ERR(sw_pkcs12_encode(&parts, sealwax_pass, der, SW_PKCS12_CAP(0), &len), SW_ERR_ARGUMENT);
    free(der);
    free(certs[0]);
    free(certs[1]);
    sw_privkey_free(key);
}

/* A MAC covers all but its own few bytes. OpenSSL's file, because its 2048 rounds are quick. */
static void finds_changes_and_truncations(void)
{
    size_t len;
    uint8_t *der = sw_test_file(VECTOR("openssl.p12"), &len);
    struct sw_pkcs12 p12;
    for (size_t i = 0; i < len; i += 5) {
        uint8_t *part = exact_copy(der, i);
        CU_ASSERT(sw_pkcs12_decode(&p12, part, i, sealwax_pass) != SW_OK);
        sw_pkcs12_free(&p12);
        free(part);
    }
    for (size_t i = 0; i < len - 10; i += 7) {
        der[i] ^= 0x04;
        enum sw_err err = sw_pkcs12_decode(&p12, der, len, sealwax_pass);
        if (err == SW_OK)
            CU_FAIL("a changed file is taken");
        sw_pkcs12_free(&p12);
        der[i] ^= 0x04;
    }
    free(der);
}

/* EncryptedData with nothing in it. */
static void write_encrypted(struct sw_writer *w)
{
    static const uint8_t encrypted_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 6},
                         data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1}, empty[] = {SW_DER_SEQUENCE, 0};
    const struct sw_slice pass = p12_pass, plain = {empty, sizeof empty};
    uint8_t sealed[512];
    struct sw_writer s = sw_writer_of(sealed, sizeof sealed);
    size_t info = sw_der_open(w, SW_DER_SEQUENCE), tag, enc, content;

    SW_ASSERT_OK(sw_pbes2_encrypt(&s, SW_DER_CONTEXT(0), pass, plain));
    sw_der_write(w, SW_DER_OID, encrypted_data, sizeof encrypted_data);
    tag = sw_der_open(w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
    enc = sw_der_open(w, SW_DER_SEQUENCE);
    sw_der_write_int(w, 0);
    content = sw_der_open(w, SW_DER_SEQUENCE);
    sw_der_write(w, SW_DER_OID, data, sizeof data);
    sw_write_bytes(w, sealed, s.len);
    sw_der_close(w, content);
    sw_der_close(w, enc);
    sw_der_close(w, tag);
    sw_der_close(w, info);
}

/* Each part has a derivation of its own, whose rounds it chooses: whoever writes many parts asks for time. */
static void opens_four_parts_at_most(void)
{
    uint8_t part[512], safe[4096], file[4352];
    struct sw_writer one = sw_writer_of(part, sizeof part);

    write_encrypted(&one);
    for (unsigned n = 4; n <= 5; n++) {
        struct sw_writer w = sw_writer_of(safe, sizeof safe);
        size_t list = sw_der_open(&w, SW_DER_SEQUENCE);
        struct sw_pkcs12 p12;

        for (unsigned i = 0; i < n; i++)
            sw_write_bytes(&w, part, one.len);
        sw_der_close(&w, list);
        SW_ASSERT_ERR(
            sw_pkcs12_decode(&p12, file, p12_wrap((struct sw_slice){safe, w.len}, file, sizeof file), p12_pass),
            n <= 4 ? SW_OK : SW_ERR_UNSUPPORTED);
        CU_ASSERT_EQUAL(p12.certs_len, 0);
        sw_pkcs12_free(&p12);
    }
}

SW_TEST_SUITE(pkcs12){
    SW_TEST(reads_files_of_others),    SW_TEST(reads_passphrases_beyond_ascii), SW_TEST(refuses_what_it_cannot_read),
    SW_TEST(reads_back_what_it_makes), SW_TEST(finds_changes_and_truncations),  SW_TEST(opens_four_parts_at_most),
};
