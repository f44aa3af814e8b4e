#include "device-client/backoff.h"
#include "tests/unit/check.h"

#include <stdint.h>

static const struct {
    const char *what;
    unsigned attempt;
    uint32_t random;
    long long expected;
} cases[] = {
    {"no wait at all", 0, 0, 0},
    {"first, most", 0, UINT32_MAX, 500},
    {"first, middle", 0, UINT32_C(1) << 31, 250},
    {"second, most", 1, UINT32_MAX, 1000},
    {"third, most", 2, UINT32_MAX, 2000},
    {"last below the cap", 6, UINT32_MAX, 32000},
    {"first at the cap", 7, UINT32_MAX, 60000},
    {"long after", 1000000, UINT32_MAX, 60000},
    {"for ever", UINT32_MAX, UINT32_MAX, 60000},
    {"for ever, no wait", UINT32_MAX, 0, 0},
};

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(backoff_ms(cases[i].attempt, cases[i].random) == cases[i].expected, "%s: %lld", cases[i].what,
              (long long)backoff_ms(cases[i].attempt, cases[i].random));
    long long sum = 0;
    for (uint32_t i = 0; i < 1024; i++)
        sum += backoff_ms(7, i << 22);
    CHECK(sum / 1024 > 29000 && sum / 1024 < 31000, "not spread evenly: mean %lld", sum / 1024);
    CHECK_INT(backoff_slow_ms(0), 30000);
    CHECK_INT(backoff_slow_ms(UINT32_MAX), 60000);
    return check_done();
}
