/*
 * PKCS#12: any bytes as a file; and any bytes as the contents of one whose MAC is right, for behind that MAC lies the
 * greater part of the reader. Rounds of key derivation take the time they say: inputs that may ask for more than 2^17
 * are left out.
 */
#include "ttp/pkcs12.h"
#include "tests/ttp/p12.h"
#include "ttp/cert.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_one(const uint8_t *der, size_t len)
{
    struct sw_pkcs12 p12;
    struct sw_cert cert;
    volatile uint8_t sum = 0;

    if (sw_pkcs12_decode(&p12, der, len, p12_pass) == SW_OK)
        for (size_t i = 0; i < p12.certs_len; i++) {
            for (size_t k = 0; k < p12.certs[i].len; k++)
                sum = (uint8_t)(sum + p12.certs[i].p[k]);
            (void)!sw_cert_parse(&cert, p12.certs[i].p, p12.certs[i].len);
        }
    sw_pkcs12_free(&p12);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t cap = size + 256;
    uint8_t *file;

    for (size_t i = 0; i + 4 < size; i++)
        if (data[i] == SW_DER_INTEGER && (data[i + 1] == 4 || (data[i + 1] == 3 && data[i + 2] > 1)))
            return 0;
    file = malloc(cap);
    if (file == NULL)
        return 0;
    (void)sw_pkcs12_looks(data, size);
    read_one(data, size);
    read_one(file, p12_wrap((struct sw_slice){data, size}, file, cap));
    free(file);
    return 0;
}
