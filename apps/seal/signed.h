/* SignedData (RFC 5652 5), one signer, with the content inside: written and read as it streams. */
#ifndef SW_APPS_SEAL_SIGNED_H
#define SW_APPS_SEAL_SIGNED_H

#include "apps/seal/alg.h"
#include "apps/seal/ber.h"
#include "apps/seal/seal.h"

/*
 * A sink that signs what is written into it. signed_begin writes what stands before the content, signed_end what stands
 * behind.
 */
struct signed_sink {
    struct seal_sink sink;
    struct seal_sink *out;
    struct seal_status *st;
    const struct seal_self *self;
    const struct sw_sigscheme *scheme;
    struct sw_hash hash;
    size_t have;
    uint8_t buf[SEAL_PIECE];
};
bool signed_begin(struct signed_sink *s, const struct seal_self *self, struct seal_sink *out, struct seal_status *st);
bool signed_end(struct signed_sink *s, int64_t now);

enum { SIGNED_CERTS_MAX = 16, SIGNED_CERTS_BYTES = 128 << 10, SIGNED_INFO_MAX = 32 << 10 };

/* What was read around the content. */
struct signed_data {
    struct sw_hash hash[3]; /* over the content, one for each digest algorithm it names */
    unsigned hashes;
    bool detached;
    struct sw_cert cert[SIGNED_CERTS_MAX];
    size_t certs, certs_len, info_len;
    uint8_t certs_buf[SIGNED_CERTS_BYTES];
    uint8_t info[SIGNED_INFO_MAX]; /* the one SignerInfo */
};

/* content_type_is: read a ContentType, which must be this one; otherwise says why it is refused. */
bool content_type_is(struct ber *in, const struct sw_oid *want, const char *otherwise);

/*
 * signed_open: read up to the content. signed_content: the next bytes of the content, hashed; 0 at its end or after a
 * failure. signed_close: read the rest.
 */
bool signed_open(struct signed_data *s, struct ber *in);
size_t signed_content(struct signed_data *s, struct ber *in, uint8_t *buf, size_t cap);
bool signed_close(struct signed_data *s, struct ber *in);

/*
 * With the text beside the signature it is the other way round: signed_detached_begin, signed_detached_content for each
 * piece of the text, then signed_detached_open instead of signed_open, and signed_close.
 */
bool signed_detached_begin(struct signed_data *s, struct seal_status *st);
bool signed_detached_content(struct signed_data *s, const uint8_t *p, size_t len, struct seal_status *st);
bool signed_detached_open(struct signed_data *s, struct ber *in);

/*
 * signed_verify: find the signer's certificate and check the signature with it; no word yet about whether to believe
 * the certificate.
 *   signer   receives a place in s->cert
 *   at       receives the signingTime attribute, 0 if there is none
 */
bool signed_verify(struct signed_data *s, const struct sw_cert **signer, int64_t *at, struct seal_status *st);

#endif
