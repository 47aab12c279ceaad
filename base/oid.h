/*
 * Object identifiers as the contents of their DER encoding. A table row holds one; they are only ever compared and
 * written.
 */
#ifndef SW_BASE_OID_H
#define SW_BASE_OID_H

#include "base/bytes.h"
#include <string.h>

enum { SW_OID_MAX = 11 }; /* those of S/MIME are the longest (RFC 5083 2) */

/* len 0 is no identifier at all: sw_oid_is is false for it whatever is compared. */
struct sw_oid {
    uint8_t len, der[SW_OID_MAX];
};

/* sw_oid_is: whether the contents of an OBJECT IDENTIFIER element are this one's. */
static inline bool sw_oid_is(struct sw_slice got, const struct sw_oid *want)
{
    return want->len > 0 && got.len == want->len && memcmp(got.p, want->der, got.len) == 0;
}

#endif
