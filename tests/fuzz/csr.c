/* Certificate requests: any bytes are parsed or refused, and what was parsed can be verified, shown and walked. */
#include "ttp/csr.h"
#include "ttp/san.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_csr csr;
    char text[256];

    if (sw_csr_parse(&csr, data, size) != SW_OK)
        return 0;
    (void)(sw_csr_verify(&csr) == SW_OK);
    sw_cert_name_text(csr.subject, text, sizeof text);
    struct sw_reader names = sw_reader_of_slice(csr.san);
    struct sw_general_name name;
    while (sw_general_name_next(&names, &name)) {
        sw_san_text(&name, text, sizeof text);
        for (const char *p = text; *p && name.kind != SW_GN_DIRECTORY; p++)
            if (*p < 0x20 || *p > 0x7e)
                abort();
    }
    return 0;
}
