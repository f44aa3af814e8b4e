#include "service/core/crl.h"

#include "service/core/authority.h"
#include "service/core/notice.h"
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

enum status crl_start(struct core *core, int64_t number, int64_t this_update, int64_t next_update, bool unlisted)
{
    struct crl_state *crl = &core->crl;
    *crl = (struct crl_state){.this_update = this_update, .next_update = next_update, .unlisted = unlisted};
    enum status status = store_number_get(core->store, number_name, &crl->number);
    if (status == ST_OK)
        status = store_number_get(core->store, told_name, &crl->told);
    crl->number = later(crl->number, number);
    crl->hold = mono_add(core->now.mono, HOLD_MS);
    timers_set(&core->timers, TIMER_CRL, core->now.wall, core->now);
    return status;
}

void crl_want(struct core *core, enum crl_urgency urgency)
{
    int64_t soon = later(core->now.wall, core->crl.begun + APART_MS);
    core->crl.wanted = true;
    core->crl.again |= urgency == CRL_SOON;
    timers_bring_forward(&core->timers, TIMER_CRL, urgency == CRL_SOON ? soon : core->now.wall + LATER_MS, core->now);
}

bool crl_order(struct core *core, struct crl_order *order)
{
    struct crl_state *crl = &core->crl;
    if (!crl->due || crl->running)
        return false;
    *order = (struct crl_order){.number = crl->number + 1,
                                .this_update = core->now.wall / 1000,
                                .next_update = core->now.wall / 1000 + core->config->crl_days * (DAY_MS / 1000)};
    if (store_event_begin(core->store) != ST_OK ||
        store_event_finish(core->store, store_number_set(core->store, number_name, order->number)) != ST_OK)
        return false;
    crl->due = crl->again = crl->wanted = false;
    crl->running = true;
    crl->number = order->number;
    crl->begun = core->now.wall;
    return true;
}

bool crl_names(const struct core *core, int64_t ended_at)
{
    const struct crl_state *crl = &core->crl;
    bool current = crl->written == crl->number && !crl->wanted;
    return ended_at != 0 && crl->written > 0 && (current || ended_at < crl->written_at);
}

void crl_cancel(struct core *core)
{
    core->crl.running = false;
    timers_bring_forward(&core->timers, TIMER_CRL, core->now.wall + APART_MS, core->now);
}

bool crl_is_late(const struct core *core)
{
    int64_t quarter = core->config->crl_days * DAY_MS / 4;
    return core->crl.next_update * 1000 - core->now.wall < quarter;
}

bool crl_waits(const struct core *core)
{
    return core->crl.written > core->crl.reloaded;
}

/* An event, once for each list. */
static void alarm(struct core *core, const char *error)
{
    static struct device_row nobody = {.uuid = "-", .tenant = "default"};
    struct crl_state *crl = &core->crl;
    char members[400];
    struct json_writer json;
    int64_t sequence = 0, mark = later(crl->next_update, 1);
    if (!crl_is_late(core) || crl->told == mark || store_event_begin(core->store) != ST_OK)
        return;
    json_start(&json, members, sizeof members);
    json_time(&json, "nextUpdate", crl->next_update * 1000);
    json_text(&json, "reason", error);
    enum status status = notice_emit(core, &nobody, "crl_expiring", members, &sequence);
    if (status == ST_OK)
        status = store_number_set(core->store, told_name, mark);
    if (store_event_finish(core->store, status) == ST_OK)
        crl->told = mark;
}

/* Retained, for whoever keeps a copy of the list. */
static void publish(const char *pem, struct effects *effects)
{
    char topic[LIMIT_TOPIC];
    if (topic_build(TOPIC_CRL, topic, sizeof topic, (const char *const[]){"all"}) > 0)
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

enum status crl_done(struct core *core, const struct crl_order *order, const char *pem, const char *error,
                     struct effects *effects)
{
    struct crl_state *crl = &core->crl;
    enum status status = ST_OK;
    crl->running = false;
    snprintf(crl->error, sizeof crl->error, "%s", error != NULL ? error : "");
    if (error == NULL) {
        crl->written = order->number;
        crl->written_at = crl->begun;
        crl->this_update = order->this_update;
        crl->next_update = order->next_update;
        crl_tell(core, pem, effects);
        status = known_at_once(core, order->number);
    } else {
        alarm(core, error);
    }
    timers_bring_forward(&core->timers, TIMER_CRL, core->now.wall + (error != NULL ? RETRY_MS : DAY_MS), core->now);
    if (crl->again) /* something was revoked while this one was being made */
        crl_want(core, CRL_SOON);
    return status;
}
