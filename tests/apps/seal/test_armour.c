/* Armour on and off, by any source and into any buffer. */
#include "apps/seal/armour.h"
#include "tests/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct armour a;
static struct seal_status status;

/* What is inside a text, read cap bytes at a time; -1 if it is refused. */
static int read_all(const char *text, size_t len, uint8_t *out, size_t cap)
{
    struct seal_memory in;
    size_t have = 0, n;
    status = (struct seal_status){0};
    seal_memory_init(&in, text, len);
    armour_init(&a, &in.source, &status, SEAL_MALFORMED);
    while ((n = a.source.read(&a.source, out + have, cap)) > 0)
        have += n;
    return armour_drain(&a) && status.result == SEAL_OK ? (int)have : -1;
}

static size_t make_pem(const uint8_t *data, size_t len, size_t piece, struct seal_buf *out)
{
    struct pem_sink *pem = malloc(sizeof *pem);
    pem_begin(pem, "CMS", &out->sink);
    for (size_t at = 0; at < len; at += piece)
        CU_ASSERT(pem->sink.write(&pem->sink, data + at, len - at < piece ? len - at : piece));
    CU_ASSERT(pem_end(pem));
    free(pem);
    return out->len;
}

static void pem_both_ways(void)
{
    uint8_t data[300], out[400];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 73 + 5);
    for (size_t len = 1; len < sizeof data; len += len < 110 ? 1 : 37)
        for (size_t piece = 1; piece < 60; piece += 13) {
            struct seal_buf text;
            seal_buf_init(&text, 4096, &status);
            make_pem(data, len, piece, &text);
            CU_ASSERT_EQUAL(read_all((char *)text.p, text.len, out, 3 + piece), (int)len);
            SW_ASSERT_BYTES(out, data, len);
            CU_ASSERT_STRING_EQUAL(a.label, "CMS");
            seal_buf_free(&text);
        }
}

/* As `openssl base64` writes it. */
static void pem_text(void)
{
    struct seal_buf text;
    seal_buf_init(&text, 4096, &status);
    make_pem((const uint8_t *)"0123456789012345678901234567890123456789012345678", 49, 7, &text);
    CU_ASSERT_STRING_EQUAL((char *)text.p, "-----BEGIN CMS-----\n"
                                           "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3\n"
                                           "OA==\n"
                                           "-----END CMS-----\n");
    seal_buf_free(&text);
}

static void other_clothes(void)
{
    static const char *const same[] = {
        "-----BEGIN CMS-----\nMAA=\n-----END CMS-----\n",
        "-----BEGIN CMS-----\r\nMAA=\r\n-----END CMS-----\r\n",
        "Dear Alice,\n\n-----BEGIN PKCS7-----\nM A\n A =\n-----END PKCS7-----\nBank",
        "-----BEGIN CMS-----\nMAA=-----END CMS-----",
        ("MIME-Version: 1.0\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\n"
         "Content-Transfer-Encoding: base64\n\nMAA=\n\n"),
        "content-transfer-encoding: BASE64\r\ncontent-type: application/X-pkcs7-mime\r\n\r\nMAA=",
        " \r\n0",
    };
    uint8_t out[64];
    for (size_t i = 0; i < sizeof same / sizeof *same - 1; i++) {
        CU_ASSERT_EQUAL(read_all(same[i], strlen(same[i]), out, 5), 2);
        SW_ASSERT_BYTES(out, "0\0", 2);
    }
    CU_ASSERT_EQUAL(read_all("\n\r 0\0", 5, out, 5), 2);
}

static void refused(const char *text, enum seal_result want)
{
    uint8_t out[256];
    CU_ASSERT_EQUAL(read_all(text, strlen(text), out, 7), -1);
    CU_ASSERT_EQUAL(status.result, want);
    if (status.result != want)
        printf("%s: %s\n", text, status.reason);
}

static void what_is_refused(void)
{
    refused("", SEAL_MALFORMED);
    refused("\n\n", SEAL_MALFORMED);
    refused("hello\n", SEAL_MALFORMED);
    refused("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", SEAL_MALFORMED);
    CU_ASSERT_STRING_EQUAL(status.reason, "this is no message, but a CERTIFICATE (PEM)");
    refused("-----BEGIN RSA PRIVATE KEY-----\nMAA=\n-----END RSA PRIVATE KEY-----\n", SEAL_MALFORMED);
    refused("-----BEGIN CMS----\nMAA=\n-----END CMS-----\n", SEAL_MALFORMED);
    refused("-----BEGIN CMS-----\nMAA=\n", SEAL_TAMPERED);
    refused("-----BEGIN CMS-----\nMAA=\n-----END PKCS7-----\n", SEAL_TAMPERED);
    refused("-----BEGIN CMS-----\nMAA\n-----END CMS-----\n", SEAL_TAMPERED);
    refused("-----BEGIN CMS-----\nMAA==\n-----END CMS-----\n", SEAL_TAMPERED);
    refused("-----BEGIN CMS-----\nMAB=\n-----END CMS-----\n", SEAL_TAMPERED); /* bits left over */
    refused("-----BEGIN CMS-----\nMAA=A\n-----END CMS-----\n", SEAL_TAMPERED);
    refused("-----BEGIN CMS-----\nMA*A\n-----END CMS-----\n", SEAL_TAMPERED);
    refused("-----BEGIN CMS-----\nM===\n-----END CMS-----\n", SEAL_TAMPERED);
    refused("Content-Type: text/plain\n\nMAA=\n", SEAL_MALFORMED);
    refused("Content-Type: multipart/signed; boundary=x\n\n--y\n", SEAL_TAMPERED);
    refused("Content-Type: multipart/signed\n\n--\n", SEAL_TAMPERED);
}

/* The text of a multipart/signed, with "|" for CR LF; NULL if it is refused. Then its signature. */
static const char *clear_text(const char *mail, uint8_t *sig, int *sig_len)
{
    static uint8_t text[8 * ARMOUR_LINE];
    static char shown[8 * ARMOUR_LINE];
    struct seal_memory in;
    size_t have = 0, n, out = 0;
    status = (struct seal_status){0};
    *sig_len = -1;
    seal_memory_init(&in, mail, strlen(mail));
    armour_init(&a, &in.source, &status, SEAL_MALFORMED);
    if (!armour_detect(&a) || a.kind != ARMOUR_CLEAR)
        return NULL;
    while ((n = armour_part_read(&a, text + have, 2 * ARMOUR_LINE)) > 0)
        have += n;
    if (status.result != SEAL_OK)
        return NULL;
    for (size_t i = 0; i < have; i++)
        if (text[i] != '\r' || text[i + 1] != '\n')
            shown[out++] = (char)text[i] == '\n' ? '|' : (char)text[i];
    shown[out] = 0;
    *sig_len = 0;
    if (!armour_part_next(&a))
        *sig_len = -1;
    while (*sig_len >= 0 && (n = a.source.read(&a.source, sig + *sig_len, 3)) > 0)
        *sig_len += (int)n;
    if (!armour_drain(&a))
        *sig_len = -1;
    return shown;
}

#define SIGNED_HEAD "Content-Type: multipart/signed; micalg=sha-256;\n\tBoundary=\"a b\"\n\npreamble\n--a b\n"
#define SIGNED_TAIL                                                                                                    \
    "\n--a b\nContent-Type: application/pkcs7-signature\nContent-Transfer-Encoding: base64\n\nMAA=\n\n--a "            \
    "b--\nepilogue\n"

static void clear_signed(void)
{
    static char long_line[3 * ARMOUR_LINE], mail[4 * ARMOUR_LINE];
    static const struct {
        const char *mail, *text;
    } good[] = {
        {SIGNED_HEAD "hello" SIGNED_TAIL, "hello"},
        {SIGNED_HEAD "hello\n" SIGNED_TAIL, "hello|"},
        {SIGNED_HEAD "\r\nhello\r\n\r\n" SIGNED_TAIL, "|hello||"},
        {SIGNED_HEAD "a\rb\r\r\nc" SIGNED_TAIL, "a\rb\r|c"},
        {SIGNED_HEAD "--a\n-- a b\n --a b" SIGNED_TAIL, "--a|-- a b| --a b"},
        {SIGNED_HEAD SIGNED_TAIL, ""},
    };
    uint8_t sig[64];
    int len;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CU_ASSERT_STRING_EQUAL(clear_text(good[i].mail, sig, &len), good[i].text);
        CU_ASSERT(len == 2 && sig[0] == 0x30 && sig[1] == 0);
    }
    for (int n = ARMOUR_LINE - 5; n < ARMOUR_LINE + 5;
         n++) { /* a line longer than is held at once, with a CR at each place */
        memset(long_line, 'x', 2 * ARMOUR_LINE);
        long_line[2 * ARMOUR_LINE] = 0;
        long_line[n] = '\r';
        snprintf(mail, sizeof mail, "%s%s%s", SIGNED_HEAD, long_line, SIGNED_TAIL);
        CU_ASSERT_STRING_EQUAL(clear_text(mail, sig, &len), long_line);
        CU_ASSERT_EQUAL(len, 2);
    }
}

static void clear_signed_cut_off(void)
{
    static const char whole[] = SIGNED_HEAD "hello" SIGNED_TAIL;
    char cut[sizeof whole];
    uint8_t sig[64];
    int len;
    for (size_t n = 0; n < sizeof whole - sizeof "\nepilogue\n"; n++) {
        snprintf(cut, sizeof cut, "%.*s", (int)n, whole);
        (void)clear_text(cut, sig, &len);
        CU_ASSERT_EQUAL(len, -1);
        CU_ASSERT_NOT_EQUAL(status.result, SEAL_OK);
    }
}

SW_TEST_SUITE(armour){
    SW_TEST(pem_both_ways),   SW_TEST(pem_text),     SW_TEST(other_clothes),
    SW_TEST(what_is_refused), SW_TEST(clear_signed), SW_TEST(clear_signed_cut_off),
};
