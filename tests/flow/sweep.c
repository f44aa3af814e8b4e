/*
 * The fault sweep: a request with the 1st, 2nd, 3rd ... call of SQLite failing, each in a new world, then the same
 * request once more. In the end there must be what there is when nothing fails.
 */
#include "tests/flow/flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    int result;
    bool leaves;
    int times, apart;
    const char *name;
} modes[] = {{0, false, 0, 0, "nothing"},
             {SQLITE_FULL, false, 0, 0, "disk full"},
             {SQLITE_FULL, false, 1, 1, "disk full twice"},
             {SQLITE_FULL, false, 6, 1, "disk full for a while"},
             {SQLITE_FULL, false, 1, 4, "disk full now and then"},
             {SQLITE_FULL, false, 1, 5, "disk full now and again"},
             {SQLITE_FULL, true, 0, 0, "disk full, rolled back"},
             {SQLITE_IOERR, false, 0, 0, "input/output error"}};

static struct {
    size_t mode;
    int n, phase;
    char before[400], wanted[400]; /* the state */
    bool accepted, answers;        /* this time; when nothing fails */
    bool mute;                     /* nobody asks: time passes, or the gate tells something */
} sweep;

void sweep_start(void)
{
    memset(&sweep, 0, sizeof sweep);
    sweep.n = 1;
}

/* What counts of the state: no ids, no times. */
static void describe(char *out, size_t size)
{
    world_query(
        "SELECT (SELECT group_concat(uuid || state || manual || (device_id IS NULL) || name || online) FROM "
        "(SELECT * FROM device JOIN presence ON presence.device = device.id ORDER BY uuid)) || ' keys ' || "
        "(SELECT count(*) FROM provisioning_key) || ' used ' || (SELECT total(used) FROM provisioning_key) || "
        "' api ' || (SELECT count(*) FROM api_key) || ' certificates ' || "
        "(SELECT coalesce(group_concat(uuid || state || told), '-') FROM certificate WHERE device IS NOT NULL) || "
        "' intents ' || (SELECT count(*) FROM intent) || ' events ' || (SELECT count(*) FROM event) || "
        "' changes ' || (SELECT count(*) FROM authority_change) || "
        "' unanswered ' || (SELECT count(*) FROM request WHERE answer IS NULL)",
        out, size);
}

static void look_at_answers(void)
{
    size_t answers = 0, accepted = 0, sessions = 0;
    for (size_t i = 0; i < edge.output_count; i++) {
        const struct output *output = &edge.outputs[i];
        bool rejected = strstr(output->topic, "/rejected") != NULL, typed = true;
        if (rejected)
            typed = strstr(output->payload, "\"storage_unavailable\"") != NULL ||
                    strstr(output->payload, "\"internal\"") != NULL;
        trace_check(typed, "sweep %s %d: %s", modes[sweep.mode].name, sweep.n, output->payload);
        answers += rejected || strstr(output->topic, "/accepted") != NULL;
        accepted += strstr(output->topic, "/accepted") != NULL;
        sessions += strncmp(output->topic, "sessions ", 9) == 0 && strstr(output->topic, " reload") == NULL;
    }
    sweep.accepted = sweep.accepted || accepted > 0;
    trace_check(sessions <= accepted || sweep.mute, "sweep %s %d: connections end for what was refused",
                modes[sweep.mode].name, sweep.n);
    trace_check(answers <= 1, "sweep %s %d: %zu answers", modes[sweep.mode].name, sweep.n, answers);
    edge_forget_outputs();
}

static void send(const char *line, long long later)
{
    char *end = NULL;
    edge.ms = strtoll(line, &end, 10) + later;
    end += strspn(end, " ");
    trace_send(end + strcspn(end, " "));
}

static void check_end(void)
{
    char state[400], what[300] = "";
    describe(state, sizeof state);
    if (sweep.mode == 0) {
        memcpy(sweep.wanted, state, sizeof state);
        sweep.answers = sweep.accepted;
    }
    trace_check(sweep.accepted == sweep.answers, "sweep %s %d: never accepted", modes[sweep.mode].name, sweep.n);
    trace_check(strcmp(state, sweep.wanted) == 0, "sweep %s %d:\n  expected \"%s\"\n  got      \"%s\"",
                modes[sweep.mode].name, sweep.n, sweep.wanted, state);
    bool sound = world_is_sound(what, sizeof what);
    trace_check(sound, "sweep %s %d: %s", modes[sweep.mode].name, sweep.n, what);
}

static void arm(const char *line)
{
    describe(sweep.before, sizeof sweep.before);
    sweep.mute = strstr(line, "tick") != NULL || strstr(line, "/gate/") != NULL;
    sweep.accepted = edge.failed = false;
    edge_forget_outputs();
    edge.fail_at = modes[sweep.mode].result != 0 ? sweep.n : 0;
    edge.fail_result = modes[sweep.mode].result;
    edge.fail_times = modes[sweep.mode].times;
    edge.fail_apart = modes[sweep.mode].apart;
    edge.fail_leaves = modes[sweep.mode].leaves;
    send(line, 0);
}

/* It has failed, or not: all of it happened, or nothing. */
static void check_failure(void)
{
    char state[400], what[300] = "";
    edge.fail_at = 0;
    edge_put(QUEUE_UP, BROKER_SUBSCRIBER, NULL);
    look_at_answers();
    describe(state, sizeof state);
    if (!sweep.accepted && world->loop.batch.parking.count == 0 && sweep.mode != 0)
        trace_check(strcmp(state, sweep.before) == 0 || (!sweep.answers && strcmp(state, sweep.wanted) == 0),
                    "sweep %s %d:\n  expected \"%s\"\n  got      \"%s\"", modes[sweep.mode].name, sweep.n, sweep.before,
                    state);
    bool sound = world_is_sound(what, sizeof what);
    trace_check(sound, "sweep %s %d: %s", modes[sweep.mode].name, sweep.n, what);
}

bool sweep_step(const char *line)
{
    if (store_is_dirty(world->core.store)) /* not even undoing was possible: the next turn tries again */
        return true;
    int phase = sweep.phase++;
    if (phase == 0) {
        arm(line);
    } else if (phase == 1) {
        check_failure();
    } else if (phase == 3) {
        look_at_answers();
        /* What only time brings needs all of it again when the service had to start anew. */
        send(line, strstr(line, "tick") != NULL ? 1400000 : 4000);
    } else if (phase == 5) {
        look_at_answers();
        check_end();
        return false;
    } else { /* what waits is tried again */
        edge.ms += 2000;
    }
    return true;
}

bool sweep_next(void)
{
    sweep.phase = 0;
    sweep.n++;
    if (edge.failed)
        return true;
    sweep.mode++;
    sweep.n = 1;
    return sweep.mode < sizeof modes / sizeof *modes;
}
