/*
 * The lines in front of a body that are signed with it:
 *
 *     Sealwax-Version: 1
 *     From: bank; sha256=<certificate>
 *     To: alice; sha256=<certificate>            one for each recipient
 *     Date: 2026-11-21T02:02:20Z
 *     Expires: 2026-11-21T02:04:20Z              if it does
 *     Message-ID: <0123456789abcdef@sealwax>
 *     (an empty line)
 *
 * Names are for people; what is checked is the SHA-256 of the certificate. Lines end with CR LF; those that are not
 * known are passed over.
 */
#ifndef SW_APPS_SEAL_HEADER_H
#define SW_APPS_SEAL_HEADER_H

#include "apps/seal/seal.h"

enum { HEADER_MAX = 32 << 10, FINGERPRINT_MAX = 65, TIME_MAX = 24 };

/* fingerprint: SHA-256 of a certificate in hexadecimal. seal_time_text: RFC 3339 in UTC, "" for 0. */
enum sw_err fingerprint(const struct sw_cert *cert, char out[FINGERPRINT_MAX]) SW_MUST_USE;
void seal_time_text(int64_t time, char out[TIME_MAX]);

/* header_write: the lines into a sink. */
bool header_write(const struct seal_params *p, struct seal_sink *out, struct seal_status *st);

/* Takes the lines off a body that streams by. Start zeroed but for out and st. */
struct header {
    struct seal_sink *out; /* where the body goes */
    struct seal_status *st;
    enum { HEADER_UNDECIDED, HEADER_INSIDE, HEADER_DONE, HEADER_NONE } state;
    uint64_t size; /* of the body */
    size_t len;
    char text[HEADER_MAX + 1];
};

/* header_feed: the next bytes of what is signed. header_end: no more come. */
bool header_feed(struct header *h, const uint8_t *p, size_t len);
bool header_end(struct header *h);

/*
 * header_check: whether the signer means us, and is who he says; fills in the verdict. After the signature has been
 * checked.
 */
bool header_check(struct header *h, const struct seal_open_params *p, const struct sw_cert *signer,
                  struct seal_verdict *v);

#endif
