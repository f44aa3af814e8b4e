#include "service/io/broker.h"

#include "certs/file.h"
#include "service/core/secret.h"
#include "service/io/clock.h"
#include "service/io/connection.h"
#include "service/io/entropy.h"
#include "service/io/guard.h"
#include "service/io/log.h"
#include "service/io/loopback.h"
#include "topics/limits.h"
#include "topics/topic.h"

#include <stdio.h>
#include <string.h>

#define FIRST_RETRY_MS 250
#define LAST_RETRY_MS  4000 /* requests are served again within 15 s of the broker's return */
#define PROBE_EVERY_MS 10000
#define PROBE_WAIT_MS  5000
#define PATIENCE_MS    15000 /* for an attempt to connect, and to subscribe */
#define STOP_MS        500
#define GOODBYE        UINT64_MAX /* no event has this id */

static void state_payload(char *out, size_t size, bool online, struct now now)
{
    snprintf(out, size, "{\"online\":%s,\"timestamp\":%lld}", online ? "true" : "false", (long long)now.wall);
}

bool broker_start(struct broker *broker, const struct config *config, const uint64_t *stamp_key, struct queue *queue,
                  struct now now, char *error, size_t error_size)
{
    char password[256] = "";
    size_t length = 0;
    *broker = (struct broker){.queue = queue, .config = config, .stamp_key = stamp_key};
    if (config->broker_password_file[0] != '\0' &&
        file_read(config->broker_password_file, password, sizeof password, &length) != 0) {
        snprintf(error, error_size,
                 "broker_password_file %s cannot be read: run musterctl init, which makes it, or correct muster.conf",
                 config->broker_password_file);
        return false;
    }
    password[strcspn(password, "\r\n")] = '\0';
    topic_build(TOPIC_SERVICE_STATE, broker->state_topic, sizeof broker->state_topic, NULL);
    topic_build(TOPIC_SERVICE_PROBE, broker->probe_topic, sizeof broker->probe_topic, NULL);
    bool made = true;
    for (int i = 0; i < BROKER_CONNECTIONS; i++) {
        broker->connections[i] = (struct connection){.broker = broker, .number = i, .next_attempt = now.mono};
        broker->connections[i].mqtt = connection_new(broker, i, password[0] != '\0' ? password : NULL);
        made = made && broker->connections[i].mqtt != NULL;
    }
    secret_wipe(password, sizeof password);
    if (!made)
        snprintf(error, error_size, "no memory for the connections to the broker");
    return made;
}

/* Full jitter: between nothing and a limit that doubles. */
static struct mono next_attempt(int failures, struct mono now)
{
    uint32_t random = 0;
    int64_t limit = FIRST_RETRY_MS << (failures < 5 ? failures : 5);
    if (limit > LAST_RETRY_MS)
        limit = LAST_RETRY_MS;
    entropy_fill(&random, sizeof random);
    return mono_add(now, 20 + random % limit);
}

static enum broker_change grow_deaf(struct broker *broker)
{
    bool heard = broker->hearing;
    broker->hearing = broker->probing = false;
    return heard ? BROKER_DEAF : BROKER_NO_CHANGE;
}

enum broker_change broker_event(struct broker *broker, const struct queue_item *item)
{
    struct connection *connection = &broker->connections[item->source];
    connection->connecting = false;
    if (item->kind == QUEUE_UP) {
        connection->up = true;
        connection->failures = 0;
        connection->told = false;
        broker->probing = false;
        broker->announce = true; /* a last will may have said that the service is away */
        broker->probe_at = item->now.mono;
        log_line(LOG_DEBUG, "connected", "role=%s", connection_role(item->source));
        if (broker->stamp_key != NULL && item->source == BROKER_PUBLISHER)
            guard_send_key(broker->connections[BROKER_PUBLISHER].mqtt, broker->stamp_key);
        return BROKER_NO_CHANGE;
    }
    if (!connection->told)
        log_line(LOG_WARNING, "broker_lost", "role=%s reason=\"%s\"", connection_role(item->source),
                 (const char *)item->message.payload);
    connection->told = true;
    connection->up = false;
    connection->next_attempt = next_attempt(connection->failures++, item->now.mono);
    return item->source == BROKER_SUBSCRIBER ? grow_deaf(broker) : BROKER_NO_CHANGE;
}

/* `id` 0: nobody waits for the PUBACK. */
static void publish(struct broker *broker, const char *topic, const char *payload, uint64_t id)
{
    mqtt_send(broker->connections[BROKER_PUBLISHER].mqtt,
              &(struct mqtt_publish){.topic = topic,
                                     .payload = payload,
                                     .length = strlen(payload),
                                     .qos = 1,
                                     .retained = topic == broker->state_topic,
                                     .id = id});
}

static void connect_anew(struct broker *broker, struct now now)
{
    for (int i = 0; i < BROKER_CONNECTIONS; i++) {
        struct connection *connection = &broker->connections[i];
        mqtt_disconnect(connection->mqtt, 0);
        connection->up = false;
        connection->next_attempt = next_attempt(connection->failures++, now.mono);
    }
}

/* What the gate missed of blocked or revoked devices it finds out now; it tells who is connected, too, and that is
 * heard now, not before the probe came back. */
static void announce(struct broker *broker, struct now now)
{
    char state[64];
    state_payload(state, sizeof state, true, now);
    publish(broker, broker->state_topic, state, 0);
    if (broker->stamp_key != NULL)
        guard_send_sessions(broker->connections[BROKER_PUBLISHER].mqtt, SESSIONS_CHECK, "");
}

/* A broker without the gate lets anyone say anything: it is not listened to. */
static enum broker_change refuse_ungated(struct broker *broker, struct now now)
{
    if (!broker->ungated)
        log_line(LOG_ERROR, "gate_missing",
                 "the broker is not guarded by muster_gate.so, or has another one's: nothing is served. mend: use the "
                 "mosquitto.conf that musterctl init writes, or mode open on loopback");
    broker->ungated = true;
    connect_anew(broker, now);
    return grow_deaf(broker);
}

bool broker_is_probe(struct broker *broker, const struct mqtt_message *message, struct now now,
                     enum broker_change *change)
{
    char expected[16];
    *change = BROKER_NO_CHANGE;
    if (message->topic_length != strlen(broker->probe_topic) ||
        memcmp(message->topic, broker->probe_topic, message->topic_length) != 0)
        return false;
    snprintf(expected, sizeof expected, "%08x", broker->nonce);
    if (!broker->probing || message->length != strlen(expected) ||
        memcmp(message->payload, expected, message->length) != 0)
        return true;
    if (broker->stamp_key != NULL && !guard_is_stamped(message, broker->stamp_key, broker->publisher_id)) {
        *change = refuse_ungated(broker, now);
        return true;
    }
    broker->probing = broker->ungated = false;
    broker->probe_at = mono_add(now.mono, PROBE_EVERY_MS);
    if (!broker->hearing)
        *change = BROKER_HEARS;
    broker->hearing = true;
    if (broker->announce)
        announce(broker, now);
    broker->announce = false;
    return true;
}

static void probe(struct broker *broker, struct now now)
{
    char payload[16];
    entropy_fill(&broker->nonce, sizeof broker->nonce);
    snprintf(payload, sizeof payload, "%08x", broker->nonce);
    if (broker->stamp_key != NULL)
        guard_send_probe(broker->connections[BROKER_PUBLISHER].mqtt, broker->probe_topic, payload);
    else
        publish(broker, broker->probe_topic, payload, 0);
    broker->probing = true;
    broker->probe_at = mono_add(now.mono, PROBE_WAIT_MS);
}

/* A probe that does not come back: either connection may be the one that only looks alive. Both start anew. */
static enum broker_change give_up_waiting(struct broker *broker, struct now now)
{
    log_line(LOG_WARNING, "deaf", "a probe did not come back; connecting again");
    connect_anew(broker, now);
    return grow_deaf(broker);
}

/* Behind a gate: without TLS the port could be somebody else's while the broker is down, who would hear the service's
 * key. */
static bool may_trust_port(struct broker *broker)
{
    char why[300];
    const struct config *config = broker->config;
    bool held = config->broker_ca_file[0] != '\0' ||
                loopback_is_held_by(config->broker_host, config->broker_port, config->broker_user,
                                    config->broker_password_file, why, sizeof why);
    if (!held && !broker->exposed)
        log_line(LOG_ERROR, "broker_refused",
                 "%s. mend: set broker_user when that is the broker's user, else end that process", why);
    broker->exposed = !held;
    return held;
}

/* Open mode trusts whoever reaches the broker. The start has looked; the broker may be another one since. */
static bool may_connect(struct broker *broker)
{
    char why[300];
    if (broker->stamp_key != NULL)
        return may_trust_port(broker);
    enum loopback found = loopback_look(broker->config->broker_host, broker->config->broker_port, why, sizeof why);
    if (found == LOOPBACK_NOT && !broker->exposed)
        log_line(LOG_ERROR, "broker_refused", "open mode: %s", why);
    if (found == LOOPBACK_UNSURE && !broker->unsure)
        log_line(LOG_WARNING, "broker_unseen", "open mode: %s", why);
    broker->exposed = found == LOOPBACK_NOT;
    broker->unsure = broker->unsure || found == LOOPBACK_UNSURE;
    return found != LOOPBACK_NOT;
}

static bool begin_to_connect(struct broker *broker, struct connection *connection, struct now now)
{
    char state[64];
    state_payload(state, sizeof state, false, now);
    return may_connect(broker) && mqtt_set_will(connection->mqtt, state) && mqtt_connect(connection->mqtt);
}

/* Or again: Paho 1.3.12 now and then tells nobody how an attempt over TLS has ended, and a broker may take a connection
 * and say no more. */
static void connect_one(struct broker *broker, struct connection *connection, struct now now)
{
    if (connection->connecting) {
        log_line(LOG_WARNING, "broker_lost", "role=%s reason=\"the attempt had no outcome\"",
                 connection_role(connection->number));
        mqtt_disconnect(connection->mqtt, 0);
    }
    connection->connecting = begin_to_connect(broker, connection, now);
    connection->next_attempt =
        connection->connecting ? mono_add(now.mono, PATIENCE_MS) : next_attempt(connection->failures++, now.mono);
}

enum broker_change broker_tick(struct broker *broker, struct now heard, struct now now)
{
    bool up = true;
    for (int i = 0; i < BROKER_CONNECTIONS; i++) {
        struct connection *connection = &broker->connections[i];
        up = up && connection->up;
        if (!connection->up && now.mono.ms >= connection->next_attempt.ms)
            connect_one(broker, connection, now);
    }
    if (!up || heard.mono.ms < broker->probe_at.ms)
        return BROKER_NO_CHANGE;
    if (broker->probing)
        return give_up_waiting(broker, now);
    probe(broker, now);
    return BROKER_NO_CHANGE;
}

/* Takes what comes until `until`, or until the wanted kind has come `count` times. */
static void wait_for(struct broker *broker, enum queue_kind kind, uint64_t id, int count, struct mono until)
{
    struct queue_item item;
    while (count > 0 && clock_now().mono.ms < until.ms) {
        queue_turn(broker->queue, 50, 0);
        while (queue_take(broker->queue, &item))
            count -= item.kind == kind && item.id == id;
    }
}

void broker_stop(struct broker *broker, struct now now)
{
    char state[64];
    int open = 0;
    struct connection *connections = broker->connections;
    if (connections[BROKER_PUBLISHER].up) {
        state_payload(state, sizeof state, false, now);
        publish(broker, broker->state_topic, state, GOODBYE);
        wait_for(broker, QUEUE_ACKNOWLEDGED, GOODBYE, 1, mono_add(now.mono, STOP_MS));
    }
    for (int i = 0; i < BROKER_CONNECTIONS; i++)
        if (connections[i].up) {
            mqtt_disconnect(connections[i].mqtt, STOP_MS);
            open++;
        }
    wait_for(broker, QUEUE_DOWN, 0, open, mono_add(now.mono, 2 * STOP_MS));
    for (int i = 0; i < BROKER_CONNECTIONS; i++)
        mqtt_free(connections[i].mqtt);
}
