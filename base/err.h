/*
 * Errors and alerts. Every fallible function of Sealwax returns an enum sw_err; the table behind it, base/err.def, says
 * for each error which TLS alert it becomes and what a person is told. Part of the public interface: include/sealwax.h
 * includes this file.
 */
#ifndef SW_BASE_ERR_H
#define SW_BASE_ERR_H

/* AlertDescription of RFC 5246 7.2, RFC 6066, RFC 7301, RFC 7507 and RFC 8446; NONE stands for "send nothing". */
enum sw_alert {
    SW_ALERT_CLOSE_NOTIFY = 0,
    SW_ALERT_UNEXPECTED_MESSAGE = 10,
    SW_ALERT_BAD_RECORD_MAC = 20,
    SW_ALERT_RECORD_OVERFLOW = 22,
    SW_ALERT_DECOMPRESSION_FAILURE = 30,
    SW_ALERT_HANDSHAKE_FAILURE = 40,
    SW_ALERT_BAD_CERTIFICATE = 42,
    SW_ALERT_UNSUPPORTED_CERTIFICATE = 43,
    SW_ALERT_CERTIFICATE_REVOKED = 44,
    SW_ALERT_CERTIFICATE_EXPIRED = 45,
    SW_ALERT_CERTIFICATE_UNKNOWN = 46,
    SW_ALERT_ILLEGAL_PARAMETER = 47,
    SW_ALERT_UNKNOWN_CA = 48,
    SW_ALERT_ACCESS_DENIED = 49,
    SW_ALERT_DECODE_ERROR = 50,
    SW_ALERT_DECRYPT_ERROR = 51,
    SW_ALERT_PROTOCOL_VERSION = 70,
    SW_ALERT_INSUFFICIENT_SECURITY = 71,
    SW_ALERT_INTERNAL_ERROR = 80,
    SW_ALERT_INAPPROPRIATE_FALLBACK = 86,
    SW_ALERT_USER_CANCELED = 90,
    SW_ALERT_NO_RENEGOTIATION = 100,
    SW_ALERT_MISSING_EXTENSION = 109,
    SW_ALERT_UNSUPPORTED_EXTENSION = 110,
    SW_ALERT_UNRECOGNIZED_NAME = 112,
    SW_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE = 113,
    SW_ALERT_CERTIFICATE_REQUIRED = 116,
    SW_ALERT_NO_APPLICATION_PROTOCOL = 120,
    SW_ALERT_NONE = 256
};

enum sw_err {
    SW_OK = 0,
#define SW_ERR(name, alert, reason) SW_ERR_##name,
#include "base/err.def"
#undef SW_ERR
    SW_ERR_COUNT
};

/* Makes the compiler refuse a call whose result is not looked at. */
#if defined(__GNUC__)
#define SW_MUST_USE __attribute__((warn_unused_result))
#else
#define SW_MUST_USE
#endif

#ifdef __cplusplus
extern "C" {
#endif

/*
 * sw_err_name: the error's name without prefix, "BAD_RECORD_MAC"; "OK" for SW_OK; "?" for a number that is none.
 * Static.
 */
const char *sw_err_name(enum sw_err err);

/* sw_err_reason: what happened, in words, without a full stop; static. */
const char *sw_err_reason(enum sw_err err);

/* sw_err_alert: the alert this error is told the peer with, or SW_ALERT_NONE. */
enum sw_alert sw_err_alert(enum sw_err err);

/* sw_alert_name: the RFC's name of an alert number, "bad_record_mac"; "unknown" for a number without one. Static. */
const char *sw_alert_name(unsigned alert);

#ifdef __cplusplus
}
#endif

#endif
