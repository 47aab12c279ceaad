/*
 * Extensions: one row each, with what is done at the four places one can appear. A row that is not there is an extension we do not know:
 * ignored in a ClientHello, unsolicited in a ServerHello.
 */
#ifndef SW_HANDSHAKE_EXT_H
#define SW_HANDSHAKE_EXT_H

#include "handshake/conn.h"

/* The columns: whether to send it; writing its body; a body as a server reads it, and as a client reads the answer to its own. */
typedef bool sw_ext_when(const struct sw_conn *conn);
typedef void sw_ext_write(struct sw_conn *conn, struct sw_writer *w);
typedef enum sw_err sw_ext_read_offer(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r);
typedef enum sw_err sw_ext_read_answer(struct sw_conn *conn, struct sw_reader *r);

/* The messages in which a server's answer may stand; SW_IN_REQUEST: a CertificateRequest, which has the client's form of it (RFC 8446 4.2). */
enum {
    SW_IN_SH12 = 1,
    SW_IN_SH = 2,
    SW_IN_HRR = 4,
    SW_IN_EE = 8,
    SW_IN_CERT = 16,
    SW_IN_REQUEST = 32,
    SW_IN_TICKET = 64
};

struct sw_ext {
    uint16_t id;
    const char *name;
    unsigned in;
    sw_ext_when *offer; /* client */
    sw_ext_write *write_offer;
    sw_ext_read_offer *read_offer; /* server: the meaning is judged later, when all are read */
    sw_ext_when *answer;
    sw_ext_write *write_answer;
    sw_ext_read_answer *read_answer; /* client; NULL: never an answer */
};

/* sw_ext_write_offers, _answers: the whole block with its length; nothing at all if no extension is there. */
enum sw_err sw_ext_write_offers(struct sw_conn *conn, struct sw_writer *w) SW_MUST_USE;
enum sw_err sw_ext_write_answers(struct sw_conn *conn, struct sw_writer *w) SW_MUST_USE;
/* sw_ext_write_in: the block of a message of TLS 1.3, there also if it is empty. */
void sw_ext_write_in(struct sw_conn *conn, struct sw_writer *w, unsigned in);

/* sw_ext_read_offers: decode a ClientHello's block into ext. SW_ERR_DUPLICATE_EXTENSION, SW_ERR_EXTENSION_DECODE, SW_ERR_EXTENSION_VALUE. */
enum sw_err sw_ext_read_offers(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_slice block) SW_MUST_USE;

/* sw_ext_read_answers: decode a ServerHello's block. SW_ERR_UNSOLICITED_EXTENSION for what was not offered. */
enum sw_err sw_ext_read_answers(struct sw_conn *conn, struct sw_slice block) SW_MUST_USE;

/* sw_ext_read_in: the block of a message of TLS 1.3. Also SW_ERR_EXTENSION_VALUE for one that does not belong there (RFC 8446 4.2). */
enum sw_err sw_ext_read_in(struct sw_conn *conn, struct sw_slice block, unsigned in) SW_MUST_USE;
/* sw_ext_read_request: that of a CertificateRequest, as if it were offers. */
enum sw_err sw_ext_read_request(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_slice block) SW_MUST_USE;

/* sw_ext_read_ticket: that of a NewSessionTicket, none of which means anything to us. The same errors, but SW_ERR_UNSOLICITED_EXTENSION. */
enum sw_err sw_ext_read_ticket(struct sw_slice block) SW_MUST_USE;

/* sw_ext_check: whether a block is a list of extensions, none of them twice. sw_ext_find: the body of one of them; p is NULL if it is not there. */
enum sw_err sw_ext_check(struct sw_slice block) SW_MUST_USE;
struct sw_slice sw_ext_find(struct sw_slice block, unsigned id);
/* sw_ext_hash_lasting: hash what a second ClientHello must say as the first did, of the extensions we know; others may have rules of their own. */
enum sw_err sw_ext_hash_lasting(struct sw_slice block, struct sw_hash *h) SW_MUST_USE;

#endif
