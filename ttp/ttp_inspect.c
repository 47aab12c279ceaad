/* ttp inspect: find out what a file is, and have each thing in it shown. */
#include "ttp/ttp_inspect.h"
#include "ttp/crl_issue.h"
#include "ttp/csr.h"
#include "ttp/key.h"
#include "ttp/pem.h"
#include "ttp/pkcs12.h"
#include "ttp/ttp_verbs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_WIDTH = 13 };

/* --- the page --- */

void ttp_page_title(const struct ttp *t, const char *kind, const char *title)
{
    printf("%s%s%s%s%s\n", t->color ? "\033[1m" : "", kind, *title ? ": " : "", title, t->color ? "\033[0m" : "");
}

void ttp_page_section(const struct ttp *t, const char *title)
{
    printf("\n  %s%s%s\n", t->color ? "\033[2m" : "", title, t->color ? "\033[0m" : "");
}

void ttp_page_line(const struct ttp *t, const char *label, enum ttp_tone tone, const char *format, ...)
{
    static const char *const on[] = {"", "\033[32m", "\033[31m"};
    va_list ap;
    printf("  %-*s%s", LABEL_WIDTH, label, t->color ? on[tone] : "");
    va_start(ap, format);
    vprintf(format, ap);
    va_end(ap);
    printf("%s\n", t->color && tone != TTP_PLAIN ? "\033[0m" : "");
}

void ttp_page_list(const struct ttp *t, const char *label, const char *items)
{
    if (!*items)
        ttp_page_line(t, label, TTP_PLAIN, "none");
    while (*items) {
        size_t n = strcspn(items, "\n");
        ttp_page_line(t, label, TTP_PLAIN, "%.*s", (int)n, items);
        items += n + (items[n] == '\n');
        label = "";
    }
}

const char *ttp_key_weakness(const struct sw_pubkey *key)
{
    if (key->type == SW_KEY_NONE)
        return "of a kind that is not known or not secure";
    if ((key->type == SW_KEY_RSA || key->type == SW_KEY_RSA_PSS) && key->bits < 2048)
        return "too short: RSA needs 2048 bits";
    return NULL;
}

/* --- what it is --- */

static int inspect_der(const struct ttp *t, const char *path, const struct sw_file *file, json_t *array)
{
    struct sw_slice der = {file->p, file->len};
    struct sw_cert cert;
    struct sw_csr csr;
    struct sw_privkey *key;
    if (sw_cert_parse(&cert, der.p, der.len) == SW_OK)
        return ttp_inspect_cert(t, path, der, array);
    if (sw_csr_parse(&csr, der.p, der.len) == SW_OK)
        return ttp_inspect_csr(t, path, der, array);
    if (ttp_is_ocsp(der))
        return ttp_inspect_ocsp(t, path, der, array);
    if (sw_pkcs12_looks(der.p, der.len))
        return ttp_inspect_p12(t, path, file, array);
    if (sw_key_is_encrypted(der.p, der.len) || sw_key_decode(&key, der.p, der.len) == SW_OK) {
        if (!sw_key_is_encrypted(der.p, der.len))
            sw_privkey_free(key);
        return ttp_inspect_key(t, path, file, array);
    }
    return ttp_inspect_crl(t, path, der, array);
}

static const struct {
    const char *label;
    int (*inspect)(const struct ttp *t, const char *path, struct sw_slice der, json_t *array);
} kinds[] = {
    {"CERTIFICATE", ttp_inspect_cert},
    {"TRUSTED CERTIFICATE", ttp_inspect_cert},
    {"X509 CERTIFICATE", ttp_inspect_cert},
    {"CERTIFICATE REQUEST", ttp_inspect_csr},
    {"NEW CERTIFICATE REQUEST", ttp_inspect_csr},
    {"X509 CRL", ttp_inspect_crl},
    {"OCSP RESPONSE", ttp_inspect_ocsp},
};

enum { KINDS = sizeof kinds / sizeof *kinds, KEY = KINDS, OTHER };

static size_t kind_of(const struct sw_pem *block)
{
    if (block->label.len >= 11 && memcmp(block->label.p + block->label.len - 11, "PRIVATE KEY", 11) == 0)
        return KEY;
    for (size_t i = 0; i < KINDS; i++)
        if (sw_pem_is(block, kinds[i].label))
            return i;
    return OTHER;
}

/* One block; keys are read from the whole file, since headers and passphrases concern it. */
static int inspect_block(const struct ttp *t, const char *path, const struct sw_file *file, const struct sw_pem *block,
                         json_t *array)
{
    size_t kind = kind_of(block), cap = block->body.len / 4 * 3 + 3, len;
    if (kind == KEY)
        return ttp_inspect_key(t, path, file, array);
    uint8_t *der = malloc(cap);
    enum sw_err e = der ? sw_pem_decode(block, der, cap, &len) : SW_ERR_MEMORY;
    int err = e == SW_OK ? kinds[kind].inspect(t, path, (struct sw_slice){der, len}, array) : ttp_fail(t, e, path);
    free(der);
    return err;
}

enum { OTHERS_NAMED = 5 };

static int inspect_pem(const struct ttp *t, const char *path, const struct sw_file *file, json_t *array)
{
    struct sw_reader r = sw_reader_of(file->p, file->len);
    struct sw_pem block;
    size_t shown = 0, others = 0;
    int err = TTP_DONE;
    while (!err && sw_pem_next(&r, &block)) {
        if (kind_of(&block) == OTHER) {
            if (others++ < OTHERS_NAMED)
                ttp_note(t, "%s: a block \"%.*s\" is passed over", path, (int)block.label.len,
                         (const char *)block.label.p);
            continue;
        }
        if (shown++ && !array)
            putchar('\n');
        err = inspect_block(t, path, file, &block, array);
    }
    if (others > OTHERS_NAMED)
        ttp_note(t, "%s: and so are %zu more", path, others - OTHERS_NAMED);
    if (!err && !shown)
        err = ttp_error(t, TTP_BAD_INPUT, "%s: no certificate, request, list, OCSP response or key is in it", path);
    return err;
}

int ttp_inspect(struct ttp *t)
{
    const char *path = t->argv[0];
    struct sw_file file;
    enum sw_err e = sw_file_read(path, TTP_FILE_MAX, &file);
    if (e != SW_OK)
        return ttp_fail(t, e, path);
    if (strcmp(path, "-") == 0)
        path = "standard input";
    json_t *array = t->json ? json_array() : NULL;
    bool der = file.len && file.p[0] == 0x30;
    int err = der ? inspect_der(t, path, &file, array) : inspect_pem(t, path, &file, array);
    sw_file_free(&file);
    if (err || !t->json) {
        json_decref(array);
        return err;
    }
    return ttp_result(t, TTP_DONE, array);
}
