/*
 * Private to apps/card/: a token that a URI describes, found in one of PKCS#11's modules, with a session open on it.
 *
 * Cryptoki is called directly, through the function lists that p11-kit gives, and not through wolfCrypt's wc_pkcs11.h:
 * that loads one library by its path and takes the token by its label alone, opens a session and logs in for every
 * operation (so a wrong PIN would be tried again and again), returns one error for all that can go wrong with a PIN or
 * a card, and neither signs with PSS nor keeps the padding of a decrypted premaster secret.
 */
#ifndef SW_APPS_CARD_TOKEN_H
#define SW_APPS_CARD_TOKEN_H

#include "apps/card/card.h"
#include "apps/cli/passphrase.h"
#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>
#include <pthread.h>

enum { CARD_NAME_MAX = 32, CARD_ID_MAX = 256, CARD_NO_SESSION = 0 /* CK_INVALID_HANDLE */ };

struct card {
    /* how to speak: the program's name and manner. Its options are not there any more when the key is used */
    struct app speak;
    P11KitUri *uri;
    CK_FUNCTION_LIST **modules; /* those of p11-kit's registry, or NULL */
    CK_FUNCTION_LIST *module;   /* that of module-path, or NULL */
    CK_FUNCTION_LIST *fn;       /* the one the token is in */
    CK_SLOT_ID slot;
    CK_TOKEN_INFO info;
    char name[CARD_NAME_MAX + 1]; /* the token's label; before it is found, what the URI calls it */
    CK_SESSION_HANDLE session;
    bool attend;
    /* one the card has taken: to log in again after it was away, and for keys that want it each time */
    struct cli_pass pin;

    /* the key, see key.c */
    pthread_mutex_t lock;
    CK_OBJECT_HANDLE key;
    unsigned char id[CARD_ID_MAX]; /* its CKA_ID */
    size_t id_len;
    unsigned bits;     /* of the modulus or the field */
    bool always_login; /* CKA_ALWAYS_AUTHENTICATE */
    /* what the token does with RSA keys: sign with two kinds of padding, decrypt, and sign without padding */
    bool pkcs1, pss, raw, raw_sign;
};

/* card_new: read a URI; nothing is looked for yet. card_free takes NULL. */
int card_new(const struct app *app, const char *uri, struct card **out);
void card_free(struct card *card);

/*
 * card_insert: find the token and open a session on it. One that is not there is asked for on the terminal if ask is
 * set.
 * card_eject: end the session and let go of the modules.
 */
int card_insert(struct card *card, bool ask);
void card_eject(struct card *card);

/*
 * card_gone: whether a result says that card or session are no longer there. card_fail: say what it means; returns an
 * exit code.
 */
bool card_gone(CK_RV rv);
int card_fail(const struct card *card, CK_RV rv, const char *doing);

/*
 * card_login: log in with the PIN of pin-source, of --passin or of the terminal. card_login_again: with the one taken
 * before.
 * card_login_for_one: once more, for the operation just begun, as keys with CKA_ALWAYS_AUTHENTICATE want it.
 */
int card_login(const struct app *app, struct card *card);
int card_login_again(struct card *card);
CK_RV card_login_for_one(struct card *card);

/*
 * card_find: the only object of a class that has the URI's label and id, or with id not NULL just that CKA_ID.
 * card_find_wrapping: the only private or secret key that the URI describes, whichever there is.
 * card_attribute: a value of an object, empty if there is none or it does not fit cap; returns its length.
 */
int card_find(struct card *card, CK_OBJECT_CLASS class, const unsigned char *id, size_t id_len, CK_OBJECT_HANDLE *out);
int card_find_wrapping(struct card *card, CK_OBJECT_HANDLE *out);
size_t card_attribute(struct card *card, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, void *out, size_t cap);

/*
 * card_match: handles of objects that have all these attributes, at most max; the number found, 0 too if the card
 * fails.
 */
size_t card_match(struct card *card, CK_ATTRIBUTE *attrs, size_t n, CK_OBJECT_HANDLE *out, size_t max);

/* card_chain: a certificate object and its issuers on the same token, as PEM. */
int card_chain(struct card *card, CK_OBJECT_HANDLE cert, struct sw_file *out);

#endif
