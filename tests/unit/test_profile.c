/* Dates, serials, names and renewal moments: pure decisions. */
#include "certs/profile.h"

#include "tests/unit/check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#define DAY ((int64_t)86400)

static const struct validity for_ever = {0, INT64_MAX};

static int64_t at(int year, int month, int day, int hour, int minute, int second)
{
    struct tm tm = {.tm_year = year - 1900,
                    .tm_mon = month - 1,
                    .tm_mday = day,
                    .tm_hour = hour,
                    .tm_min = minute,
                    .tm_sec = second};
    return timegm(&tm);
}

/* The dates of a certificate issued at `now` for `days` by an issuer that is valid from `from` to `to`. */
static void validities(void)
{
    const int64_t y2030 = at(2030, 1, 1, 0, 0, 0);
    const struct {
        const char *what;
        int64_t now;
        int days;
        struct validity issuer;
        bool ok;
        int64_t not_before, not_after;
    } cases[] = {
        {"a year", y2030, 365, for_ever, true, at(2029, 12, 31, 23, 0, 0), at(2030, 12, 31, 22, 59, 59)},
        {"one day", y2030, 1, for_ever, true, y2030 - 3600, y2030 - 3600 + DAY - 1},
        {"from a February 29", at(2028, 2, 29, 12, 0, 0), 365, for_ever, true, at(2028, 2, 29, 11, 0, 0),
         at(2029, 2, 28, 10, 59, 59)},
        {"over a February 29", at(2027, 6, 1, 1, 0, 0), 366, for_ever, true, at(2027, 6, 1, 0, 0, 0),
         at(2028, 5, 31, 23, 59, 59)},
        {"past 31 bits (2038)", at(2037, 12, 31, 23, 59, 59), 365, for_ever, true, at(2037, 12, 31, 22, 59, 59),
         at(2038, 12, 31, 22, 59, 58)},
        {"past UTCTime (2050)", at(2049, 7, 1, 1, 0, 0), 365, for_ever, true, at(2049, 7, 1, 0, 0, 0),
         at(2050, 6, 30, 23, 59, 59)},
        {"cut by the issuer", y2030, 365, {0, y2030 + DAY}, true, y2030 - 3600, y2030 + DAY},
        {"not before the issuer", y2030, 2, {y2030 - 60, INT64_MAX}, true, y2030 - 60, y2030 - 60 + 2 * DAY - 1},
        {"the issuer's first second", y2030, 365, {y2030, y2030}, true, y2030, y2030},
        {"issuer not yet valid", y2030 - 1, 365, {y2030, INT64_MAX}, false, 0, 0},
        {"issuer expired", y2030 + 1, 365, {0, y2030}, false, 0, 0},
        {"no days", y2030, 0, for_ever, false, 0, 0},
        {"negative days", y2030, -1, for_ever, false, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct validity out = {1, 1};
        bool ok = profile_validity(cases[i].now, cases[i].days, cases[i].issuer, &out);
        CHECK(ok == cases[i].ok, "%s", cases[i].what);
        CHECK(out.not_before == cases[i].not_before && out.not_after == cases[i].not_after,
              "%s: %" PRId64 " to %" PRId64 " for %" PRId64 " to %" PRId64, cases[i].what, out.not_before,
              out.not_after, cases[i].not_before, cases[i].not_after);
    }
}

/* Every day of a hundred years: exact length, never beyond the issuer. */
static void no_validity_is_too_long(void)
{
    const struct validity issuer = {at(2000, 1, 1, 0, 0, 0), at(2099, 12, 31, 23, 59, 59)};
    int wrong = 0;
    for (int64_t now = issuer.not_before; now <= issuer.not_after; now += DAY) {
        struct validity out;
        wrong += !profile_validity(now, PROFILE_DEVICE_DAYS, issuer, &out) || out.not_before < issuer.not_before ||
                 out.not_after > issuer.not_after || out.not_before > now || out.not_after < now ||
                 out.not_after - out.not_before + 1 > PROFILE_DEVICE_DAYS * DAY ||
                 (out.not_after < issuer.not_after && out.not_after - out.not_before + 1 != PROFILE_DEVICE_DAYS * DAY);
    }
    CHECK_INT(wrong, 0);
}

static uint64_t next(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static void fill(unsigned char serial[PROFILE_SERIAL], uint64_t *state)
{
    for (int i = 0; i < PROFILE_SERIAL; i++)
        serial[i] = (unsigned char)(next(state) >> 24);
    profile_serial(serial);
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, PROFILE_SERIAL);
}

static void serials(void)
{
    enum { COUNT = 100000 };
    static unsigned char all[COUNT][PROFILE_SERIAL];
    uint64_t state = 1;
    int shaped = 0, equal = 0;
    for (int i = 0; i < COUNT; i++) {
        fill(all[i], &state);
        shaped += all[i][0] >= 0x01 && all[i][0] <= 0x7f;
    }
    CHECK_INT(shaped, COUNT);
    qsort(all, COUNT, PROFILE_SERIAL, compare);
    for (int i = 1; i < COUNT; i++)
        equal += compare(all[i - 1], all[i]) == 0;
    CHECK_INT(equal, 0);

    for (int first = 0; first < 256; first++) { /* only the first octet is shaped */
        unsigned char serial[PROFILE_SERIAL], tail[PROFILE_SERIAL - 1];
        memset(serial, 0xff, sizeof serial);
        memset(tail, 0xff, sizeof tail);
        serial[0] = (unsigned char)first;
        profile_serial(serial);
        CHECK(serial[0] == ((first & 0x7f) == 0 ? 1 : first & 0x7f), "first octet %02x gives %02x", first, serial[0]);
        CHECK(memcmp(serial + 1, tail, sizeof tail) == 0, "first octet %02x", first);
    }
}

static void ids(void)
{
    static const struct {
        const char *id;
        bool ok;
    } cases[] = {
        {"0102030405060708090a0b0c0d0e0f101112", true},
        {"7fffffffffffffffffffffffffffffffffff", true},
        {"010000000000000000000000000000000000", true},
        {"000102030405060708090a0b0c0d0e0f1011", false}, /* 17 octets in DER */
        {"800102030405060708090a0b0c0d0e0f1011", false}, /* negative in DER */
        {"0102030405060708090A0B0C0D0E0F101112", false},
        {"0102030405060708090a0b0c0d0e0f10111", false},
        {"0102030405060708090a0b0c0d0e0f1011123", false},
        {"0102030405060708090a0b0c0d0e0f10111g", false},
        {"0102030405060708090a0b0c0d0e0f1011 2", false},
        {"+102030405060708090a0b0c0d0e0f101112", false},
        {"0x02030405060708090a0b0c0d0e0f101112", false},
        {"01:02:03:04:05:06:07:08:09:0a:0b:0c:", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char serial[PROFILE_SERIAL];
        char back[PROFILE_CERTIFICATE_ID + 1];
        bool ok = profile_serial_from_id(cases[i].id, serial);
        CHECK(ok == cases[i].ok, "\"%s\"", cases[i].id);
        if (!ok)
            continue;
        profile_certificate_id(serial, back);
        CHECK_TEXT(back, cases[i].id);
    }
}

/* Where the window of renewal begins and ends, found with many devices. */
static void renewal_windows(void)
{
    static const struct {
        const char *what;
        int64_t life, first, last; /* seconds after notBefore */
    } cases[] = {
        {"365 days: to 30 days before the end", 365 * DAY, 365 * DAY / 3 * 2, 365 * DAY - 1 - 30 * DAY},
        {"90 days: exactly 2/3", 90 * DAY, 60 * DAY, 60 * DAY + 15 * DAY},
        {"91 days", 91 * DAY, 91 * DAY / 3 * 2, 91 * DAY - 1 - 30 * DAY},
        {"7 days: to 5/6", 7 * DAY, 7 * DAY / 3 * 2, 7 * DAY / 6 * 5},
        {"a minute", 60, 40, 50},
        {"a second", 1, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct validity validity = {1000, 1000 + cases[i].life - 1};
        int64_t first = INT64_MAX, last = INT64_MIN;
        unsigned char serial[PROFILE_SERIAL];
        uint64_t state = 7;
        for (int n = 0; n < 20000; n++) {
            fill(serial, &state);
            int64_t moment = profile_renew_after(validity, "device", serial) - validity.not_before;
            first = moment < first ? moment : first;
            last = moment > last ? moment : last;
        }
        int64_t slack = (cases[i].last - cases[i].first) / 500; /* the ends are met nearly, never passed */
        CHECK(first >= cases[i].first && first <= cases[i].first + slack, "%s: first %" PRId64, cases[i].what, first);
        CHECK(last <= cases[i].last && last >= cases[i].last - slack, "%s: last %" PRId64, cases[i].what, last);
    }
    CHECK_INT(profile_renew_after((struct validity){10, 5}, "x", (unsigned char[PROFILE_SERIAL]){1}), 5);
}

/* 100,000 devices of one birthday: no day of the window has a quarter more than its share. Neighbouring uuids and
 * serials are the worst input for a weak hash. */
static void renewal_is_flat(void)
{
    static const struct validity year = {1000000000, 1000000000 + 365 * DAY - 1};
    enum { FLEET = 100000, DAYS = 91 };
    for (int uuids = 0; uuids < 2; uuids++) {
        static int days[366];
        memset(days, 0, sizeof days);
        unsigned char serial[PROFILE_SERIAL] = {1};
        int peak = 0, low = FLEET;
        for (int i = 0; i < FLEET; i++) {
            char uuid[32];
            snprintf(uuid, sizeof uuid, "device-%06d", uuids != 0 ? i : 0);
            if (uuids == 0)
                memcpy(serial + 4, &i, sizeof i);
            days[(profile_renew_after(year, uuid, serial) - year.not_before) / DAY]++;
        }
        for (int day = 244; day < 335; day++) { /* whole days of the window */
            peak = days[day] > peak ? days[day] : peak;
            low = days[day] < low ? days[day] : low;
        }
        CHECK(peak < FLEET / DAYS * 5 / 4 && low > FLEET / DAYS * 3 / 4, "uuids %d: %d to %d a day", uuids, low, peak);
    }
}

/* The moment is a promise to devices in the field: this number must never change. */
static void renewal_is_stable(void)
{
    const unsigned char serial[PROFILE_SERIAL] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
    const struct validity year = {1700000000, 1700000000 + 365 * DAY - 1};
    CHECK_INT(profile_renew_after(year, "550e8400-e29b-41d4-a716-446655440000", serial), 1728515595);
}

static int by_octets(const void *a, const void *b)
{
    return memcmp(a, b, PROFILE_SERIAL);
}

/* A million as the service makes them, ten thousand a second: positive, 18 octets, in the order of their seconds, and
 * no two of them equal. */
static void million_serials(void)
{
    enum { COUNT = 1000000 };
    const int64_t begin = at(2027, 1, 15, 8, 0, 0);
    unsigned char(*serials)[PROFILE_SERIAL] = malloc((size_t)COUNT * PROFILE_SERIAL);
    unsigned ill = 0, out_of_order = 0, same = 0;
    const clock_t start = clock();
    for (size_t i = 0; i < COUNT; i++) {
        if (getrandom(serials[i], PROFILE_SERIAL, 0) != PROFILE_SERIAL)
            ill++;
        profile_serial_make(begin + (int64_t)i / 10000, serials[i]);
        ill += serials[i][0] < 0x01 || serials[i][0] > 0x7f;
        out_of_order += i > 0 && memcmp(serials[i - 1], serials[i], 5) > 0;
    }
    qsort(serials, COUNT, PROFILE_SERIAL, by_octets);
    for (size_t i = 1; i < COUNT; i++)
        same += memcmp(serials[i - 1], serials[i], PROFILE_SERIAL) == 0;
    CHECK_INT(ill, 0);
    CHECK_INT(out_of_order, 0);
    CHECK_INT(same, 0);
    CHECK((clock() - start) / CLOCKS_PER_SEC < 5, "slow");
    free(serials);
}

/* The lowest 32 bits of the second, big-endian, behind 0x40; the rest is left as it is. */
static void serial_form(void)
{
    static const int64_t seconds[] = {0, 1, 1800000000, 2147483647, 2147483648, 4294967295, 4294967296};
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        unsigned char serial[PROFILE_SERIAL];
        char id[PROFILE_CERTIFICATE_ID + 1], expected[PROFILE_CERTIFICATE_ID + 1];
        memset(serial, 0xff, sizeof serial);
        profile_serial_make(seconds[i], serial);
        profile_certificate_id(serial, id);
        snprintf(expected, sizeof expected, "40%08" PRIx64 "ffffffffffffffffffffffffff", seconds[i] & 0xffffffff);
        CHECK_TEXT(id, expected);
    }
}

int main(void)
{
    validities();
    no_validity_is_too_long();
    serials();
    ids();
    renewal_windows();
    renewal_is_flat();
    renewal_is_stable();
    serial_form();
    million_serials();
    return check_done();
}
