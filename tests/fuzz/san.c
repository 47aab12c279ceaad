/* Names as people write them: what is taken comes out of a certificate as a name that is the same. */
#include "ttp/san.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text, bool constraint)
{
    struct sw_san name, again;
    uint8_t der[SW_SAN_VALUE_MAX + 8];
    char back[SW_SAN_TEXT_CAP];
    struct sw_general_name found;
    const char *why = constraint ? sw_san_parse_constraint(&name, text) : sw_san_parse(&name, text);

    if (why) {
        if (!*why)
            abort();
        return;
    }
    struct sw_writer w = sw_writer_of(der, sizeof der);
    sw_san_write(&w, &name);
    struct sw_reader r = sw_reader_of(der, w.len);
    if (!sw_writer_ok(&w) || !sw_general_name_next(&r, &found) || !sw_reader_end(&r))
        abort();
    sw_san_text(&found, back, sizeof back);
    why = constraint ? sw_san_parse_constraint(&again, back) : sw_san_parse(&again, back);
    if (why || !sw_san_eq(&name, &again))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    check(text, false);
    check(text, true);
    free(text);
    return 0;
}
