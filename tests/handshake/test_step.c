/*
 * The walker, seen from outside: messages behind the end of a flight, requests to renegotiate, sessions of failed
 * connections. What a peer of ours would never send is put on the wire through the engine's own inside.
 */
#include "handshake/conn.h"
#include "tests/handshake/pair.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char name[] = "server.example";

/*
 * Carry what waits, and look at every byte of it on the way: a record of type `type` gets `extra` appended to its
 * payload.
 */
static void carry_with(struct sw_conn *from, struct sw_conn *to, unsigned message, const uint8_t *extra,
                       size_t extra_len)
{
    static uint8_t bytes[65536];
    size_t len, room, at = 0;
    const uint8_t *out = sw_conn_out_buf(from, &len);

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    memcpy(bytes, out, len);
    SW_ASSERT_OK(sw_conn_out_ack(from, len));
    while (at + 5 <= len) {
        size_t body = (size_t)(bytes[at + 3] << 8 | bytes[at + 4]), next = at + 5 + body;
        size_t last = at + 5;

        /* the message that ends this record */
        while (bytes[at] == 22 && last + 4 <= next) {
            size_t n = 4 + ((size_t)bytes[last + 1] << 16 | (size_t)bytes[last + 2] << 8 | bytes[last + 3]);

            if (last + n >= next)
                break;
            last += n;
        }
        if (bytes[at] == 22 && bytes[last] == message) {
            memmove(bytes + next + extra_len, bytes + next, len - next);
            memcpy(bytes + next, extra, extra_len);
            bytes[at + 3] = (uint8_t)((body + extra_len) >> 8);
            bytes[at + 4] = (uint8_t)(body + extra_len);
            len += extra_len;
            break;
        }
        at = next;
    }
    for (at = 0; at < len && (sw_conn_wants(to) & SW_WANT_RECV) != 0;) {
        uint8_t *in = sw_conn_in_buf(to, &room);

        room = room < len - at ? room : len - at;
        memcpy(in, bytes + at, room);
        (void)sw_conn_in_ack(to, room);
        at += room;
    }
}

/*
 * RFC 5246 7.3: a flight ends with ServerHelloDone, with or without a certificate asked for; what lies behind it in the
 * record came too early.
 */
static void nothing_follows_a_flight(void)
{
    static const uint8_t ticket[] = {4, 0, 0, 6, 0, 0, 0, 0, 0, 0}, half[] = {20, 0};

    for (int mutual = 0; mutual < 2; mutual++)
        for (int partial = 0; partial < 2; partial++) {
            struct pair p;

            pair_open(&p, mutual != 0);
            pair_connect(&p, name);
            CU_ASSERT_TRUE(pair_carry(p.client, p.server, 0));
            carry_with(p.server, p.client, 14, partial ? half : ticket, partial ? sizeof half : sizeof ticket);
            SW_ASSERT_ERR(sw_conn_error(p.client), SW_ERR_STRADDLE);
            CU_ASSERT_EQUAL(sw_conn_alert_sent(p.client), SW_ALERT_UNEXPECTED_MESSAGE);
            pair_close(&p);
        }
    {
        struct pair p;

        pair_open(&p, false);
        pair_connect(&p, name);
        carry_with(p.client, p.server, 1, half, sizeof half);
        SW_ASSERT_ERR(sw_conn_error(p.server), SW_ERR_STRADDLE);
        pair_close(&p);
    }
}

static void an_unknown_name_can_be_refused(void)
{
    for (int strict = 0; strict < 2; strict++) {
        struct pair p;

        pair_open(&p, false);
        SW_ASSERT_OK(sw_config_set_option(p.server_cfg, SW_OPT_REQUIRE_SNI_MATCH, strict));
        pair_connect(&p, "somebody.else.example");
        CU_ASSERT_FALSE(pair_run(&p));
        SW_ASSERT_ERR(sw_conn_error(p.server), strict ? SW_ERR_SERVER_NAME : SW_ERR_PEER_ALERT);
        SW_ASSERT_ERR(sw_conn_error(p.client), strict ? SW_ERR_PEER_ALERT : SW_ERR_CERT_NAME);
        pair_drop(&p);
        pair_connect(&p, name);
        CU_ASSERT_TRUE(pair_run(&p));
        pair_close(&p);
    }
}

/*
 * A generator that fails at the n-th draw: whatever was being made, the connection ends with that error, and nothing
 * half made is sent.
 */
static enum sw_err draws_until(void *ctx, void *out, size_t len)
{
    int *left = ctx;

    if (--*left < 0)
        return SW_ERR_RANDOM;
    memset(out, *left, len);
    return SW_OK;
}

static void every_draw_can_fail(void)
{
    for (int server = 0; server < 2; server++) {
        bool done = false;

        for (int n = 0; n < 40 && !done; n++) {
            int left = n;
            struct sw_conn *conn;
            struct pair p;

            pair_open(&p, true);
            sw_config_set_random(server ? p.server_cfg : p.client_cfg, draws_until, &left);
            pair_connect(&p, name);
            conn = server ? p.server : p.client;
            done = pair_run(&p);
            if (!done) {
                SW_ASSERT_ERR(sw_conn_error(conn), SW_ERR_RANDOM);
                CU_ASSERT_NOT_EQUAL(sw_conn_error(server ? p.client : p.server), SW_ERR_BAD_RECORD_MAC);
            }
            pair_close(&p);
        }
        CU_ASSERT_TRUE(done);
    }
}

SW_TEST_SUITE(step){
    SW_TEST(every_draw_can_fail),
    SW_TEST(nothing_follows_a_flight),
    SW_TEST(an_unknown_name_can_be_refused),
};
