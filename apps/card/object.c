/* Objects on a token: keys and certificates by label and id, a certificate's issuers by their names. */
#include "apps/card/token.h"
#include "ttp/cert.h"
#include "ttp/pem.h"
#include <stdlib.h>
#include <string.h>

enum { CERT_MAX = 65536, CHAIN_MAX = 8, MATCHES_MAX = 8 };

size_t card_match(struct card *card, CK_ATTRIBUTE *attrs, size_t n, CK_OBJECT_HANDLE *out, size_t max)
{
    CK_ULONG found = 0;
    if (card->fn->C_FindObjectsInit(card->session, attrs, n) != CKR_OK)
        return 0;
    if (card->fn->C_FindObjects(card->session, out, max, &found) != CKR_OK)
        found = 0;
    card->fn->C_FindObjectsFinal(card->session);
    return found;
}

size_t card_attribute(struct card *card, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, void *out, size_t cap)
{
    CK_ATTRIBUTE attr = {type, out, cap};
    CK_RV rv = card->fn->C_GetAttributeValue(card->session, object, &attr, 1);
    return rv == CKR_OK && attr.ulValueLen <= cap ? attr.ulValueLen : 0;
}

static const char *class_name(CK_OBJECT_CLASS class)
{
    return class == CKO_CERTIFICATE   ? "certificate"
           : class == CKO_PRIVATE_KEY ? "private key"
           : class == CKO_SECRET_KEY  ? "private or secret key"
                                      : "public key";
}

static int not_one(const struct card *card, CK_OBJECT_CLASS class, size_t n, bool by_id)
{
    const char *what = class_name(class), *which = by_id ? "with the id of its key" : "that the pkcs11: URI describes";
    if (n == 0)
        return app_error(&card->speak, APP_BAD_INPUT, "card %s: there is no %s %s", card->name, what, which);
    return app_error(&card->speak, APP_BAD_INPUT,
                     "card %s: there is more than one %s %s: say which with object=LABEL or id=ID", card->name, what,
                     which);
}

/* Objects of a class with the URI's label and id, or with id not NULL just that CKA_ID; the number found. */
static size_t of_class(struct card *card, CK_OBJECT_CLASS class, const unsigned char *id, size_t id_len,
                       CK_OBJECT_HANDLE found[MATCHES_MAX])
{
    static const CK_ATTRIBUTE_TYPE types[] = {CKA_LABEL, CKA_ID};
    CK_ATTRIBUTE attrs[4] = {{CKA_CLASS, &class, sizeof class}};
    size_t n = 1;
    if (id)
        attrs[n++] = (CK_ATTRIBUTE){CKA_ID, (void *)(uintptr_t)id, id_len};
    for (size_t i = 0; !id && i < sizeof types / sizeof *types; i++) {
        const CK_ATTRIBUTE *wanted = p11_kit_uri_get_attribute(card->uri, types[i]);
        if (wanted)
            attrs[n++] = *wanted;
    }
    return card_match(card, attrs, n, found, MATCHES_MAX);
}

int card_find(struct card *card, CK_OBJECT_CLASS class, const unsigned char *id, size_t id_len, CK_OBJECT_HANDLE *out)
{
    CK_OBJECT_HANDLE found[MATCHES_MAX] = {CK_INVALID_HANDLE};
    size_t matches = of_class(card, class, id, id_len, found);
    *out = found[0];
    if (matches != 1)
        return not_one(card, class, matches, id != NULL);
    return APP_DONE;
}

/* type=private or type=secret-key in the URI decides; without it, either. */
int card_find_wrapping(struct card *card, CK_OBJECT_HANDLE *out)
{
    static const CK_OBJECT_CLASS classes[] = {CKO_PRIVATE_KEY, CKO_SECRET_KEY};
    const CK_ATTRIBUTE *type = p11_kit_uri_get_attribute(card->uri, CKA_CLASS);
    size_t matches = 0;
    *out = CK_INVALID_HANDLE;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        CK_OBJECT_HANDLE found[MATCHES_MAX];
        if (type &&
            (type->ulValueLen != sizeof classes[i] || memcmp(type->pValue, &classes[i], sizeof classes[i]) != 0))
            continue;
        size_t n = of_class(card, classes[i], NULL, 0, found);
        if (n)
            *out = found[0];
        matches += n;
    }
    return matches == 1 ? APP_DONE : not_one(card, CKO_SECRET_KEY, matches, false);
}

/* --- certificates ------------------------------------------------------------------------------------------------- */

static bool append_pem(struct sw_file *out, const uint8_t *der, size_t len)
{
    size_t cap = out->len + SW_BASE64_LEN(len) / 64 * 65 + 256, n;
    uint8_t *grown = realloc(out->p, cap);
    if (!grown)
        return false;
    out->p = grown;
    if (sw_pem_encode("CERTIFICATE", der, len, (char *)grown + out->len, cap - out->len, &n) != SW_OK)
        return false;
    out->len += n;
    return true;
}

/*
 * The certificate object whose subject is this name; none, or several (renewed, cross-signed: not ours to choose), ends
 * the chain.
 */
static bool find_issuer(struct card *card, struct sw_slice name, CK_OBJECT_HANDLE *out)
{
    CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    CK_ATTRIBUTE attrs[] = {{CKA_CLASS, &class, sizeof class}, {CKA_SUBJECT, (void *)(uintptr_t)name.p, name.len}};
    CK_OBJECT_HANDLE found[2];
    if (card_match(card, attrs, 2, found, 2) != 1)
        return false;
    *out = found[0];
    return true;
}

/* A root is left out: a peer has its own or does not trust it. */
static int collect(struct card *card, CK_OBJECT_HANDLE at, uint8_t *der, struct sw_file *out)
{
    struct sw_cert cert;
    for (int i = 0; i < CHAIN_MAX; i++) {
        size_t len = card_attribute(card, at, CKA_VALUE, der, CERT_MAX);
        bool good = len && sw_cert_parse(&cert, der, len) == SW_OK;
        if (!good && i == 0)
            return app_error(&card->speak, APP_BAD_INPUT, "card %s: its certificate object cannot be read", card->name);
        bool root = good && sw_slice_eq(cert.subject, cert.issuer);
        if (!good || (root && i))
            break;
        if (!append_pem(out, der, len))
            return app_fail(&card->speak, SW_ERR_MEMORY, "certificate");
        if (root || !find_issuer(card, cert.issuer, &at))
            break;
    }
    return APP_DONE;
}

int card_chain(struct card *card, CK_OBJECT_HANDLE cert, struct sw_file *out)
{
    uint8_t *der = malloc(CERT_MAX);
    *out = (struct sw_file){0};
    int code = der ? collect(card, cert, der, out) : app_fail(&card->speak, SW_ERR_MEMORY, "certificate");
    free(der);
    if (code)
        sw_file_free(out);
    return code;
}

int card_read_cert(const struct app *app, const char *uri, struct sw_file *out)
{
    struct card *card;
    CK_OBJECT_HANDLE cert;
    int code = card_new(app, uri, &card);
    if (code)
        return code;
    code = card_insert(card, true);
    if (!code)
        code = card_find(card, CKO_CERTIFICATE, NULL, 0, &cert);
    if (!code)
        code = card_chain(card, cert, out);
    card_free(card);
    return code;
}
