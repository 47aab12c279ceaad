/* Object identifiers as their DER contents. A table row holds one; comparing is all that is ever done with them. */
#ifndef SW_TTP_OID_H
#define SW_TTP_OID_H

#include "base/bytes.h"
#include <string.h>

enum { SW_OID_MAX = 10 };

struct sw_oid {
    uint8_t len, der[SW_OID_MAX];
};

/* sw_oid_is: whether OBJECT IDENTIFIER contents are this one. */
static inline bool sw_oid_is(struct sw_slice got, const struct sw_oid *want)
{
    return got.len == want->len && memcmp(got.p, want->der, got.len) == 0;
}

#endif
