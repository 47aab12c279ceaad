/* OpenSSL's verdict, in a file of its own: its headers and wolfCrypt's have names in common. */
#ifndef SW_TESTS_DIFF_OPENSSL_H
#define SW_TESTS_DIFF_OPENSSL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* openssl_takes: whether it reads exactly these bytes as a certificate, as `openssl x509 -noout` does. */
bool openssl_takes(const uint8_t *p, size_t len);

/* openssl_why: what it says against them; valid until the next call. */
const char *openssl_why(const uint8_t *p, size_t len);

#endif
