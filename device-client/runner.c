#include "device-client/runner_internal.h"

#include "certs/key.h"
#include "device-client/backoff.h"
#include "device-client/random.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define GOODBYE_MS   2000
#define METRICS_SIZE 512

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

void runner_say(const struct run *run, const char *line)
{
    if (line[0] != '\0' && run->options->on_line != NULL)
        run->options->on_line(run->options->context, line);
}

void runner_say_problem(const struct run *run, const struct problem *problem)
{
    char line[sizeof problem->what + sizeof problem->mend];
    snprintf(line, sizeof line, "error: %s", problem->what);
    runner_say(run, line);
    snprintf(line, sizeof line, "  mend: %s", problem->mend);
    if (problem->mend[0] != '\0')
        runner_say(run, line);
}

static void publish(struct run *run)
{
    struct client_effects *effects = &run->effects;
    char metrics[METRICS_SIZE] = "";
    if (effects->heartbeat) {
        if (run->options->on_metrics != NULL)
            run->options->on_metrics(run->options->context, metrics, sizeof metrics);
        else
            metrics_sample(&run->metrics, keep_path(run->options->keep, "."), metrics, sizeof metrics);
        metrics[sizeof metrics - 1] = '\0';
        client_heartbeat(&run->client, metrics, effects->payload, sizeof effects->payload);
    }
    (void)paho_publish(run->paho, effects->topic, effects->payload, strlen(effects->payload), effects->qos);
    key_wipe(effects->payload, strlen(effects->payload));
}

static void step(struct run *run, struct client_input *input);

static void make_key(struct run *run)
{
    struct client_input made = {.event = CLIENT_KEY_MADE};
    if (keep_new_key(run->options->keep, &run->kept, run->problem) == MUSTER_DEVICE_OK)
        step(run, &made);
    else
        run->broken = true;
}

/* What cannot be used is for the state machine to know: the certificate in use still works. */
static void take_next(struct run *run)
{
    struct client_input kept = {.event = CLIENT_NEXT_KEPT};
    enum muster_device_result result =
        keep_next(run->options->keep, run->effects.certificate_pem, run->effects.ca_pem, run->problem);
    kept.unusable = result == MUSTER_DEVICE_FAILED;
    if (result == MUSTER_DEVICE_OK)
        keep_read_authorities(run->options->keep, &run->kept);
    if (result == MUSTER_DEVICE_OK || kept.unusable)
        step(run, &kept);
    else
        run->broken = true;
}

/* One input through the state machine, and what it wants done. */
static void step(struct run *run, struct client_input *input)
{
    struct client_effects *effects = &run->effects;
    input->now_ms = clock_ms(CLOCK_BOOTTIME); /* goes on while the machine sleeps */
    input->wall_ms = clock_ms(CLOCK_REALTIME);
    random_fill(input->random, sizeof input->random);
    client_step(&run->client, input, effects);
    if (!runner_write_down(run)) {
        run->broken = true;
        return;
    }
    if (!effects->done)
        runner_say(run, effects->line);
    if (effects->line[0] != '\0' && !effects->done && effects->problem.mend[0] != '\0') {
        char mend[sizeof effects->problem.mend + 16];
        snprintf(mend, sizeof mend, "  mend: %s", effects->problem.mend);
        runner_say(run, mend);
    }
    if (effects->publish)
        publish(run);
    if (effects->disconnect)
        paho_disconnect(run->paho, effects->done ? GOODBYE_MS : GOODBYE_MS / 4);
    if (effects->connect && runner_has_authorities(run)) {
        runner_connect(run);
    } else if (effects->connect) {
        effects->done = true;
        effects->problem = *run->problem;
    }
    if (effects->make_key)
        make_key(run);
    if (effects->keep_next)
        take_next(run);
}

static void take_events(struct run *run)
{
    static const enum client_event kinds[] = {
        [PAHO_UP] = CLIENT_UP, [PAHO_DOWN] = CLIENT_DOWN, [PAHO_MESSAGE] = CLIENT_MESSAGE};
    struct paho_event event;
    while (!run->effects.done && !run->broken && paho_next(run->paho, &event)) {
        struct client_input input = {.event = kinds[event.kind],
                                     .refused = event.refused,
                                     .untrusted = event.untrusted,
                                     .reason = event.reason,
                                     .topic = event.topic,
                                     .topic_length = event.topic_length,
                                     .payload = event.payload,
                                     .payload_length = event.length};
        step(run, &input);
        paho_event_wipe(&event);
    }
}

/* Waits until something happens or `until_ms` (0: for ever) has come. True when someone wants the end. */
static bool wait_until(const struct run *run, int64_t until_ms)
{
    struct pollfd fds[3] = {{run->options->wake_fd, POLLIN, 0},
                            {run->options->stop_fd, POLLIN, 0},
                            {run->paho != NULL ? paho_descriptor(run->paho) : -1, POLLIN, 0}};
    int64_t left = until_ms - clock_ms(CLOCK_BOOTTIME);
    int timeout = until_ms == 0 ? -1 : left < 0 ? 0 : left > 60000 ? 60000 : (int)left + 1;
    (void)poll(fds, 3, timeout);
    return (fds[0].revents | fds[1].revents) != 0;
}

static bool begin(struct run *run, const struct client_options *client)
{
    char id[LIMIT_UUID + 32];
    const struct runner_options *options = run->options;
    if (keep_load(options->keep, options->uuid, &run->kept, run->problem) != MUSTER_DEVICE_OK)
        return false;
    snprintf(id, sizeof id, "%s%s", run->kept.uuid, options->client_id_suffix);
    client_init(&run->client, client, &run->kept);
    if (run->paho == NULL && (run->paho = paho_new(id)) == NULL) {
        problem_set(run->problem, MUSTER_DEVICE_FAILED, NULL, "no memory");
        return false;
    }
    return true;
}

static void live(struct run *run)
{
    struct client_input input = {.event = CLIENT_START};
    step(run, &input);
    while (!run->effects.done && !run->broken) {
        bool stop = wait_until(run, run->effects.wake_ms);
        input = (struct client_input){.event = stop ? CLIENT_STOP : CLIENT_TICK};
        if (!stop)
            take_events(run);
        if (!run->effects.done && !run->broken)
            step(run, &input);
    }
    *run->problem = run->broken ? *run->problem : run->effects.problem;
}

/* Like a crash, and a start after it. */
static bool begin_again(struct run *run, unsigned attempt)
{
    uint32_t random = 0;
    runner_say_problem(run, run->problem);
    paho_disconnect(run->paho, GOODBYE_MS);
    random_fill(&random, sizeof random);
    return !wait_until(run, clock_ms(CLOCK_BOOTTIME) + 1000 + backoff_ms(attempt, random));
}

enum muster_device_result runner_run(const struct runner_options *options, const struct client_options *client,
                                     struct problem *problem)
{
    struct run *run = calloc(1, sizeof *run);
    if (run == NULL)
        return problem_set(problem, MUSTER_DEVICE_FAILED, NULL, "no memory");
    run->options = options;
    run->problem = problem;
    for (unsigned attempt = 0; begin(run, client); attempt++) {
        run->broken = false;
        live(run);
        if (!run->broken || client->goal != GOAL_RUN)
            break;
        if (!begin_again(run, attempt)) {
            problem_set(problem, MUSTER_DEVICE_OK, NULL, "stopped");
            break;
        }
    }
    if (client->goal == GOAL_RUN && problem->result == MUSTER_DEVICE_OK)
        runner_say(run, problem->what);
    paho_free(run->paho);
    key_wipe(run, sizeof *run);
    free(run);
    return problem->result;
}
