/*
 * The null service: a subscriber by the library that the service uses, which counts what it is sent and does nothing.
 *   sink PORT CLIENT_ID USERNAME|- PASSWORD|- FILTER[,FILTER...] EXPECTED QUIET_MS
 * Prints "ready" when it is subscribed; ends when EXPECTED (0: any number) have come, or nothing came for QUIET_MS
 * after the first; then prints one line of JSON; cpu_us is what the process had since it was ready. A message at QoS 1
 * is answered with an event, as the service's of a device that goes online.
 */
#include <MQTTAsync.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define FILTERS 8

static atomic_ulong received;
static atomic_llong first, last;

static long long now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static MQTTAsync client;

static void tell(const char *topic)
{
    MQTTAsync_message message = MQTTAsync_message_initializer;
    char event[200], body[] = "{\"event\":\"status_changed\",\"from\":\"offline\",\"to\":\"online\"}";
    const char *uuid = topic + strlen("muster/v1/device/");
    if (strlen(topic) <= (size_t)(uuid - topic))
        return;
    snprintf(event, sizeof event, "muster/v1/event/default/%.*s/status_changed", (int)strcspn(uuid, "/"), uuid);
    message.payload = body;
    message.payloadlen = sizeof body - 1;
    message.qos = 1;
    MQTTAsync_sendMessage(client, event, &message, NULL);
}

static int on_message(void *context, char *topic, int length, MQTTAsync_message *message)
{
    long long now = now_ns();
    (void)context;
    (void)length;
    if (atomic_fetch_add(&received, 1) == 0)
        atomic_store(&first, now);
    atomic_store(&last, now);
    if (message->qos == 1)
        tell(topic);
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1;
}

static void on_failed(void *context, MQTTAsync_failureData5 *data)
{
    (void)context;
    fprintf(stderr, "sink: not connected or not subscribed: %d\n", data != NULL ? (int)data->reasonCode : -1);
    _Exit(1);
}

static void on_lost(void *context, char *cause)
{
    (void)context;
    fprintf(stderr, "sink: connection lost: %s\n", cause != NULL ? cause : "");
    _Exit(1);
}

static double cpu_us(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static double cpu_before;

static void on_subscribed(void *context, MQTTAsync_successData5 *data)
{
    (void)context;
    (void)data;
    cpu_before = cpu_us();
    puts("ready");
    fflush(stdout);
}

static char *filters[FILTERS];
static int filter_count;

static void on_connected(void *context, MQTTAsync_successData5 *data)
{
    MQTTAsync_callOptions call = MQTTAsync_callOptions_initializer;
    (void)context;
    (void)data;
    call.onSuccess5 = on_subscribed;
    call.onFailure5 = on_failed;
    int qos[FILTERS] = {1, 1, 1, 1, 1, 1, 1, 1};
    if (MQTTAsync_subscribeMany(client, filter_count, filters, qos, &call) != MQTTASYNC_SUCCESS)
        on_failed(NULL, NULL);
}

static bool connect_client(char **words)
{
    char uri[64];
    MQTTAsync_createOptions create = MQTTAsync_createOptions_initializer5;
    MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer5;
    snprintf(uri, sizeof uri, "tcp://127.0.0.1:%s", words[1]);
    options.cleanstart = 1;
    options.keepAliveInterval = 60;
    options.maxInflight = 1000;
    options.onSuccess5 = on_connected;
    options.onFailure5 = on_failed;
    options.username = strcmp(words[3], "-") != 0 ? words[3] : NULL;
    options.password = strcmp(words[4], "-") != 0 ? words[4] : NULL;
    for (char *at = strtok(words[5], ","); at != NULL && filter_count < FILTERS; at = strtok(NULL, ","))
        filters[filter_count++] = at;
    return MQTTAsync_createWithOptions(&client, uri, words[2], MQTTCLIENT_PERSISTENCE_NONE, NULL, &create) ==
               MQTTASYNC_SUCCESS &&
           MQTTAsync_setCallbacks(client, NULL, on_lost, on_message, NULL) == MQTTASYNC_SUCCESS &&
           MQTTAsync_connect(client, &options) == MQTTASYNC_SUCCESS;
}

int main(int count, char **words)
{
    if (count != 8 || !connect_client(words)) {
        fprintf(stderr, "usage: sink PORT CLIENT_ID USERNAME PASSWORD FILTER EXPECTED QUIET_MS\n");
        return 2;
    }
    unsigned long expected = strtoul(words[6], NULL, 10);
    long long quiet = atoll(words[7]) * 1000000;
    while ((expected == 0 || atomic_load(&received) < expected) &&
           (atomic_load(&received) == 0 || now_ns() - atomic_load(&last) < quiet))
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    unsigned long got = atomic_load(&received);
    double seconds = (double)(atomic_load(&last) - atomic_load(&first)) / 1e9;
    printf("{\"received\":%lu,\"seconds\":%.3f,\"per_second\":%.0f,\"cpu_us\":%.0f}\n", got, seconds,
           seconds > 0 ? (double)(got - 1) / seconds : 0, cpu_us() - cpu_before);
    fflush(stdout);
    _Exit(0);
}
