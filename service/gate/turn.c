/* The end of each of the broker's turns: connections end, checks go on, what was collected is sent. */
#include "service/gate/gate.h"

#include <mosquitto.h>
#include <time.h>

#define SWEEP_MS      1000
#define CHECKS_A_TURN 64
#define BUCKETS_TURN  4096

static void check_bucket(struct gate *gate, struct session_list *bucket, int *checks)
{
    for (struct session *session = LIST_FIRST(bucket); session != NULL; session = LIST_NEXT(session, of_client)) {
        (*checks)++;
        if (!auth_still_holds(gate->lookup, &session->who, time(NULL)))
            session_doom(&gate->sessions, session);
    }
}

static void check_some(struct gate *gate)
{
    int checks = 0;
    for (size_t i = 0; i < BUCKETS_TURN && checks < CHECKS_A_TURN && gate->check_at < SESSION_BUCKETS; i++)
        check_bucket(gate, &gate->sessions.by_client[gate->check_at++], &checks);
}

/* Whoever only claims a uuid keeps its client id and a place for as long as it says something. */
static void end_idle(struct gate *gate)
{
    int64_t since = gate->now - gate->options.provisioning_idle * INT64_C(1000);
    for (struct session *session = LIST_FIRST(&gate->sessions.of_role[ROLE_PROVISIONING]); session != NULL;
         session = LIST_NEXT(session, of_role))
        if (session->last_word < since)
            session_doom(&gate->sessions, session);
}

static void end_doomed(struct gate *gate)
{
    struct session_queue *doomed = &gate->sessions.doomed;
    while (!STAILQ_EMPTY(doomed)) {
        struct session *session = STAILQ_FIRST(doomed);
        STAILQ_REMOVE_HEAD(doomed, of_doomed);
        if (!session->leaving)
            mosquitto_kick_client_by_clientid(session->who.stamp.client_id, false);
    }
}

int turn_on_tick(int event, void *data, void *context)
{
    struct gate *gate = context;
    (void)event;
    (void)data;
    gate->now = gate_clock();
    if (gate->now >= gate->next_sweep) {
        gate->next_sweep = gate->now + SWEEP_MS;
        end_idle(gate);
    }
    check_some(gate);
    outgoing_flush(&gate->outgoing, &gate->sessions);
    end_doomed(gate);
    outgoing_flush(&gate->outgoing, &gate->sessions); /* that they have gone */
    sessions_sweep(&gate->sessions);
    return MOSQ_ERR_SUCCESS;
}
