#include "service/ctl/link.h"

#include "service/core/secret.h"
#include "service/ctl/answer.h"
#include "service/ctl/out.h"
#include "service/io/clock.h"
#include "service/io/entropy.h"
#include "topics/json_write.h"
#include "topics/operation.h"
#include "topics/topic.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINK_CORRELATION 16
#define LINK_ANSWER      (64 * 1024)

enum link_state { LINK_TRYING, LINK_UP, LINK_DOWN };

struct link {
    struct mqtt *mqtt;
    const struct target *target;
    char reply[LIMIT_TOPIC + 1];
    pthread_mutex_t lock; /* guards what follows: Paho's threads write it */
    pthread_cond_t wake;
    enum link_state state;
    bool was_up;
    bool refused;      /* the broker does not let us in */
    bool service_gone; /* what the retained service/state says */
    bool service_came; /* it says so anew: it may have missed the request */
    char reason[160];
    char correlation[LINK_CORRELATION + 1];
    bool answered;
    size_t length;
    char answer[LINK_ANSWER];
};

struct ask {
    char topic[LIMIT_TOPIC + 1];
    char payload[LIMIT_PAYLOAD + 1]; /* in open mode it holds the operator's key */
};

static void on_message(void *context, const struct mqtt_message *message)
{
    static const char offline[] = "\"online\":false";
    struct link *link = context;
    pthread_mutex_lock(&link->lock);
    if (topic_match(TOPIC_SERVICE_STATE, message->topic, message->topic_length, NULL, NULL)) {
        link->service_gone = memmem(message->payload, message->length, offline, sizeof offline - 1) != NULL;
        link->service_came = !link->service_gone && !message->retained;
        pthread_cond_signal(&link->wake);
    } else if (!link->answered && message->correlation_length == LINK_CORRELATION && message->length < LINK_ANSWER &&
               memcmp(message->correlation, link->correlation, LINK_CORRELATION) == 0) {
        memcpy(link->answer, message->payload, message->length);
        link->length = message->length;
        link->answered = true;
        pthread_cond_signal(&link->wake);
    }
    pthread_mutex_unlock(&link->lock);
}

static void set_state(struct link *link, enum link_state state, const char *reason, bool refused)
{
    pthread_mutex_lock(&link->lock);
    link->state = state;
    link->was_up = link->was_up || state == LINK_UP;
    link->refused = refused;
    snprintf(link->reason, sizeof link->reason, "%s", reason != NULL ? reason : "");
    pthread_cond_signal(&link->wake);
    pthread_mutex_unlock(&link->lock);
}

static void on_up(void *context)
{
    set_state(context, LINK_UP, NULL, false);
}

static void on_down(void *context, const char *reason, bool refused)
{
    set_state(context, LINK_DOWN, reason, refused);
}

/* Deadlines are monotonic: a jump of the wall clock changes nothing. */
static void init_locks(struct link *link)
{
    pthread_condattr_t attributes;
    pthread_mutex_init(&link->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&link->wake, &attributes);
    pthread_condattr_destroy(&attributes);
}

static struct mqtt *open_mqtt(struct link *link)
{
    char state[LIMIT_TOPIC + 1];
    const char *filters[] = {link->reply, state};
    topic_filter(TOPIC_SERVICE_STATE, state, sizeof state);
    const struct mqtt_callbacks callbacks = {.message = on_message, .up = on_up, .down = on_down};
    struct mqtt_options options = target_options(link->target, filters, 2);
    /* A lost answer is asked for again; a PUBACK for each would meet the broker's delayed ACK: 40 ms a question. */
    options.filter_qos = 0;
    return mqtt_new(&options, &callbacks, link);
}

struct link *link_new(const struct target *target)
{
    struct link *link = calloc(1, sizeof *link);
    if (link == NULL) {
        out_error(CTL_FAILED, NULL, NULL, "there is no memory");
        return NULL;
    }
    link->target = target;
    init_locks(link);
    topic_build(TOPIC_ADMIN_REPLY, link->reply, sizeof link->reply, (const char *[]){target->client_id});
    link->mqtt = open_mqtt(link);
    if (link->mqtt == NULL) {
        link_free(link);
        out_error(CTL_FAILED, NULL, NULL, "the MQTT client cannot be made: there is no memory");
        return NULL;
    }
    if (!mqtt_connect(link->mqtt))
        set_state(link, LINK_DOWN, "the connection cannot be begun", false);
    return link;
}

void link_free(struct link *link)
{
    if (link == NULL)
        return;
    if (link->mqtt != NULL) {
        if (link->state == LINK_UP)
            mqtt_disconnect(link->mqtt, 1000);
        mqtt_free(link->mqtt);
    }
    secret_wipe(link->answer, sizeof link->answer);
    pthread_cond_destroy(&link->wake);
    pthread_mutex_destroy(&link->lock);
    free(link);
}

/* requestId and correlation are random and stay the same however often the request is repeated. */
static bool prepare(struct link *link, const char *noun, const char *verb, const char *members, struct ask *ask)
{
    struct json_writer json;
    char request_id[LINK_CORRELATION + 1];
    unsigned char random[LINK_CORRELATION];
    enum operation operation = operation_find(noun, strlen(noun), verb, strlen(verb));
    entropy_fill(random, sizeof random);
    secret_base32(random, sizeof random, request_id);
    entropy_fill(random, sizeof random);
    pthread_mutex_lock(&link->lock);
    secret_base32(random, sizeof random, link->correlation);
    link->answered = false;
    pthread_mutex_unlock(&link->lock);
    json_start(&json, ask->payload, sizeof ask->payload);
    json_open(&json, NULL, '{');
    if ((operation_row(operation)->flags & OP_CHANGES) != 0)
        json_text(&json, "requestId", request_id);
    if (config_is_open(&link->target->config)) /* behind the gate the login says who asks */
        json_text(&json, "operatorKey", link->target->operator_key);
    json_members(&json, members);
    json_close(&json, '}');
    return !json.overflow && topic_build(TOPIC_ADMIN_REQUEST, ask->topic, sizeof ask->topic,
                                         (const char *[]){link->target->client_id, noun, verb}) > 0;
}

static void wait_until(struct link *link, int64_t mono_ms)
{
    struct timespec until = {.tv_sec = mono_ms / 1000, .tv_nsec = mono_ms % 1000 * 1000000};
    pthread_cond_timedwait(&link->wake, &link->lock, &until);
}

static void reconnect(struct link *link)
{
    link->state = LINK_TRYING;
    pthread_mutex_unlock(&link->lock);
    clock_sleep(200);
    bool begun = mqtt_connect(link->mqtt);
    pthread_mutex_lock(&link->lock);
    if (!begun)
        link->state = LINK_DOWN;
}

static void send(struct link *link, const struct ask *ask)
{
    const struct mqtt_publish publish = {.topic = ask->topic,
                                         .payload = ask->payload,
                                         .length = strlen(ask->payload),
                                         .qos = 1,
                                         .correlation = link->correlation,
                                         .correlation_length = LINK_CORRELATION,
                                         .response_topic = link->reply};
    pthread_mutex_unlock(&link->lock);
    mqtt_send(link->mqtt, &publish); /* not taken: the next repetition tries again */
    pthread_mutex_lock(&link->lock);
}

/* Sends and repeats until there is an answer or no time left. Called with the lock held. */
static void exchange(struct link *link, const struct ask *ask)
{
    int64_t now = clock_now().mono.ms, deadline = now + LINK_GIVE_UP_MS, next = now;
    while (!link->answered && now < deadline && (link->state != LINK_DOWN || (link->was_up && !link->refused))) {
        if (link->state == LINK_DOWN) {
            reconnect(link);
            next = now;
        } else if (link->state == LINK_UP && (now >= next || link->service_came)) {
            next = now + LINK_REPEAT_MS;
            link->service_came = false;
            send(link, ask);
        } else {
            wait_until(link, link->state == LINK_UP && next < deadline ? next : deadline);
        }
        now = clock_now().mono.ms;
    }
}

enum ctl_exit link_hear(struct link *link, const char *noun, const char *verb, const char *members,
                        struct document **answer)
{
    struct ask ask;
    *answer = NULL;
    if (!prepare(link, noun, verb, members, &ask)) {
        secret_wipe(&ask, sizeof ask);
        return out_error(CTL_USAGE, "too_large", status_mend(ST_TOO_LARGE), "%s", status_message(ST_TOO_LARGE));
    }
    pthread_mutex_lock(&link->lock);
    exchange(link, &ask);
    bool answered = link->answered, up = link->state == LINK_UP, gone = link->service_gone;
    pthread_mutex_unlock(&link->lock);
    secret_wipe(&ask, sizeof ask);
    if (answered)
        return answer_read(link->answer, link->length, answer);
    if (!up)
        return target_unreachable(link->target, link->reason, link->refused);
    return out_error(CTL_TIMEOUT, NULL, "is musterd running? start it with make run, then look with: musterctl status",
                     "the service did not answer within %d s%s", LINK_GIVE_UP_MS / 1000,
                     gone ? "; the broker says that it is offline" : "");
}
