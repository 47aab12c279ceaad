/* Each option takes its range and nothing beside it. */
#include "handshake/config.h"
#include "tests/test.h"

/* clang-format off */
static const struct {
    enum sw_option opt;
    long standard, good[3], bad[3];
} rows[] = {
    {SW_OPT_ETM,                1,      {0, 1, 1},          {-1, 2, 100}},
    {SW_OPT_EMS,                1,      {0, 1, 2},          {-1, 3, 100}},
    {SW_OPT_TICKETS,            1,      {0, 1, 1},          {-1, 2, 100}},
    {SW_OPT_SESSION_LIFETIME,   7200,   {1, 7200, 604800},  {-1, 0, 604801}},
    {SW_OPT_MAX_MESSAGE,        131396, {512, 1000, 1<<24}, {-1, 511, (1<<24) + 1}},
    {SW_OPT_MAX_DEPTH,          8,      {1, 8, 15},         {-1, 0, 16}},
    {SW_OPT_RECORD_SIZE_LIMIT,  0,      {0, 64, 16385},     {-1, 63, 16386}},
    {SW_OPT_MAX_FRAGMENT,       0,      {0, 512, 4096},     {1, 1000, 8192}},
    {SW_OPT_MAX_SEND,           16384,  {64, 100, 16384},   {0, 63, 16385}},
    {SW_OPT_STATUS_REQUEST,     0,      {0, 1, 2},          {-1, 3, 100}},
    {SW_OPT_SCT,                0,      {0, 1, 1},          {-1, 2, 100}},
    {SW_OPT_FALSE_START,        0,      {0, 1, 1},          {-1, 2, 100}},
    {SW_OPT_RESUME_BEST_SUITE,  0,      {0, 1, 1},          {-1, 2, 100}},
    {SW_OPT_GREASE,             0,      {0, 1, 1},          {-1, 2, 100}},
    {SW_OPT_KEEP_CHAIN,         0,      {0, 1, 2},          {-1, 3, 100}},
    {SW_OPT_RENEGOTIATION_FATAL, 0,     {0, 1, 1},          {-1, 2, 100}},
    {SW_OPT_REQUIRE_SECURE_RENEGOTIATION, 0, {0, 1, 1},     {-1, 2, 100}},
    {SW_OPT_INSIST_ON_CERT,     0,      {0, 1, 1},          {-1, 2, 100}},
    {SW_OPT_INSECURE_NO_VERIFY, 0,      {0, 1, 0},          {-1, 2, 100}},
};
/* clang-format on */

static void ranges_are_kept(void)
{
    struct sw_config *cfg = sw_config_new(SW_CLIENT, NULL);

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CU_ASSERT_EQUAL(cfg->options[rows[i].opt], rows[i].standard);
        for (int k = 0; k < 3; k++) {
            SW_ASSERT_OK(sw_config_set_option(cfg, rows[i].opt, rows[i].good[k]));
            CU_ASSERT_EQUAL(cfg->options[rows[i].opt], rows[i].good[k]);
        }
        for (int k = 0; k < 3; k++) {
            SW_ASSERT_ERR(sw_config_set_option(cfg, rows[i].opt, rows[i].bad[k]), SW_ERR_ARGUMENT);
            CU_ASSERT_EQUAL(cfg->options[rows[i].opt], rows[i].good[2]);
        }
    }
    SW_ASSERT_ERR(sw_config_set_option(cfg, SW_OPT_COUNT, 0), SW_ERR_ARGUMENT);
    SW_ASSERT_ERR(sw_config_set_option(cfg, (enum sw_option)1000000, 0), SW_ERR_ARGUMENT);
    sw_config_free(cfg);
}

/* A row that was forgotten would take nothing but zero. */
static void every_option_has_a_range(void)
{
    struct sw_config *cfg = sw_config_new(SW_CLIENT, NULL);

    for (int opt = 0; opt < SW_OPT_COUNT; opt++) {
        bool some = false;

        for (long v = 1; v <= 512 && !some; v++)
            some = sw_config_set_option(cfg, (enum sw_option)opt, v) == SW_OK;
        CU_ASSERT_TRUE(some);
    }
    sw_config_free(cfg);
}

SW_TEST_SUITE(config_options){
    SW_TEST(ranges_are_kept),
    SW_TEST(every_option_has_a_range),
};
