/*
 * Keys and certificates on PKCS#11 tokens: a URI (RFC 7512) where a file name goes. The private key stays on the card;
 * what comes out is a struct sw_privkey whose operations the card performs.
 *
 * The PIN comes from the URI's pin-source (a file), from --passin, or from the terminal; never from the command line.
 * One that the card has refused is not tried again: cards lock themselves after a few.
 */
#ifndef SW_APPS_CARD_CARD_H
#define SW_APPS_CARD_CARD_H

#include "apps/cli/options.h"
#include "base/pkey.h"
#include "ttp/file.h"

/* card_is_uri: whether the value of an option means a card and not a file. */
bool card_is_uri(const char *text);

/*
 * card_read_cert: the one certificate object that a URI describes, followed by those of its issuers that are on the
 * same token, as PEM. No PIN is needed. Returns an exit code, the failure said; free out with sw_file_free.
 */
int card_read_cert(const struct app *app, const char *uri, struct sw_file *out);

/* A private key on a card, and what the card cannot do with it. */
struct card_key {
    struct sw_privkey *key; /* with one reference */
    const char *sigalgs;    /* names of the only signature schemes it makes, or NULL: all that fit its kind */
    bool decrypts;          /* RSA key transport works */
};

/*
 * card_read_key: the private key that a URI describes; logs in.
 *   attend   somebody waits for the result: a card that is pulled out while in use is asked for on the terminal. A
 *            server goes on serving others instead, and uses the card again once it is back
 *   chain    the certificate of the key, PEM or DER; if empty, filled as by card_read_cert with the certificate that
 *            has the key's CKA_ID
 *   out      the key may be used by several threads, one operation at a time; it does not need app any longer
 * Returns an exit code, the failure said.
 */
int card_read_key(const struct app *app, const char *uri, bool attend, struct sw_file *chain, struct card_key *out);

/*
 * card_read_pair: the same with the value of --cert, a file or a URI; if it is the key's own, the certificate that
 * belongs to the key. chain receives the certificates in any case; free it with sw_file_free.
 */
int card_read_pair(const struct app *app, const char *cert, const char *uri, bool attend, struct sw_file *chain,
                   struct card_key *out);

/*
 * Another key, kept under a key on a card (wrap.c): RSA, which the URI names as a private key, or AES. What is wrapped
 * is worth nothing without the card.
 *   method  how it was done: a name
 */
enum { CARD_WRAPPED_MAX = 1024 };
struct card_wrapped {
    char method[32];
    uint8_t bytes[CARD_WRAPPED_MAX];
    size_t len;
};

/*
 * card_wrap: len bytes, at most 64, under the key that a URI describes; logs in, and sees to it that the card can unwrap
 * them. card_unwrap: back, exactly len bytes; 4 if they were changed or wrapped under another key. Exit codes; said.
 */
int card_wrap(const struct app *app, const char *uri, const uint8_t *in, size_t len, struct card_wrapped *out);
int card_unwrap(const struct app *app, const char *uri, const struct card_wrapped *in, uint8_t *out, size_t len);

#endif
