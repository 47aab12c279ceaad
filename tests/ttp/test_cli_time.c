/* Points in time: RFC 3339 with and without what may be left out, Unix seconds, and what is neither. */
#include "tests/test.h"
#include "ttp/cli_time.h"

static void times(void)
{
    static const struct {
        const char *text;
        int64_t at;
    } good[] = {
        {"0", 0},
        {"1700000000", 1700000000},
        {"-5", -5},
        {"2027-01-31T12:00:00Z", 1801396800},
        {"2027-01-31t12:00:00z", 1801396800},
        {"2027-01-31 12:00:00", 1801396800},
        {"2027-01-31T12:00:00+05:30", 1801396800 - 19800},
        {"2027-01-31T12:00:00-01:00", 1801396800 + 3600},
        {"2027-01-31", 1801353600},
        {"2027-01-31T12:00:00.999Z", 1801396800},
        {"2027-01-31T12:00:00.5+05:30", 1801396800 - 19800},
        {"2028-02-29", 1835395200},
        {"2016-12-31T23:59:60Z", 1483228800},
    };
    static const char *const bad[] = {"",
                                      "x",
                                      "5x",
                                      "2027-01-31T12",
                                      "2027-01-31T12:00:00+0530",
                                      "2027-01-31T12:00:00Zx",
                                      "2027-13-01",
                                      "1.5",
                                      " 5",
                                      "2027-02-29",
                                      "2027-02-30",
                                      "2027-00-10",
                                      "2027-01-00",
                                      "2027-1-31",
                                      "2027-01-31T24:00:00Z",
                                      "2027-01-31T12:60:00Z",
                                      "2027-01-31T12:00:61Z",
                                      "2027-01-31T12:00:00.Z",
                                      "2027-01-31T1:00:00Z",
                                      "2027-01-31T12:00:00+24:00",
                                      "2027-01-31T12:00:00+ 1:00",
                                      "2027-01-31T12:00:00+01:60",
                                      "2027-01-31T12:00:00-1:00",
                                      "2027-01-31Z",
                                      "2027-01-31+01:00",
                                      "+5",
                                      " 2027-01-31",
                                      "12027-01-31"};
    int64_t at;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CU_ASSERT(cli_parse_time(good[i].text, &at));
        CU_ASSERT_EQUAL(at, good[i].at);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (cli_parse_time(bad[i], &at))
            CU_FAIL(bad[i]);
}

static void texts(void)
{
    static const struct {
        int64_t at;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00Z"},
        {-1, "1969-12-31T23:59:59Z"},
        {1801396800, "2027-01-31T12:00:00Z"},
        {1835395199, "2028-02-28T23:59:59Z"},
        {253402300799, "9999-12-31T23:59:59Z"},
        {253402300800, ""},
        {-62167219200, "0000-01-01T00:00:00Z"},
        {-62167219201, ""},
        {INT64_MAX, ""},
        {INT64_MIN, ""},
    };
    char text[CLI_TIME_CAP];
    int64_t back;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cli_time_text(rows[i].at, text);
        CU_ASSERT_STRING_EQUAL(text, rows[i].text);
        CU_ASSERT(!*text || (cli_parse_time(text, &back) && back == rows[i].at));
    }
}

SW_TEST_SUITE(cli_time){
    SW_TEST(times),
    SW_TEST(texts),
};
