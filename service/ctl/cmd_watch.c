#include "service/ctl/out.h"
#include "service/ctl/target.h"
#include "service/io/mqtt.h"
#include "topics/id.h"
#include "topics/topic.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define WATCH_QUEUE   10000 /* events that wait for a slow terminal */
#define WATCH_RETRY   500   /* milliseconds to the first attempt to reconnect */
#define WATCH_SLOWEST 5000

struct line {
    struct line *next;
    bool is_state; /* of the service, not an event */
    size_t length;
    char text[];
};

struct watch {
    const struct args *args;
    long long count; /* events to show, -1: all */
    struct target target;
    struct mqtt *mqtt;
    int wake, signals;    /* an eventfd and a signalfd: the main thread sleeps on both */
    pthread_mutex_t lock; /* guards what follows: Paho's threads write it */
    struct line *first, **last;
    size_t waiting;
    long long dropped;
    bool up, down;
    char reason[160];
};

static void wake(const struct watch *watch)
{
    const uint64_t one = 1;
    if (write(watch->wake, &one, sizeof one) < 0)
        return; /* the counter is full: the main thread wakes anyway */
}

static void on_message(void *context, const struct mqtt_message *message)
{
    struct watch *watch = context;
    struct line *line = malloc(sizeof *line + message->length);
    if (line != NULL) {
        *line = (struct line){.length = message->length};
        line->is_state = topic_match(TOPIC_SERVICE_STATE, message->topic, message->topic_length, NULL, NULL);
        memcpy(line->text, message->payload, message->length);
    }
    pthread_mutex_lock(&watch->lock);
    if (line == NULL || watch->waiting == WATCH_QUEUE) {
        watch->dropped++;
        free(line);
    } else {
        watch->waiting++;
        *watch->last = line;
        watch->last = &line->next;
    }
    pthread_mutex_unlock(&watch->lock);
    wake(watch);
}

static void on_up(void *context)
{
    struct watch *watch = context;
    pthread_mutex_lock(&watch->lock);
    watch->up = true;
    pthread_mutex_unlock(&watch->lock);
    wake(watch);
}

static void on_down(void *context, const char *reason, bool refused)
{
    (void)refused;
    struct watch *watch = context;
    pthread_mutex_lock(&watch->lock);
    watch->down = true;
    snprintf(watch->reason, sizeof watch->reason, "%s", reason != NULL ? reason : "");
    pthread_mutex_unlock(&watch->lock);
    wake(watch);
}

/* What every event has comes first, in the same order; then what this one is about. */
static void tell_event(const struct value *event)
{
    static const char *const first[] = {"at", "tenant", "uuid", "event"};
    static const char *const hidden[] = {"at", "tenant", "uuid", "event", "id", "sequence", "deviceId"};
    char text[1024], clean[1024];
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) {
        out_scalar(value_member(event, first[i]), text, sizeof text);
        out_clean(text, clean, sizeof clean);
        printf("%s%s", i > 0 ? "  " : "", clean);
    }
    for (const struct value *member = value_first(event); member != NULL; member = value_next(member)) {
        bool is_hidden = false;
        for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
            is_hidden = is_hidden || strcmp(hidden[i], value_name(member)) == 0;
        if (is_hidden)
            continue;
        out_scalar(member, text, sizeof text);
        out_clean(text, clean, sizeof clean);
        char name[128];
        out_clean(value_name(member), name, sizeof name);
        printf("  %s=%s", name, clean);
    }
    putchar('\n');
}

static void tell_state(const struct value *state)
{
    bool online = false;
    if (value_is_bool(value_member(state, "online"), &online))
        out_say(online ? "the service is online" : "the service is offline");
}

/* False for what is no event: anybody may publish in open mode. */
static bool tell_line(const struct watch *watch, const struct line *line)
{
    char text[64 * 1024];
    struct document *document = document_new_answer(line->text, line->length);
    const struct value *event = document != NULL ? document_root(document) : NULL;
    bool ok = event != NULL && value_is_object(event);
    if (ok && line->is_state) {
        tell_state(event);
        ok = false;
    } else if (ok && args_has(watch->args, OPT_JSON)) {
        if (out_value(event, text, sizeof text))
            puts(text);
    } else if (ok) {
        tell_event(event);
    }
    document_free(document);
    return ok;
}

static struct line *take_lines(struct watch *watch, long long *dropped)
{
    pthread_mutex_lock(&watch->lock);
    struct line *lines = watch->first;
    *dropped = watch->dropped;
    watch->first = NULL;
    watch->last = &watch->first;
    watch->waiting = 0;
    watch->dropped = 0;
    pthread_mutex_unlock(&watch->lock);
    return lines;
}

/* Prints what waits, `left` events at most (-1: all). */
static void drain(struct watch *watch, long long *left)
{
    long long dropped = 0;
    for (struct line *line = take_lines(watch, &dropped); line != NULL;) {
        struct line *next = line->next;
        if (*left != 0 && tell_line(watch, line) && *left > 0)
            (*left)--;
        free(line);
        line = next;
    }
    if (dropped > 0)
        out_say("%lld events were not shown: this terminal is too slow; musterctl device events has them", dropped);
}

/* Whether the connection changed: 1 up, -1 down, 0 neither. */
static int take_change(struct watch *watch, char reason[160])
{
    pthread_mutex_lock(&watch->lock);
    int change = watch->down ? -1 : watch->up ? 1 : 0;
    memcpy(reason, watch->reason, sizeof watch->reason);
    watch->up = watch->down = false;
    pthread_mutex_unlock(&watch->lock);
    return change;
}

/* Sleeps until there is news or `timeout` is over (-1: never). False when a signal asks to end. */
static bool sleep_until_news(const struct watch *watch, int timeout)
{
    struct pollfd fds[] = {{.fd = watch->wake, .events = POLLIN}, {.fd = watch->signals, .events = POLLIN}};
    uint64_t count = 0;
    if (poll(fds, 2, timeout) > 0 && fds[0].revents != 0 && read(watch->wake, &count, sizeof count) < 0)
        return errno == EAGAIN;
    return fds[1].revents == 0;
}

static enum ctl_exit follow(struct watch *watch)
{
    long long left = watch->count;
    int retry = -1, delay = WATCH_RETRY; /* retry: milliseconds until the next attempt, -1: connected or trying */
    bool was_up = false;
    for (bool go = mqtt_connect(watch->mqtt); go && left != 0;) {
        char reason[sizeof watch->reason];
        go = sleep_until_news(watch, retry);
        int change = take_change(watch, reason);
        if (change < 0 && !was_up)
            return target_unreachable(&watch->target, reason);
        if (change < 0 && delay == WATCH_RETRY)
            out_say("the connection to the broker is lost (%s); trying again", reason);
        if (change > 0 && was_up)
            out_say("connected again; what happened in between is in: musterctl device events UUID");
        if (change > 0) {
            was_up = true;
            delay = WATCH_RETRY;
        }
        if (retry >= 0 && change == 0)
            mqtt_connect(watch->mqtt);
        retry = change < 0 ? delay : -1;
        delay = change < 0 && delay < WATCH_SLOWEST ? delay * 2 : delay;
        drain(watch, &left);
        enum ctl_exit end = out_done();
        if (end != CTL_DONE)
            return end;
    }
    return CTL_DONE;
}

/* The events of one tenant, or of all. */
static bool make_filter(const struct args *args, char *out, size_t size)
{
    char all[LIMIT_TOPIC / 2];
    const char *tenant = args_value(args, OPT_TENANT);
    topic_filter(TOPIC_EVENT, all, sizeof all);
    int before = (int)strcspn(all, "+"); /* the first parameter is the tenant */
    snprintf(out, size, "%.*s%.*s%s", before, all, LIMIT_TENANT, tenant != NULL ? tenant : "+", all + before + 1);
    return tenant == NULL || id_is_tenant(tenant, strlen(tenant));
}

static enum ctl_exit connect_and_follow(struct watch *watch, const char *filter)
{
    const struct mqtt_callbacks callbacks = {.message = on_message, .up = on_up, .down = on_down};
    char state[LIMIT_TOPIC + 1];
    const char *filters[] = {filter, state};
    topic_filter(TOPIC_SERVICE_STATE, state, sizeof state);
    const struct mqtt_options options = {.host = watch->target.config.broker_host,
                                         .port = watch->target.config.broker_port,
                                         .client_id = watch->target.client_id,
                                         .filters = filters,
                                         .filter_count = 2,
                                         .filter_qos = 1};
    long long dropped = 0;
    watch->mqtt = mqtt_new(&options, &callbacks, watch);
    if (watch->mqtt == NULL)
        return out_error(CTL_FAILED, NULL, NULL, "the MQTT client cannot be made: there is no memory");
    enum ctl_exit end = follow(watch);
    mqtt_disconnect(watch->mqtt, 1000);
    mqtt_free(watch->mqtt);
    for (struct line *line = take_lines(watch, &dropped), *next; line != NULL; line = next) {
        next = line->next;
        free(line);
    }
    return end;
}

enum ctl_exit cmd_watch(const struct args *args)
{
    struct watch watch = {.args = args, .count = -1};
    char filter[LIMIT_TOPIC + 1];
    sigset_t ends;
    if (!args_integer(args, OPT_COUNT, 1, INT64_C(1000000000), &watch.count))
        return CTL_USAGE;
    if (!make_filter(args, filter, sizeof filter))
        return out_error(CTL_USAGE, NULL, "use lower-case letters, digits and -", "--tenant cannot be \"%s\"",
                         args_value(args, OPT_TENANT));
    enum ctl_exit end = target_find(args, &watch.target);
    if (end != CTL_DONE)
        return end;
    /* Blocked before Paho starts its threads, so that a signal always comes to the signalfd. */
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    watch.signals = signalfd(-1, &ends, SFD_CLOEXEC);
    watch.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    watch.last = &watch.first;
    pthread_mutex_init(&watch.lock, NULL);
    if (watch.signals < 0 || watch.wake < 0)
        end = out_error(CTL_FAILED, NULL, NULL, "no file descriptor is free: %s", strerror(errno));
    else
        end = connect_and_follow(&watch, filter);
    pthread_mutex_destroy(&watch.lock);
    target_wipe(&watch.target);
    return end;
}
