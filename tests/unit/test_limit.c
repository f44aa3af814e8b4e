#include "service/core/limit.h"
#include "tests/unit/check.h"

#include <stdlib.h>

static void test_table(void)
{
    static const struct {
        int64_t ms;
        bool admitted;
    } steps[] = {{0, true},     {0, true},    {0, false},    {999, false},  {1000, true},  {1000, false}, {2500, true},
                 {2999, false}, {3000, true}, {3999, false}, {60000, true}, {60000, true}, {60000, false}};
    struct limit limit = {.burst = 2, .refill_ms = 1000};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        CHECK(limit_take(&limit, (struct mono){steps[i].ms}) == steps[i].admitted, "step %zu", i);
}

/* Whatever the times: in no stretch more than the burst and what was refilled. */
static void test_never_more(void)
{
    struct limit limit = {.burst = 5, .refill_ms = 100};
    int64_t now = 0, admitted = 0;
    srandom(1);
    for (int i = 0; i < 100000; i++) {
        now += random() % 40;
        admitted += limit_take(&limit, (struct mono){now});
    }
    CHECK(admitted <= 5 + now / 100, "%lld in %lld ms", (long long)admitted, (long long)now);
    CHECK(admitted >= now / 100 - 5, "%lld in %lld ms", (long long)admitted, (long long)now);
}

int main(void)
{
    test_table();
    test_never_more();
    return check_done();
}
