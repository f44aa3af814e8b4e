/* The wheel against a list that is searched: never early, never later than the wheel's resolution, nothing lost. */
#include "service/core/wheel.h"
#include "tests/unit/check.h"

#include <stdbool.h>
#include <stdlib.h>

#define NUMBERS    200
#define OPERATIONS 100000

static struct wheel wheel;
static struct wheel_node nodes[NUMBERS];
static struct {
    bool set;
    int64_t deadline, since; /* since: it was set, or the clock stood, when it was set */
} model[NUMBERS];

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static uint32_t pop(int64_t now)
{
    size_t steps = SIZE_MAX;
    return wheel_pop(&wheel, (struct mono){now}, &steps);
}

static void pop_all(int64_t now)
{
    bool early = false, unknown = false, late = false;
    for (uint32_t number; (number = pop(now)) != WHEEL_NONE;) {
        unknown = unknown || !model[number].set;
        early = early || model[number].deadline > now;
        model[number].set = false;
    }
    for (uint32_t i = 0; i < NUMBERS; i++)
        late = late || (model[i].set && larger(model[i].deadline, model[i].since) + 2 * WHEEL_TICK_MS <= now);
    CHECK(!unknown && !early && !late, "at %lld: unknown %d, early %d, late %d", (long long)now, unknown, early, late);
}

static void set(uint32_t number, int64_t deadline, int64_t now)
{
    wheel_set(&wheel, number, (struct mono){deadline});
    model[number].set = true;
    model[number].deadline = deadline;
    model[number].since = now;
}

static void test_against_model(void)
{
    static const int64_t spans[] = {1, WHEEL_TICK_MS, 10000, (int64_t)WHEEL_BUCKETS * WHEEL_TICK_MS, 5000000};
    int64_t now = 123456789;
    srandom(1);
    wheel_init(&wheel, nodes, (struct mono){now});
    for (uint32_t i = 0; i < NUMBERS; i++)
        wheel_node_init(&wheel, i);
    for (int i = 0; i < OPERATIONS; i++) {
        uint32_t number = (uint32_t)random() % NUMBERS;
        int64_t span = spans[random() % 5];
        switch (random() % 8) {
        case 0:
            wheel_remove(&wheel, number);
            model[number].set = false;
            break;
        case 1:
            now += random() % (random() % 50 == 0 ? 2000000 : 1000);
            pop_all(now);
            break;
        case 2: /* one that has passed */
            set(number, now - random() % span, now);
            break;
        default:
            set(number, now + random() % span, now);
        }
    }
    pop_all(now + 10000000);
    int left = 0;
    for (uint32_t i = 0; i < NUMBERS; i++)
        left += model[i].set;
    CHECK_INT(left, 0);
}

static void test_edges(void)
{
    static const struct {
        int64_t deadline, now;
        bool due;
    } cases[] = {{1000 * WHEEL_TICK_MS, 1000 * WHEEL_TICK_MS, true},
                 {1000 * WHEEL_TICK_MS, 1000 * WHEEL_TICK_MS - 1, false},
                 {1000 * WHEEL_TICK_MS + 1, 1000 * WHEEL_TICK_MS + 1, false}, /* rounded up: the next tick */
                 {1000 * WHEEL_TICK_MS + 1, 1001 * WHEEL_TICK_MS, true},
                 {0, 1, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wheel_init(&wheel, nodes, (struct mono){0});
        wheel_node_init(&wheel, 3);
        wheel_set(&wheel, 3, (struct mono){cases[i].deadline});
        uint32_t got = pop(cases[i].now);
        CHECK((got == 3) == cases[i].due, "case %zu", i);
        if (got == 3)
            CHECK(pop(cases[i].now) == WHEEL_NONE, "case %zu: twice", i);
    }
}

/* What is already due can still be moved or removed. */
static void test_due_is_moved(void)
{
    wheel_init(&wheel, nodes, (struct mono){0});
    for (uint32_t i = 0; i < 3; i++) {
        wheel_node_init(&wheel, i);
        wheel_set(&wheel, i, (struct mono){500});
    }
    uint32_t first = pop(1000);
    uint32_t second = (first + 1) % 3, third = (first + 2) % 3;
    wheel_remove(&wheel, second);
    wheel_remove(&wheel, second);
    wheel_set(&wheel, third, (struct mono){5000});
    CHECK(pop(4900) == WHEEL_NONE, "moved");
    CHECK_INT(pop(5200), third);
}

/* A bucket that holds many is looked at in parts, and what is set meanwhile is not lost. */
static void test_in_parts(void)
{
    int64_t turn = (int64_t)WHEEL_BUCKETS * WHEEL_TICK_MS, later = 10 * WHEEL_TICK_MS + turn;
    int due = 0, calls = 0;
    wheel_init(&wheel, nodes, (struct mono){0});
    for (uint32_t i = 0; i < NUMBERS; i++) {
        wheel_node_init(&wheel, i);
        wheel_set(&wheel, i, (struct mono){i % 2 == 0 ? 10 * WHEEL_TICK_MS : later}); /* one bucket, two turns */
    }
    for (bool more = true; more; calls++) {
        size_t steps = 7;
        for (uint32_t number; (number = wheel_pop(&wheel, (struct mono){10 * WHEEL_TICK_MS}, &steps)) != WHEEL_NONE;
             due++)
            CHECK(number % 2 == 0 && !wheel_holds(&wheel, number), "%u is due", number);
        more = steps == 0;
        if (calls == 3) { /* the bucket is open */
            wheel_set(&wheel, 1, (struct mono){10 * WHEEL_TICK_MS});
            wheel_remove(&wheel, 3);
        }
    }
    CHECK_INT(due, NUMBERS / 2);
    CHECK_INT(calls, NUMBERS / 7 + 1);
    CHECK_INT(pop(2200), 1);
    CHECK_INT(pop(later - 1), WHEEL_NONE);
    due = 0;
    while (pop(later) != WHEEL_NONE)
        due++;
    CHECK_INT(due, NUMBERS / 2 - 2);
}

int main(void)
{
    test_in_parts();
    test_against_model();
    test_edges();
    test_due_is_moved();
    return check_done();
}
