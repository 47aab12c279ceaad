/* Certificate messages made of letters, for the tests of certificate.c and peer.c. */
#ifndef SW_TESTS_HANDSHAKE_CHAIN_H
#define SW_TESTS_HANDSHAKE_CHAIN_H

#include "handshake/msg.h"
#include "tests/handshake/pair.h"
#include <string.h>

enum { CHAIN_ROOM = 102400 };

/*
 * One connection that is about to read a Certificate, and a configuration that has the certificates to make one of:
 *
 *     S server-rsa   P server-p256   Q server-p384   E server-ed25519   A client-rsa   B client-p256
 *     K client-rsa with a kind of key that nobody knows   x three bytes that are no certificate   0 no bytes at all
 *     L, I leaf and ca, if the test has made them
 */
struct chain_test {
    struct sw_config *source, *cfg;
    struct sw_conn *conn;
    uint8_t odd[2048];
    struct sw_slice leaf, ca;
};

/* chain_open: a side with this suite settled; a client that wants server.example. */
static inline void chain_open(struct chain_test *t, enum sw_role role, uint16_t suite)
{
    memset(t, 0, sizeof *t);
    t->source = pair_config(SW_SERVER);
    pair_cert(t->source, "server-rsa");
    pair_cert(t->source, "server-p256");
    pair_cert(t->source, "server-p384");
    pair_cert(t->source, "server-ed25519");
    pair_cert(t->source, "client-rsa");
    pair_cert(t->source, "client-p256");
    t->cfg = pair_config(role);
    if (role == SW_SERVER)
        pair_cert(t->cfg, "server-rsa");
    SW_ASSERT_OK(sw_conn_new(&t->conn, t->cfg, role == SW_CLIENT ? "server.example" : NULL));
    t->conn->suite = sw_suite_by_id(suite);
}

static inline void chain_close(struct chain_test *t)
{
    sw_conn_free(t->conn);
    sw_config_free(t->cfg);
    sw_config_free(t->source);
}

/* chain_der: the certificate of a letter. */
static inline struct sw_slice chain_der(struct chain_test *t, char letter)
{
    static const char letters[] = "SPQEAB";
    static const uint8_t rsa[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
    const char *at = strchr(letters, letter);
    struct sw_slice der = t->source->creds[4]->der[0];

    if (at != NULL)
        return t->source->creds[at - letters]->der[0];
    if (letter == 'L' || letter == 'I')
        return letter == 'L' ? t->leaf : t->ca;
    if (letter != 'K')
        return (struct sw_slice){(const uint8_t *)"abc", letter == 'x' ? 3 : 0};
    CU_ASSERT_TRUE_FATAL(der.len <= sizeof t->odd);
    memcpy(t->odd, der.p, der.len);
    for (size_t i = 0; i + sizeof rsa <= der.len; i++)
        if (memcmp(t->odd + i, rsa, sizeof rsa) == 0)
            t->odd[i + sizeof rsa - 1] = 0x63;
    return (struct sw_slice){t->odd, der.len};
}

/* chain_body: the message; list_by, last_by: what is added to the lengths of the list and of its last certificate. */
static inline struct sw_slice chain_body(struct chain_test *t, const char *form, int list_by, int last_by)
{
    static uint8_t body[CHAIN_ROOM];
    struct sw_writer w = sw_writer_of(body, sizeof body);
    size_t list = sw_write_open(&w, 3);

    for (; *form != '\0'; form++) {
        struct sw_slice der = chain_der(t, *form);

        sw_write_u24(&w, (uint32_t)((int)der.len + (form[1] == '\0' ? last_by : 0)));
        if (der.len > 0)
            sw_write_slice(&w, der);
    }
    sw_write_close(&w, list, 3);
    CU_ASSERT_FALSE_FATAL(w.failed);
    list = w.len - 3 + (size_t)list_by;
    body[0] = (uint8_t)(list >> 16);
    body[1] = (uint8_t)(list >> 8);
    body[2] = (uint8_t)list;
    return (struct sw_slice){body, w.len};
}

#endif
