/* The walk over a block of extensions, in both directions; the bodies have suites of their own. */
#include "tests/handshake/ext_bodies.h"
#include <string.h>

static enum sw_err offers(const char *hex)
{
    uint8_t bytes[256];
    struct sw_hello_ext ext;
    struct pair p;
    enum sw_err err;

    ext_client(&p);
    err = sw_ext_read_offers(p.server, &ext, (struct sw_slice){bytes, sw_unhex(hex, bytes, sizeof bytes)});
    pair_close(&p);
    return err;
}

static enum sw_err answers(const char *hex)
{
    uint8_t bytes[256];
    struct pair p;
    enum sw_err err;

    ext_client(&p);
    err = sw_ext_read_answers(p.client, (struct sw_slice){bytes, sw_unhex(hex, bytes, sizeof bytes)});
    pair_close(&p);
    return err;
}

static void blocks_are_well_formed(void)
{
    static const char *const cut[] = {"00", "0017", "001700", "00170001", "0017000000", "0017 0000 0023 0001"};

    SW_ASSERT_OK(offers(""));
    SW_ASSERT_OK(answers(""));
    for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++) {
        SW_ASSERT_ERR(offers(cut[i]), SW_ERR_DECODE);
        SW_ASSERT_ERR(answers(cut[i]), SW_ERR_DECODE);
    }
}

/*
 * Unknown ones are passed over in an offer, but still may not come twice (RFC 5246 7.4.1.4); in an answer they were not
 * asked for.
 */
static void strangers_and_twins(void)
{
    SW_ASSERT_OK(offers("fefe 0002 0102 0017 0000"));
    SW_ASSERT_ERR(offers("fefe 0000 0017 0000 fefe 0000"), SW_ERR_DUPLICATE_EXTENSION);
    SW_ASSERT_ERR(offers("0017 0000 0023 0000 0017 0000"), SW_ERR_DUPLICATE_EXTENSION);
    SW_ASSERT_ERR(answers("0017 0000 fefe 0000"), SW_ERR_UNSOLICITED_EXTENSION);
    SW_ASSERT_ERR(answers("0017 0000 0017 0000"), SW_ERR_DUPLICATE_EXTENSION);
    SW_ASSERT_ERR(answers("000a 0000 000a 0000"), SW_ERR_DUPLICATE_EXTENSION);
}

/*
 * What a client writes is a block that a server reads, and remembers as seen row by row what the client remembers as
 * offered.
 */
static void offers_are_read_back(void)
{
    uint8_t bytes[1024];
    struct sw_writer w = sw_writer_of(bytes, sizeof bytes);
    struct sw_hello_ext ext;
    struct pair p;

    ext_client(&p);
    SW_ASSERT_OK(sw_ext_write_offers(p.client, &w));
    CU_ASSERT_FALSE(w.failed);
    CU_ASSERT_EQUAL((size_t)(bytes[0] << 8 | bytes[1]) + 2, w.len);
    SW_ASSERT_OK(sw_ext_read_offers(p.server, &ext, (struct sw_slice){bytes + 2, w.len - 2}));
    CU_ASSERT_EQUAL(ext.seen, p.client->hs->offered);
    CU_ASSERT_TRUE(ext.ems && ext.etm && ext.status_request && ext.ticket_present && ext.groups_present);
    CU_ASSERT_EQUAL(ext.max_fragment, 1);
    CU_ASSERT_EQUAL(ext.record_limit, 1024);
    CU_ASSERT_EQUAL(ext.server_name.len, strlen("server.example"));
    pair_close(&p);
}

/* A server answers what was asked and nothing else; with nothing to answer there is no block (RFC 5246 7.4.1.3). */
static void answers_follow_offers(void)
{
    uint8_t bytes[1024];
    struct sw_writer w = sw_writer_of(bytes, sizeof bytes);
    struct pair p;

    ext_client(&p);
    p.server->suite = sw_suite_by_id(0x003c);
    p.server->ems = true;
    SW_ASSERT_OK(sw_ext_write_answers(p.server, &w));
    CU_ASSERT_EQUAL(w.len, 0);
    SW_ASSERT_OK(
        sw_ext_read_offers(p.server, &p.server->hs->peer_ext, (struct sw_slice){(const uint8_t *)"\0\x17\0\0", 4}));
    SW_ASSERT_OK(sw_ext_write_answers(p.server, &w));
    SW_ASSERT_HEX(bytes, w.len, "0004 0017 0000");
    pair_close(&p);
}

SW_TEST_SUITE(ext){
    SW_TEST(blocks_are_well_formed),
    SW_TEST(strangers_and_twins),
    SW_TEST(offers_are_read_back),
    SW_TEST(answers_follow_offers),
};
