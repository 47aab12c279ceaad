/*
 * RecipientInfo (RFC 5652 6.2): how the key of a message reaches each recipient: RSA-OAEP for RSA certificates,
 * one-pass ECDH for EC ones (RFC 5753). PKCS#1 v1.5 and other hashes are read as well.
 */
#ifndef SW_APPS_SEAL_RECIPIENT_H
#define SW_APPS_SEAL_RECIPIENT_H

#include "apps/seal/seal.h"

enum { RECIPIENT_MAX = 4096 /* of one RecipientInfo, RSA-8192 and a long name */, RECIPIENT_KEY_MAX = 64 };

/* recipient_write: one RecipientInfo that carries a key to a certificate. */
bool recipient_write(struct sw_writer *w, const struct sw_cert *to, const uint8_t *key, size_t key_len,
                     struct seal_status *st);

/*
 * issuer_and_serial_write: how CMS names a certificate (10.2.4). sid_is: whether a SignerIdentifier or
 * RecipientIdentifier names this one.
 */
void issuer_and_serial_write(struct sw_writer *w, const struct sw_cert *cert);
bool sid_is(struct sw_reader *r, const struct sw_cert *cert);

/* What was found for us. */
struct recipient_key {
    bool found;
    const char *transport; /* "RSA-OAEP (SHA-256)" */
    size_t len;
    uint8_t key[RECIPIENT_KEY_MAX];
};

/*
 * recipient_read: look at one RecipientInfo; if it is for us, take the key out of it. A key that cannot be taken out is
 * one of random bytes instead, so that what fails is the message (RFC 3218 2.3.2): nobody learns from us whether the
 * padding was right. False: malformed, or ours but in a way that is not supported.
 */
bool recipient_read(struct sw_slice info, const struct seal_self *self, struct recipient_key *out,
                    struct seal_status *st);

#endif
