/* The service's own deadlines. */
#include "service/core/timers.h"
#include "tests/unit/check.h"

static struct timers timers;

static struct now at(int64_t ms)
{
    return (struct now){{ms}, 1000000000 + ms};
}

static void test_due(void)
{
    timers_init(&timers, at(0).mono);
    CHECK_INT(timers_pop(&timers, at(10000000).mono), TIMER_COUNT);
    timers_init(&timers, at(0).mono);
    timers_set(&timers, TIMER_CRL, at(5000).wall, at(0));
    timers_set(&timers, TIMER_CERTIFICATES, at(0).wall - 7, at(0)); /* in the past */
    CHECK_INT(timers_pop(&timers, at(200).mono), TIMER_CERTIFICATES);
    CHECK_INT(timers_pop(&timers, at(4999).mono), TIMER_COUNT);
    CHECK_INT(timers_pop(&timers, at(5200).mono), TIMER_CRL);
    CHECK_INT(timers_pop(&timers, at(9000000).mono), TIMER_COUNT);
}

/* The wall clock may be set meanwhile: what lies far ahead is looked at after an hour. */
static void test_far(void)
{
    timers_init(&timers, at(0).mono);
    timers_set(&timers, TIMER_CERTIFICATES, INT64_MAX, at(0));
    CHECK_INT(timers_pop(&timers, at(TIMER_FAR_MS - 1).mono), TIMER_COUNT);
    CHECK_INT(timers_pop(&timers, at(TIMER_FAR_MS + 200).mono), TIMER_CERTIFICATES);
    timers_set(&timers, TIMER_CERTIFICATES, at(0).wall + 400 * INT64_C(86400000), at(TIMER_FAR_MS + 200));
    CHECK_INT(timers_pop(&timers, at(2 * TIMER_FAR_MS + 600).mono), TIMER_CERTIFICATES);
}

static void test_bring_forward(void)
{
    timers_init(&timers, at(0).mono);
    timers_bring_forward(&timers, TIMER_CRL, at(60000).wall, at(0)); /* it was not set */
    timers_bring_forward(&timers, TIMER_CRL, at(90000).wall, at(0)); /* later: stays */
    CHECK_INT(timers_pop(&timers, at(59000).mono), TIMER_COUNT);
    timers_bring_forward(&timers, TIMER_CRL, at(59500).wall, at(59000));
    CHECK_INT(timers_pop(&timers, at(59700).mono), TIMER_CRL);
    CHECK_INT(timers_pop(&timers, at(100000).mono), TIMER_COUNT);
    timers_bring_forward(&timers, TIMER_CRL, at(100500).wall, at(100000)); /* taken out: set anew */
    CHECK_INT(timers_pop(&timers, at(100700).mono), TIMER_CRL);
}

int main(void)
{
    test_due();
    test_far();
    test_bring_forward();
    return check_done();
}
