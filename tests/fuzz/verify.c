/*
 * Path validation over arbitrary certificates: the input is a list of DER elements. The first is the leaf, half of the
 * others are trusted, half are not; revocation lists are taken as such. Signatures count as little as the fuzzer can
 * make them: what is found is a crash, a loop or a path of the wrong shape. The input's last byte chooses purpose,
 * profile and time.
 */
#include "ttp/verify.h"
#include "ttp/der.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CERTS = 32 };

static void judge(const struct sw_cert *leaf, const struct sw_verify_params *params)
{
    struct sw_verify_result result;
    enum sw_err err = sw_verify(leaf, params, &result);

    if (err != result.err || memchr(result.reason, '\0', sizeof result.reason) == NULL)
        abort();
    if (err == SW_OK && (result.path_len == 0 || result.path_len > SW_PATH_MAX || result.path[0] != leaf))
        abort();
    if (err != SW_OK && err != SW_ERR_MEMORY && result.reason[0] == '\0')
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"example.com", "email:a@example.com"};
    static struct sw_cert certs[CERTS];
    struct sw_trust *trust = sw_trust_new();
    struct sw_reader r = sw_reader_of(data, size > 0 ? size - 1 : 0);
    uint8_t choice = size > 0 ? data[size - 1] : 0;
    size_t n = 0;

    while (trust != NULL && n < CERTS && sw_reader_left(&r) > 0) {
        unsigned tag;
        struct sw_slice whole;

        (void)sw_der_read_any(&r, &tag, &whole);
        if (whole.len == 0)
            break;
        if (n > 0 && sw_trust_add_crl(trust, whole.p, whole.len) == SW_OK)
            continue;
        if (n % 2 == 1)
            (void)!sw_trust_add(trust, whole.p, whole.len);
        n += sw_cert_parse(&certs[n], whole.p, whole.len) == SW_OK;
    }
    if (n > 0) {
        struct sw_verify_params params = {.trust = trust,
                                          .untrusted = certs + 1,
                                          .untrusted_len = n - 1,
                                          .time = (choice & 4) ? certs[0].not_before : 1735689600,
                                          .purpose = (enum sw_purpose)(choice & 3),
                                          .names = names,
                                          .names_len = (choice & 8) ? 2 : 0,
                                          .strict = (choice & 16) != 0};

        judge(&certs[0], &params);
    }
    sw_trust_free(trust);
    return 0;
}
