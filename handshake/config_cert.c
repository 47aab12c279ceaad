/* Our certificates: chains in PEM or DER, each with its key and what else belongs to it. */
#include "base/bytes.h"
#include "handshake/config.h"
#include "ttp/key.h"
#include "ttp/pem.h"
#include <string.h>

/* The list shares a block of 2^16 bytes with the other extensions. */
enum { SCT_LIST_MAX = 32768 };

/* --- memory ------------------------------------------------------------------------------------------------------- */

static void free_slice(const struct sw_config *cfg, struct sw_slice *s)
{
    sw_config_release(cfg, (void *)(uintptr_t)s->p, s->len);
    *s = (struct sw_slice){NULL, 0};
}

void sw_credential_free(const struct sw_config *cfg, struct sw_credential *c)
{
    for (size_t i = 0; i < c->der_len; i++)
        free_slice(cfg, &c->der[i]);
    sw_config_release(cfg, c->der, c->der_len * sizeof *c->der);
    free_slice(cfg, &c->ocsp);
    free_slice(cfg, &c->sct);
    sw_privkey_free(c->key);
    sw_config_release(cfg, c, sizeof *c);
}

static enum sw_err copy_slice(const struct sw_config *cfg, const void *p, size_t len, struct sw_slice *out)
{
    uint8_t *copy = len > 0 ? sw_config_alloc(cfg, len) : NULL;

    if (len > 0 && copy == NULL)
        return SW_ERR_MEMORY;
    if (len > 0)
        memcpy(copy, p, len);
    *out = (struct sw_slice){copy, len};
    return SW_OK;
}

/* --- chains ------------------------------------------------------------------------------------------------------- */

/* How many certificates a PEM text holds. */
static size_t count_pem(const void *chain, size_t len)
{
    struct sw_reader r = sw_reader_of(chain, len);
    struct sw_pem block;
    size_t n = 0;

    while (sw_pem_next(&r, &block))
        n += sw_pem_is(&block, "CERTIFICATE");
    return n;
}

static enum sw_err take_pem(struct sw_config *cfg, struct sw_credential *c, const void *chain, size_t len)
{
    struct sw_reader r = sw_reader_of(chain, len);
    struct sw_pem block;
    enum sw_err err = SW_OK;
    size_t i = 0;

    while (err == SW_OK && sw_pem_next(&r, &block)) {
        size_t cap = block.body.len / 4 * 3 + 3, n = 0;
        uint8_t *buf;

        if (!sw_pem_is(&block, "CERTIFICATE"))
            continue;
        buf = sw_config_alloc(cfg, cap);
        if (buf == NULL)
            return SW_ERR_MEMORY;
        err = sw_pem_decode(&block, buf, cap, &n);
        if (err == SW_OK)
            err = copy_slice(cfg, buf, n, &c->der[i++]);
        sw_config_release(cfg, buf, cap);
    }
    return err;
}

/*
 * The bit of the scheme that a certificate of the chain is signed with; TLS's PSS has a salt of the hash's length (RFC
 * 8446 4.2.3). What has signed itself is checked by nobody (RFC 8446 4.4.2.2).
 */
static uint32_t signature_bit(struct sw_slice der)
{
    const struct sw_sigscheme *row;
    struct sw_cert cert;

    if (sw_cert_parse(&cert, der.p, der.len) != SW_OK)
        return SW_SIGNED_OTHERWISE;
    if (sw_cert_name_eq(cert.issuer, cert.subject))
        return 0;
    for (unsigned i = 0; (row = sw_sigscheme_at(i)) != NULL; i++)
        if (row == cert.sig_scheme && (row->padding != SW_SIG_PSS || cert.sig_salt == sw_hash_len(row->hash)))
            return 1U << i;
    return SW_SIGNED_OTHERWISE;
}

/* Cut a PEM chain, or take one DER certificate, into the credential. */
static enum sw_err take_chain(struct sw_config *cfg, struct sw_credential *c, const void *chain, size_t len)
{
    size_t count = count_pem(chain, len);
    bool der = count == 0 && len > 0 && ((const uint8_t *)chain)[0] == 0x30;
    enum sw_err err;

    if (count == 0 && !der)
        return sw_config_refuse(cfg, SW_ERR_PEM, "there is no certificate in it", "");
    c->der = sw_config_alloc(cfg, (der ? 1 : count) * sizeof *c->der);
    if (c->der == NULL)
        return SW_ERR_MEMORY;
    c->der_len = der ? 1 : count;
    err = der ? copy_slice(cfg, chain, len, &c->der[0]) : take_pem(cfg, c, chain, len);
    for (size_t i = 0; i < c->der_len; i++)
        c->chain_bytes += 3 + c->der[i].len;
    for (size_t i = 0; err == SW_OK && i < c->der_len; i++)
        c->signed_with |= signature_bit(c->der[i]);
    if (err == SW_OK)
        err = sw_cert_parse(&c->leaf, c->der[0].p, c->der[0].len);
    return err == SW_OK ? SW_OK : sw_config_refuse(cfg, err, "the certificate chain", sw_err_reason(err));
}

/* --- adding one --------------------------------------------------------------------------------------------------- */

enum sw_err sw_config_add_cert_key(struct sw_config *cfg, const void *chain, size_t chain_len, struct sw_privkey *key)
{
    struct sw_credential *c;
    enum sw_err err;

    if (cfg->creds_len == SW_CREDENTIALS_MAX)
        return sw_config_refuse(cfg, SW_ERR_ARGUMENT, "too many certificates", "");
    c = sw_config_alloc(cfg, sizeof *c);
    if (c == NULL)
        return sw_config_refuse(cfg, SW_ERR_MEMORY, "out of memory", "");
    c->key = sw_privkey_ref(key);
    err = take_chain(cfg, c, chain, chain_len);
    if (err == SW_OK && !sw_pubkey_eq(&c->leaf.key, sw_privkey_public(key)))
        err = sw_config_refuse(cfg, SW_ERR_KEY_MISMATCH, sw_err_reason(SW_ERR_KEY_MISMATCH), "");
    if (err != SW_OK) {
        sw_credential_free(cfg, c);
        return err;
    }
    cfg->creds[cfg->creds_len++] = c;
    return SW_OK;
}

enum sw_err sw_config_add_cert(struct sw_config *cfg, const void *chain, size_t chain_len, const void *key,
                               size_t key_len, const char *pass)
{
    struct sw_privkey *k;
    struct sw_slice phrase = {(const uint8_t *)pass, pass != NULL ? strlen(pass) : 0};
    enum sw_err err = sw_key_read(&k, key, key_len, phrase);

    if (err != SW_OK)
        return sw_config_refuse(cfg, err, "the private key", sw_err_reason(err));
    err = sw_config_add_cert_key(cfg, chain, chain_len, k);
    sw_privkey_free(k);
    return err;
}

const struct sw_privkey *sw_config_key(const struct sw_config *cfg, size_t i)
{
    return i < cfg->creds_len ? cfg->creds[i]->key : NULL;
}

/* --- what belongs to the newest ----------------------------------------------------------------------------------- */

static struct sw_credential *newest(struct sw_config *cfg)
{
    return cfg->creds_len > 0 ? cfg->creds[cfg->creds_len - 1] : NULL;
}

enum sw_err sw_config_set_ocsp(struct sw_config *cfg, const void *response, size_t len)
{
    struct sw_credential *c = newest(cfg);

    if (c == NULL)
        return sw_config_refuse(cfg, SW_ERR_STATE, "add a certificate before its status", "");
    free_slice(cfg, &c->ocsp);
    return copy_slice(cfg, response, len, &c->ocsp);
}

bool sw_sct_list_valid(struct sw_slice list)
{
    struct sw_reader r = sw_reader_of_slice(list), scts = sw_read_vec16(&r);
    bool some = false;

    while (sw_reader_left(&scts) > 0) {
        struct sw_reader sct = sw_read_vec16(&scts);

        if (scts.failed || sw_reader_left(&sct) == 0)
            return false;
        some = true;
    }
    return some && sw_reader_end(&r);
}

enum sw_err sw_config_set_sct(struct sw_config *cfg, const void *list, size_t len)
{
    struct sw_credential *c = newest(cfg);

    if (c == NULL)
        return sw_config_refuse(cfg, SW_ERR_STATE, "add a certificate before its timestamps", "");
    if (len > 0 && (len > SCT_LIST_MAX || !sw_sct_list_valid((struct sw_slice){list, len})))
        return sw_config_refuse(cfg, SW_ERR_ARGUMENT, "this is no list of signed certificate timestamps", "");
    free_slice(cfg, &c->sct);
    return copy_slice(cfg, list, len, &c->sct);
}

enum sw_err sw_config_set_cert_sigalgs(struct sw_config *cfg, const char *names)
{
    struct sw_credential *c = newest(cfg);
    enum sw_err err;

    if (c == NULL)
        return sw_config_refuse(cfg, SW_ERR_STATE, "add a certificate before its signature schemes", "");
    err = sw_config_set_list(cfg, SW_LIST_SIGSCHEMES, names, &c->sigalgs);
    c->has_sigalgs = c->has_sigalgs || err == SW_OK;
    return err;
}

enum sw_err sw_config_set_cert_match_issuer(struct sw_config *cfg, bool on)
{
    struct sw_credential *c = newest(cfg);

    if (c == NULL)
        return sw_config_refuse(cfg, SW_ERR_STATE, "add a certificate first", "");
    c->match_issuer = on;
    return SW_OK;
}
