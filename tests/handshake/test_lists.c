/* What there is to choose from. */
#include "include/sealwax.h"
#include "tests/test.h"
#include <string.h>

/* Each list has an end, and what it names can be chosen; SHA-224 is known for the signatures of certificates alone. */
static void names_can_be_chosen(void)
{
    struct sw_config *cfg = sw_config_new(SW_CLIENT, NULL);
    const char *name;
    unsigned policies;
    uint16_t id;
    size_t n = 0;

    SW_ASSERT_OK(sw_config_set_policy(cfg, "all"));
    for (n = 0; sw_suite_at(n, &id, &name, &policies); n++)
        SW_ASSERT_OK(sw_config_set_suites(cfg, name));
    CU_ASSERT_TRUE(n > 10);
    CU_ASSERT_FALSE(sw_suite_at(SIZE_MAX, &id, &name, &policies));
    for (n = 0; sw_group_at(n, &id, &name); n++)
        SW_ASSERT_OK(sw_config_set_groups(cfg, name));
    CU_ASSERT_TRUE(n > 5);
    CU_ASSERT_FALSE(sw_group_at(SIZE_MAX, &id, &name));
    for (n = 0; sw_sigalg_at(n, &id, &name); n++)
        SW_ASSERT_ERR(sw_config_set_sigalgs(cfg, name), strstr(name, "sha224") != NULL ? SW_ERR_ARGUMENT : SW_OK);
    CU_ASSERT_TRUE(n > 5);
    CU_ASSERT_FALSE(sw_sigalg_at(SIZE_MAX, &id, &name));
    CU_ASSERT_NOT_EQUAL(strlen(sw_version()), 0);
    sw_config_free(cfg);
}

SW_TEST_SUITE(lists){
    SW_TEST(names_can_be_chosen),
};
