/*
 * The handshake as data. A flow is a list of steps in wire order, used by both sides: who sends, which message, and whether this connection
 * needs it. The walker skips what is not needed, sends what is ours, accepts what is expected, steps over an absent MAY, and refuses everything else.
 * ChangeCipherSpec is a row like any other, so an early one cannot slip in.
 */
#ifndef SW_HANDSHAKE_STEP_H
#define SW_HANDSHAKE_STEP_H

#include "base/bytes.h"
#include "base/err.h"
#include "include/sealwax.h"

/* HandshakeType of RFC 5246 7.4, RFC 5077, RFC 6066, RFC 8446 4; what has no number of its own there stands beside them in the flow. */
enum sw_message {
    SW_HELLO_REQUEST = 0,
    SW_CLIENT_HELLO = 1,
    SW_SERVER_HELLO = 2,
    SW_NEW_SESSION_TICKET = 4,
    SW_ENCRYPTED_EXTENSIONS = 8,
    SW_CERTIFICATE = 11,
    SW_SERVER_KEY_EXCHANGE = 12,
    SW_CERTIFICATE_REQUEST = 13,
    SW_SERVER_HELLO_DONE = 14,
    SW_CERTIFICATE_VERIFY = 15,
    SW_CLIENT_KEY_EXCHANGE = 16,
    SW_FINISHED = 20,
    SW_CERTIFICATE_STATUS = 22,
    SW_KEY_UPDATE = 24,
    SW_CHANGE_CIPHER_SPEC = 256,
    SW_HELLO_RETRY_REQUEST, /* a ServerHello on the wire (RFC 8446 4.1.4) */
    SW_COMPATIBILITY_CCS    /* a ChangeCipherSpec that changes nothing (RFC 8446 D.4) */
};

enum sw_need { SW_NO, SW_MUST, SW_MAY /* only the other side knows */ };

struct sw_step {
    enum sw_role sender;
    int message; /* -1: the flow ends here */
    enum sw_need (*need)(const struct sw_conn *conn);
};

/* The flows. A handshake begins with `hello` on both sides; ServerHello picks another one. */
extern const struct sw_step sw_flow12_hello[], sw_flow12_full[], sw_flow12_resumed[];
extern const struct sw_step sw_flow13_retry[], sw_flow13_full[];

/* sw_message_name: as the RFC spells it, "ServerHelloDone". */
const char *sw_message_name(int message);

/* sw_step_advance: send all that is ours to send now, up to the next message that is awaited or the end of the handshake. */
enum sw_err sw_step_advance(struct sw_conn *conn) SW_MUST_USE;

/*
 * sw_step_receive: one whole message (or SW_CHANGE_CIPHER_SPEC with its record's payload).
 *   raw   the message with its 4-byte header; body behind it
 *   more  handshake bytes stand behind it in the same record: an error where keys change or our turn begins
 */
enum sw_err sw_step_receive(struct sw_conn *conn, int message, struct sw_slice raw, bool more) SW_MUST_USE;

/* sw_step_may_be_late: whether such a message may come behind the handshake, in TLS 1.3. _late: one that has come. The same arguments. */
bool sw_step_may_be_late(const struct sw_conn *conn, int message);
enum sw_err sw_step_late(struct sw_conn *conn, int message, struct sw_slice raw, bool more) SW_MUST_USE;
/* sw_step_send_late: send one. */
enum sw_err sw_step_send_late(struct sw_conn *conn, int message) SW_MUST_USE;

#endif
