/* Names in certificates: does a certificate speak for a host, an address, a mailbox, a URI? RFC 9525, RFC 5280 4.2.1.6; never by the CN. */
#ifndef SW_TTP_NAME_H
#define SW_TTP_NAME_H

#include "ttp/cert.h"

/* GeneralName's tags (RFC 5280 4.2.1.6). */
enum {
    SW_GN_OTHER = 0,
    SW_GN_EMAIL = 1,
    SW_GN_DNS = 2,
    SW_GN_X400 = 3,
    SW_GN_DIRECTORY = 4,
    SW_GN_EDI = 5,
    SW_GN_URI = 6,
    SW_GN_IP = 7,
    SW_GN_REGISTERED = 8
};

struct sw_general_name {
    unsigned kind;         /* SW_GN_ */
    struct sw_slice value; /* contents; a directoryName's is the Name with its header */
};

/* sw_general_name_next: the next of a GeneralNames' contents; false at the end, or where it is malformed (the reader failed). */
bool sw_general_name_next(struct sw_reader *names, struct sw_general_name *out);

/*
 * sw_name_matches: whether a certificate is for a name: a DNS name, an IP literal, or one with a prefix "dns:", "ip:", "email:", "uri:".
 * DNS names match without regard to case, a wildcard stands for exactly one whole leftmost label; a trailing dot of the wanted name is dropped.
 */
bool sw_name_matches(const struct sw_cert *cert, const char *name);

/* sw_dns_valid: letters, digits, hyphens and underscores in labels of 1 to 63 bytes; `wildcard` allows a leftmost "*". */
bool sw_dns_valid(struct sw_slice name, bool wildcard);

#endif
