/* What mosquitto calls: loading, unloading, and which callback is whose. Plugin interface version 5 (mosquitto 2.0). */
#include "service/gate/gate.h"

#include "service/io/entropy.h"
#include "topics/topic.h"

#include <mosquitto.h>
#include <stdlib.h>
#include <time.h>

#ifndef MUSTER_VERSION
#define MUSTER_VERSION "unknown"
#endif

static const struct {
    MOSQ_FUNC_generic_callback function;
    int event;
    enum topic_id topic; /* of MOSQ_EVT_CONTROL; they have no parameters */
} callbacks[] = {
    {login_on_basic_auth, MOSQ_EVT_BASIC_AUTH, TOPIC_COUNT},
    {login_on_reload, MOSQ_EVT_RELOAD, TOPIC_COUNT},
    {login_on_disconnect, MOSQ_EVT_DISCONNECT, TOPIC_COUNT},
    {traffic_on_acl_check, MOSQ_EVT_ACL_CHECK, TOPIC_COUNT},
    {traffic_on_message, MOSQ_EVT_MESSAGE, TOPIC_COUNT},
    {control_on_command, MOSQ_EVT_CONTROL, TOPIC_GATE_COMMAND},
    {control_on_answer, MOSQ_EVT_CONTROL, TOPIC_GATE_ANSWER},
    {turn_on_tick, MOSQ_EVT_TICK, TOPIC_COUNT},
};

#define CALLBACKS (sizeof callbacks / sizeof *callbacks)

static mosquitto_plugin_id_t *plugin; /* the cleanup is not told */

static const char *topic_of(size_t callback)
{
    return callbacks[callback].topic != TOPIC_COUNT ? topic_pattern(callbacks[callback].topic) : NULL;
}

int64_t gate_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

mosq_plugin_EXPORT int mosquitto_plugin_version(int count, const int *versions)
{
    for (int i = 0; i < count; i++)
        if (versions[i] == MOSQ_PLUGIN_VERSION)
            return MOSQ_PLUGIN_VERSION;
    return -1;
}

static void gate_free(struct gate *gate)
{
    outgoing_free(&gate->outgoing);
    sessions_free(&gate->sessions);
    lookup_free(gate->lookup);
    secret_wipe(gate, sizeof *gate);
    free(gate);
}

/* Numbers of connections grow from one start of the broker to the next: they begin at its time. */
static struct gate *gate_new(const struct options *options)
{
    uint64_t keys[4];
    struct gate *gate = calloc(1, sizeof *gate);
    if (gate == NULL)
        return NULL;
    entropy_fill(keys, sizeof keys);
    gate->options = *options;
    gate->now = gate_clock();
    gate->lines.refilled = gate->now - INT64_C(3600) * 1000;
    gate->last_connection = (uint64_t)time(NULL) << 24 | (keys[0] & 0xfffff); /* a clock that goes back finds others */
    gate->walk.at = SESSION_BUCKETS;
    gate->backoff.key[0] = keys[2];
    gate->backoff.key[1] = keys[3];
    outgoing_init(&gate->outgoing);
    gate->lookup = lookup_new(options->database);
    if (gate->lookup != NULL && sessions_init(&gate->sessions, keys))
        return gate;
    gate_free(gate);
    return NULL;
}

mosq_plugin_EXPORT int mosquitto_plugin_init(mosquitto_plugin_id_t *identifier, void **userdata,
                                             struct mosquitto_opt *options, int option_count)
{
    struct options read;
    char error[200];
    if (!options_read(&read, options, option_count, error, sizeof error)) {
        mosquitto_log_printf(MOSQ_LOG_ERR, "muster: %s", error);
        return MOSQ_ERR_INVAL;
    }
    struct gate *gate = gate_new(&read);
    if (gate == NULL)
        return MOSQ_ERR_NOMEM;
    *userdata = gate;
    plugin = identifier;
    for (size_t i = 0; i < CALLBACKS; i++)
        if (mosquitto_callback_register(identifier, callbacks[i].event, callbacks[i].function, topic_of(i), gate) !=
            MOSQ_ERR_SUCCESS)
            return MOSQ_ERR_UNKNOWN;
    mosquitto_log_printf(MOSQ_LOG_NOTICE, "muster: the gate %s guards this broker, with the database %s",
                         MUSTER_VERSION, read.database);
    return MOSQ_ERR_SUCCESS;
}

mosq_plugin_EXPORT int mosquitto_plugin_cleanup(void *userdata, struct mosquitto_opt *options, int option_count)
{
    (void)options;
    (void)option_count;
    for (size_t i = 0; i < CALLBACKS; i++)
        mosquitto_callback_unregister(plugin, callbacks[i].event, callbacks[i].function, topic_of(i));
    gate_free(userdata);
    return MOSQ_ERR_SUCCESS;
}
