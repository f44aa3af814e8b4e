#include "service/io/loop.h"

#include "service/core/heartbeat.h"
#include "service/core/wall.h"
#include "service/io/clock.h"
#include "service/io/log.h"
#include "service/io/speak.h"

#include <string.h>

#define TURN_MS    50
#define LOOP_ITEMS 4096 /* between two commits; most of so many are heartbeats: a millisecond or two */
#define TICK_BATCH 256
/* After a turn of heartbeats alone, that the next brings more of them: each turn that takes the processor from the
 * receiving thread costs more than its own time. */
#define NAP_US       500
#define LONG_NAP_US  2000
#define FEW_BEATS    32
#define FLUSH_MS     1000
#define FLUSH_SLOTS  4096
#define LAST_SLOTS   65536
#define EXPIRY_MS    5000
#define APART_MS     1000
#define PRESENCE_CAP (BATCH_EVENTS + TICK_BATCH + PARKING_PLACES)

_Static_assert(PRESENCE_CAP <= PRESENCE_UNDO, "every change of a batch can be undone");

void loop_init(struct loop *loop, struct core *core, struct queue *queue, struct broker *broker,
               struct crl_job *crl_job)
{
    loop->core = core;
    loop->queue = queue;
    loop->broker = broker;
    loop->lists = (struct lists){.job = crl_job};
    batch_init(&loop->batch, core, &loop->effects);
}

static struct event event_of(const struct queue_item *item)
{
    const struct mqtt_message *message = &item->message;
    return (struct event){.now = item->now,
                          .topic = message->topic,
                          .topic_length = message->topic_length,
                          .payload = message->payload,
                          .length = message->length,
                          .response_topic = message->response_topic,
                          .response_topic_length = message->response_topic_length,
                          .correlation = message->correlation,
                          .correlation_length = message->correlation_length,
                          .stamp = message->stamp,
                          .stamp_length = message->stamp_length,
                          .retained = message->retained};
}

static void hear(struct loop *loop, enum broker_change change, struct now now)
{
    if (change == BROKER_HEARS) {
        presence_hear(&loop->core->presence, now.mono);
        lists_ask_again(loop->core, &loop->effects);
        log_line(LOG_NOTICE, "ready", "the service hears its devices");
    } else if (change == BROKER_DEAF) {
        presence_deafen(&loop->core->presence);
        log_line(LOG_WARNING, "deaf", "nobody goes offline until the service hears again");
    }
}

static void publisher_changed(struct loop *loop, bool up)
{
    if (!up) {
        outbox_close(&loop->outbox);
        return;
    }
    if (loop->answers_lost > 0)
        log_line(LOG_NOTICE, "answers_lost", "count=%llu while the broker was away; their senders repeat the requests",
                 (unsigned long long)loop->answers_lost);
    loop->answers_lost = 0;
    outbox_open(&loop->outbox);
    lists_tell_again(&loop->lists, loop->core, &loop->effects);
    if (loop->core->config->retained_status)
        retained_walk_start(&loop->walk);
}

/* Behind a gate only once it has shown that it is there: heartbeats, for one, bear no stamp. */
static bool may_serve(const struct loop *loop)
{
    return !loop->core->gated || loop->core->presence.hearing;
}

/* Most of what comes, and nothing that a batch has to do with. */
static bool is_short(struct loop *loop, const struct queue_item *item)
{
    struct event event = event_of(item);
    return item->kind == QUEUE_MESSAGE && may_serve(loop) && heartbeat_short(loop->core, &event);
}

static void look_ahead(struct loop *loop)
{
    struct text topics[PRESENCE_AHEAD];
    heartbeat_look_ahead(loop->core, topics, queue_ahead(loop->queue, topics, PRESENCE_AHEAD));
}

static void take(struct loop *loop, const struct queue_item *item)
{
    enum broker_change change = BROKER_NO_CHANGE;
    switch (item->kind) {
    case QUEUE_MESSAGE:
        if (broker_is_probe(loop->broker, &item->message, item->now, &change))
            hear(loop, change, item->now);
        else if (may_serve(loop))
            batch_step(&loop->batch, event_of(item));
        break;
    case QUEUE_ACKNOWLEDGED:
        outbox_acknowledged(&loop->outbox, (int64_t)item->id, item->outcome, item->now);
        break;
    default:
        hear(loop, broker_event(loop->broker, item), item->now);
        if (item->source == BROKER_PUBLISHER)
            publisher_changed(loop, item->kind == QUEUE_UP);
    }
}

static void speak_out(struct loop *loop)
{
    loop->answers_lost += speak(&loop->effects, loop->broker->connections[BROKER_PUBLISHER].mqtt, loop->core->gated);
}

static void tell_dropped(struct loop *loop)
{
    uint64_t dropped = queue_dropped(loop->queue);
    if (dropped > 0)
        log_line(LOG_WARNING, "overloaded", "dropped=%llu messages found the queue full", (unsigned long long)dropped);
}

/* What is due by the clock and writes. */
static void write_timed(struct loop *loop, struct now now)
{
    loop->behind = core_tick(loop->core, now, TICK_BATCH, &loop->effects);
    lists_order(&loop->lists, loop->core);
    if (now.mono.ms >= loop->next_flush.ms) {
        loop->next_flush = mono_add(now.mono, FLUSH_MS);
        core_flush_seen(loop->core, now, &loop->flush_cursor, FLUSH_SLOTS);
    }
    if (now.mono.ms >= loop->next_expiry.ms) {
        loop->next_expiry = mono_add(now.mono, EXPIRY_MS);
        core_expire(loop->core, now);
        tell_dropped(loop);
    }
    outbox_save(&loop->outbox);
}

/* Commits the batch. False when the service cannot go on. */
static bool commit(struct loop *loop)
{
    bool dirty = store_is_dirty(loop->core->store);
    enum status status = batch_commit(&loop->batch);
    lists_batch_end(&loop->lists, loop->core, status == ST_OK);
    loop->full = status != ST_OK || (loop->full && !dirty);
    if (status != ST_OK)
        loop->outbox.stored = -1; /* the mark was undone too: save it again */
    else if (dirty)
        outbox_notify(&loop->outbox);
    return status == ST_OK || status == ST_STORAGE_UNAVAILABLE;
}

/* What a turn has taken. */
struct taken {
    size_t requests, beats, others;
};

static bool has_room(const struct loop *loop)
{
    return batch_room(&loop->batch) > 0 && presence_has_room(&loop->core->presence, TICK_BATCH + 2);
}

static struct taken take_all(struct loop *loop)
{
    struct taken taken = {0};
    struct queue_item item;
    for (size_t i = 0; taken.requests < BATCH_EVENTS && i < LOOP_ITEMS && has_room(loop); i++) {
        if (i % PRESENCE_AHEAD == 0)
            look_ahead(loop);
        if (!queue_take(loop->queue, &item))
            break;
        if (is_short(loop, &item)) {
            taken.beats++;
            continue;
        }
        take(loop, &item);
        taken.requests += item.kind == QUEUE_MESSAGE;
        taken.others += item.kind != QUEUE_MESSAGE;
    }
    return taken;
}

/* After heartbeats alone. Whoever waits for an answer or an acknowledgement shall not wait longer. */
static int nap_after(struct taken taken)
{
    if (taken.beats == 0 || taken.requests > 0 || taken.others > 0)
        return 0;
    return taken.beats < FEW_BEATS ? NAP_US : LONG_NAP_US;
}

static void run_batch(struct loop *loop)
{
    struct now now = clock_now();
    wall_take(loop->core, now);
    lists_take(&loop->lists, loop->core, &loop->effects);
    batch_step_parked(&loop->batch, now);
    loop->nap_us = nap_after(take_all(loop));
    struct now heard = queue_heard(loop->queue);
    hear(loop, broker_tick(loop->broker, heard, clock_now()), heard);
    loop->behind = false;
    if (!loop->full)
        write_timed(loop, heard);
}

/* While the disk is full, what the clock writes has a batch of its own now and then: it would fail the others, and with
 * them the reads, which need no disk. False when the service cannot go on. */
static bool write_apart(struct loop *loop, struct now now)
{
    if (!loop->full || now.mono.ms < loop->next_apart.ms)
        return true;
    loop->next_apart = mono_add(now.mono, APART_MS);
    write_timed(loop, queue_heard(loop->queue));
    bool going_on = commit(loop);
    speak_out(loop);
    return going_on;
}

/* The process was stopped: what came meanwhile waits where nobody has looked yet. */
static void hear_anew(struct loop *loop, struct now now)
{
    if (!loop->core->presence.hearing)
        return;
    log_line(LOG_WARNING, "paused", "the service was stopped for a while; each device has its whole time again");
    presence_deafen(&loop->core->presence);
    presence_hear(&loop->core->presence, now.mono);
}

/* The last signs of life, in parts: when the process is killed meanwhile, most are saved. */
static bool save_at_end(struct loop *loop)
{
    bool saved = true;
    tell_dropped(loop);
    for (size_t i = 0; i < loop->core->presence.count && saved; i += LAST_SLOTS) {
        core_flush_seen(loop->core, clock_now(), &loop->flush_cursor, LAST_SLOTS);
        saved = store_commit(loop->core->store) == ST_OK;
    }
    outbox_save(&loop->outbox);
    return store_commit(loop->core->store) == ST_OK && saved;
}

/* What is retained and not urgent. */
static void walk_on(struct loop *loop, struct mono now)
{
    struct mqtt *publisher = loop->broker->connections[BROKER_PUBLISHER].mqtt;
    retained_walk_on(&loop->walk, loop->core, publisher, now);
    crl_parts_walk_on(&loop->lists.parts, publisher, now);
}

int loop_run(struct loop *loop, const volatile sig_atomic_t *stop)
{
    while (!*stop) {
        bool waits = !batch_signs(&loop->batch, clock_now()) && !loop->behind;
        if (queue_turn(loop->queue, waits ? TURN_MS : 0, waits ? loop->nap_us : 0))
            hear_anew(loop, clock_now());
        run_batch(loop);
        bool going_on = commit(loop);
        speak_out(loop);
        if (!going_on || !write_apart(loop, clock_now()))
            return -1;
        outbox_pump(&loop->outbox, clock_now());
        walk_on(loop, clock_now().mono);
    }
    return save_at_end(loop) ? 0 : -1;
}
