/* The year: its plan, and what must hold at its end. usage: run_year [SEED [NUMBER OF A DEVICE THAT IS TO BE FOLLOWED]]
 */
#include "tests/flow/flow.h"
#include "tests/year/year.h"

#include "service/io/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SHOWN    20             /* failures, in words */
#define LISTS_MS (3 * DAY_MS)   /* the job takes so long: not every list of a busy day is made */
#define LOOK_MS  (30 * DAY_MS)  /* at everybody's credentials */
#define LEAST    (DEVICES / 50) /* deaths at each step */

#define SAMPLE   60  /* every so manieth certificate is verified at the end */
#define TOGETHER 200 /* messages that wait for the service at one moment */

struct tally tally;

static unsigned long seed = 2026;
static int followed = -1; /* a device */
static long passed, failed;
static uint64_t chance;
static int64_t lists_due, look_due, end_due;

/* --- checks ---------------------------------------------------------------------------------------------------------
 */

static void fail_with(const char *format, va_list arguments)
{
    if (failed++ >= SHOWN)
        return;
    printf("FAILED year, seed %lu, day %lld: ", seed, edge.ms / DAY_MS);
    vprintf(format, arguments);
    putchar('\n');
}

void trace_check(bool good, const char *format, ...)
{
    va_list arguments;
    passed += good;
    va_start(arguments, format);
    if (!good)
        fail_with(format, arguments);
    va_end(arguments);
}

void year_check(bool good, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (!good)
        fail_with(format, arguments);
    va_end(arguments);
}

void year_tell(int number, const char *format, ...)
{
    va_list arguments;
    if (number != followed)
        return;
    printf("%7.3f %s ", (double)edge.ms / (double)DAY_MS, device_uuid(number));
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

int64_t year_random(int64_t most)
{
    uint64_t z = chance += 0x9e3779b97f4a7c15; /* splitmix64 (Vigna) */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    z = (z ^ z >> 31) >> 1;
    return (int64_t)(most == INT64_MAX ? z : z % ((uint64_t)most + 1));
}

int64_t year_now(void)
{
    return edge.ms;
}

const char *year_provisioning_key(void)
{
    return variable_get("fleet");
}

int64_t year_wall(void)
{
    return clock_now().wall;
}

/* --- the plan -------------------------------------------------------------------------------------------------------
 */

static void make_list(void *whom)
{
    edge.crl = CRL_WORKS;
    agenda_add(edge.ms + LISTS_MS, &lists_due, make_list, whom);
}

/* At no moment is anybody locked out; here also of those who do nothing. */
static void look_at_all(void *whom)
{
    for (int i = 0; i < DEVICES; i++)
        year_check(device_could_log_in(i), "%s is locked out", device_uuid(i));
    agenda_add(edge.ms + LOOK_MS, &look_due, look_at_all, whom);
}

static void end_year(void *whom)
{
    (void)whom;
    edge.stop = 1;
}

static void plan_year(void)
{
    world->config.heartbeat_seconds = 86400;
    world->config.offline_after_seconds = LIMIT_OFFLINE_MAX;
    world->config.certificate_days = LIFE_DAYS;
    world->config.event_days = 1;     /* nobody asks for them later, and forgetting takes long */
    world->config.api_key_days = 450; /* replaced after 300 days */
    devices_plan();
    service_plan();
    make_list(NULL);
    look_at_all(NULL);
    agenda_add(DAYS * DAY_MS, &end_due, end_year, NULL);
}

/* The service is at rest: what it has sent arrives; when that is nothing, time goes on. */
static void on_quiet(void)
{
    long sent = tally.messages;
    gate_carry_out();
    if (tally.messages == sent)
        do
            agenda_act();
        while (agenda_next() <= edge.ms && tally.messages - sent < TOGETHER);
}

/* --- the end --------------------------------------------------------------------------------------------------------
 */

static void print_tally(void)
{
    long habits[HABIT_COUNT] = {0};
    for (int i = 0; i < DEVICES; i++)
        habits[device_habit(i)]++;
    printf("%ld restarts of the service, %ld messages, %ld logins (%ld refused), %ld repeated events\n", tally.restarts,
           tally.messages, tally.logins, tally.refusals, tally.repeated_events);
    printf("%ld devices sleep, %ld stay connected, %ld are away for weeks, %ld leave\n", habits[HABIT_SLEEPS],
           habits[HABIT_STAYS], habits[HABIT_AWAY], habits[HABIT_LEAVES]);
    printf("%ld renewed late, %ld came back by their API key, %ld answers lost, %ld boots in 1970\n",
           tally.renewed_late, tally.back_by_api_key, tally.lost_answers, tally.boots_in_1970);
    printf("%ld revocation lists, the largest of %ld entries; %ld compared with the database\n", tally.lists,
           tally.largest_list, tally.compared_lists);
}

/* The devices died at every step. */
static void check_deaths(void)
{
    const char *when = NULL;
    for (size_t i = 0; i < devices_deaths(); i++) {
        long died = devices_died(i, &when);
        printf("died %5ld times: %s\n", died, when);
        trace_check(died >= LEAST, "only %ld deaths: %s", died, when);
    }
}

static void check_tally(void)
{
    trace_check(tally.restarts >= 50, "only %ld restarts", tally.restarts);
    trace_check(tally.renewed_late >= 10, "only %ld were renewed late", tally.renewed_late);
    trace_check(tally.back_by_api_key >= 10, "only %ld came back", tally.back_by_api_key);
    trace_check(tally.lost_answers >= 100, "only %ld answers were lost", tally.lost_answers);
    trace_check(tally.lists >= 50 + DAYS / 30, "only %ld lists", tally.lists);
}

/* Whoever has power has a certificate again. */
static void check_devices(void)
{
    char text[80];
    long without = 0, left = 0;
    for (int i = 0; i < DEVICES; i++) {
        bool leaves = device_habit(i) == HABIT_LEAVES;
        tally.back_by_api_key += device_came_back(i);
        left += leaves;
        without += !leaves && !device_has_certificate(i);
    }
    trace_check(without == 0, "%ld devices have no certificate that is valid", without);
    long long valid = world_query(
        "SELECT count(DISTINCT device) FROM certificate WHERE state IN ('active', 'expiring')", text, sizeof text);
    trace_check(valid == DEVICES - left, "%lld devices have a certificate in use", valid);
}

static void check_year(void)
{
    char what[300] = "";
    trace_check(world_is_sound(what, sizeof what), "%s", what);
    check_devices();
    ledger_check();
    revocation_check();
    ledger_print();
    print_tally();
    check_deaths();
    check_tally();
}

/* A start makes a list of what has ended up to now. */
static void last_list(void)
{
    edge.stop = 0;
    agenda_add(edge.ms + HOUR_MS, &end_due, end_year, NULL);
    service_restart();
    service_run();
}

static void play(void)
{
    edge_reset();
    edge_random_start((unsigned)seed);
    chance = seed;
    config_default("/", &world->config);
    world->config.retained_status = false;
    world->real_ca = world->gated = true;
    world->capacity = DEVICES;
    world->sample = SAMPLE;
    world_start();
    world_make_key("fleet", "uses=10000 expires=1000000");
    gate_start(world->path);
    plan_year();
    edge_on_quiet = on_quiet;
    service_run();
    last_list();
    check_year();
}

static void end(void)
{
    edge_forget_outputs();
    world_end();
    gate_end();
    revocation_free();
    ledger_free();
    agenda_free();
    devices_free();
    edge_reset();
    variables_forget();
    free(world);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    time_t begun = time(NULL);
    seed = argc > 1 ? strtoul(argv[1], NULL, 10) : seed;
    followed = argc > 2 ? atoi(argv[2]) : followed;
    world = calloc(1, sizeof *world);
    play();
    end();
    printf("seed %lu, %lld s\n", seed, (long long)(time(NULL) - begun));
    printf("%ld passed, %ld failed\n", passed, failed);
    return failed != 0;
}
