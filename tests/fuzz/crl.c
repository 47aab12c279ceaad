/* Revocation lists: any bytes are parsed or refused, and every entry of a parsed one is found again. */
#include "ttp/crl.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_crl crl;
    struct sw_crl_entry entry, found;
    struct sw_reader r;
    size_t n = 0;

    if (sw_crl_parse(&crl, data, size) != SW_OK)
        return 0;
    for (r = sw_reader_of_slice(crl.entries); sw_crl_next(&r, &entry); n++) {
        if (n < 100 && !sw_crl_find(&crl, entry.serial, &found))
            abort();
        if (sw_crl_reason_text(entry.reason) == NULL)
            abort();
    }
    if (n != crl.entries_len)
        abort();
    return 0;
}
