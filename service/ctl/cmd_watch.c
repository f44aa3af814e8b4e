#include "service/ctl/event.h"
#include "service/ctl/out.h"
#include "service/ctl/target.h"
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
    bool up, down, refused;
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
    struct watch *watch = context;
    pthread_mutex_lock(&watch->lock);
    watch->down = true;
    watch->refused = refused;
    snprintf(watch->reason, sizeof watch->reason, "%s", reason != NULL ? reason : "");
    pthread_mutex_unlock(&watch->lock);
    wake(watch);
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
    bool as_json = args_has(watch->args, OPT_JSON);
    for (struct line *line = take_lines(watch, &dropped); line != NULL;) {
        struct line *next = line->next;
        if (*left != 0 && event_tell(line->text, line->length, line->is_state, as_json) && *left > 0)
            (*left)--;
        free(line);
        line = next;
    }
    if (dropped > 0)
        out_say("%lld events were not shown: this terminal is too slow; musterctl device events has them", dropped);
}

/* Whether the connection changed: 1 up, -1 down, 0 neither. */
static int take_change(struct watch *watch, char reason[160], bool *refused)
{
    pthread_mutex_lock(&watch->lock);
    int change = watch->down ? -1 : watch->up ? 1 : 0;
    memcpy(reason, watch->reason, sizeof watch->reason);
    *refused = watch->refused;
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

/* The connection as the main thread sees it. */
struct attempts {
    bool was_up;
    int retry; /* milliseconds until the next attempt, -1: connected or trying */
    int delay; /* what `retry` will be */
};

/* Tells what became of the connection and tries again when it is time. Ends when there never was one. */
static enum ctl_exit keep_connected(struct watch *watch, struct attempts *attempts)
{
    char reason[sizeof watch->reason];
    bool refused = false;
    int change = take_change(watch, reason, &refused);
    if (change < 0 && !attempts->was_up)
        return target_unreachable(&watch->target, reason, refused);
    if (change < 0 && attempts->delay == WATCH_RETRY)
        out_say("the connection to the broker is lost (%s); trying again", reason);
    if (change > 0 && attempts->was_up)
        out_say("connected again; what happened in between is in: musterctl device events UUID");
    if (change > 0)
        *attempts = (struct attempts){.was_up = true, .retry = -1, .delay = WATCH_RETRY};
    if (change == 0 && attempts->retry >= 0)
        change = mqtt_connect(watch->mqtt) ? 0 : -1;
    attempts->retry = change < 0 ? attempts->delay : -1;
    if (change < 0 && attempts->delay < WATCH_SLOWEST)
        attempts->delay *= 2;
    return CTL_DONE;
}

static enum ctl_exit follow(struct watch *watch)
{
    long long left = watch->count;
    struct attempts attempts = {.retry = -1, .delay = WATCH_RETRY};
    enum ctl_exit end = CTL_DONE;
    if (!mqtt_connect(watch->mqtt))
        return target_unreachable(&watch->target, "the connection cannot be begun", false);
    for (bool go = true; go && left != 0 && end == CTL_DONE;) {
        go = sleep_until_news(watch, attempts.retry);
        end = keep_connected(watch, &attempts);
        drain(watch, &left);
        if (end == CTL_DONE)
            end = out_done();
    }
    return end;
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
    const struct mqtt_options options = target_options(&watch->target, filters, 2);
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
