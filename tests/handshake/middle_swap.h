/*
 * One message of a handshake exchanged for another on its way, written as what is different about it; for the tests of
 * the files of messages.
 */
#ifndef SW_TESTS_HANDSHAKE_MIDDLE_SWAP_H
#define SW_TESTS_HANDSHAKE_MIDDLE_SWAP_H

#include "tests/handshake/middle_pair.h"

enum { SWAP_CCS = -2 /* instead of a handshake type */ };

/*
 * form: the new body, from left to right beside the old one:
 *
 *     two hexadecimal digits  this byte instead of the old one
 *     .                       the old byte     > the old byte and one     < less one     ^ with a bit changed
 *     *                       the rest of the old body                    - but for its last byte, which is next
 */
struct swap_row {
    const char *suite;
    int to, message; /* the first of this type on its way there */
    const char *form;
    enum sw_err err;           /* SW_OK: both sides take it */
    const char *cert, *scheme; /* of the client; NULL: client-rsa, and what comes first */
};

static const struct swap_row *swap_current;
static bool swap_done;

static inline size_t swap_make(const char *form, const uint8_t *was, size_t len, uint8_t *out)
{
    size_t n = 0, at = 0;

    for (; *form != '\0'; form++) {
        uint8_t old = at < len ? was[at] : 0;

        if (*form == ' ')
            continue;
        if (*form == '*' || *form == '-') {
            size_t rest = len - at - (*form == '-');

            memcpy(out + n, was + at, rest);
            n += rest;
            at += rest;
            continue;
        }
        if (strchr(".<>^", *form) != NULL) {
            out[n++] = *form == '<'   ? (uint8_t)(old - 1)
                       : *form == '>' ? (uint8_t)(old + 1)
                       : *form == '^' ? old ^ 1
                                      : old;
        } else {
            const char digits[3] = {form[0], form[1], '\0'};

            n += sw_unhex(digits, out + n, 1);
            form++;
        }
        at += at < len;
    }
    return n;
}

static inline void swap_pass(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len)
{
    static uint8_t out[MIDDLE_ITEM];
    int message = type == SW_CT_HANDSHAKE ? p[0] : type == SW_CT_CHANGE_CIPHER_SPEC ? SWAP_CCS : -1;
    size_t head = type == SW_CT_HANDSHAKE ? 4 : 0, n;

    if (swap_done || to != swap_current->to || message != swap_current->message) {
        middle_hand_on(m, to, type, p, len);
        return;
    }
    swap_done = true;
    n = swap_make(swap_current->form, p + head, len - head, out + head);
    if (head > 0) {
        out[0] = p[0];
        out[1] = 0;
        out[2] = (uint8_t)(n >> 8);
        out[3] = (uint8_t)n;
    }
    middle_hand_on(m, to, type, out, head + n);
}

static inline void swap_connect(struct middle *m, struct pair *p, const struct swap_row *row)
{
    pair_open(p, false);
    SW_ASSERT_OK(sw_config_set_client_auth(p->server_cfg, SW_CLIENT_AUTH_REQUIRE));
    SW_ASSERT_OK(
        sw_config_set_option(p->server_cfg, SW_OPT_INSECURE_NO_VERIFY, 1)); /* also a server's certificate will do */
    pair_cert(p->client_cfg, row->cert != NULL ? row->cert : "client-rsa");
    if (row->scheme != NULL)
        SW_ASSERT_OK(sw_config_set_cert_sigalgs(p->client_cfg, row->scheme));
    SW_ASSERT_OK(sw_config_set_suites(p->server_cfg, row->suite));
    SW_ASSERT_OK(sw_config_set_suites(p->client_cfg, row->suite));
    middle_versions(m, p, row->suite);
    pair_connect(p, "server.example");
    middle_take(m, p);
}

/* swap_run: each row in a handshake of its own; after, if not NULL, looks at how it ended. */
static inline void swap_run(const struct swap_row *rows, size_t count,
                            void (*after)(const struct swap_row *row, const struct middle *m))
{
    struct middle *m = middle_new(swap_pass);

    for (size_t i = 0; i < count; i++) {
        struct pair p;

        swap_current = &rows[i];
        swap_done = false;
        swap_connect(m, &p, &rows[i]);
        middle_run(m);
        CU_ASSERT_TRUE(swap_done);
        middle_expect(m, rows[i].to, rows[i].err, "row %zu, %s", i, rows[i].form);
        if (after != NULL)
            after(&rows[i], m);
        middle_forget(m);
        pair_close(&p);
    }
    free(m);
}

#define SWAP_RUN(rows) swap_run(rows, sizeof rows / sizeof rows[0], NULL)

#endif
