/*
 * The edge that the traces play: own bodies of queue, broker, MQTT, clock, log, key pool. What is the real one behind a
 * hook stands in hooks.c.
 */
#include "certs/ca.h"
#include "certs/keypool.h"
#include "service/io/clock.h"
#include "service/io/log.h"
#include "tests/flow/flow.h"
#include "topics/topic.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOOT_MS   10000000        /* monotonic time at the trace's 0 */
#define WALL_MS   1767225600000LL /* 2026-01-01T00:00:00Z */
#define TURNS_MAX 40              /* idle turns before something must happen */

struct edge edge;
void (*edge_on_quiet)(void);
void (*edge_on_commit)(bool done);

static struct {
    struct crl_order order;
    const struct ca *ca;
    bool started, failed;
    char *text;
    uint64_t parts; /* that are retained, a bit each */
} crl;

static struct {
    struct queue_item item;
    char *octets;
} inbox[600];
static size_t inbox_count, inbox_taken;
static int turns;
static uint64_t random_state;

/* --- time, chance, log ------------------------------------------------------------------------------------------ */

struct now clock_now(void)
{
    return (struct now){{BOOT_MS + edge.ms}, WALL_MS + edge.ms + edge.wall_shift};
}

void edge_random_start(unsigned seed)
{
    random_state = seed;
}

void edge_random(void *out, size_t length)
{
    unsigned char *octets = out;
    for (size_t i = 0; i < length; i++) { /* splitmix64 (Vigna), an octet at a time */
        uint64_t z = random_state += 0x9e3779b97f4a7c15;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        octets[i] = (unsigned char)(z >> 32);
    }
}

static void put_output(const char *topic, const char *payload, size_t length, const void *correlation,
                       size_t correlation_length);

/* What becomes of connections is told to the log alone, as long as there is no gate: that is what a trace sees. */
void log_line(enum log_level level, const char *event, const char *format, ...)
{
    char text[LIMIT_UUID + 40], uuid[LIMIT_UUID + 1], what[16], topic[LIMIT_UUID + 40];
    va_list arguments;
    (void)level;
    if (strcmp(event, "sessions") != 0)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (sscanf(text, "uuid=%128s do=%15s", uuid, what) != 2)
        abort();
    snprintf(topic, sizeof topic, "sessions %s %s", uuid, what);
    put_output(topic, "", 0, NULL, 0);
}

void log_hold(struct log_batch *batch, enum log_level level, const char *event, const char *format, ...)
{
    (void)batch, (void)level, (void)event, (void)format;
}

void log_release(struct log_batch *batch, bool keep)
{
    (void)batch, (void)keep;
}

/* --- queue -------------------------------------------------------------------------------------------------------- */

static char *copy(char **at, const void *from, size_t length)
{
    char *own = *at;
    if (from == NULL)
        return NULL;
    memcpy(own, from, length);
    *at += length;
    return own;
}

void edge_put(enum queue_kind kind, int source, const struct mqtt_message *message)
{
    struct queue_item *item = &inbox[inbox_count].item;
    *item = (struct queue_item){.kind = kind, .source = source, .now = clock_now()};
    inbox[inbox_count].octets = NULL;
    if (message != NULL) {
        char *at = malloc(message->topic_length + message->length + message->response_topic_length +
                          message->correlation_length + message->stamp_length + 1);
        inbox[inbox_count].octets = at;
        item->message = *message;
        item->message.topic = copy(&at, message->topic, message->topic_length);
        item->message.payload = copy(&at, message->payload, message->length);
        item->message.response_topic = copy(&at, message->response_topic, message->response_topic_length);
        item->message.correlation = copy(&at, message->correlation, message->correlation_length);
        item->message.stamp = copy(&at, message->stamp, message->stamp_length);
    }
    inbox_count++;
}

void edge_forget_inbox(void)
{
    for (size_t i = 0; i < inbox_count; i++)
        free(inbox[i].octets);
    inbox_count = inbox_taken = 0;
}

/* Time stands still while there is work; then the trace goes on. */
bool queue_turn(struct queue *queue, int timeout_ms, int nap_us)
{
    (void)queue, (void)nap_us;
    bool work = inbox_taken < inbox_count || timeout_ms == 0;
    if (inbox_taken == inbox_count)
        edge_forget_inbox();
    if (work && ++turns < TURNS_MAX)
        return false;
    turns = 0;
    edge_on_quiet();
    return false;
}

struct now queue_heard(const struct queue *queue)
{
    (void)queue;
    return clock_now();
}

bool queue_take(struct queue *queue, struct queue_item *item)
{
    (void)queue;
    if (inbox_taken == inbox_count)
        return false;
    *item = inbox[inbox_taken++].item;
    return true;
}

size_t queue_ahead(const struct queue *queue, struct text topics[], size_t most)
{
    size_t found = 0;
    (void)queue;
    for (size_t i = inbox_taken; i < inbox_count && found < most; i++)
        if (inbox[i].item.kind == QUEUE_MESSAGE)
            topics[found++] = (struct text){inbox[i].item.message.topic, inbox[i].item.message.topic_length};
    return found;
}

uint64_t queue_dropped(struct queue *queue)
{
    (void)queue;
    return 0;
}

/* --- broker, MQTT ------------------------------------------------------------------------------------------------- */

enum broker_change broker_event(struct broker *broker, const struct queue_item *item)
{
    (void)broker;
    if (item->source != BROKER_SUBSCRIBER)
        return BROKER_NO_CHANGE;
    return item->kind == QUEUE_UP ? BROKER_HEARS : BROKER_DEAF;
}

bool broker_is_probe(struct broker *broker, const struct mqtt_message *message, struct now now,
                     enum broker_change *change)
{
    (void)broker, (void)message, (void)now, (void)change;
    return false;
}

enum broker_change broker_tick(struct broker *broker, struct now heard, struct now now)
{
    (void)broker, (void)heard, (void)now;
    return BROKER_NO_CHANGE;
}

static char *text_of(const void *at, size_t length)
{
    char *text = calloc(1, length + 1);
    if (length > 0)
        memcpy(text, at, length);
    return text;
}

static void put_output(const char *topic, const char *payload, size_t length, const void *correlation,
                       size_t correlation_length)
{
    if (edge.output_count == sizeof edge.outputs / sizeof *edge.outputs)
        abort();
    edge.outputs[edge.output_count++] = (struct output){.ms = edge.ms,
                                                        .topic = text_of(topic, strlen(topic)),
                                                        .payload = text_of(payload, length),
                                                        .correlation = text_of(correlation, correlation_length)};
}

/* What the service asks of the gate, as a trace sees it: "sessions UUID close", "answer/CONNECTION/CLIENT-ID/TOPIC". */
static const char *shown_topic(const struct mqtt_publish *publish, char *out, size_t size)
{
    char word[16] = "", uuid[LIMIT_UUID + 1] = "", client_id[LIMIT_CLIENT_ID + 1] = "";
    unsigned long long connection = 0;
    bool answer = strcmp(publish->topic, topic_pattern(TOPIC_GATE_ANSWER)) == 0;
    if (strcmp(publish->topic, topic_pattern(TOPIC_GATE_COMMAND)) == 0) {
        sscanf(publish->payload, "%15s %128s", word, uuid);
        snprintf(out, size, "sessions %s %s", uuid, word);
    } else if (answer && sscanf(publish->property_value, "%llx %160s", &connection, client_id) == 2) {
        snprintf(out, size, "answer/%llu/%s/%s", connection, client_id, publish->response_topic);
    } else {
        return publish->topic;
    }
    return out;
}

/* A part of a list that is cleared and was not there: a broker tells nobody. */
static bool changes_nothing(const struct mqtt_publish *publish)
{
    unsigned part = 0;
    if (sscanf(publish->topic, "muster/v1/ca/all/crl/%u", &part) != 1)
        return false;
    uint64_t bit = UINT64_C(1) << (part - 1), before = crl.parts;
    crl.parts = publish->length > 0 ? before | bit : before & ~bit;
    return publish->length == 0 && before == crl.parts;
}

bool mqtt_send(struct mqtt *mqtt, const struct mqtt_publish *publish)
{
    char topic[2 * LIMIT_TOPIC];
    bool command = strcmp(publish->topic, topic_pattern(TOPIC_GATE_COMMAND)) == 0;
    (void)mqtt;
    if (edge.mute)
        return false;
    if (changes_nothing(publish))
        return true;
    put_output(shown_topic(publish, topic, sizeof topic), command ? "" : publish->payload,
               command ? 0 : publish->length, publish->correlation, publish->correlation_length);
    if (publish->id != 0) {
        edge_put(QUEUE_ACKNOWLEDGED, BROKER_PUBLISHER, NULL);
        inbox[inbox_count - 1].item.id = publish->id;
    }
    return true;
}

void edge_forget_outputs(void)
{
    for (; edge.output_count > 0; edge.output_count--) {
        struct output *output = &edge.outputs[edge.output_count - 1];
        free(output->topic);
        free(output->payload);
        free(output->correlation);
    }
}

void edge_reset(void)
{
    edge_forget_inbox();
    edge_forget_outputs();
    edge = (struct edge){.pool = -1};
    crl.started = false;
    crl.parts = 0;
    turns = 0;
}

/* --- keys -------------------------------------------------------------------------------------- */

struct key *keypool_take(struct keypool *pool, enum key_type type)
{
    (void)pool, (void)type;
    if (edge.pool == 0)
        return NULL;
    edge.pool -= edge.pool > 0;
    return key_new(KEY_EC_P256); /* RSA is slow, and nobody looks */
}

unsigned keypool_ready(struct keypool *pool, enum key_type type)
{
    (void)pool, (void)type;
    return (unsigned)(edge.pool < 0 ? 1 : edge.pool);
}

/* --- revocation lists --------------------------------------------------------------------------- */

void edge_kill_job(void)
{
    crl.started = false;
    free(crl.text);
    crl.text = NULL;
}

void crl_job_start(struct crl_job *job, const struct ca *ca, const struct crl_order *order)
{
    (void)job;
    crl.order = *order;
    crl.ca = ca;
    crl.started = true;
}

static char *make_list(void)
{
    char error[CRL_ERROR];
    if (crl.ca != NULL)
        return crl_make(&(struct crl_task){crl.ca, world->path, world->config.crl_file, crl.order}, error);
    snprintf(error, sizeof error, "list %lld", (long long)crl.order.number);
    size_t used = strlen(error), length = edge.crl_length > used ? edge.crl_length : used;
    char *text = malloc(length + 1);
    memset(text, '.', length);
    memcpy(text, error, used);
    text[length] = '\0';
    return text;
}

bool crl_job_take(struct crl_job *job)
{
    (void)job;
    bool done = crl.started && edge.crl != CRL_SLEEPS;
    if (!done)
        return false;
    crl.started = false;
    crl.failed = edge.crl != CRL_WORKS;
    if (crl.failed)
        return true;
    free(crl.text);
    crl.text = make_list();
    return true;
}

const struct crl_order *crl_job_order(const struct crl_job *job)
{
    (void)job;
    return &crl.order;
}

const char *crl_job_text(const struct crl_job *job)
{
    (void)job;
    return crl.text;
}

const char *crl_job_error(const struct crl_job *job)
{
    (void)job;
    return crl.failed ? "the disk is full" : "";
}
