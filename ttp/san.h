/*
 * Names of a subject: as people write them ("dns:example.org", "ip:192.0.2.1", "email:a@example.org",
 * "uri:https://..."; without a prefix an IP literal is ip, one with @ is email, one with :// is uri, the rest dns) and
 * as GeneralName of a certificate (RFC 5280 4.2.1.6).
 */
#ifndef SW_TTP_SAN_H
#define SW_TTP_SAN_H

#include "base/bytes.h"
#include "ttp/name.h"

enum { SW_SAN_VALUE_MAX = 512, SW_SAN_TEXT_CAP = SW_SAN_VALUE_MAX + 16 };

/*
 * A name as it stands in a certificate: 4 or 16 bytes for ip (8 or 32, address and mask, in a constraint), characters
 * for the others.
 */
struct sw_san {
    unsigned kind; /* SW_GN_EMAIL, _DNS, _URI, _IP */
    size_t len;
    uint8_t value[SW_SAN_VALUE_MAX];
};

/*
 * sw_san_parse: a name as people write it. Host names become lower case; a wildcard stands for the whole first label
 * alone.
 * sw_san_parse_constraint: the same for a permitted or excluded subtree: dns:example.org (it and all below),
 * ip:10.0.0.0/8, email:a@example.org or email:example.org (all at that host), uri:example.org.
 * Return NULL, or the reason why it is none, for a person.
 */
const char *sw_san_parse(struct sw_san *out, const char *text);
const char *sw_san_parse_constraint(struct sw_san *out, const char *text);

/*
 * sw_san_after_kind: text behind its "dns:", "ip:", "email:" or "uri:"; all of it where it begins with none of these.
 */
const char *sw_san_after_kind(const char *text);

/* sw_san_write: the GeneralName. */
void sw_san_write(struct sw_writer *w, const struct sw_san *name);

/*
 * sw_san_text: any GeneralName as people write it, NUL-terminated, cut to cap; kinds that cannot be written in full are
 * named: "dir:CN=...", "other name". What is no printable ASCII becomes '?': a name must not move the cursor, nor break
 * a list. Returns out.
 */
char *sw_san_text(const struct sw_general_name *name, char *out, size_t cap);

/* sw_san_eq: the same name; hosts without regard to case. */
bool sw_san_eq(const struct sw_san *a, const struct sw_san *b);

#endif
