/*
 * Certificates: any bytes are parsed or refused; what a parsed one says of itself lies inside it, and can be shown,
 * compared and matched.
 */
#include "ttp/name.h"
#include "ttp/san.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct sw_slice s, const uint8_t *data, size_t size)
{
    if (s.len > 0 && (s.p < data || s.p + s.len > data + size))
        abort();
}

static void shown(const char *text, size_t cap)
{
    if (memchr(text, '\0', cap) == NULL)
        abort();
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"www.example.org", "192.0.2.1", "email:a@example.org",
                                        "uri:https://example.org/", "2001:db8::1"};
    struct sw_cert c;
    struct sw_reader san;
    struct sw_general_name name;
    char text[40];

    if (sw_cert_parse(&c, data, size) != SW_OK)
        return 0;
    inside(c.tbs, data, size);
    inside(c.serial, data, size);
    inside(c.san, data, size);
    inside(c.ski, data, size);
    inside(c.name_constraints, data, size);
    inside(c.key.n, data, size);
    inside(c.key.point, data, size);
    inside(c.sig, data, size);
    sw_cert_common_name(c.subject, text, sizeof text);
    shown(text, sizeof text);
    sw_cert_name_text(c.issuer, text, sizeof text);
    shown(text, sizeof text);
    sw_cert_display_name(&c, text, sizeof text);
    shown(text, sizeof text);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)sw_name_matches(&c, names[i]);
    for (san = sw_reader_of_slice(c.san); sw_general_name_next(&san, &name);)
        shown(sw_san_text(&name, text, sizeof text), sizeof text);
    if (!sw_cert_name_eq(c.subject, c.subject) ||
        sw_cert_name_eq(c.subject, c.issuer) != sw_cert_name_eq(c.issuer, c.subject))
        abort();
    return 0;
}
