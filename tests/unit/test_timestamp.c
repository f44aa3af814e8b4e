#include "tests/unit/check.h"
#include "topics/timestamp.h"

#include <stdlib.h>
#include <time.h>

static const struct {
    const char *text;
    int64_t ms;
} moments[] = {
    {"1970-01-01T00:00:00.000Z", 0},
    {"1970-01-01T00:00:00.001Z", 1},
    {"1970-01-31T23:59:59.999Z", INT64_C(31) * 86400000 - 1},
    {"1972-02-29T12:00:00.000Z", INT64_C(68212800000)},
    {"1999-12-31T23:59:59.999Z", INT64_C(946684799999)},
    {"2000-02-29T00:00:00.000Z", INT64_C(951782400000)},
    {"2000-03-01T00:00:00.000Z", INT64_C(951868800000)},
    {"2026-11-21T22:07:20.123Z", INT64_C(1795298840123)},
    {"2038-01-19T03:14:08.000Z", INT64_C(2147483648000)},
    {"2100-02-28T23:59:59.999Z", INT64_C(4107542399999)},
    {"2100-03-01T00:00:00.000Z", INT64_C(4107542400000)},
    {"9999-12-31T23:59:59.999Z", INT64_C(253402300799999)},
};

/* What cannot be written is the nearest that can. */
static const struct {
    int64_t ms;
    const char *text;
} clamped[] = {
    {-1, "1970-01-01T00:00:00.000Z"},
    {INT64_MIN, "1970-01-01T00:00:00.000Z"},
    {INT64_C(253402300800000), "9999-12-31T23:59:59.999Z"},
    {INT64_MAX, "9999-12-31T23:59:59.999Z"},
};

static const struct {
    const char *what, *text;
} refused[] = {
    {"nothing", ""},
    {"a year alone", "2026"},
    {"no Z", "2026-11-21T22:07:20"},
    {"no Z, with milliseconds", "2026-11-21T22:07:20.123"},
    {"another letter for Z", "2026-11-21T22:07:20z"},
    {"an offset", "2026-11-21T22:07:20.123+00:00"},
    {"one digit of milliseconds", "2026-11-21T22:07:20.1Z"},
    {"microseconds", "2026-11-21T22:07:20.123456Z"},
    {"a comma for the point", "2026-11-21T22:07:20,123Z"},
    {"a letter in the milliseconds", "2026-11-21T22:07:20.12xZ"},
    {"a sign in the milliseconds", "2026-11-21T22:07:20.-12Z"},
    {"a space for T", "2026-11-21 22:07:20Z"},
    {"lower-case t", "2026-11-21t22:07:20Z"},
    {"slashes", "2026/11/21T22:07:20Z"},
    {"a letter in the year", "20x6-11-21T22:07:20Z"},
    {"a sign in the year", "+026-11-21T22:07:20Z"},
    {"an octet below the digits", "2026-11-21T22:07:/0Z"},
    {"an octet above the digits", "2026-11-21T22:07::0Z"},
    {"before 1970", "1969-12-31T23:59:59Z"},
    {"month 0", "2026-00-21T22:07:20Z"},
    {"month 13", "2026-13-21T22:07:20Z"},
    {"day 0", "2026-11-00T22:07:20Z"},
    {"day 31 in November", "2026-11-31T22:07:20Z"},
    {"day 32 in December", "2026-12-32T22:07:20Z"},
    {"leap day of no leap year", "2026-02-29T22:07:20Z"},
    {"leap day of 2100", "2100-02-29T22:07:20Z"},
    {"day 30 in a leap February", "2000-02-30T22:07:20Z"},
    {"hour 24", "2026-11-21T24:00:00Z"},
    {"minute 60", "2026-11-21T22:60:20Z"},
    {"a leap second", "2026-12-31T23:59:60Z"},
    {"something behind it", "2026-11-21T22:07:20Z "},
};

static void test_tables(void)
{
    char text[TIMESTAMP_SIZE];
    int64_t ms = 0;
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        timestamp_format(moments[i].ms, text);
        CHECK_TEXT(text, moments[i].text);
        CHECK(timestamp_parse(moments[i].text, TIMESTAMP_SIZE - 1, &ms), "%s", moments[i].text);
        CHECK_INT(ms, moments[i].ms);
    }
    for (size_t i = 0; i < sizeof clamped / sizeof *clamped; i++) {
        timestamp_format(clamped[i].ms, text);
        CHECK_TEXT(text, clamped[i].text);
    }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        ms = 42;
        CHECK(!timestamp_parse(refused[i].text, strlen(refused[i].text), &ms), "%s: %s", refused[i].what,
              refused[i].text);
        CHECK_INT(ms, 42);
    }
    CHECK(timestamp_parse("2026-11-21T22:07:20Z", 20, &ms), "without milliseconds");
    CHECK_INT(ms, INT64_C(1795298840000));
    CHECK(timestamp_parse("2026-12-31T23:59:59Z", 20, &ms), "the last day of December");
}

/* Every day of all years, and each hour of a few days, against the C library's calendar. */
static void test_against_gmtime(void)
{
    size_t wrong = 0;
    for (int64_t day = 0; day < INT64_C(2932897); day++) {
        char text[TIMESTAMP_SIZE], expected[64];
        int64_t second = day * 86400 + day % 86400, back = 0;
        time_t time = (time_t)second;
        struct tm tm;
        strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S", gmtime_r(&time, &tm));
        timestamp_format(second * 1000 + day % 1000, text);
        wrong += memcmp(text, expected, 19) != 0 || (int64_t)strtol(text + 20, NULL, 10) != day % 1000;
        wrong += !timestamp_parse(text, TIMESTAMP_SIZE - 1, &back) || back != second * 1000 + day % 1000;
    }
    CHECK_INT(wrong, 0);
}

int main(void)
{
    test_tables();
    test_against_gmtime();
    return check_done();
}
