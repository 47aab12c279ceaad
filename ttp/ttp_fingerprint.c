/* ttp fingerprint: the SHA-256 of each certificate in a file, for comparing over the telephone. */
#include "base/hash.h"
#include "ttp/pem.h"
#include "ttp/ttp_ca.h"
#include "ttp/ttp_verbs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int one(const struct ttp *t, const uint8_t *der, size_t len, json_t *array)
{
    struct sw_cert cert;
    uint8_t digest[SW_HASH_MAX], spki[SW_HASH_MAX];
    char hex[TTP_HEX_CAP], pin[TTP_HEX_CAP], subject[512];
    enum sw_err err = sw_cert_parse(&cert, der, len);
    if (err == SW_OK)
        err = sw_hash_once(SW_HASH_SHA256, der, len, digest);
    if (err == SW_OK)
        err = sw_hash_once(SW_HASH_SHA256, cert.spki.p, cert.spki.len, spki);
    if (err != SW_OK)
        return ttp_fail(t, err, t->argv[0]);
    sw_cert_name_text(cert.subject, subject, sizeof subject);
    ttp_hex(digest, 32, hex);
    ttp_hex(spki, 32, pin);
    if (array)
        return json_array_append_new(
                   array, json_pack("{s:s, s:s, s:s}", "sha256", hex, "spki_sha256", pin, "subject", subject))
                   ? ttp_fail(t, SW_ERR_MEMORY, t->argv[0])
                   : TTP_DONE;
    printf("sha256:%s  %s\n", hex, subject);
    return TTP_DONE;
}

/* Every certificate of a PEM file, or the one in DER. */
static int each(const struct ttp *t, const struct sw_file *file, json_t *array)
{
    struct sw_reader r = sw_reader_of(file->p, file->len);
    struct sw_pem block;
    size_t found = 0, len;
    int err = TTP_DONE;
    if (file->len && file->p[0] == 0x30)
        return one(t, file->p, file->len, array);
    uint8_t *der = malloc(file->len + 3);
    if (!der)
        return ttp_fail(t, SW_ERR_MEMORY, t->argv[0]);
    while (!err && sw_pem_next(&r, &block)) {
        if (!sw_pem_is(&block, "CERTIFICATE"))
            continue;
        found++;
        enum sw_err e = sw_pem_decode(&block, der, file->len + 3, &len);
        err = e == SW_OK ? one(t, der, len, array) : ttp_fail(t, e, t->argv[0]);
    }
    free(der);
    return err || found ? err : ttp_fail(t, SW_ERR_PEM, t->argv[0]);
}

int ttp_fingerprint(struct ttp *t)
{
    struct sw_file file;
    enum sw_err e = sw_file_read(t->argv[0], TTP_FILE_MAX, &file);
    if (e != SW_OK)
        return ttp_fail(t, e, t->argv[0]);
    json_t *array = t->json ? json_array() : NULL;
    int err = each(t, &file, array);
    sw_file_free(&file);
    if (err || !t->json) {
        json_decref(array);
        return err;
    }
    return ttp_result(t, TTP_DONE, array);
}
