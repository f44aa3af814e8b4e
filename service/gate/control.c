/* What the service asks of the gate, on $CONTROL topics: docs/protocol.md, section 8. The table of acl.c lets nobody
 * else publish there. */
#include "service/gate/gate.h"
#include "topics/json_write.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COMMAND_MAX (LIMIT_UUID + 16)

static void set_key(struct gate *gate, const struct session *service, const char *argument)
{
    uint64_t *key = gate->outgoing.key;
    (void)service;
    gate->outgoing.has_key = strlen(argument) == 32 && stamp_read_connection(argument, 16, &key[0]) &&
                             stamp_read_connection(argument + 16, 16, &key[1]);
}

static bool is_of_device(const struct session *session)
{
    return session->who.role == ROLE_DEVICE || session->who.role == ROLE_PROVISIONING;
}

static void close_all_of(struct gate *gate, const struct session *service, const char *uuid)
{
    size_t length = strlen(uuid);
    (void)service;
    for (struct session *session = session_first_of(&gate->sessions, uuid, length); session != NULL;
         session = session_next_of(session))
        if (is_of_device(session))
            session_doom(&gate->sessions, session);
}

/* How many of a device's connections end with this turn, and how many stay. */
static void tell_checked(struct gate *gate, const struct session *service, const char *uuid)
{
    char payload[LIMIT_UUID + 64];
    struct json_writer json;
    size_t length = strlen(uuid);
    int closed = 0, open = 0;
    for (struct session *session = session_first_of(&gate->sessions, uuid, length); session != NULL;
         session = session_next_of(session)) {
        closed += is_of_device(session) && session->doomed;
        open += is_of_device(session) && !session->doomed && !session->leaving;
    }
    json_start(&json, payload, sizeof payload);
    json_open(&json, NULL, '{');
    json_text(&json, "uuid", uuid);
    json_int(&json, "closed", closed);
    json_int(&json, "open", open);
    json_close(&json, '}');
    outgoing_hint(&gate->outgoing, TOPIC_GATE_CHECKED, &service->who.stamp, payload);
}

/* Without an argument all are checked, some in each turn; so they are when a row cannot be read now. */
static void check_all_of(struct gate *gate, const struct session *service, const char *uuid)
{
    size_t length = strlen(uuid);
    bool unsure = false;
    if (length == 0)
        turn_check_all(gate, true);
    backoff_forget(&gate->backoff, uuid, length);
    for (struct session *session = session_first_of(&gate->sessions, uuid, length); session != NULL;
         session = session_next_of(session)) {
        enum holds holds = auth_still_holds(gate->lookup, &session->who, time(NULL));
        if (holds == HOLDS_NOT)
            session_doom(&gate->sessions, session);
        unsure = unsure || holds == HOLDS_PERHAPS;
    }
    if (unsure)
        turn_check_all(gate, false);
    else if (length > 0)
        tell_checked(gate, service, uuid);
}

/* mosquitto reads certificates and revocation lists again when it gets SIGHUP, at the end of its turn. */
static void reload(struct gate *gate, const struct session *service, const char *number)
{
    gate->reload.asked = strtoll(number, NULL, 10);
    gate->reload.by = service->who.stamp;
    (void)kill(getpid(), SIGHUP);
}

static const struct command {
    const char *word;
    void (*run)(struct gate *gate, const struct session *service, const char *argument);
} commands[] = {{"key", set_key}, {"close", close_all_of}, {"check", check_all_of}, {"reload", reload}};

/* The session of a client that is the service; NULL: another one. */
static const struct session *service_of(const struct gate *gate, const void *client)
{
    const struct session *session = session_of(&gate->sessions, client);
    return session != NULL && session->who.role == ROLE_SERVICE ? session : NULL;
}

int control_on_command(int event, void *data, void *context)
{
    struct gate *gate = context;
    const struct mosquitto_evt_control *control = data;
    char line[COMMAND_MAX];
    (void)event;
    const struct session *service = service_of(gate, control->client);
    if (service == NULL || control->payloadlen >= sizeof line)
        return MOSQ_ERR_SUCCESS;
    snprintf(line, sizeof line, "%.*s", (int)control->payloadlen, (const char *)control->payload);
    char *blank = strchr(line, ' ');
    const char *argument = blank != NULL ? blank + 1 : "";
    if (blank != NULL)
        *blank = '\0';
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].word, line) == 0)
            commands[i].run(gate, service, argument);
    secret_wipe(line, sizeof line);
    return MOSQ_ERR_SUCCESS;
}

/* "<connection> <client id>" of an answer. */
static bool read_receiver(const mosquitto_property *properties, uint64_t *connection, char *client_id, size_t size)
{
    char *name = NULL, *value = NULL;
    bool found = mosquitto_property_read_string_pair(properties, MQTT_PROP_USER_PROPERTY, &name, &value, false) != NULL;
    found = found && strcmp(name, STAMP_RECEIVER_PROPERTY) == 0 && strlen(value) > STAMP_CONNECTION + 1 &&
            value[STAMP_CONNECTION] == ' ' && stamp_read_connection(value, STAMP_CONNECTION, connection) &&
            strlen(value + STAMP_CONNECTION + 1) < size;
    if (found)
        snprintf(client_id, size, "%s", value + STAMP_CONNECTION + 1);
    free(name);
    free(value);
    return found;
}

int control_on_answer(int event, void *data, void *context)
{
    struct gate *gate = context;
    const struct mosquitto_evt_control *control = data;
    char client_id[LIMIT_CLIENT_ID + 1], *topic = NULL;
    void *correlation = NULL;
    uint64_t connection = 0;
    uint16_t length = 0;
    mosquitto_property *properties = NULL;
    (void)event;
    if (service_of(gate, control->client) == NULL ||
        !read_receiver(control->properties, &connection, client_id, sizeof client_id) ||
        mosquitto_property_read_string(control->properties, MQTT_PROP_RESPONSE_TOPIC, &topic, false) == NULL)
        return MOSQ_ERR_SUCCESS;
    if (mosquitto_property_read_binary(control->properties, MQTT_PROP_CORRELATION_DATA, &correlation, &length, false) !=
        NULL)
        mosquitto_property_add_binary(&properties, MQTT_PROP_CORRELATION_DATA, correlation, length);
    outgoing_answer(&gate->outgoing, connection, client_id, topic, control->payload, control->payloadlen, properties);
    free(correlation);
    free(topic);
    return MOSQ_ERR_SUCCESS;
}
