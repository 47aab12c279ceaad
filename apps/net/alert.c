#include "apps/net/alert.h"
#include <stddef.h>

/*
 * An alert says less than its sender knows, so each row names what usually is the reason. handshake_failure is also
 * what a TLS 1.2 server sends that got no certificate (RFC 5246 7.4.6).
 */
static const struct {
    enum sw_alert alert;
    const char *meaning;
} meanings[] = {
    {SW_ALERT_UNEXPECTED_MESSAGE, "the peer expected another message of us"},
    {SW_ALERT_BAD_RECORD_MAC, "the peer got a record that was changed on the way, or has other keys"},
    {SW_ALERT_HANDSHAKE_FAILURE, "the peer finds nothing that both sides take (--policy, --suites, --groups), or wants "
                                 "a certificate of ours (--cert)"},
    {SW_ALERT_BAD_CERTIFICATE, "the peer finds our certificate faulty, or its name wrong"},
    {SW_ALERT_UNSUPPORTED_CERTIFICATE,
     "the peer does not take our certificate for this: a server's is none for a client"},
    {SW_ALERT_CERTIFICATE_REVOKED, "the peer says that our certificate has been revoked"},
    {SW_ALERT_CERTIFICATE_EXPIRED, "the peer says that our certificate has expired, or is not valid yet"},
    {SW_ALERT_CERTIFICATE_UNKNOWN, "the peer does not accept our certificate, and does not say why"},
    {SW_ALERT_UNKNOWN_CA,
     "the peer does not trust who issued our certificate, or an intermediate is missing from --cert"},
    {SW_ALERT_ACCESS_DENIED, "the peer knows our certificate and does not let it in"},
    {SW_ALERT_DECRYPT_ERROR, "the peer could not verify a signature, or the handshake was changed on the way"},
    {SW_ALERT_PROTOCOL_VERSION, "the peer speaks none of our versions of TLS (--min-version, --max-version)"},
    {SW_ALERT_INSUFFICIENT_SECURITY, "the peer wants stronger cipher suites or keys than ours (--policy modern)"},
    {SW_ALERT_INTERNAL_ERROR, "the peer has a problem of its own"},
    {SW_ALERT_UNRECOGNIZED_NAME, "the peer has no certificate for the name that we asked for (--name)"},
    {SW_ALERT_CERTIFICATE_REQUIRED, "the peer wants a certificate of ours (--cert, --key)"},
    {SW_ALERT_NO_APPLICATION_PROTOCOL, "the peer speaks none of the protocols of --alpn"},
};

const char *app_alert_meaning(enum sw_alert received)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].alert == received)
            return meanings[i].meaning;
    return NULL;
}
