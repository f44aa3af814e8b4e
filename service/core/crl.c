#include "service/core/crl.h"

#include "service/core/authority.h"
#include "service/core/notice.h"
#include "service/core/wall.h"
#include "topics/topic.h"

#include <stdio.h>
#include <string.h>

#define DAY_MS   (24 * 3600 * INT64_C(1000))
#define APART_MS 1000 /* between two lists */
#define LATER_MS (10 * 60 * INT64_C(1000))
#define HOLD_MS  60000
#define RETRY_MS (60 * INT64_C(1000))

static const char number_name[] = "crl_number", told_name[] = "crl_told";

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* --- the next one ------------------------------------------------------------------------------------------------ */

/* Waits by the clock that nobody sets. */
static void want_in(struct core *core, int64_t ms)
{
    struct crl_state *crl = &core->crl;
    struct mono at = mono_add(core->now.mono, ms);
    if (crl->wanted_at.ms != 0 && crl->wanted_at.ms <= at.ms)
        return;
    crl->wanted_at = at;
    timers_set(&core->timers, TIMER_CRL, core->now.wall + ms, core->now);
}

enum status crl_start(struct core *core, int64_t number, int64_t this_update, int64_t next_update, bool unlisted)
{
    struct crl_state *crl = &core->crl;
    *crl = (struct crl_state){.this_update = this_update,
                              .next_update = next_update,
                              .in_force_until = next_update,
                              .unlisted = unlisted,
                              .hold = mono_add(core->now.mono, HOLD_MS)};
    enum status status = store_number_get(core->store, number_name, &crl->number);
    crl->number = later(crl->number, number);
    want_in(core, 0);
    timers_set(&core->timers, TIMER_CRL_ALARM, core->now.wall + RETRY_MS, core->now);
    return status;
}

void crl_want(struct core *core, enum crl_urgency urgency)
{
    const struct crl_state *crl = &core->crl;
    int64_t since = core->now.mono.ms - crl->begun.ms;
    core->crl.wanted = true;
    core->crl.again |= urgency == CRL_SOON;
    if (urgency == CRL_LATER)
        want_in(core, LATER_MS);
    else
        want_in(core, crl->begun.ms == 0 || since >= APART_MS ? 0 : APART_MS - since);
}

void crl_clock_was_set(struct core *core)
{
    core->crl.written_at = core->crl.begun_wall = 0;
    crl_want(core, CRL_SOON);
}

void crl_on_timer(struct core *core)
{
    struct crl_state *crl = &core->crl;
    if (core->now.mono.ms >= crl->wanted_at.ms)
        crl->due = true;
    else /* the timer never waits for long */
        timers_set(&core->timers, TIMER_CRL, core->now.wall + crl->wanted_at.ms - core->now.mono.ms, core->now);
}

/* A machine that has lost its clock shall not write a list that ends before today. */
static bool has_clock(struct core *core)
{
    if (core->now.wall / 1000 >= authority_begin(core))
        return true;
    snprintf(core->crl.error, sizeof core->crl.error, "The clock stands before the authority's first day: set it.");
    return false;
}

static bool give_order(struct core *core, struct crl_order *order)
{
    *order = (struct crl_order){.number = core->crl.number + 1,
                                .this_update = core->now.wall / 1000,
                                .next_update = wall_latest(core) / 1000 + core->config->crl_days * (DAY_MS / 1000)};
    return has_clock(core) && store_event_begin(core->store) == ST_OK &&
           store_event_finish(core->store, store_number_set(core->store, number_name, order->number)) == ST_OK;
}

bool crl_order(struct core *core, struct crl_order *order)
{
    struct crl_state *crl = &core->crl;
    if (!crl->due || crl->running)
        return false;
    crl->due = false;
    crl->wanted_at = (struct mono){0};
    if (!give_order(core, order)) {
        order->number = 0;
        want_in(core, RETRY_MS);
        return false;
    }
    crl->again = crl->wanted = false;
    crl->running = true;
    crl->number = order->number;
    crl->begun = core->now.mono;
    crl->begun_wall = core->now.wall;
    return true;
}

void crl_cancel(struct core *core)
{
    core->crl.running = false;
    want_in(core, APART_MS);
}

/* --- what is known of it ------------------------------------------------------------------------------------------ */

bool crl_names(const struct core *core, int64_t ended_at)
{
    const struct crl_state *crl = &core->crl;
    bool current = crl->written == crl->number && !crl->wanted;
    return crl->written > 0 && (current || ended_at < crl->written_at);
}

bool crl_waits(const struct core *core)
{
    return core->crl.written > core->crl.reloaded;
}

static int64_t alarm_at(const struct core *core)
{
    return core->crl.in_force_until * 1000 - core->config->crl_days * DAY_MS / 4;
}

bool crl_is_late(const struct core *core)
{
    return core->now.wall > alarm_at(core);
}

/* The broker has read it. */
static void take_force(struct core *core)
{
    core->crl.in_force_until = core->crl.next_update;
    timers_set(&core->timers, TIMER_CRL_ALARM, alarm_at(core), core->now);
}

void crl_reloaded(struct core *core, int64_t number)
{
    struct crl_state *crl = &core->crl;
    crl->reloaded = later(crl->reloaded, number);
    if (crl->written > 0 && number == crl->written)
        take_force(core);
}

const char *crl_why_late(const struct core *core)
{
    if (core->crl.error[0] != '\0')
        return core->crl.error;
    return crl_waits(core) ? "The broker has not read the list." : "No list is made.";
}

/* An event, once for each list that runs out; the store alone knows whether it was told. */
static enum status tell_late(struct core *core)
{
    char members[400];
    struct json_writer json;
    int64_t told = 0, mark = later(core->crl.in_force_until, 1);
    enum status status = store_number_get(core->store, told_name, &told);
    if (status != ST_OK || told == mark)
        return status;
    json_start(&json, members, sizeof members);
    json_time(&json, "nextUpdate", core->crl.in_force_until * 1000);
    json_text(&json, "reason", crl_why_late(core));
    status = notice_emit_service(core, "crl_expiring", members);
    return status == ST_OK ? store_number_set(core->store, told_name, mark) : status;
}

void crl_on_alarm(struct core *core)
{
    bool late = crl_is_late(core);
    timers_set(&core->timers, TIMER_CRL_ALARM, late ? core->now.wall + RETRY_MS : alarm_at(core), core->now);
    if (!late)
        return;
    if (store_event_begin(core->store) == ST_OK)
        store_event_finish(core->store, tell_late(core));
}

/* --- what was made ------------------------------------------------------------------------------------------------ */

/* Retained, for whoever keeps a copy of the list. */
static void publish(const char *pem, struct effects *effects)
{
    char topic[LIMIT_TOPIC];
    topic_build(TOPIC_CRL, topic, sizeof topic, (const char *const[]){"all"});
    effects_publish(effects, &(struct effect){.topic = topic,
                                              .payload = pem != NULL ? pem : "",
                                              .length = pem != NULL ? strlen(pem) : 0,
                                              .qos = topic_qos(TOPIC_CRL),
                                              .retained = topic_is_retained(TOPIC_CRL)});
}

void crl_tell(struct core *core, const char *pem, struct effects *effects)
{
    publish(pem, effects);
    effects_reload(effects, core->crl.written);
}

/* Nobody else says when a broker without a gate has read it. */
static enum status known_at_once(struct core *core, int64_t number)
{
    if (core->gated)
        return ST_OK;
    enum status status = store_event_begin(core->store);
    return status == ST_OK ? store_event_finish(core->store, authority_known(core, number)) : status;
}

static enum status take_list(struct core *core, const struct crl_order *order, const char *pem, struct effects *effects)
{
    struct crl_state *crl = &core->crl;
    crl->written = order->number;
    crl->written_at = crl->begun_wall;
    crl->this_update = order->this_update;
    crl->next_update = order->next_update;
    crl_tell(core, pem, effects);
    return known_at_once(core, order->number);
}

void crl_done(struct core *core, const struct crl_order *order, const char *pem, const char *error,
              struct effects *effects)
{
    struct crl_state *crl = &core->crl;
    enum status status = ST_OK;
    crl->running = false;
    snprintf(crl->error, sizeof crl->error, "%s", error != NULL ? error : "");
    if (error == NULL)
        status = take_list(core, order, pem, effects);
    want_in(core, error != NULL ? RETRY_MS : DAY_MS);
    if (crl->again || status != ST_OK) /* something was revoked while this one was being made */
        crl_want(core, CRL_SOON);
}
