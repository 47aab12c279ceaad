/* The table of errors and the names of alerts. */
#include "base/err.h"

struct row {
    const char *name, *reason;
    enum sw_alert alert;
};

static const struct row rows[SW_ERR_COUNT] = {
    [SW_OK] = {"OK", "no error", SW_ALERT_NONE},
#define SW_ERR(name, alert, reason) [SW_ERR_##name] = {#name, reason, SW_ALERT_##alert},
#include "base/err.def"
#undef SW_ERR
};

static const struct row unknown = {"?", "an unknown error", SW_ALERT_INTERNAL_ERROR};

static const struct row *row_of(enum sw_err err)
{
    return (unsigned)err < SW_ERR_COUNT ? &rows[err] : &unknown;
}

const char *sw_err_name(enum sw_err err)
{
    return row_of(err)->name;
}

const char *sw_err_reason(enum sw_err err)
{
    return row_of(err)->reason;
}

enum sw_alert sw_err_alert(enum sw_err err)
{
    return row_of(err)->alert;
}

const char *sw_alert_name(unsigned alert)
{
    static const struct {
        unsigned alert;
        const char *name;
    } names[] = {
        {SW_ALERT_CLOSE_NOTIFY, "close_notify"},
        {SW_ALERT_UNEXPECTED_MESSAGE, "unexpected_message"},
        {SW_ALERT_BAD_RECORD_MAC, "bad_record_mac"},
        {SW_ALERT_RECORD_OVERFLOW, "record_overflow"},
        {SW_ALERT_DECOMPRESSION_FAILURE, "decompression_failure"},
        {SW_ALERT_HANDSHAKE_FAILURE, "handshake_failure"},
        {SW_ALERT_BAD_CERTIFICATE, "bad_certificate"},
        {SW_ALERT_UNSUPPORTED_CERTIFICATE, "unsupported_certificate"},
        {SW_ALERT_CERTIFICATE_REVOKED, "certificate_revoked"},
        {SW_ALERT_CERTIFICATE_EXPIRED, "certificate_expired"},
        {SW_ALERT_CERTIFICATE_UNKNOWN, "certificate_unknown"},
        {SW_ALERT_ILLEGAL_PARAMETER, "illegal_parameter"},
        {SW_ALERT_UNKNOWN_CA, "unknown_ca"},
        {SW_ALERT_ACCESS_DENIED, "access_denied"},
        {SW_ALERT_DECODE_ERROR, "decode_error"},
        {SW_ALERT_DECRYPT_ERROR, "decrypt_error"},
        {SW_ALERT_PROTOCOL_VERSION, "protocol_version"},
        {SW_ALERT_INSUFFICIENT_SECURITY, "insufficient_security"},
        {SW_ALERT_INTERNAL_ERROR, "internal_error"},
        {SW_ALERT_INAPPROPRIATE_FALLBACK, "inappropriate_fallback"},
        {SW_ALERT_USER_CANCELED, "user_canceled"},
        {SW_ALERT_NO_RENEGOTIATION, "no_renegotiation"},
        {SW_ALERT_MISSING_EXTENSION, "missing_extension"},
        {SW_ALERT_UNSUPPORTED_EXTENSION, "unsupported_extension"},
        {SW_ALERT_UNRECOGNIZED_NAME, "unrecognized_name"},
        {SW_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE, "bad_certificate_status_response"},
        {SW_ALERT_CERTIFICATE_REQUIRED, "certificate_required"},
        {SW_ALERT_NO_APPLICATION_PROTOCOL, "no_application_protocol"},
    };

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].alert == alert)
            return names[i].name;
    return "unknown";
}
