#include "tests/diff/openssl.h"
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdio.h>

bool openssl_takes(const uint8_t *p, size_t len)
{
    const uint8_t *at = p;
    X509 *x = d2i_X509(NULL, &at, (long)len);
    bool takes = x != NULL && at == p + len;

    X509_free(x);
    ERR_clear_error();
    return takes;
}

const char *openssl_why(const uint8_t *p, size_t len)
{
    static char text[512];
    const uint8_t *at = p;
    X509 *x = d2i_X509(NULL, &at, (long)len);
    const char *data = "", *file;
    int line, flags;
    unsigned long first = ERR_get_error_all(&file, &line, NULL, &data, &flags), error = first, more;
    size_t n = 0;

    while (error != 0 && n < sizeof text - 1) {
        const char *reason = ERR_reason_error_string(error);

        n += (size_t)snprintf(text + n, sizeof text - n, "%s (%s); ", reason ? reason : "?", data ? data : "");
        more = ERR_get_error_all(&file, &line, NULL, &data, &flags);
        error = n < sizeof text ? more : 0;
    }
    X509_free(x);
    ERR_clear_error();
    return first ? text : "bytes behind it";
}
