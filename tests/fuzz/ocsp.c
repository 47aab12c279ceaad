/* OCSP responses: any bytes are parsed or refused, and none that is not signed for this certificate is believed. */
#include "ttp/ocsp.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t serial[] = {1};
    struct sw_cert nobody = {.serial = {serial, 1}};
    struct sw_ocsp ocsp;
    struct sw_ocsp_single answer;
    const char *why;

    if (sw_ocsp_parse(&ocsp, data, size) != SW_OK)
        return 0;
    if (sw_ocsp_verify(&ocsp, &nobody, &nobody, ocsp.produced_at, ocsp.nonce, &answer, &why) == SW_OK || why == NULL)
        abort();
    return 0;
}
