/*
 * From the premaster to the keys, with and without the extended master secret, at both sides. What is expected was computed with Python's hmac: premaster, client's
 * and server's random count up from 1, 100 and 200; the transcript is "three messages".
 */
#include "handshake/msg.h"
#include "tests/handshake/pair.h"
#include <stdio.h>
#include <string.h>

/* keys: the key block, as RFC 5246 6.3 cuts it. */
static const struct known {
    uint16_t suite;
    bool ems;
    const char *master, *keys;
} known[] = {
    {0x003C, false, "0f1c1627858754afdf3d5cded1aee136b141a7ca3b306ecdfbb977e9fb4787d7ae40b2543010eacba45cfc64d89ae0af",
     "0fc9a546446190259aa0a9d2504ae6d105ea83d5ac22d5ecd8cc28d29f593eff2c747bdfe3238ddfffb7a02e7e63f1a5"
     "ead0939ba937868cee8bbed5d6c6e832738ddf2c20fe66e402003c81e43ea2636198215dd3745ed69b8825ad5d62a145"},
    {0x003C, true, "1dc698a836f28ac64a7f5e0b5b8b4c8578bead27785422eac6415e432b415362b5c17884e7ce18a007fd0a8013016542",
     "368117cbb0f717ed66f935b5eaeb4107da18ccfa9bad2bde50908ec8c60fd40c0667fb6af293945b7a36a54388d4ca72"
     "8939bb6c092197af329e99f726e5914f5711de960bc161452f254c9b736b871cf011ef1a9f5cf5fe4617497ce37633da"},
    {0xC030, false, "1f0fa5a23750dfd48d32e2920f8937d0a8c67f6c595709dc8ac8a2244d3359281a3905f54582875e3b6fa1a9daa3298e",
     "f3f32986d55e6f73ad861407f0e05434abbe99042c85de693ceb96c61a4fca4c1b6504dc5fb0e1580da91445d7808b4e"
     "9aa3b4c66c1ffb1d83a6d186b3b295043d163ea0dcf55585"},
    {0xC030, true, "e33303810baea4aa173b10f092cf20f2c980e724af21ccc9610d9d6293e52328a77325fea19e291282a72a17e414a7ed",
     "aac766f57ef3cd92700c80ecbf553e85ff03203a06f77b8426dc9888c29f69ae2e0c764848d4b36baa7f3bc29e372cc5"
     "51bfe6796d32dbd9cc229251351a76f8dee83aca881753ca"},
};

enum { KNOWN = sizeof known / sizeof known[0] };

static uint8_t premaster[SW_PREMASTER_LEN];
static char line[256];
static unsigned lines;

static void log_line(void *ctx, struct sw_conn *conn, const char *text)
{
    (void)ctx, (void)conn;
    snprintf(line, sizeof line, "%s", text);
    lines++;
}

static void count_up(uint8_t *p, size_t n, unsigned from)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(from + i);
}

/* A pair whose hellos are over and whose transcript is known. */
static void begin(struct pair *p, const struct known *k)
{
    count_up(premaster, sizeof premaster, 1);
    lines = 0;
    pair_open(p, false);
    sw_config_set_keylog(p->client_cfg, log_line, NULL);
    sw_config_set_keylog(p->server_cfg, log_line, NULL);
    pair_connect(p, "server.example");
    for (int i = 0; i < 2; i++) {
        struct sw_conn *conn = i == 0 ? p->client : p->server;

        conn->suite = sw_suite_by_id(k->suite);
        conn->ems = k->ems;
        count_up(conn->client_random, SW_RANDOM_LEN, 100);
        count_up(conn->server_random, SW_RANDOM_LEN, 200);
        SW_ASSERT_OK(
            sw_transcript_add(&conn->hs->transcript, (struct sw_slice){(const uint8_t *)"three messages", 14}, NULL));
        SW_ASSERT_OK(sw_transcript_start(&conn->hs->transcript, conn->suite->prf));
    }
}

/* What the client writes with is what the server reads with. */
static void has_keys(const struct sw_conn *conn, const struct known *k)
{
    const struct sw_handshake *hs = conn->hs;
    const struct sw_record_secrets *client = sw_is_server(conn) ? &hs->next_in : &hs->next_out;
    const struct sw_record_secrets *server = sw_is_server(conn) ? &hs->next_out : &hs->next_in;
    const struct sw_suite *s = conn->suite;
    uint8_t block[128];
    const uint8_t *at = block;

    (void)sw_unhex(k->keys, block, sizeof block);
    SW_ASSERT_HEX(conn->master, SW_MASTER_LEN, k->master);
    for (int part = 0; part < 3; part++)
        for (int side = 0; side < 2; side++) {
            const struct sw_record_secrets *d = side == 0 ? client : server;
            size_t n = part == 0 ? sw_hash_len(s->mac) : part == 1 ? s->bulk->key_len : s->bulk->fixed_iv_len;

            SW_ASSERT_BYTES(part == 0 ? d->mac_key : part == 1 ? d->key : d->iv, at, n);
            at += n;
        }
    CU_ASSERT_EQUAL((size_t)(at - block), strlen(k->keys) / 2);
    CU_ASSERT_PTR_EQUAL(client->bulk, s->bulk);
    CU_ASSERT_EQUAL(client->seq, 0);
    CU_ASSERT_EQUAL(client->etm, conn->etm);
    CU_ASSERT_EQUAL(server->etm, conn->etm);
}

/* SSLKEYLOGFILE's line (RFC 9850 2.1), once: random and master secret. */
static void was_logged(const char *master)
{
    char want[256] = "CLIENT_RANDOM ";

    for (unsigned i = 0; i < SW_RANDOM_LEN; i++)
        snprintf(want + 14 + 2 * i, 3, "%02x", 100 + i);
    snprintf(want + 14 + 64, sizeof want - 78, " %s", master);
    CU_ASSERT_EQUAL(lines, 1);
    CU_ASSERT_STRING_EQUAL(line, want);
}

static void both_sides_derive_the_same(void)
{
    for (size_t i = 0; i < 2 * KNOWN; i++) {
        const struct known *k = &known[i / 2];
        struct pair p;

        begin(&p, k);
        struct sw_conn *conn = i % 2 ? p.client : p.server;

        SW_ASSERT_OK(sw_conn_derive(conn, premaster, sizeof premaster));
        has_keys(conn, k);
        was_logged(k->master);
        pair_close(&p);
    }
}

/* RFC 7627 3: the session hash covers ClientKeyExchange, so a client's premaster waits until it has joined the transcript, and no longer. */
static void a_client_waits_for_its_message(void)
{
    static const uint8_t none[SW_MASTER_LEN];

    for (size_t i = 0; i < KNOWN && known[i].suite == 0x003C; i++) {
        struct sw_handshake *hs;
        struct pair p;

        begin(&p, &known[i]);
        hs = p.client->hs;
        memcpy(hs->premaster, premaster, sizeof premaster);
        SW_ASSERT_BYTES(p.client->master, none, sizeof none);
        SW_ASSERT_OK(sw_client_key_exchange_joined(p.client, true));
        has_keys(p.client, &known[i]);
        was_logged(known[i].master);
        SW_ASSERT_BYTES(hs->premaster, none, sizeof hs->premaster);
        pair_close(&p);
    }
}

/* Beside the premaster: without the extension the randoms, with it every message (RFC 7627 4). */
static void what_the_master_depends_on(void)
{
    for (int ems = 0; ems < 2; ems++)
        for (int message = 0; message < 2; message++) {
            const struct known *k = &known[ems];
            uint8_t want[SW_MASTER_LEN];
            struct pair p;
            bool same = ems != message;

            (void)sw_unhex(k->master, want, sizeof want);
            begin(&p, k);
            if (message)
                SW_ASSERT_OK(
                    sw_transcript_add(&p.server->hs->transcript, (struct sw_slice){(const uint8_t *)"x", 1}, NULL));
            else
                p.server->client_random[31] ^= 1;
            SW_ASSERT_OK(sw_conn_derive(p.server, premaster, sizeof premaster));
            CU_ASSERT_EQUAL(memcmp(p.server->master, want, sizeof want) == 0, same);
            pair_close(&p);
        }
}

/* A session goes on with the master secret it had; keys are fresh by the randoms, and encrypt-then-MAC is this connection's. */
static void resumed(void)
{
    for (size_t i = 0; i < KNOWN; i++)
        for (int server = 0; server < 2; server++) {
            struct sw_conn *conn;
            struct pair p;

            begin(&p, &known[i]);
            conn = server ? p.server : p.client;
            (void)sw_unhex(known[i].master, conn->master, SW_MASTER_LEN);
            conn->etm = known[i].suite == 0x003C;
            SW_ASSERT_OK(sw_conn_resume_keys(conn));
            has_keys(conn, &known[i]);
            was_logged(known[i].master);
            pair_close(&p);
        }
}

SW_TEST_SUITE(secrets){
    SW_TEST(both_sides_derive_the_same),
    SW_TEST(a_client_waits_for_its_message),
    SW_TEST(what_the_master_depends_on),
    SW_TEST(resumed),
};
