/*
 * Extensions: one row each, with what is done at the four places one can appear. A row that is not there is an extension we do not know:
 * ignored in a ClientHello, unsolicited in a ServerHello.
 */
#ifndef SW_HANDSHAKE_EXT_H
#define SW_HANDSHAKE_EXT_H

#include "handshake/conn.h"

struct sw_ext {
    uint16_t id;
    const char *name;
    /* client: whether to offer it, and its body */
    bool (*offer)(const struct sw_conn *conn);
    void (*write_offer)(struct sw_conn *conn, struct sw_writer *w);
    /* server: the body of an offer; the meaning is judged later, when all are read */
    enum sw_err (*read_offer)(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r);
    /* server: whether to answer, and the body */
    bool (*answer)(const struct sw_conn *conn);
    void (*write_answer)(struct sw_conn *conn, struct sw_writer *w);
    /* client: the body of an answer */
    enum sw_err (*read_answer)(struct sw_conn *conn, struct sw_reader *r);
};

/* sw_ext_write_offers, _answers: the whole block with its length; nothing at all if no extension is there. */
enum sw_err sw_ext_write_offers(struct sw_conn *conn, struct sw_writer *w) SW_MUST_USE;
enum sw_err sw_ext_write_answers(struct sw_conn *conn, struct sw_writer *w) SW_MUST_USE;

/* sw_ext_read_offers: decode a ClientHello's block into ext. SW_ERR_DUPLICATE_EXTENSION, SW_ERR_EXTENSION_DECODE, SW_ERR_EXTENSION_VALUE. */
enum sw_err sw_ext_read_offers(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_slice block) SW_MUST_USE;

/* sw_ext_read_answers: decode a ServerHello's block. SW_ERR_UNSOLICITED_EXTENSION for what was not offered. */
enum sw_err sw_ext_read_answers(struct sw_conn *conn, struct sw_slice block) SW_MUST_USE;

#endif
