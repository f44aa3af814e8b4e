#include "service/io/loop.h"

#include "service/core/heartbeat.h"
#include "service/io/clock.h"
#include "service/io/log.h"
#include "service/io/speak.h"

#include <string.h>

#define TURN_MS    50
#define LOOP_ITEMS 4096 /* between two commits; most of so many are heartbeats: a millisecond or two */
#define TICK_BATCH 256
#define NAP_US     500 /* after a turn of heartbeats alone, that the next brings more of them: */
#define FEW_BEATS  32
#define LONG_NAP_US                                                                                                    \
    2000 /* each turn that takes the processor from the receiving thread costs more than its own time                  \
          */
#define FLUSH_MS     1000
#define FLUSH_SLOTS  4096
#define LAST_SLOTS   65536
#define EXPIRY_MS    5000
#define WAITING_MS   50
#define AGAIN_MS     1000 /* after a failure of the disk: signing again and again would only heat the room */
#define ANSWER_ROOM  (LIMIT_ANSWER + SEALED_MAX)
#define PRESENCE_CAP (LOOP_BATCH + TICK_BATCH + PARKING_PLACES)

_Static_assert(PRESENCE_CAP <= PRESENCE_UNDO, "every change of a batch can be undone");

static void hold_happening(void *context, const char *event, const char *uuid, const char *text)
{
    struct loop *loop = context;
    log_hold(&loop->held, LOG_INFO, event, "uuid=%s reason=%s", uuid, text);
}

void loop_init(struct loop *loop, struct core *core, struct queue *queue, struct broker *broker,
               struct crl_job *crl_job)
{
    loop->core = core;
    loop->queue = queue;
    loop->broker = broker;
    loop->lists = (struct lists){.job = crl_job};
    loop->refusals = (struct limit){.burst = 100, .refill_ms = 100}; /* a flood shall not fill the disk with lines */
    core->log = hold_happening;
    core->log_context = loop;
}

/* What was done is told when it is durable, what was refused at once. */
static void tell(struct loop *loop, enum status status)
{
    const struct core *core = loop->core;
    const struct request *request = &core->request;
    enum log_level level = status == ST_INTERNAL || status == ST_STORAGE_UNAVAILABLE ? LOG_ERROR : LOG_NOTICE;
    if (status == ST_OK && core->reply.audit[0] != '\0')
        log_hold(&loop->held, LOG_INFO, request->row->verb, "id=%s by=%s %s", request->address.id, request->sender.name,
                 core->reply.audit);
    else if (status == ST_SILENT)
        log_line(LOG_DEBUG, "ignored", "a message that is no request, or of no device");
    else if (status != ST_OK && limit_take(&loop->refusals, core->now.mono))
        log_line(level, "refused", "operation=%s id=%s by=%s code=%s %s%s", request->row->verb, request->address.id,
                 request->sender.name, status_code(status), request->why.detail,
                 status == ST_INTERNAL ? store_error(core->store) : "");
}

static enum status step(struct loop *loop, const struct event *event, struct ticket *ticket)
{
    enum status status = core_step(loop->core, event, ticket, &loop->effects);
    if (status != ST_PARKED)
        tell(loop, status);
    return status;
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

static void step_message(struct loop *loop, const struct queue_item *item)
{
    struct ticket ticket = {TICKET_NEW};
    struct event event = event_of(item);
    bool may_wait = parking_may_wait(&loop->parking, event.topic, event.topic_length);
    loop->core->may_wait = may_wait;
    enum status status = step(loop, &event, &ticket);
    bool stays = status == ST_PARKED && (may_wait || ticket.stage == TICKET_INTENT);
    if (stays && parking_add(&loop->parking, &event, &ticket))
        return;
    if (status == ST_PARKED)
        core_refuse(loop->core, &event, ST_RATE_LIMITED, &loop->effects);
    core_ticket_end(&ticket);
    loop->batch[loop->batch_count++] = event;
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
    lists_tell_again(loop->core, &loop->effects);
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
            step_message(loop, item);
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

/* Parked requests whose wait may be over: an intent that the last commit made durable; now and then the others. */
static void step_parked(struct loop *loop, struct now now)
{
    if (loop->parking.count == 0)
        return;
    bool look = now.mono.ms >= loop->next_waiting.ms, sign = now.mono.ms >= loop->next_intent.ms;
    if (look)
        loop->next_waiting = mono_add(now.mono, WAITING_MS);
    for (size_t i = 0; i < PARKING_PLACES && effects_has_room(&loop->effects, ANSWER_ROOM); i++) {
        struct parked *parked = &loop->parking.places[i];
        if (parked->copy == NULL || !(parked->ticket.stage == TICKET_WAITS ? look : sign))
            continue;
        parked->event.now = now;
        parked->stepped = step(loop, &parked->event, &parked->ticket) != ST_PARKED;
        if (!parked->stepped && parked->durable)
            loop->next_intent = mono_add(now.mono, AGAIN_MS);
    }
}

/* Steps one event in a batch of its own. */
static void step_alone(struct loop *loop, const struct event *event)
{
    struct ticket ticket = {TICKET_NEW};
    size_t before = loop->effects.count;
    step(loop, event, &ticket);
    enum status status = store_commit(loop->core->store);
    core_batch_end(loop->core, status == ST_OK);
    log_release(&loop->held, status == ST_OK);
    core_ticket_end(&ticket);
    if (status == ST_OK)
        return;
    effects_cut(&loop->effects, before);
    core_refuse(loop->core, event, status, &loop->effects);
}

/* The batch is not durable: nothing of it happened. Everyone is refused, once; whose intent is durable is tried again
 * all the same, so that its requestId finds an answer. On a full disk what is no change is stepped again by itself: a
 * write that fails takes no read with it. */
static void refuse_batch(struct loop *loop, enum status status)
{
    effects_clear(&loop->effects);
    for (size_t i = 0; i < PARKING_PLACES; i++) {
        struct parked *parked = &loop->parking.places[i];
        if (parked->copy == NULL)
            continue;
        parked->stepped = false;
        bool goes_on = parked->ticket.stage == TICKET_INTENT && parked->durable;
        if (!goes_on || !parked->told)
            core_refuse(loop->core, &parked->event, status, &loop->effects);
        parked->told = true;
        if (!goes_on)
            parking_free(&loop->parking, parked);
    }
    for (size_t i = 0; i < loop->batch_count; i++)
        if (status == ST_STORAGE_UNAVAILABLE && core_may_step_again(&loop->batch[i]))
            step_alone(loop, &loop->batch[i]);
        else
            core_refuse(loop->core, &loop->batch[i], status, &loop->effects);
    loop->next_waiting = loop->next_intent = mono_add(loop->core->now.mono, AGAIN_MS);
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
    enum status status = store_commit(loop->core->store);
    core_batch_end(loop->core, status == ST_OK);
    log_release(&loop->held, status == ST_OK);
    lists_batch_end(&loop->lists, loop->core, status == ST_OK);
    loop->full = status != ST_OK || (loop->full && !dirty);
    if (status == ST_OK) {
        parking_leave(&loop->parking);
        parking_mark_durable(&loop->parking);
        if (dirty)
            outbox_notify(&loop->outbox);
    } else {
        log_line(LOG_ERROR, "commit_failed", "code=%s %s", status_code(status), store_error(loop->core->store));
        loop->outbox.stored = -1; /* the mark was undone too: save it again */
        refuse_batch(loop, status);
    }
    loop->batch_count = 0;
    return status == ST_OK || status == ST_STORAGE_UNAVAILABLE;
}

/* What a turn has taken. */
struct taken {
    size_t requests, beats, others;
};

static bool has_room(const struct loop *loop)
{
    return loop->batch_count < LOOP_BATCH && presence_has_room(&loop->core->presence, TICK_BATCH + 2) &&
           effects_has_room(&loop->effects, ANSWER_ROOM);
}

static struct taken take_all(struct loop *loop, size_t most)
{
    struct taken taken = {0};
    struct queue_item item;
    for (size_t i = 0; taken.requests < most && i < LOOP_ITEMS && has_room(loop); i++) {
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
    loop->core->now = now;
    lists_take(&loop->lists, loop->core, &loop->effects);
    step_parked(loop, now);
    size_t room = parking_room(&loop->parking);
    loop->nap_us = nap_after(take_all(loop, room < LOOP_BATCH ? room : LOOP_BATCH));
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
    loop->next_apart = mono_add(now.mono, AGAIN_MS);
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

int loop_run(struct loop *loop, const volatile sig_atomic_t *stop)
{
    while (!*stop) {
        bool signs = parking_has_intents(&loop->parking) && clock_now().mono.ms >= loop->next_intent.ms;
        bool waits = !signs && !loop->behind;
        if (queue_turn(loop->queue, waits ? TURN_MS : 0, waits ? loop->nap_us : 0))
            hear_anew(loop, clock_now());
        run_batch(loop);
        bool going_on = commit(loop);
        speak_out(loop);
        if (!going_on || !write_apart(loop, clock_now()))
            return -1;
        outbox_pump(&loop->outbox, clock_now());
        retained_walk_on(&loop->walk, loop->core, loop->broker->connections[BROKER_PUBLISHER].mqtt, clock_now().mono);
    }
    return save_at_end(loop) ? 0 : -1;
}
