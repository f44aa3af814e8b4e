/* The service lives, is killed, and comes back: at rest, or around a commit. */
#include "tests/flow/flow.h"
#include "tests/year/year.h"

#include <setjmp.h>
#include <string.h>

#define RESTARTS 50

bool service_is_up;

static jmp_buf killed;
static int64_t due[RESTARTS], hour_due;
static struct {
    enum { AT_REST, BEFORE_COMMIT, AFTER_COMMIT } when;
    bool armed, for_renewal; /* waits for a request, or for that one */
    int64_t commits;         /* so many are let through after it */
} plan;

/* Called by the store. What it leaves behind is closed by world_restart. */
static void on_commit(bool done)
{
    if (done == (plan.when == AFTER_COMMIT) && plan.commits-- == 0)
        longjmp(killed, 1);
}

void service_heard(const char *topic)
{
    if (!plan.armed || !service_is_up || (plan.for_renewal && strstr(topic, "/renew") == NULL))
        return;
    plan.armed = false;
    edge_on_commit = on_commit;
}

static void kill_service(void *whom)
{
    size_t number = (size_t)((int64_t *)whom - due);
    bool renewals = edge.ms > LIFE_DAYS * DAY_MS / 3 * 2 + 2 * DAY_MS && edge.ms < (LIFE_DAYS - 35) * DAY_MS;
    plan.when = number % 5 == 0 ? AT_REST : number % 2 == 0 ? BEFORE_COMMIT : AFTER_COMMIT;
    plan.for_renewal = renewals && number % 3 != 0;
    plan.commits = year_random(1); /* the intent's commit, or the certificate's */
    plan.armed = plan.when != AT_REST;
    if (plan.when == AT_REST && service_is_up)
        longjmp(killed, 1);
}

static void every_hour(void *whom)
{
    agenda_add(edge.ms + HOUR_MS, &hour_due, every_hour, whom);
}

void service_plan(void)
{
    int64_t apart = DAYS * DAY_MS / RESTARTS;
    for (int i = 0; i < RESTARTS; i++)
        agenda_add(i * apart + 1 + year_random(apart - DAY_MS), &due[i], kill_service, &due[i]);
    every_hour(NULL);
}

static void come_back(void)
{
    world_restart();
    service_is_up = true;
    edge.crl = CRL_WORKS;
    tally.restarts++;
    edge_put(QUEUE_UP, BROKER_SUBSCRIBER, NULL);
    gate_service_is_back();
}

/* The devices go on without it. */
static void be_dead(void)
{
    edge_on_commit = NULL;
    plan.armed = service_is_up = false;
    gate_carry_out();
    int64_t until = edge.ms + SECOND_MS + year_random(year_random(3) == 0 ? MOST_DOWN : 30 * SECOND_MS);
    while (agenda_next() < until)
        agenda_act();
    edge.ms = until;
    come_back();
}

void service_restart(void)
{
    service_is_up = false;
    come_back();
}

void service_run(void)
{
    service_is_up = true;
    edge.crl = CRL_WORKS;
    while (setjmp(killed) != 0)
        be_dead();
    int result = loop_run(&world->loop, &edge.stop);
    year_check(result == 0, "the service gave up: %s", store_error(world->core.store));
}
