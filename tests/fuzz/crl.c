/* Revocation lists: any bytes are parsed or refused, and every entry of a parsed one is found again. */
#include "ttp/crl_index.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_crl crl;
    struct sw_crl_index *index;
    struct sw_crl_entry entry, found, indexed;
    struct sw_reader r;
    size_t n = 0, looked_at;

    if (sw_crl_parse(&crl, data, size) != SW_OK || sw_crl_index_new(&index, &crl) != SW_OK)
        return 0;
    for (r = sw_reader_of_slice(crl.entries); sw_crl_next(&r, &entry); n++) {
        if (n < 100 && !sw_crl_find(&crl, entry.serial, &found))
            abort();
        if (!sw_crl_index_find(index, entry.serial, &indexed, &looked_at) || looked_at == 0 ||
            (n < 100 && indexed.serial.p != found.serial.p))
            abort();
        if (sw_crl_reason_text(entry.reason) == NULL)
            abort();
    }
    if (n != crl.entries_len)
        abort();
    sw_crl_index_free(index);
    return 0;
}
