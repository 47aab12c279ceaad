/*
 * Names in certificates: does a certificate speak for a host, an address, a mailbox, a URI? RFC 9525, RFC 5280 4.2.1.6;
 * never by the CN.
 */
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

/*
 * sw_general_name_next: the next of a GeneralNames' contents; false at the end, or where it is malformed (the reader
 * failed).
 */
bool sw_general_name_next(struct sw_reader *names, struct sw_general_name *out);

/*
 * sw_name_matches: whether a certificate is for a name: a DNS name, an IP literal, or one with a prefix "dns:", "ip:",
 * "email:", "uri:". DNS names match without regard to case, a wildcard stands for exactly one whole leftmost label; a
 * trailing dot of the wanted name is dropped.
 */
bool sw_name_matches(const struct sw_cert *cert, const char *name);

/*
 * sw_dns_valid: letters, digits, hyphens and underscores in labels of 1 to 63 bytes; `wildcard` allows a leftmost "*".
 */
bool sw_dns_valid(struct sw_slice name, bool wildcard);

/* sw_dns_eq: the same host name, without regard to case. */
bool sw_dns_eq(struct sw_slice a, struct sw_slice b);

/*
 * sw_email_split: the host of a mailbox that is local@host with a valid host; *local ends before the @. False if it is
 * none.
 */
bool sw_email_split(struct sw_slice mailbox, struct sw_slice *local, struct sw_slice *host);

/*
 * sw_text_characters: the characters of a text in UTF-8; 0 if it is none, or one of them is a control or turns the
 * direction of writing.
 */
size_t sw_text_characters(struct sw_slice text);

/* A Name being read: attribute after attribute (RFC 5280 4.1.2.4). */
struct sw_dn {
    struct sw_reader rdns, set; /* inside the SEQUENCE, and inside the current SET */
};

struct sw_attribute {
    struct sw_slice type; /* OID contents */
    unsigned tag;
    struct sw_slice value;
};

/*
 * sw_dn_open: start reading a Name (header included). sw_dn_next: its next attribute; false at the end, or where it is
 * malformed (rdns failed).
 */
struct sw_dn sw_dn_open(struct sw_slice name);
bool sw_dn_next(struct sw_dn *dn, struct sw_attribute *out);

/*
 * sw_dn_eq: sw_cert_name_eq, for who counts work. sw_dn_within: whether a Name begins with all of base (RFC 5280
 * 4.2.1.10).
 *   read  receives how many bytes of b, or base, were looked at: where the names part, the comparison ends
 */
bool sw_dn_eq(struct sw_slice a, struct sw_slice b, size_t *read);

bool sw_dn_within(struct sw_slice name, struct sw_slice base, size_t *read);

/* sw_dn_is_plain: whether people can be shown all of it as it is: no controls, no marks of direction, no value of a thousand bytes. */
bool sw_dn_is_plain(struct sw_slice name);

/* sw_dn_hash: the same number for equal Names; for others, too, if somebody takes pains. */
uint64_t sw_dn_hash(struct sw_slice name);

#endif
