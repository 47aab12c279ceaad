/*
 * A private key on a card as the operations of a struct sw_privkey. The card signs what it is given: DigestInfo and
 * ECDSA's DER are made here, PSS by the card, or here where it signs without padding. A premaster secret is decrypted
 * without padding, and base/pkey_rsa.c takes that off in constant time: a card's own PKCS#1 decryption says whether the
 * padding was right, which is all that Bleichenbacher's attack needs.
 *
 * Between two operations the card may have been away. It is looked for once more, and logged in to with the PIN it has
 * taken before.
 */
#include "apps/card/token.h"
#include "base/rsa_pad.h"
#include "base/wipe.h"
#include "ttp/cert.h"
#include "ttp/der.h"
#include "ttp/pem.h"
#include <stdlib.h>
#include <string.h>

enum { BLOCK_MAX = SW_RSA_MAX_BITS / 8, LEAF_MAX = 65536 };

/* --- one operation ------------------------------------------------------------------------------------------------ */

struct job {
    bool decrypt;
    CK_MECHANISM mechanism;
    const uint8_t *in;
    size_t in_len;
    uint8_t *out;
    CK_ULONG out_len; /* room, then what came */
};

static CK_RV perform_once(struct card *card, struct job *job)
{
    CK_FUNCTION_LIST *fn = card->fn;
    unsigned char *in = (unsigned char *)(uintptr_t)job->in; /* Cryptoki knows no const */
    if (!fn || card->session == CARD_NO_SESSION)
        return CKR_DEVICE_REMOVED;
    CK_RV rv = job->decrypt ? fn->C_DecryptInit(card->session, &job->mechanism, card->key)
                            : fn->C_SignInit(card->session, &job->mechanism, card->key);
    if (rv == CKR_OK && card->always_login)
        rv = card_login_for_one(card);
    if (rv != CKR_OK)
        return rv;
    return job->decrypt ? fn->C_Decrypt(card->session, in, job->in_len, job->out, &job->out_len)
                        : fn->C_Sign(card->session, in, job->in_len, job->out, &job->out_len);
}

static int find_key(struct card *card);

static int come_back(struct card *card)
{
    int code = card_insert(card, card->attend);
    if (!code)
        code = card_login_again(card);
    return code ? code : find_key(card);
}

/* The numbers a card refuses to decrypt are the sender's doing, and are not spoken of: see base/pkey.h. */
static bool is_refusal(CK_RV rv)
{
    return rv == CKR_ENCRYPTED_DATA_INVALID || rv == CKR_ENCRYPTED_DATA_LEN_RANGE || rv == CKR_DATA_INVALID ||
           rv == CKR_DATA_LEN_RANGE;
}

static enum sw_err perform(struct card *card, struct job *job)
{
    CK_ULONG room = job->out_len;
    int code = APP_DONE;
    pthread_mutex_lock(&card->lock);
    CK_RV rv = perform_once(card, job);
    if (card_gone(rv) && (code = come_back(card)) == APP_DONE) {
        job->out_len = room;
        rv = perform_once(card, job);
    }
    pthread_mutex_unlock(&card->lock);
    if (code)
        return SW_ERR_CALLBACK; /* and why has been said */
    if (rv == CKR_OK && job->out_len <= room)
        return SW_OK;
    if (job->decrypt && is_refusal(rv))
        return SW_ERR_CRYPTO;
    card_fail(card, rv, job->decrypt ? "decrypting" : "signing");
    return SW_ERR_CALLBACK;
}

/* --- signing ------------------------------------------------------------------------------------------------------ */

static enum sw_err sign_with(struct card *card, CK_MECHANISM_TYPE type, void *params, size_t params_len,
                             const uint8_t *in, size_t len, uint8_t *sig, size_t *sig_len)
{
    struct job job = {
        .mechanism = {type, params, params_len}, .in = in, .in_len = len, .out = sig, .out_len = SW_SIG_MAX};
    enum sw_err err = perform(card, &job);
    *sig_len = err == SW_OK ? job.out_len : 0;
    return err;
}

/*
 * CKM_RSA_PKCS puts 00 01 FF..FF 00 before what it is given: the DigestInfo, which is the end of a block of any length.
 */
static enum sw_err sign_pkcs1(struct card *card, const struct sw_sigscheme *scheme, const uint8_t *digest, uint8_t *sig,
                              size_t *sig_len)
{
    uint8_t block[BLOCK_MAX];
    size_t at = 2;
    enum sw_err err = sw_rsa_pad_pkcs1_sign(scheme->hash, digest, block, sizeof block);
    if (err != SW_OK)
        return err;
    while (block[at] == 0xff)
        at++;
    at++;
    return sign_with(card, CKM_RSA_PKCS, NULL, 0, block + at, sizeof block - at, sig, sig_len);
}

static enum sw_err sign_pss_padded(struct card *card, const struct sw_sigscheme *scheme, const uint8_t *digest,
                                   uint8_t *sig, size_t *sig_len)
{
    uint8_t block[BLOCK_MAX];
    enum sw_err err = sw_rsa_pad_pss_sign(scheme->hash, digest, block, card->bits);
    if (err != SW_OK)
        return err;
    return sign_with(card, CKM_RSA_X_509, NULL, 0, block, (card->bits + 7u) / 8, sig, sig_len);
}

static enum sw_err sign_pss(struct card *card, const struct sw_sigscheme *scheme, const uint8_t *digest, uint8_t *sig,
                            size_t *sig_len)
{
    static const struct {
        CK_MECHANISM_TYPE hash;
        CK_RSA_PKCS_MGF_TYPE mgf;
    } rows[SW_HASH_COUNT] = {
        [SW_HASH_SHA1] = {CKM_SHA_1, CKG_MGF1_SHA1},      [SW_HASH_SHA224] = {CKM_SHA224, CKG_MGF1_SHA224},
        [SW_HASH_SHA256] = {CKM_SHA256, CKG_MGF1_SHA256}, [SW_HASH_SHA384] = {CKM_SHA384, CKG_MGF1_SHA384},
        [SW_HASH_SHA512] = {CKM_SHA512, CKG_MGF1_SHA512},
    };
    size_t len = sw_hash_len(scheme->hash);
    CK_RSA_PKCS_PSS_PARAMS params = {rows[scheme->hash].hash, rows[scheme->hash].mgf, len};
    if (!card->pss)
        return sign_pss_padded(card, scheme, digest, sig, sig_len);
    return sign_with(card, CKM_RSA_PKCS_PSS, &params, sizeof params, digest, len, sig, sig_len);
}

/*
 * CKM_ECDSA gives r and s side by side, each of the order's length; TLS wants a SEQUENCE of two INTEGERs (RFC 8422
 * 5.4).
 */
static enum sw_err ecdsa_der(const uint8_t *raw, size_t len, uint8_t *sig, size_t *sig_len)
{
    struct sw_writer w = sw_writer_of(sig, SW_SIG_MAX);
    size_t half = len / 2, mark;
    if (len == 0 || len % 2)
        return SW_ERR_CRYPTO;
    mark = sw_der_open(&w, SW_DER_SEQUENCE);
    sw_der_write_unsigned(&w, (struct sw_slice){raw, half});
    sw_der_write_unsigned(&w, (struct sw_slice){raw + half, half});
    sw_der_close(&w, mark);
    *sig_len = w.len;
    return sw_writer_ok(&w) ? SW_OK : SW_ERR_CRYPTO;
}

/* A hash longer than the order is cut to its leftmost bits (FIPS 186-5 6.4.1): not every card does that itself. */
static enum sw_err sign_ecdsa(struct card *card, const struct sw_sigscheme *scheme, const uint8_t *digest, uint8_t *sig,
                              size_t *sig_len)
{
    uint8_t raw[SW_SIG_MAX];
    size_t len = sw_hash_len(scheme->hash), order = (card->bits + 7u) / 8;
    enum sw_err err = sign_with(card, CKM_ECDSA, NULL, 0, digest, len < order ? len : order, raw, sig_len);
    return err == SW_OK ? ecdsa_der(raw, *sig_len, sig, sig_len) : err;
}

/* Ed448 names its variant in the parameters (PKCS#11 3.0, 2.3.14), for which p11-kit's header has no name yet. */
static enum sw_err sign_eddsa(struct card *card, const struct sw_sigscheme *scheme, const uint8_t *msg, size_t len,
                              uint8_t *sig, size_t *sig_len)
{
    struct {
        CK_BBOOL prehashed;
        CK_ULONG context_len;
        unsigned char *context;
    } params = {0};
    bool ed448 = scheme->key == SW_KEY_ED448;
    return sign_with(card, CKM_EDDSA, ed448 ? &params : NULL, ed448 ? sizeof params : 0, msg, len, sig, sig_len);
}

static enum sw_err card_sign(void *ctx, const struct sw_sigscheme *scheme, const uint8_t *msg, size_t len, uint8_t *sig,
                             size_t *sig_len)
{
    struct card *card = ctx;
    switch (scheme->padding) {
    case SW_SIG_PKCS1:
        return sign_pkcs1(card, scheme, msg, sig, sig_len);
    case SW_SIG_PSS:
        return sign_pss(card, scheme, msg, sig, sig_len);
    case SW_SIG_ECDSA:
        return sign_ecdsa(card, scheme, msg, sig, sig_len);
    case SW_SIG_EDDSA:
        break;
    }
    return sign_eddsa(card, scheme, msg, len, sig, sig_len);
}

/* --- decryption --------------------------------------------------------------------------------------------------- */

/*
 * Some cards leave out zeroes in front, of which a good block has one and a chance block seldom: how many is no more
 * than the card's own time tells.
 */
static enum sw_err card_rsa_raw(void *ctx, const uint8_t *in, uint8_t *out, size_t len)
{
    uint8_t plain[BLOCK_MAX] = {0};
    struct job job = {.decrypt = true,
                      .mechanism = {CKM_RSA_X_509, NULL, 0},
                      .in = in,
                      .in_len = len,
                      .out = plain,
                      .out_len = sizeof plain};
    enum sw_err err = perform(ctx, &job);
    if (err == SW_OK && job.out_len > len)
        err = SW_ERR_CRYPTO;
    if (err == SW_OK) {
        memset(out, 0, len);
        memcpy(out + len - job.out_len, plain, job.out_len);
    }
    sw_wipe(plain, sizeof plain);
    return err;
}

static enum sw_err no_rsa_raw(void *ctx, const uint8_t *in, uint8_t *out, size_t len)
{
    const struct card *card = ctx;
    (void)in;
    (void)out;
    (void)len;
    app_error(
        &card->speak, APP_REFUSED,
        "card %s: it does not decrypt without removing the padding itself (CKM_RSA_X_509), which is not safe for RSA "
        "key transport: use suites with ECDHE or DHE",
        card->name);
    return SW_ERR_UNSUPPORTED;
}

static void card_release(void *ctx)
{
    card_free(ctx);
}

static const struct sw_privkey_ops ops = {card_sign, card_rsa_raw, card_release},
                                   ops_sign_only = {card_sign, no_rsa_raw, card_release};

/* --- finding the key ---------------------------------------------------------------------------------------------- */

static bool can(struct card *card, CK_MECHANISM_TYPE type, CK_FLAGS what)
{
    CK_MECHANISM_INFO info;
    return card->fn->C_GetMechanismInfo(card->slot, type, &info) == CKR_OK && (info.flags & what);
}

static bool flag(struct card *card, CK_ATTRIBUTE_TYPE type, bool otherwise)
{
    CK_BBOOL value;
    return card_attribute(card, card->key, type, &value, sizeof value) == sizeof value ? value : otherwise;
}

static int find_key(struct card *card)
{
    int code = card_find(card, CKO_PRIVATE_KEY, NULL, 0, &card->key);
    if (code)
        return code;
    card->id_len = card_attribute(card, card->key, CKA_ID, card->id, sizeof card->id);
    card->always_login = flag(card, CKA_ALWAYS_AUTHENTICATE, false);
    card->pkcs1 = can(card, CKM_RSA_PKCS, CKF_SIGN);
    card->raw_sign = can(card, CKM_RSA_X_509, CKF_SIGN);
    card->pss = can(card, CKM_RSA_PKCS_PSS, CKF_SIGN);
    card->raw = can(card, CKM_RSA_X_509, CKF_DECRYPT) && flag(card, CKA_DECRYPT, true);
    return flag(card, CKA_SIGN, true)
               ? APP_DONE
               : app_error(&card->speak, APP_BAD_INPUT, "card %s: this key may not sign (CKA_SIGN)", card->name);
}

static int own_certificate(struct card *card, struct sw_file *chain)
{
    CK_OBJECT_HANDLE cert;
    if (card->id_len == 0)
        return app_error(&card->speak, APP_BAD_INPUT,
                         "card %s: the key has no id to find its certificate by: give --cert", card->name);
    int code = card_find(card, CKO_CERTIFICATE, card->id, card->id_len, &cert);
    return code ? code : card_chain(card, cert, chain);
}

/* --- its public half ---------------------------------------------------------------------------------------------- */

static enum sw_err read_leaf(const struct sw_file *chain, uint8_t *der, size_t *len)
{
    struct sw_reader r = sw_reader_of(chain->p, chain->len);
    struct sw_pem block;
    while (sw_pem_next(&r, &block))
        if (sw_pem_is(&block, "CERTIFICATE"))
            return sw_pem_decode(&block, der, LEAF_MAX, len);
    if (chain->len > LEAF_MAX || chain->len == 0 || chain->p[0] != 0x30)
        return SW_ERR_PEM;
    memcpy(der, chain->p, chain->len);
    *len = chain->len;
    return SW_OK;
}

static bool is_key_type(struct card *card, const struct sw_pubkey *pub)
{
    CK_KEY_TYPE type;
    if (card_attribute(card, card->key, CKA_KEY_TYPE, &type, sizeof type) != sizeof type)
        return false;
    if (pub->type == SW_KEY_RSA || pub->type == SW_KEY_RSA_PSS)
        return type == CKK_RSA;
    return type == (pub->type == SW_KEY_EC ? CKK_EC : CKK_EC_EDWARDS);
}

/*
 * The point of the public key object beside an EC key, bare or in an OCTET STRING; without one, the first signature
 * will tell.
 */
static bool same_point(struct card *card, const struct sw_pubkey *pub)
{
    CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    CK_ATTRIBUTE attrs[] = {{CKA_CLASS, &class, sizeof class}, {CKA_ID, card->id, card->id_len}};
    CK_OBJECT_HANDLE object;
    uint8_t point[256];
    if (card->id_len == 0 || card_match(card, attrs, 2, &object, 1) != 1)
        return true;
    size_t len = card_attribute(card, object, CKA_EC_POINT, point, sizeof point);
    if (len == 0)
        return true;
    return len >= pub->point.len && memcmp(point + len - pub->point.len, pub->point.p, pub->point.len) == 0;
}

static bool same_key(struct card *card, const struct sw_pubkey *pub)
{
    uint8_t n[BLOCK_MAX + 1];
    if (!is_key_type(card, pub))
        return false;
    if (pub->n.len == 0)
        return same_point(card, pub);
    size_t len = card_attribute(card, card->key, CKA_MODULUS, n, sizeof n), lead = len && n[0] == 0;
    return sw_slice_eq((struct sw_slice){n + lead, len - lead}, pub->n);
}

/* A key without the padding that TLS 1.2 or 1.3 wants is told so, instead of promising it in a handshake. */
static const char *sigalgs_of(const struct card *card, const struct sw_pubkey *pub)
{
    if (pub->type != SW_KEY_RSA || card->raw_sign || (card->pss && card->pkcs1))
        return NULL;
    return card->pss ? "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512"
                     : "rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512";
}

static int wrap(struct card *card, const struct sw_file *chain, struct card_key *out)
{
    struct sw_cert cert;
    size_t len = 0;
    uint8_t *der = malloc(LEAF_MAX);
    enum sw_err err = der ? read_leaf(chain, der, &len) : SW_ERR_MEMORY;
    if (err == SW_OK)
        err = sw_cert_parse(&cert, der, len);
    if (err == SW_OK && !same_key(card, &cert.key))
        err = SW_ERR_KEY_MISMATCH;
    if (err == SW_OK) {
        card->bits = cert.key.bits;
        out->decrypts = card->raw;
        out->sigalgs = sigalgs_of(card, &cert.key);
        err = sw_privkey_new_external(&out->key, &cert.key, card->raw ? &ops : &ops_sign_only, card);
    }
    free(der);
    return err == SW_OK ? APP_DONE
                        : app_error(&card->speak, APP_BAD_INPUT, "card %s: %s", card->name, sw_err_reason(err));
}

int card_read_key(const struct app *app, const char *uri, bool attend, struct sw_file *chain, struct card_key *out)
{
    struct card *card;
    int code = card_new(app, uri, &card);
    if (code)
        return code;
    card->attend = attend;
    code = card_insert(card, true);
    if (!code)
        code = card_login(app, card);
    if (!code)
        code = find_key(card);
    if (!code && !chain->p)
        code = own_certificate(card, chain);
    if (!code)
        code = wrap(card, chain, out);
    if (code)
        card_free(card);
    return code;
}

int card_read_pair(const struct app *app, const char *cert, const char *uri, bool attend, struct sw_file *chain,
                   struct card_key *out)
{
    int code = APP_DONE;
    *chain = (struct sw_file){0};
    if (card_is_uri(cert)) {
        code = strcmp(cert, uri) == 0 ? APP_DONE : card_read_cert(app, cert, chain);
    } else {
        enum sw_err err = sw_file_read(cert, SW_FILE_MAX, chain);
        code = err ? app_fail(app, err, cert) : APP_DONE;
    }
    if (!code)
        code = card_read_key(app, uri, attend, chain, out);
    if (code)
        sw_file_free(chain);
    return code;
}
