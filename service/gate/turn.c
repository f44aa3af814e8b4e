/* The end of each of the broker's turns: connections end, checks go on, what was collected is sent. */
#include "service/gate/gate.h"

#include <mosquitto.h>
#include <stdio.h>
#include <time.h>

#define SWEEP_MS     1000
#define TURN_NS      2000000 /* what of a turn the walk may take, */
#define LOOK_EVERY   16      /* looked at after so many checks */
#define BUCKETS_TURN 16384
#define AGAIN_MS     1000   /* after the database could not be read */
#define WALK_MS      300000 /* certificates expire while they are connected; nobody says so */

void turn_check_all(struct gate *gate, bool tells)
{
    gate->walk.at = 0;
    gate->walk.next = gate->now;
    gate->walk.tells = gate->walk.tells || tells;
}

/* The broker waits meanwhile: messages come before checks. */
static bool has_time(const struct timespec *begun, int checks)
{
    struct timespec now;
    if (checks % LOOK_EVERY != LOOK_EVERY - 1)
        return true;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - begun->tv_sec) * INT64_C(1000000000) + now.tv_nsec - begun->tv_nsec < TURN_NS;
}

/* False when the database cannot be read. */
static bool check_bucket(struct gate *gate, struct session_list *bucket, int *checks)
{
    for (struct session *session = LIST_FIRST(bucket); session != NULL; session = LIST_NEXT(session, of_client)) {
        enum holds holds = auth_still_holds(gate->lookup, &session->who, time(NULL));
        (*checks)++;
        if (holds == HOLDS_PERHAPS)
            return false;
        if (holds == HOLDS_NOT)
            session_doom(&gate->sessions, session);
        else if (gate->walk.tells && session->who.role == ROLE_DEVICE && !session->leaving)
            outgoing_hint(&gate->outgoing, TOPIC_GATE_CONNECTED, &session->who.stamp, "");
    }
    return true;
}

static void walk_on(struct gate *gate)
{
    int checks = 0;
    struct timespec begun;
    if (gate->now < gate->walk.next)
        return;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    if (gate->walk.at == SESSION_BUCKETS)
        gate->walk.at = 0;
    for (size_t i = 0; i < BUCKETS_TURN && has_time(&begun, checks) && gate->walk.at < SESSION_BUCKETS; i++) {
        if (!check_bucket(gate, &gate->sessions.by_client[gate->walk.at], &checks)) {
            gate->walk.next = gate->now + AGAIN_MS;
            return;
        }
        gate->walk.at++;
    }
    if (gate->walk.at < SESSION_BUCKETS)
        return;
    gate->walk.next = gate->now + WALK_MS;
    gate->walk.tells = false;
}

/* Whoever only claims a uuid keeps its client id and a place for as long as it says something, or waits. */
static void end_idle(struct gate *gate)
{
    int64_t idle = gate->options.provisioning_idle * INT64_C(1000);
    for (struct session *session = LIST_FIRST(&gate->sessions.of_role[ROLE_PROVISIONING]); session != NULL;
         session = LIST_NEXT(session, of_role)) {
        int64_t most = session->unanswered > 0 && idle < GATE_ANSWER_MS ? GATE_ANSWER_MS : idle;
        if (gate->now - session->last_word > most || gate->now - session->begun > GATE_CLAIM_MS)
            session_doom(&gate->sessions, session);
    }
}

/* The broker has read its files again, at the end of this turn or of the one before. */
static void tell_reloaded(struct gate *gate)
{
    char payload[40];
    if (gate->reload.done == 0)
        return;
    snprintf(payload, sizeof payload, "{\"number\":%lld}", gate->reload.done);
    outgoing_hint(&gate->outgoing, TOPIC_GATE_RELOADED, &gate->reload.by, payload);
    gate->reload.done = gate->reload.asked = 0;
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
    gate->reloading = false;
    if (gate->now >= gate->next_sweep) {
        gate->next_sweep = gate->now + SWEEP_MS;
        end_idle(gate);
    }
    walk_on(gate);
    tell_reloaded(gate);
    outgoing_flush(&gate->outgoing, &gate->sessions);
    end_doomed(gate);
    outgoing_flush(&gate->outgoing, &gate->sessions); /* that they have gone */
    sessions_sweep(&gate->sessions);
    return MOSQ_ERR_SUCCESS;
}
