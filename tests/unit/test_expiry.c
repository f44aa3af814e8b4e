/* The calendar of a certificate's life. */
#include "service/core/expiry.h"
#include "tests/unit/check.h"

#define DAY INT64_C(86400)
#define MS  INT64_C(1000)

static struct config config = {
    .certificate_warning_days = 30, .certificate_renewal_days = 7, .certificate_unused_seconds = 3600};

/* A life of `days` that begins at 0. */
static struct expiry_subject subject(int days, bool used, int told)
{
    return (struct expiry_subject){.used = used, .told = told, .not_after = days * DAY - 1};
}

static void test_steps(void)
{
    static const struct {
        const char *what;
        int days;
        bool used;
        int told;
        int64_t now; /* seconds */
        enum expiry_step step;
        int64_t at; /* seconds */
    } cases[] = {
        {"never shown", 365, false, 0, 10, EXPIRY_UNUSED, 3600},
        {"never shown, and its time has passed", 365, false, 0, 9999, EXPIRY_UNUSED, 3600},
        {"never shown, but over by now", 365, false, 0, 365 * DAY, EXPIRY_EXPIRED, 365 * DAY},
        {"used", 365, true, 0, 10, EXPIRY_WARNING, 335 * DAY},
        {"warned", 365, true, 1, 335 * DAY, EXPIRY_RENEWAL, 358 * DAY},
        {"late", 365, true, 2, 358 * DAY, EXPIRY_LAST_DAY, 364 * DAY},
        {"last day", 365, true, 3, 364 * DAY, EXPIRY_EXPIRED, 365 * DAY},
        {"still valid in its last second", 365, true, 3, 365 * DAY - 1, EXPIRY_EXPIRED, 365 * DAY},
        {"over: no warning is of use", 365, true, 0, 365 * DAY, EXPIRY_EXPIRED, 365 * DAY},
        {"three times the warning is long enough", 90, true, 0, 10, EXPIRY_WARNING, 60 * DAY},
        {"a short life: a sixth of it", 60, true, 0, 10, EXPIRY_WARNING, 50 * DAY},
        {"and of that the same shares", 60, true, 1, 10, EXPIRY_RENEWAL, 60 * DAY - 10 * DAY * 7 / 30},
        {"to the last", 60, true, 2, 10, EXPIRY_LAST_DAY, 60 * DAY - 10 * DAY / 30},
        {"a day's life", 1, true, 0, 10, EXPIRY_WARNING, DAY - DAY / 6},
        {"a day's life, never shown", 1, false, 0, 10, EXPIRY_UNUSED, 3600},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct expiry_subject at = subject(cases[i].days, cases[i].used, cases[i].told);
        struct expiry expiry = expiry_next(&config, &at, cases[i].now * MS);
        CHECK(expiry.step == cases[i].step, "%s: step %d", cases[i].what, (int)expiry.step);
        CHECK(expiry.at == cases[i].at * MS, "%s: at %lld s", cases[i].what, (long long)(expiry.at / MS));
    }
}

static void test_unused_for_ever(void)
{
    struct config never = config;
    never.certificate_unused_seconds = 0;
    struct expiry_subject at = subject(365, false, 0);
    struct expiry expiry = expiry_next(&never, &at, 400 * DAY * 0);
    CHECK_INT(expiry.step, EXPIRY_EXPIRED);
    CHECK_INT(expiry.at, 365 * DAY * MS);
    /* Nor is one revoked that ends before. */
    struct config slow = config;
    slow.certificate_unused_seconds = 366 * 86400;
    CHECK_INT(expiry_next(&slow, &at, 0).step, EXPIRY_EXPIRED);
}

/* A second before the end of years and of the numbers that seconds have been kept in. */
static void test_far_dates(void)
{
    static const int64_t ends[] = {INT64_C(2147483647), INT64_C(2524607999), INT64_C(4294967295), INT64_C(4102444799)};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct expiry_subject at = {.used = true, .not_before = ends[i] - 365 * DAY + 1, .not_after = ends[i]};
        struct expiry expiry = expiry_next(&config, &at, at.not_before * MS);
        CHECK_INT(expiry.step, EXPIRY_WARNING);
        CHECK_INT(expiry.at, (ends[i] + 1 - 30 * DAY) * MS);
        at.told = 3;
        CHECK_INT(expiry_next(&config, &at, ends[i] * MS).at, (ends[i] + 1) * MS);
    }
}

static void test_constants_and_reasons(void)
{
    struct config other = config;
    int64_t before = expiry_constants(&config);
    other.certificate_warning_days = 31;
    CHECK(expiry_constants(&other) != before, "the warning counts");
    other = config;
    other.certificate_renewal_days = 8;
    CHECK(expiry_constants(&other) != before, "the renewal counts");
    CHECK_TEXT(expiry_reason(EXPIRY_WARNING), "warning");
    CHECK_TEXT(expiry_reason(EXPIRY_EXPIRED), "not_renewed");
    CHECK_TEXT(expiry_reason(EXPIRY_UNUSED), "never_used");
}

int main(void)
{
    test_steps();
    test_unused_for_ever();
    test_far_dates();
    test_constants_and_reasons();
    return check_done();
}
