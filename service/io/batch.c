#include "service/io/batch.h"

#include <string.h>

#define WAITING_MS  50
#define AGAIN_MS    1000 /* after a failure of the disk: signing again and again would only heat the room */
#define ANSWER_ROOM (LIMIT_ANSWER + SEALED_MAX)

static void hold_happening(void *context, const char *event, const char *uuid, const char *text)
{
    struct batch *batch = context;
    /* Somebody has to do something. */
    bool alarm = strcmp(event, "issuer_expiring") == 0 || strncmp(event, "clock_", strlen("clock_")) == 0;
    log_hold(&batch->held, alarm ? LOG_WARNING : LOG_INFO, event, "uuid=%s reason=%s", uuid, text);
}

void batch_init(struct batch *batch, struct core *core, struct effects *effects)
{
    batch->core = core;
    batch->effects = effects;
    batch->refusals = (struct limit){.burst = 100, .refill_ms = 100}; /* a flood shall not fill the disk with lines */
    core->log = hold_happening;
    core->log_context = batch;
}

size_t batch_room(const struct batch *batch)
{
    size_t parking = parking_room(&batch->parking), left = BATCH_EVENTS - batch->count;
    return !effects_has_room(batch->effects, ANSWER_ROOM) ? 0 : parking < left ? parking : left;
}

bool batch_signs(const struct batch *batch, struct now now)
{
    return parking_has_intents(&batch->parking) && now.mono.ms >= batch->next_intent.ms;
}

/* What was done is told when it is durable, what was refused at once. */
static void tell(struct batch *batch, enum status status)
{
    const struct core *core = batch->core;
    const struct request *request = &core->request;
    enum log_level level = status == ST_INTERNAL || status == ST_STORAGE_UNAVAILABLE ? LOG_ERROR : LOG_NOTICE;
    if (status == ST_OK && core->reply.audit[0] != '\0')
        log_hold(&batch->held, LOG_INFO, request->row->verb, "id=%s by=%s %s", request->address.id,
                 request->sender.name, core->reply.audit);
    else if (status == ST_SILENT)
        log_line(LOG_DEBUG, "ignored", "a message that is no request, or of no device");
    else if (status != ST_OK && limit_take(&batch->refusals, core->now.mono))
        log_line(level, "refused", "operation=%s id=%s by=%s code=%s %s%s", request->row->verb, request->address.id,
                 request->sender.name, status_code(status), request->why.detail,
                 status == ST_INTERNAL ? store_error(core->store) : "");
}

static enum status step(struct batch *batch, const struct event *event, struct ticket *ticket)
{
    enum status status = core_step(batch->core, event, ticket, batch->effects);
    if (status != ST_PARKED)
        tell(batch, status);
    return status;
}

void batch_step(struct batch *batch, struct event event)
{
    struct ticket ticket = {TICKET_NEW};
    bool may_wait = parking_may_wait(&batch->parking, event.topic, event.topic_length);
    batch->core->may_wait = may_wait;
    enum status status = step(batch, &event, &ticket);
    bool stays = status == ST_PARKED && (may_wait || ticket.stage == TICKET_INTENT);
    if (stays && parking_add(&batch->parking, &event, &ticket))
        return;
    if (status == ST_PARKED)
        core_refuse(batch->core, &event, ST_RATE_LIMITED, batch->effects);
    core_ticket_end(&ticket);
    batch->events[batch->count++] = event;
}

/* Not a failure: a change of the authority waits until no list is made with it. */
static bool waits_for_list(const struct core *core, const struct ticket *ticket)
{
    return ticket->issuer[0] != '\0' && core->crl.running;
}

void batch_step_parked(struct batch *batch, struct now now)
{
    if (batch->parking.count == 0)
        return;
    bool look = now.mono.ms >= batch->next_waiting.ms, sign = now.mono.ms >= batch->next_intent.ms;
    if (look)
        batch->next_waiting = mono_add(now.mono, WAITING_MS);
    for (size_t i = 0; i < PARKING_PLACES && effects_has_room(batch->effects, ANSWER_ROOM); i++) {
        struct parked *parked = &batch->parking.places[i];
        if (parked->copy == NULL || !(parked->ticket.stage == TICKET_WAITS ? look : sign))
            continue;
        parked->event.now = now;
        parked->stepped = step(batch, &parked->event, &parked->ticket) != ST_PARKED;
        if (!parked->stepped && parked->durable && !waits_for_list(batch->core, &parked->ticket))
            batch->next_intent = mono_add(now.mono, AGAIN_MS);
    }
}

/* Steps one event in a batch of its own. */
static void step_alone(struct batch *batch, const struct event *event)
{
    struct ticket ticket = {TICKET_NEW};
    size_t before = batch->effects->count;
    step(batch, event, &ticket);
    enum status status = store_commit(batch->core->store);
    core_batch_end(batch->core, status == ST_OK);
    log_release(&batch->held, status == ST_OK);
    core_ticket_end(&ticket);
    if (status == ST_OK)
        return;
    effects_cut(batch->effects, before);
    core_refuse(batch->core, event, status, batch->effects);
}

/* The batch is not durable: nothing of it happened. Everyone is refused, once; whose intent is durable is tried again
 * all the same, so that its requestId finds an answer. On a full disk what is no change is stepped again by itself: a
 * write that fails takes no read with it. */
static void refuse_batch(struct batch *batch, enum status status)
{
    effects_clear(batch->effects);
    for (size_t i = 0; i < PARKING_PLACES; i++) {
        struct parked *parked = &batch->parking.places[i];
        if (parked->copy == NULL)
            continue;
        parked->stepped = false;
        bool goes_on = parked->ticket.stage == TICKET_INTENT && parked->durable;
        if (!goes_on || !parked->told)
            core_refuse(batch->core, &parked->event, status, batch->effects);
        parked->told = true;
        if (!goes_on)
            parking_free(&batch->parking, parked);
    }
    for (size_t i = 0; i < batch->count; i++)
        if (status == ST_STORAGE_UNAVAILABLE && core_may_step_again(&batch->events[i]))
            step_alone(batch, &batch->events[i]);
        else
            core_refuse(batch->core, &batch->events[i], status, batch->effects);
    batch->next_waiting = batch->next_intent = mono_add(batch->core->now.mono, AGAIN_MS);
}

enum status batch_commit(struct batch *batch)
{
    enum status status = store_commit(batch->core->store);
    core_batch_end(batch->core, status == ST_OK);
    log_release(&batch->held, status == ST_OK);
    if (status == ST_OK) {
        parking_leave(&batch->parking);
        parking_mark_durable(&batch->parking);
    } else {
        log_line(LOG_ERROR, "commit_failed", "code=%s %s", status_code(status), store_error(batch->core->store));
        refuse_batch(batch, status);
    }
    batch->count = 0;
    return status;
}
