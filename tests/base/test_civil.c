/* The calendar, from the year 0 to 9999. */
#include "base/civil.h"
#include "tests/test.h"

/* Each day of ten thousand years, one after the other, by the rule of leap years alone. */
static void splits_and_joins_every_day(void)
{
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t day = -719528; /* 0000-01-01 */
    unsigned wrong = 0;
    for (int year = 0; year <= 9999; year++)
        for (int month = 1; month <= 12; month++) {
            bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            int days = length[month - 1] + (month == 2 && leap);
            for (int n = 1; n <= days; n++, day++) {
                const struct sw_civil c = {year, month, n, 23, 59, n};
                int64_t at = 0;
                struct sw_civil back = sw_time_split(day * 86400 + 86340 + n);
                wrong += !sw_time_join(&c, &at) || at != day * 86400 + 86340 + n || back.year != year ||
                         back.month != month || back.day != n || back.hour != 23 || back.minute != 59 ||
                         back.second != n;
            }
            const struct sw_civil after = {.year = year, .month = month, .day = days + 1};
            int64_t none;
            wrong += sw_time_join(&after, &none);
        }
    CU_ASSERT_EQUAL(day, 2932897); /* 10000-01-01 */
    CU_ASSERT_EQUAL(wrong, 0);
}

static void no_time_of_day(void)
{
    static const struct sw_civil bad[] = {{2027, 1, 1, 24, 0, 0}, {2027, 1, 1, 0, 60, 0}, {2027, 1, 1, 0, 0, 60},
                                          {2027, 1, 1, -1, 0, 0}, {2027, 1, 1, 0, -1, 0}, {2027, 1, 1, 0, 0, -1},
                                          {2027, 0, 1, 0, 0, 0},  {2027, 13, 1, 0, 0, 0}, {2027, 1, 0, 0, 0, 0},
                                          {-1, 1, 1, 0, 0, 0},    {10000, 1, 1, 0, 0, 0}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t at = 5;
        CU_ASSERT_FALSE(sw_time_join(&bad[i], &at));
        CU_ASSERT_EQUAL(at, 5);
    }
}

SW_TEST_SUITE(civil){
    SW_TEST(splits_and_joins_every_day),
    SW_TEST(no_time_of_day),
};
