#include "topics/timestamp.h"

#include <stdio.h>
#include <string.h>

#define MS_PER_DAY INT64_C(86400000)
#define LAST_MS    INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

/* Days since 1970 of a date, counting years from March so that the leap day comes last. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t shifted = month > 2 ? year : year - 1;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + day_of_year - 719468;
}

void timestamp_format(int64_t wall_ms, char out[TIMESTAMP_SIZE])
{
    int64_t ms = wall_ms < 0 ? 0 : wall_ms > LAST_MS ? LAST_MS : wall_ms;
    int64_t days = ms / MS_PER_DAY, rest = ms % MS_PER_DAY;
    int64_t year = 1970 + days / 366; /* never too late, at most a few years too early */
    while (days_of(year + 1, 1, 1) <= days)
        year++;
    int64_t month = 12;
    while (days_of(year, month, 1) > days)
        month--;
    int64_t day = days - days_of(year, month, 1) + 1;
    /* The moduli only tell the compiler that each number has its width. */
    snprintf(out, TIMESTAMP_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)year % 10000U,
             (unsigned)month % 100U, (unsigned)day % 100U, (unsigned)(rest / 3600000) % 100U,
             (unsigned)(rest / 60000 % 60) % 100U, (unsigned)(rest / 1000 % 60) % 100U,
             (unsigned)(rest % 1000) % 1000U);
}

/* Reads exactly `width` digits; -1 when there is anything else. */
static int digits(const char *at, size_t width)
{
    int value = 0;
    for (size_t i = 0; i < width; i++) {
        if (at[i] < '0' || at[i] > '9')
            return -1;
        value = value * 10 + (at[i] - '0');
    }
    return value;
}

bool timestamp_parse(const char *text, size_t length, int64_t *wall_ms)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd";
    const size_t seconds_end = sizeof form - 1;
    bool has_ms = length == TIMESTAMP_SIZE - 1;
    if (!(has_ms || length == seconds_end + 1) || text[length - 1] != 'Z' || (has_ms && text[seconds_end] != '.'))
        return false;
    for (size_t i = 0; i < seconds_end; i++)
        if (form[i] == 'd' ? digits(text + i, 1) < 0 : text[i] != form[i])
            return false;
    int year = digits(text, 4), month = digits(text + 5, 2), day = digits(text + 8, 2);
    int hour = digits(text + 11, 2), minute = digits(text + 14, 2), second = digits(text + 17, 2);
    int ms = has_ms ? digits(text + 20, 3) : 0;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59 || ms < 0)
        return false;
    int64_t days = days_of(year, month, day);
    if (days >= (month == 12 ? days_of(year + 1, 1, 1) : days_of(year, month + 1, 1)))
        return false;
    *wall_ms = days * MS_PER_DAY + hour * INT64_C(3600000) + minute * INT64_C(60000) + second * INT64_C(1000) + ms;
    return true;
}
