/* The broker and its gate: who is let in is decided by the gate's own code on the service's database. */
#include "service/gate/auth.h"
#include "tests/flow/flow.h"
#include "tests/year/year.h"
#include "topics/topic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    struct lookup *lookup;
    struct auth_options options;
    uint64_t connections; /* that there were */
    struct {
        bool connected;
        struct identity who;
    } clients[DEVICES];
} gate;

void gate_start(const char *database)
{
    gate.lookup = lookup_new(database);
}

void gate_end(void)
{
    lookup_free(gate.lookup);
}

/* --- to the service ----------------------------------------------------------------------------------------------- */

/* What is sent while it is down is lost: it has no session at the broker. */
static void put(const char *topic, const char *payload, const struct stamp *stamp)
{
    static const uint64_t key[2] = {EDGE_STAMP_KEY, 0};
    char text[STAMP_MAX];
    struct mqtt_message message = {.topic = topic,
                                   .topic_length = strlen(topic),
                                   .payload = payload[0] != '\0' ? payload : NULL,
                                   .length = strlen(payload)};
    const struct stamped what = {topic, message.topic_length, payload, message.length};
    if (!service_is_up)
        return;
    if (stamp != NULL) {
        message.stamp_length = stamp_write(stamp, key, &what, text);
        message.stamp = text;
    }
    tally.messages++;
    edge_put(QUEUE_MESSAGE, BROKER_SUBSCRIBER, &message);
}

static void tell(enum topic_id topic, const struct stamp *stamp, const char *payload)
{
    put(topic_pattern(topic), payload, stamp);
}

void gate_send(int number, const char *topic, const char *payload, bool heartbeat)
{
    if (!gate.clients[number].connected)
        return;
    put(topic, payload, heartbeat ? NULL : &gate.clients[number].who.stamp);
    service_heard(topic);
}

/* Of those who only claim a uuid the service is not told. */
static void tell_of(int number, enum topic_id topic)
{
    const struct identity *who = &gate.clients[number].who;
    if (who->role == ROLE_DEVICE)
        tell(topic, &who->stamp, "");
}

bool gate_is_connected(int number)
{
    return gate.clients[number].connected;
}

void gate_close(int number)
{
    if (!gate.clients[number].connected)
        return;
    gate.clients[number].connected = false;
    tell_of(number, TOPIC_GATE_DISCONNECTED);
}

/* --- logins ---------------------------------------------------------------------------------------------------------
 */

static enum refusal log_in(int number, const struct shown *shown, struct identity *who)
{
    const struct login login = {.client_id = device_uuid(number),
                                .username = shown->username,
                                .password = shown->password,
                                .address = "192.0.2.1",
                                .peer = shown->pair != NULL ? &shown->pair->peer : NULL,
                                .keepalive = 60,
                                .now = year_wall() / 1000};
    return auth_login(gate.lookup, &gate.options, &login, who);
}

/* TLS looks at the dates and at the list, and says nothing to whom it refuses. */
static enum word decide(int number, const struct shown *shown, struct identity *who)
{
    const struct pair *pair = shown->pair;
    if (pair != NULL && pair->not_after < year_wall() / 1000)
        return WORD_NO_TLS;
    if (log_in(number, shown, who) == REFUSE_NOT)
        return WORD_WELCOME;
    return pair != NULL && revocation_names(pair->peer.certificate_id) ? WORD_NO_TLS : WORD_REFUSED;
}

enum word gate_login(int number, const struct shown *shown)
{
    struct identity *who = &gate.clients[number].who;
    gate_close(number);
    enum word word = decide(number, shown, who);
    tally.logins++;
    tally.refusals += word != WORD_WELCOME;
    if (word != WORD_WELCOME)
        return word;
    gate.clients[number].connected = true;
    who->stamp.connection = ++gate.connections;
    tell_of(number, TOPIC_GATE_CONNECTED);
    return word;
}

bool gate_would_admit(int number, const struct shown *shown)
{
    struct identity ignored;
    return decide(number, shown, &ignored) == WORD_WELCOME;
}

/* --- from the service -----------------------------------------------------------------------------------------------
 */

static const struct stamp service_stamp = {.how = STAMP_SERVICE, .client_id = "_muster", .address = "127.0.0.1"};

static bool holds(int number)
{
    return auth_still_holds(gate.lookup, &gate.clients[number].who, year_wall() / 1000) != HOLDS_NOT;
}

/* close UUID, check UUID, reload NUMBER: as the flow tests show them, "sessions UUID close". */
static void obey(const char *argument, const char *word)
{
    char payload[160];
    if (strcmp(word, "reload") == 0) {
        revocation_take(strtoll(argument, NULL, 10));
        snprintf(payload, sizeof payload, "{\"number\":%s}", argument);
        tell(TOPIC_GATE_RELOADED, &service_stamp, payload);
        return;
    }
    int number = device_number(argument, strlen(argument));
    bool connected = number >= 0 && gate.clients[number].connected;
    bool closes = connected && (strcmp(word, "close") == 0 || !holds(number));
    if (closes)
        device_drop(number);
    snprintf(payload, sizeof payload, "{\"uuid\":\"%s\",\"closed\":%d,\"open\":%d}", argument, closes,
             connected && !closes);
    if (strcmp(word, "check") == 0)
        tell(TOPIC_GATE_CHECKED, &service_stamp, payload);
}

/* answer/CONNECTION/CLIENT-ID/TOPIC: to the connection that asked, if it is still there. */
static void hand_over(const char *topic, const char *payload)
{
    unsigned long long connection = 0;
    int id = 0, end = 0;
    sscanf(topic, "%llu/%n%*[^/]%n", &connection, &id, &end);
    int number = end > 0 ? device_number(topic + id, (size_t)(end - id)) : -1;
    if (number >= 0 && gate.clients[number].who.stamp.connection == connection)
        device_hear(number, topic + end + 1, payload);
}

static void publish(const char *topic, const char *payload)
{
    char uuid[LIMIT_UUID + 1], word[16];
    const char *rest = NULL;
    if (sscanf(topic, "sessions %128s %15s", uuid, word) == 2)
        obey(uuid, word);
    else if ((rest = strstr(topic, "answer/")) == topic)
        hand_over(rest + strlen("answer/"), payload);
    else if (strstr(topic, "muster/v1/event/") == topic)
        ledger_take(topic, payload);
    else if (sscanf(topic, "muster/v1/device/%128[^/]/", uuid) == 1 && device_number(uuid, strlen(uuid)) >= 0)
        device_hear(device_number(uuid, strlen(uuid)), topic, payload);
    else
        year_check(strstr(topic, "muster/v1/ca/") == topic, "nobody expected %s %s", topic, payload);
}

void gate_carry_out(void)
{
    for (size_t i = 0; i < edge.output_count; i++)
        publish(edge.outputs[i].topic, edge.outputs[i].payload);
    edge_forget_outputs();
}

void gate_service_is_back(void)
{
    for (int i = 0; i < DEVICES; i++)
        if (gate.clients[i].connected && !holds(i))
            device_drop(i);
        else if (gate.clients[i].connected)
            tell_of(i, TOPIC_GATE_CONNECTED);
}
