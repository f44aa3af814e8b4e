/* What a trace does: messages and acts. */
#include "tests/flow/flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The stamp that a gate makes; `by` is HOW/CLIENT-ID/CONNECTION. */
static size_t make_stamp(const char *by, bool forged, const char *topic, const char *payload, char out[STAMP_MAX])
{
    static const struct {
        const char *word;
        enum stamp_how how;
    } hows[] = {{"key:", STAMP_KEY},           {"api:", STAMP_API},        {"certificate:", STAMP_CERTIFICATE},
                {"operator:", STAMP_OPERATOR}, {"service", STAMP_SERVICE}, {"none", STAMP_NOBODY}};
    const uint64_t key[2] = {EDGE_STAMP_KEY + forged, 0};
    struct stamp stamp = {.address = "192.0.2.1"};
    char how[128] = "";
    unsigned long long connection = 0;
    trace_check(sscanf(by, "%127[^/]/%160[^/]/%llu", how, stamp.client_id, &connection) == 3, "@by=%s", by);
    for (size_t i = 0; i < sizeof hows / sizeof *hows; i++)
        if (strncmp(how, hows[i].word, strlen(hows[i].word)) == 0) {
            stamp.how = hows[i].how;
            const char *id = how + strlen(hows[i].word);
            if (strncmp(id, "mdk_", 4) == 0) /* a whole API key stands for its id */
                snprintf(stamp.credential, sizeof stamp.credential, "%.8s", id + 4);
            else
                snprintf(stamp.credential, sizeof stamp.credential, "%s", id);
        }
    stamp.connection = connection;
    return stamp_write(&stamp, key, &(struct stamped){topic, strlen(topic), payload, strlen(payload)}, out);
}

void trace_send(const char *text)
{
    char *line = variables_fill(text, false), *rest = line, *topic = trace_word(&rest);
    const char *response = NULL, *correlation = NULL, *by = NULL, *value = NULL;
    bool retained = false, forged = false;
    for (; topic[0] == '@'; topic = trace_word(&rest)) {
        response = (value = trace_after(topic, "@response=")) != NULL ? value : response;
        correlation = (value = trace_after(topic, "@correlation=")) != NULL ? value : correlation;
        by = (value = trace_after(topic, "@by=")) != NULL ? value : by;
        forged = forged || strcmp(topic, "@forged") == 0;
        retained = retained || strcmp(topic, "@retained") == 0;
    }
    /* Values go into the payload as JSON text, so it is taken from the line as it was. */
    const char *behind = strstr(text, "{") != NULL ? strstr(text, "{") : rest;
    char *payload = variables_fill(behind, true), stamp[STAMP_MAX];
    size_t stamp_length = by != NULL ? make_stamp(by, forged, topic, payload, stamp) : 0;
    edge_put(QUEUE_MESSAGE, BROKER_SUBSCRIBER,
             &(struct mqtt_message){.topic = topic,
                                    .topic_length = strlen(topic),
                                    .payload = payload[0] != '\0' ? payload : NULL,
                                    .length = strlen(payload),
                                    .retained = retained,
                                    .stamp = by != NULL ? stamp : NULL,
                                    .stamp_length = stamp_length,
                                    .response_topic = response,
                                    .response_topic_length = response != NULL ? strlen(response) : 0,
                                    .correlation = correlation,
                                    .correlation_length = correlation != NULL ? strlen(correlation) : 0});
    free(payload);
    free(line);
}

static void do_restart(const char *argument)
{
    (void)argument;
    edge.failing_commits = 0;
    world_restart();
}
static void do_restart_failing(const char *argument)
{
    (void)argument;
    edge.failing_commits = 0;
    for (int n = 1; !world_restart_failing(n); n++)
        trace_check(n < 1000, "the service never starts");
}
static void do_tick(const char *argument)
{
    (void)argument;
}
static void do_hear(const char *argument)
{
    (void)argument;
    edge_put(QUEUE_UP, BROKER_SUBSCRIBER, NULL);
}
static void do_deaf(const char *argument)
{
    (void)argument;
    edge_put(QUEUE_DOWN, BROKER_SUBSCRIBER, NULL);
}
static void do_publisher_up(const char *argument)
{
    (void)argument;
    edge_put(QUEUE_UP, BROKER_PUBLISHER, NULL);
}
static void do_publisher_down(const char *argument)
{
    (void)argument;
    edge_put(QUEUE_DOWN, BROKER_PUBLISHER, NULL);
}
static void do_commit_fails(const char *argument)
{
    edge.failing_commits = argument[0] != '\0' ? atoi(argument) : 1;
}
static void do_second_commit_fails(const char *argument)
{
    do_commit_fails(argument);
    edge.good_commits = 1;
}
static void do_wall(const char *argument)
{
    edge.wall_shift += atoll(argument);
}
static void do_pool(const char *argument)
{
    edge.pool = atoi(argument);
}
static void do_crl_works(const char *argument)
{
    (void)argument;
    edge.crl = CRL_WORKS;
}

static void do_crl_fails(const char *argument)
{
    (void)argument;
    edge.crl = CRL_FAILS;
}

static void do_crl_sleeps(const char *argument)
{
    (void)argument;
    edge.crl = CRL_SLEEPS;
}

static void do_crl_length(const char *argument)
{
    edge.crl_length = (size_t)atoll(argument);
}

static void do_warning_days(const char *argument)
{
    world->config.certificate_warning_days = atoi(argument);
}
static void do_mute(const char *argument)
{
    (void)argument;
    edge.mute = true;
}
static void do_unmute(const char *argument)
{
    (void)argument;
    edge.mute = false;
}
static void do_new_seal_key(const char *argument)
{
    (void)argument;
    edge_random(world->core.seal_key, sizeof world->core.seal_key);
}
static void do_crowded(const char *argument)
{
    (void)argument;
    edge.crowded = true;
}
static void do_uncrowded(const char *argument)
{
    (void)argument;
    edge.crowded = false;
}

static const struct {
    const char *word;
    void (*act)(const char *argument);
} acts[] = {{"tick", do_tick},
            {"hear", do_hear},
            {"deaf", do_deaf},
            {"restart", do_restart},
            {"restart-failing", do_restart_failing},
            {"publisher-up", do_publisher_up},
            {"publisher-down", do_publisher_down},
            {"commit-fails", do_commit_fails},
            {"second-commit-fails", do_second_commit_fails},
            {"wall", do_wall},
            {"pool", do_pool},
            {"warning-days", do_warning_days},
            {"mute", do_mute},
            {"crl-works", do_crl_works},
            {"crl-fails", do_crl_fails},
            {"crl-sleeps", do_crl_sleeps},
            {"crl-length", do_crl_length},
            {"unmute", do_unmute},
            {"new-seal-key", do_new_seal_key},
            {"crowded", do_crowded},
            {"uncrowded", do_uncrowded}};

/* `MS what` or `MS who topic payload` */
void trace_act(char *rest)
{
    edge.ms = atoll(trace_word(&rest));
    char *what = trace_word(&rest);
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (strcmp(acts[i].word, what) == 0) {
            acts[i].act(rest);
            return;
        }
    trace_send(rest);
}
