/* What alerts are said to mean: each of them something else, and nothing where no alert came. */
#include "apps/net/alert.h"
#include "tests/test.h"
#include <string.h>

static void each_has_its_own(void)
{
    const char *seen[256];
    size_t n = 0;
    for (int a = 0; a < 256; a++) {
        const char *meaning = app_alert_meaning((enum sw_alert)a);
        if (!meaning)
            continue;
        for (size_t i = 0; i < n; i++)
            CU_ASSERT_STRING_NOT_EQUAL(meaning, seen[i]);
        seen[n++] = meaning;
    }
    CU_ASSERT_PTR_NULL(app_alert_meaning(SW_ALERT_NONE));
    CU_ASSERT_PTR_NULL(app_alert_meaning(SW_ALERT_CLOSE_NOTIFY));
}

/* Those that a certificate of ours causes say that it is ours. */
static void certificates_are_ours(void)
{
    static const enum sw_alert about[] = {
        SW_ALERT_BAD_CERTIFICATE,     SW_ALERT_UNSUPPORTED_CERTIFICATE, SW_ALERT_CERTIFICATE_REVOKED,
        SW_ALERT_CERTIFICATE_EXPIRED, SW_ALERT_CERTIFICATE_UNKNOWN,     SW_ALERT_UNKNOWN_CA,
    };
    for (size_t i = 0; i < sizeof about / sizeof *about; i++) {
        const char *meaning = app_alert_meaning(about[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(meaning);
        CU_ASSERT_PTR_NOT_NULL(strstr(meaning, "our certificate"));
    }
}

SW_TEST_SUITE(alert_meaning){
    SW_TEST(each_has_its_own),
    SW_TEST(certificates_are_ours),
};
