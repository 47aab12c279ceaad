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

struct sw_ext {
    uint16_t id;
    const char *name;
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

/* sw_ext_read_offers: decode a ClientHello's block into ext. SW_ERR_DUPLICATE_EXTENSION, SW_ERR_EXTENSION_DECODE, SW_ERR_EXTENSION_VALUE. */
enum sw_err sw_ext_read_offers(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_slice block) SW_MUST_USE;

/* sw_ext_read_answers: decode a ServerHello's block. SW_ERR_UNSOLICITED_EXTENSION for what was not offered. */
enum sw_err sw_ext_read_answers(struct sw_conn *conn, struct sw_slice block) SW_MUST_USE;

#endif
