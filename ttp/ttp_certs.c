/* Certificates in files: one, or all of a bundle; and written as PEM again. */
#include "ttp/der.h"
#include "ttp/pem.h"
#include "ttp/ttp_ca.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CERT_FILE_MAX = 1 << 20 };

/* The certificates of a PEM file, or the one in DER; at most max, the rest is left. */
static enum sw_err parse(const struct sw_file *file, size_t max, struct ttp_certs *out)
{
    struct sw_reader r = sw_reader_of(file->p, file->len);
    struct sw_pem block;
    size_t used = 0, len = file->len, cap = file->len + 3;
    out->buf = malloc(cap);
    if (!out->buf)
        return SW_ERR_MEMORY;
    if (len && file->p[0] == SW_DER_SEQUENCE) {
        memcpy(out->buf, file->p, len);
        return sw_cert_parse(&out->v[out->n++], out->buf, len);
    }
    while (out->n < max && sw_pem_next(&r, &block)) {
        if (!sw_pem_is(&block, "CERTIFICATE"))
            continue;
        enum sw_err err = sw_pem_decode(&block, out->buf + used, cap - used, &len);
        if (err == SW_OK)
            err = sw_cert_parse(&out->v[out->n], out->buf + used, len);
        if (err != SW_OK)
            return err;
        used += len;
        out->n++;
    }
    return out->n ? SW_OK : SW_ERR_PEM;
}

static enum sw_err read_file(const char *path, size_t max, struct ttp_certs *out)
{
    struct sw_file file;
    *out = (struct ttp_certs){.n = 0};
    enum sw_err err = sw_file_read(path, CERT_FILE_MAX, &file);
    if (err != SW_OK)
        return err;
    err = parse(&file, max, out);
    sw_file_free(&file);
    if (err != SW_OK)
        ttp_certs_free(out);
    return err;
}

static int read_some(const struct ttp *t, const char *path, size_t max, struct ttp_certs *out)
{
    enum sw_err err = read_file(path, max, out);
    return err == SW_OK ? TTP_DONE : ttp_fail(t, err, path);
}

int ttp_certs_read(const struct ttp *t, const char *path, struct ttp_certs *out)
{
    return read_some(t, path, TTP_CERTS_MAX, out);
}

int ttp_cert_read(const struct ttp *t, const char *path, struct ttp_certs *out)
{
    return read_some(t, path, 1, out);
}

bool ttp_cert_try(const char *path, struct ttp_certs *out)
{
    struct stat st;
    *out = (struct ttp_certs){.n = 0};
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && read_file(path, 1, out) == SW_OK;
}

bool ttp_cert_is(const char *path, struct sw_slice der)
{
    struct ttp_certs read;
    bool same = ttp_cert_try(path, &read) && sw_slice_eq(read.v[0].der, der);
    ttp_certs_free(&read);
    return same;
}

void ttp_certs_free(struct ttp_certs *certs)
{
    free(certs->buf);
    *certs = (struct ttp_certs){.n = 0};
}

int ttp_certs_pem(const struct ttp *t, const struct sw_slice *ders, size_t n, struct sw_file *out)
{
    size_t cap = 1, one;
    for (size_t i = 0; i < n; i++)
        cap += ders[i].len * 3 / 2 + 128;
    *out = (struct sw_file){malloc(cap), 0};
    enum sw_err err = out->p ? SW_OK : SW_ERR_MEMORY;
    for (size_t i = 0; i < n && err == SW_OK; i++) {
        err = sw_pem_encode("CERTIFICATE", ders[i].p, ders[i].len, (char *)out->p + out->len, cap - out->len, &one);
        out->len += err == SW_OK ? one : 0;
    }
    if (err == SW_OK)
        return TTP_DONE;
    sw_file_free(out);
    return ttp_fail(t, err, "certificates");
}

int ttp_certs_write(const struct ttp *t, const char *path, const struct sw_slice *ders, size_t n, unsigned flags)
{
    struct sw_file pem;
    int code = ttp_certs_pem(t, ders, n, &pem);
    if (code)
        return code;
    enum sw_err err = sw_file_write(path, pem.p, pem.len, flags);
    code = err == SW_OK ? TTP_DONE : ttp_fail(t, err, path);
    sw_file_free(&pem);
    return code;
}

bool ttp_is_self_issued(const struct sw_cert *cert)
{
    return sw_cert_name_eq(cert->issuer, cert->subject);
}
