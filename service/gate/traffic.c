/* What is published, subscribed and sent: the table of acl.c, and a stamp on every request. */
#include "service/gate/acl.h"
#include "service/gate/gate.h"

#include "topics/topic.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdlib.h>
#include <string.h>

/* As `max_qos` of each listener says; but mosquitto 2.0.11 forgets that when it reads its files again (conf.c: a
 * listener gets its defaults, and what stands below it is skipped). */
#define QOS_MAX 1

/* A last will skips the broker's message event, and its properties would arrive unchanged: the broker is told no, and
 * the gate sends the payload itself. The service's own will is no request and may pass. */
static int take_will(struct gate *gate, const struct session *session, const struct mosquitto_evt_acl_check *check)
{
    if (session->who.role == ROLE_SERVICE)
        return acl_allows(&session->who, ACL_PUBLISH, check->topic, check->retain) ? MOSQ_ERR_SUCCESS
                                                                                   : MOSQ_ERR_ACL_DENIED;
    if (acl_is_own_will(&session->who, check->topic) && check->payloadlen <= LIMIT_PAYLOAD)
        outgoing_notice(&gate->outgoing, &session->who.stamp, check->topic, check->payload, check->payloadlen);
    return MOSQ_ERR_ACL_DENIED;
}

int traffic_on_acl_check(int event, void *data, void *context)
{
    static const unsigned actions[] = {
        [MOSQ_ACL_READ] = ACL_RECEIVE, [MOSQ_ACL_WRITE] = ACL_PUBLISH, [MOSQ_ACL_SUBSCRIBE] = ACL_SUBSCRIBE};
    struct gate *gate = context;
    const struct mosquitto_evt_acl_check *check = data;
    struct session *session = session_of(&gate->sessions, check->client);
    (void)event;
    if (session == NULL || session->doomed)
        return MOSQ_ERR_ACL_DENIED;
    if (check->access == MOSQ_ACL_UNSUBSCRIBE)
        return MOSQ_ERR_SUCCESS;
    if (session->leaving && check->access == MOSQ_ACL_WRITE)
        return take_will(gate, session, check);
    if (check->access == MOSQ_ACL_WRITE && check->qos > QOS_MAX) {
        session_doom(&gate->sessions, session);
        return MOSQ_ERR_ACL_DENIED;
    }
    bool known = check->access > 0 && (size_t)check->access < sizeof actions / sizeof *actions;
    if (!known || !acl_allows(&session->who, actions[check->access], check->topic, check->retain))
        return MOSQ_ERR_ACL_DENIED;
    if (check->access != MOSQ_ACL_READ)
        session->last_word = gate->now;
    return MOSQ_ERR_SUCCESS;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && memcmp(text + length - tail, end, tail) == 0;
}

/* Heartbeats travel bare, for speed: only a device's own credential may publish them. Of what the service itself
 * publishes only its probe is a request. */
static bool wants_stamp(const struct session *session, const char *topic)
{
    if (session->who.role == ROLE_SERVICE)
        return strcmp(topic, topic_pattern(TOPIC_SERVICE_PROBE)) == 0;
    return session->who.role != ROLE_DEVICE || !ends_with(topic, "/heartbeat");
}

/* Of the client's properties only these two mean something to the service; a stamp of the client's own is dropped with
 * the rest. */
static bool keep_properties(const mosquitto_property *from, mosquitto_property **to)
{
    char *response = NULL;
    void *correlation = NULL;
    uint16_t length = 0;
    bool kept = true;
    if (mosquitto_property_read_string(from, MQTT_PROP_RESPONSE_TOPIC, &response, false) != NULL)
        kept = mosquitto_property_add_string(to, MQTT_PROP_RESPONSE_TOPIC, response) == MOSQ_ERR_SUCCESS;
    if (mosquitto_property_read_binary(from, MQTT_PROP_CORRELATION_DATA, &correlation, &length, false) != NULL)
        kept = kept &&
               mosquitto_property_add_binary(to, MQTT_PROP_CORRELATION_DATA, correlation, length) == MOSQ_ERR_SUCCESS;
    free(response);
    free(correlation);
    return kept;
}

int traffic_on_message(int event, void *data, void *context)
{
    struct gate *gate = context;
    struct mosquitto_evt_message *message = data;
    struct session *session = session_of(&gate->sessions, message->client);
    (void)event;
    if (session == NULL)
        return MOSQ_ERR_ACL_DENIED;
    if (!wants_stamp(session, message->topic)) {
        if (session->who.role != ROLE_SERVICE)
            mosquitto_property_free_all(
                &message->properties); /* nothing in a heartbeat is the client's to say but it */
        return MOSQ_ERR_SUCCESS;
    }
    session->unanswered += session->who.role == ROLE_PROVISIONING;
    mosquitto_property *properties = NULL;
    const struct stamped what = {message->topic, strlen(message->topic), message->payload, message->payloadlen};
    bool stamped = keep_properties(message->properties, &properties);
    /* Without a service there is no key: the message goes on without any stamp, and whoever hears it ignores it. */
    if (stamped && gate->outgoing.has_key)
        stamped = outgoing_stamp(&gate->outgoing, &session->who.stamp, &what, &properties);
    if (!stamped) {
        mosquitto_property_free_all(&properties);
        return MOSQ_ERR_ACL_DENIED; /* a topic that is too long, or no memory */
    }
    mosquitto_property_free_all(&message->properties);
    message->properties = properties;
    return MOSQ_ERR_SUCCESS;
}
