/* Finished: verify_data of 12 bytes and no other length, each bit of it, and tls-unique. */
#include "tests/handshake/middle_swap.h"

#define AT(side) "0x003C", side, SW_FINISHED

/* clang-format off */
static const struct swap_row rows[] = {
    {AT(MIDDLE_SERVER), "*",            SW_OK,           NULL, NULL},
    {AT(MIDDLE_CLIENT), "*",            SW_OK,           NULL, NULL},
    {AT(MIDDLE_SERVER), "",             SW_ERR_FINISHED, NULL, NULL},
    {AT(MIDDLE_CLIENT), "",             SW_ERR_FINISHED, NULL, NULL},
    {AT(MIDDLE_SERVER), ".",            SW_ERR_FINISHED, NULL, NULL},
    {AT(MIDDLE_SERVER), "-",            SW_ERR_FINISHED, NULL, NULL},
    {AT(MIDDLE_CLIENT), "-",            SW_ERR_FINISHED, NULL, NULL},
    {AT(MIDDLE_SERVER), "* 00",         SW_ERR_FINISHED, NULL, NULL},
    {AT(MIDDLE_CLIENT), "* 00",         SW_ERR_FINISHED, NULL, NULL},
    {AT(MIDDLE_SERVER), "00000000 00000000 00000000", SW_ERR_FINISHED, NULL, NULL},
};
/* clang-format on */

static void lengths(void)
{
    SWAP_RUN(rows);
}

/* The right bytes, and a length that says fewer or more of them: what lies behind a message is not part of it. */
static void right_bytes_of_another_length(void)
{
    uint8_t data[SW_VERIFY_DATA_LEN + 1] = {0};
    struct sw_writer w = sw_writer_of(data, SW_VERIFY_DATA_LEN);
    struct pair p;

    pair_open(&p, false);
    pair_connect(&p, "server.example");
    for (int i = 0; i < 2; i++) {
        struct sw_conn *conn = i == 0 ? p.client : p.server;

        conn->suite = sw_suite_by_id(0x003C);
        SW_ASSERT_OK(sw_transcript_start(&conn->hs->transcript, conn->suite->prf));
    }
    SW_ASSERT_OK(sw_finished_send(p.client, &w));
    for (size_t len = 0; len <= sizeof data; len++)
        SW_ASSERT_ERR(sw_finished_recv(p.server, (struct sw_slice){data, len}),
                      len == SW_VERIFY_DATA_LEN ? SW_OK : SW_ERR_FINISHED);
    /* and nobody's own comes back to him */
    SW_ASSERT_ERR(sw_finished_recv(p.client, (struct sw_slice){data, SW_VERIFY_DATA_LEN}), SW_ERR_FINISHED);
    pair_close(&p);
}

static void each_byte(void)
{
    for (int to = 0; to < 2; to++)
        for (size_t at = 0; at < SW_VERIFY_DATA_LEN; at++) {
            char form[SW_VERIFY_DATA_LEN + 2] = "............";
            const struct swap_row row = {AT(to), form, SW_ERR_FINISHED, NULL, NULL};

            form[at] = '^';
            swap_run(&row, 1, NULL);
        }
}

/* The client's Finished, in a full handshake the first (RFC 5929 3.1), is what both keep. */
static void is_the_clients(const struct swap_row *row, const struct middle *m)
{
    const struct middle_flow *f = &m->flow[MIDDLE_CLIENT];

    (void)row;
    CU_ASSERT_TRUE_FATAL(f->sent_len > SW_VERIFY_DATA_LEN);
    for (int i = 0; i < 2; i++)
        SW_ASSERT_BYTES(m->side[i]->first_finished, f->sent + f->sent_len - SW_VERIFY_DATA_LEN, SW_VERIFY_DATA_LEN);
}

static void the_first_is_kept(void)
{
    swap_run(rows, 2, is_the_clients);
}

/* In an abbreviated one the server's is first. */
static void the_first_of_a_resumed_one(void)
{
    uint8_t session[2048];
    size_t len;
    struct middle *m = middle_new(middle_hand_on);
    const struct middle_flow *f;
    struct pair p;

    pair_establish(&p, false);
    SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
    pair_drop(&p);
    pair_connect(&p, "server.example");
    SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
    middle_take(m, &p);
    middle_run(m);
    CU_ASSERT_TRUE(middle_check(m, MIDDLE_CLIENT, SW_OK));
    CU_ASSERT_TRUE(m->side[MIDDLE_CLIENT]->resumed);
    f = &m->flow[MIDDLE_SERVER];
    for (int i = 0; i < 2; i++)
        SW_ASSERT_BYTES(m->side[i]->first_finished, f->sent + f->sent_len - SW_VERIFY_DATA_LEN, SW_VERIFY_DATA_LEN);
    middle_forget(m);
    pair_close(&p);
    free(m);
}

/* In TLS 1.3 it is as long as the suite's hash. */
static void in_tls13(void)
{
    /* clang-format off */
    static const struct swap_row tls13[] = {
        {"0x1301", MIDDLE_CLIENT, SW_FINISHED, "*",    SW_OK,           NULL, NULL},
        {"0x1302", MIDDLE_SERVER, SW_FINISHED, "*",    SW_OK,           NULL, NULL},
        {"0x1301", MIDDLE_CLIENT, SW_FINISHED, "",     SW_ERR_FINISHED, NULL, NULL},
        {"0x1301", MIDDLE_SERVER, SW_FINISHED, "",     SW_ERR_FINISHED, NULL, NULL},
        {"0x1302", MIDDLE_CLIENT, SW_FINISHED, "-",    SW_ERR_FINISHED, NULL, NULL},
        {"0x1303", MIDDLE_SERVER, SW_FINISHED, "* 00", SW_ERR_FINISHED, NULL, NULL},
        {"0x1301", MIDDLE_CLIENT, SW_FINISHED, "^ *",  SW_ERR_FINISHED, NULL, NULL},
        {"0x1302", MIDDLE_SERVER, SW_FINISHED, "- ^",  SW_ERR_FINISHED, NULL, NULL},
    };
    /* clang-format on */

    SWAP_RUN(tls13);
}

SW_TEST_SUITE(finished){
    SW_TEST(lengths),           SW_TEST(right_bytes_of_another_length), SW_TEST(each_byte),
    SW_TEST(the_first_is_kept), SW_TEST(the_first_of_a_resumed_one),    SW_TEST(in_tls13),
};
