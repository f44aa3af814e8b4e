/*
 * The null outbox: takes devices offline as the service does, row by row and message by message, and decides nothing.
 *   null_outbox DATABASE PORT KEYFILE DEVICES EVERY GROUP
 * Every EVERY-th of DEVICES goes offline: GROUP of them in one commit by the store's own connection, then each event is
 * published with as many under way as the service has; how far the broker has got is written with the next group.
 */
#include "service/io/outbox.h"
#include "tests/bench/fleet_id.h"
#include "tests/bench/store_connection.h"

#include <MQTTAsync.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
    char id[FLEET_ID + 1], body[340];
};

static struct {
    sqlite3 *base;
    sqlite3_stmt *next, *sequence, *event, *presence, *mark;
    MQTTAsync client;
    struct row *rows;
    size_t count, every, group;
    atomic_size_t committed, acknowledged;
    sem_t connected, room, more; /* of the window; of what is committed and not sent */
} null;

static void die(const char *what)
{
    fprintf(stderr, "null_outbox: %s: %s\n", what, null.base != NULL ? sqlite3_errmsg(null.base) : "");
    exit(1);
}

static sqlite3_stmt *prepare(const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(null.base, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
        die(sql);
    return statement;
}

static void run(const char *sql)
{
    if (sqlite3_exec(null.base, sql, NULL, NULL, NULL) != SQLITE_OK)
        die(sql);
}

static void step(sqlite3_stmt *statement, int wanted)
{
    if (sqlite3_step(statement) != wanted)
        die(sqlite3_sql(statement));
}

/* What the service writes of a device that falls silent. */
static void go_offline(size_t number, struct row *row)
{
    static const char zeros[SESSIONS_SIZE];
    sqlite3_int64 device = (sqlite3_int64)number + 1, at = 1700000000000;
    fleet_id(number, row->id);
    sqlite3_bind_int64(null.next, 1, device);
    step(null.next, SQLITE_DONE);
    sqlite3_reset(null.next);
    sqlite3_bind_int64(null.sequence, 1, device);
    step(null.sequence, SQLITE_ROW);
    sqlite3_int64 sequence = sqlite3_column_int64(null.sequence, 0);
    sqlite3_reset(null.sequence);
    snprintf(row->body, sizeof row->body,
             "{\"event\":\"status_changed\",\"id\":\"%024zu\",\"sequence\":%lld,\"tenant\":\"default\",\"uuid\":\"%s\","
             "\"deviceId\":\"abcdefghijkl\",\"at\":\"2026-01-01T00:00:00.000Z\",\"from\":\"online\",\"to\":\"offline\","
             "\"reason\":\"heartbeat_timeout\",\"lastSeen\":\"2026-01-01T00:00:00.000Z\"}",
             number, (long long)sequence, row->id);
    sqlite3_bind_int64(null.event, 1, device);
    sqlite3_bind_int64(null.event, 2, sequence);
    sqlite3_bind_int64(null.event, 3, at);
    sqlite3_bind_text(null.event, 4, row->id, -1, SQLITE_STATIC);
    sqlite3_bind_text(null.event, 5, row->body, -1, SQLITE_STATIC);
    step(null.event, SQLITE_DONE);
    sqlite3_reset(null.event);
    sqlite3_bind_int64(null.presence, 1, at);
    sqlite3_bind_int64(null.presence, 2, sequence);
    sqlite3_bind_blob(null.presence, 3, zeros, sizeof zeros, SQLITE_STATIC);
    sqlite3_bind_int64(null.presence, 4, device);
    step(null.presence, SQLITE_DONE);
    sqlite3_reset(null.presence);
}

static void save_mark(void)
{
    sqlite3_bind_int64(null.mark, 1, (sqlite3_int64)atomic_load(&null.acknowledged));
    step(null.mark, SQLITE_DONE);
    sqlite3_reset(null.mark);
}

static void write_all(void)
{
    for (size_t from = 0; from < null.count; from += null.group) {
        size_t to = from + null.group < null.count ? from + null.group : null.count;
        run("BEGIN IMMEDIATE");
        for (size_t i = from; i < to; i++)
            go_offline(i * null.every, &null.rows[i]);
        save_mark();
        run("COMMIT");
        atomic_store(&null.committed, to);
        sem_post(&null.more);
    }
}

static void on_acknowledged(void *context, MQTTAsync_successData5 *data)
{
    (void)context;
    (void)data;
    atomic_fetch_add(&null.acknowledged, 1);
    sem_post(&null.room);
}

static void on_failed(void *context, MQTTAsync_failureData5 *data)
{
    (void)context;
    (void)data;
    die("the broker refuses");
}

static void send_event(struct row *row)
{
    char topic[128];
    MQTTAsync_message message = MQTTAsync_message_initializer;
    MQTTAsync_responseOptions call = MQTTAsync_responseOptions_initializer;
    snprintf(topic, sizeof topic, "muster/v1/event/default/%s/status_changed", row->id);
    message.payload = row->body;
    message.payloadlen = (int)strlen(row->body);
    message.qos = 1;
    call.onSuccess5 = on_acknowledged;
    call.onFailure5 = on_failed;
    if (MQTTAsync_sendMessage(null.client, topic, &message, &call) != MQTTASYNC_SUCCESS)
        die("cannot send");
}

static void *send_all(void *unused)
{
    for (size_t sent = 0; sent < null.count; sent++) {
        while (sent == atomic_load(&null.committed))
            sem_wait(&null.more);
        sem_wait(&null.room);
        send_event(&null.rows[sent]);
    }
    return unused;
}

static void on_connected(void *context, MQTTAsync_successData5 *data)
{
    (void)context;
    (void)data;
    sem_post(&null.connected);
}

static void connect_client(const char *port, const char *key_file)
{
    char uri[64], key[256] = "";
    MQTTAsync_createOptions create = MQTTAsync_createOptions_initializer5;
    MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer5;
    FILE *file = fopen(key_file, "r");
    if (file == NULL || fscanf(file, "%255s", key) != 1)
        die("no key");
    fclose(file);
    snprintf(uri, sizeof uri, "tcp://127.0.0.1:%s", port);
    create.maxBufferedMessages = 65535;
    options.cleanstart = 1;
    options.keepAliveInterval = 60;
    options.maxInflight = 1000;
    options.username = "_muster";
    options.password = key;
    options.onSuccess5 = on_connected;
    options.onFailure5 = on_failed;
    if (MQTTAsync_createWithOptions(&null.client, uri, "_null", MQTTCLIENT_PERSISTENCE_NONE, NULL, &create) !=
            MQTTASYNC_SUCCESS ||
        MQTTAsync_connect(null.client, &options) != MQTTASYNC_SUCCESS)
        die("cannot connect");
    sem_wait(&null.connected);
}

static void prepare_all(void)
{
    null.next = prepare("UPDATE presence SET event_sequence = event_sequence + 1 WHERE device = $1");
    null.sequence = prepare("SELECT event_sequence FROM presence WHERE device = $1");
    null.event = prepare("INSERT INTO event (device, sequence, at, uuid, tenant, type, body) "
                         "VALUES ($1, $2, $3, $4, 'default', 'status_changed', $5)");
    null.presence = prepare("UPDATE presence SET online = 0, since = $1, last_seen = $1, sequence = $2, "
                            "sessions = $3, connection = 0 WHERE device = $4");
    null.mark = prepare("UPDATE meta SET value = $1 WHERE name = 'event_acknowledged'");
}

int main(int count, char **words)
{
    char error[300] = "usage: null_outbox DATABASE PORT KEYFILE DEVICES EVERY GROUP";
    pthread_t sender;
    struct store *store = count == 7 ? store_connection(words[1], &null.base, error, sizeof error) : NULL;
    if (store == NULL) {
        fprintf(stderr, "null_outbox: %s\n", error);
        return 2;
    }
    null.every = strtoul(words[5], NULL, 10);
    null.group = strtoul(words[6], NULL, 10);
    null.count = strtoul(words[4], NULL, 10) / null.every;
    null.rows = calloc(null.count, sizeof *null.rows);
    sem_init(&null.connected, 0, 0);
    sem_init(&null.room, 0, OUTBOX_WINDOW);
    sem_init(&null.more, 0, 0);
    connect_client(words[2], words[3]);
    prepare_all();
    if (null.rows == NULL || pthread_create(&sender, NULL, send_all, NULL) != 0)
        die("no memory");
    write_all();
    pthread_join(sender, NULL);
    while (atomic_load(&null.acknowledged) < null.count)
        sem_wait(&null.room);
    save_mark();
    return 0;
}
