/*
 * Another key kept under a key on a card. Two kinds of keys can do that:
 *   RSA   RSAES-OAEP with SHA-256. Wrapping takes the public half alone and is done here. For unwrapping the card gives
 *         the bare RSA number, where it can, and the padding comes off here: nearly every card has that, and those with
 *         an OAEP of their own often know it with SHA-1 alone (SoftHSM 2.6); where it cannot, the card's OAEP is asked.
 *   AES   AES-GCM on the card, both ways. Unlike the other one it is authentic: who can write the file but not ask the
 *         card cannot put a key of his own there.
 * CKM_AES_KEY_WRAP and C_UnwrapKey are not used: what they unwrap stays on the card, or must be declared extractable,
 * which modules for this purpose refuse.
 */
#include "apps/card/token.h"
#include "base/pkey.h"
#include "base/rand.h"
#include "base/rsa_pad.h"
#include "base/wipe.h"
#include <stdio.h>
#include <string.h>

enum { BLOCK_MAX = SW_RSA_MAX_BITS / 8, NONCE = 12, TAG = 16 };

_Static_assert((int)CARD_WRAPPED_MAX >= (int)BLOCK_MAX, "an RSA block of any length");

static const char rsa_oaep[] = "rsa-oaep-sha256", aes_gcm[] = "aes-gcm";

struct wrapper {
    struct card *card;
    CK_OBJECT_HANDLE key;
    bool rsa;
    uint8_t n[BLOCK_MAX + 1], e[BLOCK_MAX + 1];
    struct sw_pubkey pub; /* inside n and e */
};

/* --- finding the key ---------------------------------------------------------------------------------------------- */

static bool can(struct card *card, CK_MECHANISM_TYPE type, CK_FLAGS what)
{
    CK_MECHANISM_INFO info;
    return card->fn->C_GetMechanismInfo(card->slot, type, &info) == CKR_OK && (info.flags & what);
}

static bool denies(struct wrapper *w, CK_ATTRIBUTE_TYPE right)
{
    CK_BBOOL value = CK_TRUE;
    return card_attribute(w->card, w->key, right, &value, sizeof value) == sizeof value && !value;
}

static int unfit(const struct wrapper *w, const char *why)
{
    return app_error(&w->card->speak, APP_BAD_INPUT, "card %s: this key cannot keep another one: %s", w->card->name,
                     why);
}

static struct sw_slice without_zeroes(const uint8_t *p, size_t len)
{
    for (; len && !*p; len--)
        p++;
    return (struct sw_slice){p, len};
}

/* Of the private key object, or of the public one beside it: which has them depends on the card. */
static bool read_public(struct wrapper *w, CK_OBJECT_HANDLE object)
{
    w->pub.n = without_zeroes(w->n, card_attribute(w->card, object, CKA_MODULUS, w->n, sizeof w->n));
    w->pub.e = without_zeroes(w->e, card_attribute(w->card, object, CKA_PUBLIC_EXPONENT, w->e, sizeof w->e));
    w->pub.type = SW_KEY_RSA;
    w->pub.bits = (unsigned)w->pub.n.len * 8;
    for (uint8_t top = w->pub.n.len ? w->pub.n.p[0] : 0x80; !(top & 0x80); top = (uint8_t)(top << 1))
        w->pub.bits--;
    return w->pub.n.len && w->pub.e.len;
}

static int find_public(struct wrapper *w)
{
    struct card *card = w->card;
    CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    CK_ATTRIBUTE attrs[] = {{CKA_CLASS, &class, sizeof class}, {CKA_ID, card->id, 0}};
    CK_OBJECT_HANDLE object;
    if (read_public(w, w->key))
        return APP_DONE;
    attrs[1].ulValueLen = card_attribute(card, w->key, CKA_ID, card->id, sizeof card->id);
    if (attrs[1].ulValueLen && card_match(card, attrs, 2, &object, 1) == 1 && read_public(w, object))
        return APP_DONE;
    return unfit(w, "its public half is not on the card");
}

static int check_key(struct wrapper *w)
{
    CK_KEY_TYPE type = CKK_EC;
    bool known = card_attribute(w->card, w->key, CKA_KEY_TYPE, &type, sizeof type) == sizeof type;
    w->rsa = known && type == CKK_RSA;
    if (!w->rsa && !(known && type == CKK_AES))
        return unfit(w, "it is neither RSA nor AES");
    if (denies(w, CKA_DECRYPT))
        return unfit(w, "it may not decrypt (CKA_DECRYPT)");
    w->card->always_login = false;
    CK_BBOOL always = CK_FALSE;
    if (card_attribute(w->card, w->key, CKA_ALWAYS_AUTHENTICATE, &always, sizeof always) == sizeof always)
        w->card->always_login = always;
    if (!w->rsa)
        return can(w->card, CKM_AES_GCM, CKF_DECRYPT) ? APP_DONE : unfit(w, "the card has no AES-GCM (CKM_AES_GCM)");
    if (!can(w->card, CKM_RSA_X_509, CKF_DECRYPT) && !can(w->card, CKM_RSA_PKCS_OAEP, CKF_DECRYPT))
        return unfit(w, "the card decrypts neither without padding (CKM_RSA_X_509) nor with OAEP (CKM_RSA_PKCS_OAEP)");
    return find_public(w);
}

static int wrapper_begin(struct wrapper *w, const struct app *app, const char *uri)
{
    *w = (struct wrapper){0};
    int code = card_new(app, uri, &w->card);
    if (!code)
        code = card_insert(w->card, true);
    if (!code)
        code = card_login(app, w->card);
    if (!code)
        code = card_find_wrapping(w->card, &w->key);
    return code ? code : check_key(w);
}

/* --- the card's part ---------------------------------------------------------------------------------------------- */

static CK_RV decrypt(struct wrapper *w, CK_MECHANISM *mechanism, const uint8_t *in, size_t len, uint8_t *out,
                     CK_ULONG *out_len)
{
    CK_FUNCTION_LIST *fn = w->card->fn;
    CK_RV rv = fn->C_DecryptInit(w->card->session, mechanism, w->key);
    if (rv == CKR_OK && w->card->always_login)
        rv = card_login_for_one(w->card);
    return rv == CKR_OK ? fn->C_Decrypt(w->card->session, (unsigned char *)(uintptr_t)in, len, out, out_len) : rv;
}

/* Some cards leave out zeroes in front. */
static CK_RV decrypt_bare(struct wrapper *w, const uint8_t *in, size_t len, uint8_t *out, size_t *out_len)
{
    CK_MECHANISM bare = {CKM_RSA_X_509, NULL, 0};
    uint8_t plain[BLOCK_MAX], block[BLOCK_MAX] = {0};
    CK_ULONG n = sizeof plain;
    CK_RV rv = decrypt(w, &bare, in, len, plain, &n);
    if (rv == CKR_OK && n <= len && len <= sizeof block) {
        memcpy(block + len - n, plain, n);
        if (sw_rsa_unpad_oaep(SW_HASH_SHA256, block, len, out, out_len) != SW_OK)
            rv = CKR_ENCRYPTED_DATA_INVALID;
    } else if (rv == CKR_OK) {
        rv = CKR_ENCRYPTED_DATA_LEN_RANGE;
    }
    sw_wipe(plain, sizeof plain);
    sw_wipe(block, sizeof block);
    return rv;
}

static CK_RV decrypt_oaep(struct wrapper *w, const uint8_t *in, size_t len, uint8_t *out, size_t *out_len)
{
    CK_RSA_PKCS_OAEP_PARAMS params = {CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0};
    CK_MECHANISM oaep = {CKM_RSA_PKCS_OAEP, &params, sizeof params};
    CK_ULONG n = BLOCK_MAX;
    CK_RV rv = decrypt(w, &oaep, in, len, out, &n);
    *out_len = n;
    return rv;
}

static CK_RV decrypt_gcm(struct wrapper *w, const uint8_t *in, size_t len, uint8_t *out, size_t *out_len)
{
    uint8_t nonce[NONCE];
    CK_GCM_PARAMS params = {nonce, NONCE, NONCE * 8, NULL, 0, TAG * 8};
    CK_MECHANISM gcm = {CKM_AES_GCM, &params, sizeof params};
    CK_ULONG n = BLOCK_MAX;
    if (len < NONCE + TAG)
        return CKR_ENCRYPTED_DATA_LEN_RANGE;
    memcpy(nonce, in, NONCE);
    CK_RV rv = decrypt(w, &gcm, in + NONCE, len - NONCE, out, &n);
    *out_len = n;
    return rv;
}

/* A card that makes the nonce itself writes it over ours. */
static CK_RV encrypt_gcm(struct wrapper *w, const uint8_t *in, size_t len, uint8_t *out, size_t *out_len)
{
    CK_FUNCTION_LIST *fn = w->card->fn;
    CK_GCM_PARAMS params = {out, NONCE, NONCE * 8, NULL, 0, TAG * 8};
    CK_MECHANISM gcm = {CKM_AES_GCM, &params, sizeof params};
    CK_ULONG n = CARD_WRAPPED_MAX - NONCE;
    CK_RV rv = fn->C_EncryptInit(w->card->session, &gcm, w->key);
    if (rv == CKR_OK && w->card->always_login)
        rv = card_login_for_one(w->card);
    if (rv == CKR_OK)
        rv = fn->C_Encrypt(w->card->session, (unsigned char *)(uintptr_t)in, len, out + NONCE, &n);
    *out_len = NONCE + n;
    return rv;
}

/* --- both ways ---------------------------------------------------------------------------------------------------- */

static bool is_refusal(CK_RV rv)
{
    return rv == CKR_ENCRYPTED_DATA_INVALID || rv == CKR_ENCRYPTED_DATA_LEN_RANGE || rv == CKR_DATA_INVALID ||
           rv == CKR_DATA_LEN_RANGE;
}

/* What says that the card does not know the way, and nothing of what it was given. */
static bool is_no_way(CK_RV rv)
{
    return rv == CKR_MECHANISM_INVALID || rv == CKR_MECHANISM_PARAM_INVALID || rv == CKR_FUNCTION_NOT_SUPPORTED ||
           rv == CKR_KEY_FUNCTION_NOT_PERMITTED || rv == CKR_KEY_TYPE_INCONSISTENT;
}

/*
 * A number that is not below the modulus was wrapped under another key (RFC 8017 5.1.2). Cards have all kinds of errors
 * for it, so they are not asked.
 */
static CK_RV decrypt_rsa(struct wrapper *w, const uint8_t *in, size_t len, uint8_t *out, size_t *out_len)
{
    CK_RV rv = CKR_MECHANISM_INVALID;
    if (len != w->pub.n.len || memcmp(in, w->pub.n.p, len) >= 0)
        return CKR_ENCRYPTED_DATA_INVALID;
    if (can(w->card, CKM_RSA_X_509, CKF_DECRYPT))
        rv = decrypt_bare(w, in, len, out, out_len);
    if (is_no_way(rv) && can(w->card, CKM_RSA_PKCS_OAEP, CKF_DECRYPT))
        rv = decrypt_oaep(w, in, len, out, out_len);
    return rv;
}

static int unwrap(struct wrapper *w, const struct card_wrapped *in, uint8_t *out, size_t len)
{
    uint8_t plain[BLOCK_MAX];
    size_t n = 0;
    if (strcmp(in->method, w->rsa ? rsa_oaep : aes_gcm) != 0)
        return app_error(&w->card->speak, APP_BAD_INPUT,
                         "card %s: what it is to unwrap was wrapped with %s, under another key", w->card->name,
                         in->method);
    CK_RV rv = w->rsa ? decrypt_rsa(w, in->bytes, in->len, plain, &n) : decrypt_gcm(w, in->bytes, in->len, plain, &n);
    int code = APP_DONE;
    if (rv == CKR_OK && n == len)
        memcpy(out, plain, len);
    else if (rv == CKR_OK || is_refusal(rv) || rv == CKR_GENERAL_ERROR) /* SoftHSM's word for a tag that is wrong */
        code = app_error(&w->card->speak, APP_BAD_INPUT,
                         "card %s: this key does not unwrap it: it was changed, or wrapped under another key",
                         w->card->name);
    else
        code = card_fail(w->card, rv, "unwrapping");
    sw_wipe(plain, sizeof plain);
    return code;
}

static int wrap_rsa(struct wrapper *w, const uint8_t *in, size_t len, struct card_wrapped *out)
{
    out->len = w->pub.n.len;
    enum sw_err err = sw_pubkey_encrypt_oaep(&w->pub, SW_HASH_SHA256, in, len, out->bytes, sizeof out->bytes);
    return err ? unfit(w, sw_err_reason(err)) : APP_DONE;
}

static int wrap_aes(struct wrapper *w, const uint8_t *in, size_t len, struct card_wrapped *out)
{
    enum sw_err err = sw_rand_bytes(NULL, out->bytes, NONCE);
    if (err)
        return app_fail(&w->card->speak, err, "nonce");
    if (denies(w, CKA_ENCRYPT))
        return unfit(w, "it may not encrypt (CKA_ENCRYPT)");
    CK_RV rv = encrypt_gcm(w, in, len, out->bytes, &out->len);
    return rv == CKR_OK ? APP_DONE : card_fail(w->card, rv, "wrapping");
}

/* What the card does not give back must not be relied on. */
static int wrap(struct wrapper *w, const uint8_t *in, size_t len, struct card_wrapped *out)
{
    uint8_t back[BLOCK_MAX];
    if (len > sizeof back)
        return app_fail(&w->card->speak, SW_ERR_ARGUMENT, "wrapping");
    snprintf(out->method, sizeof out->method, "%s", w->rsa ? rsa_oaep : aes_gcm);
    int code = w->rsa ? wrap_rsa(w, in, len, out) : wrap_aes(w, in, len, out);
    if (!code)
        code = unwrap(w, out, back, len);
    if (!code && memcmp(back, in, len) != 0)
        code = unfit(w, "what it gives back is not what it was given");
    sw_wipe(back, sizeof back);
    return code;
}

int card_wrap(const struct app *app, const char *uri, const uint8_t *in, size_t len, struct card_wrapped *out)
{
    struct wrapper w;
    int code = wrapper_begin(&w, app, uri);
    if (!code)
        code = wrap(&w, in, len, out);
    card_free(w.card);
    return code;
}

int card_unwrap(const struct app *app, const char *uri, const struct card_wrapped *in, uint8_t *out, size_t len)
{
    struct wrapper w;
    int code = wrapper_begin(&w, app, uri);
    if (!code)
        code = unwrap(&w, in, out, len);
    card_free(w.card);
    return code;
}
