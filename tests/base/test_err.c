/* The table of errors: complete, unambiguous, and with an alert that has a name. */
#include "base/err.h"
#include "tests/test.h"
#include <string.h>

static void every_row_is_complete(void)
{
    for (int i = 1; i < SW_ERR_COUNT; i++) {
        enum sw_err err = (enum sw_err)i;
        const char *reason = sw_err_reason(err);
        size_t len = strlen(reason);

        CU_ASSERT(strlen(sw_err_name(err)) > 2);
        CU_ASSERT(len > 10 && len < 100);
        CU_ASSERT_NOT_EQUAL(reason[len - 1], '.'); /* it is put into sentences */
        CU_ASSERT_NOT_EQUAL(sw_err_alert(err), SW_ALERT_CLOSE_NOTIFY);
        if (sw_err_alert(err) != SW_ALERT_NONE)
            CU_ASSERT_STRING_NOT_EQUAL(sw_alert_name(sw_err_alert(err)), "unknown");
        for (int j = 0; j < i; j++) {
            CU_ASSERT_STRING_NOT_EQUAL(sw_err_name(err), sw_err_name((enum sw_err)j));
            CU_ASSERT_STRING_NOT_EQUAL(reason, sw_err_reason((enum sw_err)j));
        }
    }
}

static void success_is_none_of_them(void)
{
    CU_ASSERT_EQUAL(SW_OK, 0);
    CU_ASSERT_STRING_EQUAL(sw_err_name(SW_OK), "OK");
    CU_ASSERT_EQUAL(sw_err_alert(SW_OK), SW_ALERT_NONE);
}

static void some_rows(void)
{
    CU_ASSERT_STRING_EQUAL(sw_err_name(SW_ERR_BAD_RECORD_MAC), "BAD_RECORD_MAC");
    CU_ASSERT_EQUAL(sw_err_alert(SW_ERR_BAD_RECORD_MAC), SW_ALERT_BAD_RECORD_MAC);
    CU_ASSERT_EQUAL(sw_err_alert(SW_ERR_FINISHED), SW_ALERT_DECRYPT_ERROR);
    CU_ASSERT_EQUAL(sw_err_alert(SW_ERR_PEER_ALERT), SW_ALERT_NONE);
    CU_ASSERT_EQUAL(sw_err_alert(SW_ERR_MEMORY), SW_ALERT_INTERNAL_ERROR);
}

static void numbers_that_are_no_error(void)
{
    static const int numbers[] = {-1, SW_ERR_COUNT, SW_ERR_COUNT + 1, 1 << 20};

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        CU_ASSERT_STRING_EQUAL(sw_err_name((enum sw_err)numbers[i]), "?");
        CU_ASSERT(strlen(sw_err_reason((enum sw_err)numbers[i])) > 0);
        CU_ASSERT_EQUAL(sw_err_alert((enum sw_err)numbers[i]), SW_ALERT_INTERNAL_ERROR);
    }
}

/* The numbers are the RFCs', and the names too. */
static void alert_names(void)
{
    static const struct {
        unsigned alert;
        const char *name;
    } some[] = {{0, "close_notify"},
                {10, "unexpected_message"},
                {20, "bad_record_mac"},
                {40, "handshake_failure"},
                {47, "illegal_parameter"},
                {50, "decode_error"},
                {51, "decrypt_error"},
                {70, "protocol_version"},
                {86, "inappropriate_fallback"},
                {100, "no_renegotiation"},
                {109, "missing_extension"},
                {116, "certificate_required"},
                {120, "no_application_protocol"}};
    unsigned named = 0;

    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
        CU_ASSERT_STRING_EQUAL(sw_alert_name(some[i].alert), some[i].name);
    for (unsigned i = 0; i < 512; i++)
        named += strcmp(sw_alert_name(i), "unknown") != 0;
    CU_ASSERT_EQUAL(named, 28);
    CU_ASSERT_STRING_EQUAL(sw_alert_name(SW_ALERT_NONE), "unknown");
}

SW_TEST_SUITE(err){
    SW_TEST(every_row_is_complete),
    SW_TEST(success_is_none_of_them),
    SW_TEST(some_rows),
    SW_TEST(numbers_that_are_no_error),
    SW_TEST(alert_names),
};
