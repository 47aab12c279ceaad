/* IP addresses between text and the bytes that certificates hold. */
#ifndef SW_TTP_IP_H
#define SW_TTP_IP_H

#include <stddef.h>
#include <stdint.h>

enum { SW_IP_MAX = 16, SW_IP_TEXT_CAP = 46 };

/*
 * sw_ip_parse: "192.0.2.1" (four decimal numbers without leading zeros) or IPv6 in any form of RFC 4291 2.2, without a
 * zone.
 *   text  len characters
 * Returns the number of bytes written to out, 4 or 16, or 0 if it is no address.
 */
size_t sw_ip_parse(const char *text, size_t len, uint8_t out[SW_IP_MAX]);

/* sw_ip_text: an address of 4 or 16 bytes as text, IPv6 in the form of RFC 5952. Returns out. */
char *sw_ip_text(const uint8_t *ip, size_t len, char out[SW_IP_TEXT_CAP]);

#endif
