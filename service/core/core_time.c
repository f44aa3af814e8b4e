/* What happens without a message: start, deadlines, flushing, forgetting. */
#include "service/core/core.h"

#include "service/core/authority.h"
#include "service/core/certificates.h"
#include "service/core/change.h"
#include "service/core/crl.h"
#include "service/core/issuer.h"
#include "service/core/life.h"
#include "service/core/remember.h"
#include "service/core/wall.h"

#include <stdio.h>
#include <string.h>

#define TICK_STEPS 8192 /* deadlines that are looked at in one go: below a millisecond */
#define AGAIN_MS   1000 /* after a batch was undone */
#define DAY_MS     (24 * 3600 * INT64_C(1000))

static enum status add_seed(void *context, const struct presence_seed *seed)
{
    struct core *core = context;
    int64_t seconds = seed->offline_after > 0 ? seed->offline_after : config_offline_after(core->config, seed->type);
    struct presence_slot slot = {.device = (uint32_t)seed->id,
                                 .connection = (uint32_t)seed->connection,
                                 .offline_after = PRESENCE_SECONDS(seconds),
                                 .online = seed->online,
                                 .active = seed->state == DEVICE_REGISTERED || seed->state == DEVICE_PROVISIONED,
                                 .fresh = !seed->credential_used};
    memcpy(slot.sessions, seed->sessions, sizeof slot.sessions);
    return presence_add(&core->presence, seed->uuid, &slot) != PRESENCE_NONE ? ST_OK : ST_QUOTA_EXCEEDED;
}

enum status core_start(struct core *core, struct now now)
{
    int64_t closed = 0;
    wall_start(core, now);
    core->life.kind = LIFE_NONE;
    timers_init(&core->timers, now.mono);
    timers_set(&core->timers, TIMER_ISSUER, now.wall, now);
    enum status status = store_event_begin(core->store);
    if (status == ST_OK) {
        status = store_intent_close_all(core->store, now.wall, &closed);
        if (status == ST_OK)
            status = change_settle(core);
        if (status == ST_OK)
            status = certificates_start(core);
        status = store_event_finish(core->store, status);
        enum status committed = store_commit(core->store);
        status = status == ST_OK ? committed : status;
    }
    if (status == ST_OK)
        status = store_presence_each(core->store, add_seed, core);
    presence_keep(&core->presence);
    return status;
}

/* Writes that a device is offline; the copy of its slot is in core->life. */
static enum status go_offline(struct core *core, const char *uuid, enum reason reason)
{
    struct device_row *device = &core->device;
    enum status status = store_event_begin(core->store);
    if (status != ST_OK)
        return status;
    memcpy(device->uuid, uuid, strlen(uuid) + 1);
    status = store_device_brief(core->store, core->life.slot.device, device);
    if (status == ST_OK)
        status = life_write(core, device, true, reason);
    return store_event_finish(core->store, status);
}

/* Whether the device's time was over. Mostly it was not: a heartbeat only moves the time, and the wheel finds out. */
static bool look_at(struct core *core, uint32_t number)
{
    enum reason reason = REASON_HEARTBEAT_TIMEOUT;
    struct presence *presence = &core->presence;
    struct life *life = &core->life;
    life->slot = presence->slots[number];
    if (!presence_on_deadline(presence, &life->slot, core->now.mono, &reason)) {
        presence_rearm(presence, number, (struct mono){0});
        return false;
    }
    life->kind = LIFE_CHANGE;
    life->number = number;
    bool stands = go_offline(core, presence_uuid(presence, number), reason) == ST_OK;
    life_close(core, stands);
    if (!stands) /* it could not be written: again in a second */
        presence_rearm(presence, number, mono_add(core->now.mono, 1000));
    else if (core->log != NULL)
        core->log(core->log_context, "offline", presence_uuid(presence, number), reason_name(reason));
    return true;
}

static void run_timer(struct core *core, enum timer timer, size_t most, struct effects *effects)
{
    if (timer == TIMER_CERTIFICATES)
        certificates_tick(core, most, effects);
    else if (timer == TIMER_CRL)
        crl_on_timer(core);
    else if (timer == TIMER_ISSUER)
        issuer_on_timer(core);
    else
        crl_on_alarm(core);
}

/* What the service itself has to do by the clock; each timer once, for one that is due at once again has a turn of its
 * own. */
static void tick_timers(struct core *core, size_t most, struct effects *effects)
{
    for (int i = 0; i < TIMER_COUNT; i++) {
        enum timer timer = timers_pop(&core->timers, core->now.mono);
        if (timer == TIMER_COUNT)
            break;
        run_timer(core, timer, most, effects);
    }
    if (core->issuer_untold && store_event_begin(core->store) == ST_OK)
        core->issuer_untold = store_event_finish(core->store, authority_announce(core)) != ST_OK;
}

bool core_tick(struct core *core, struct now now, size_t most, struct effects *effects)
{
    size_t steps = TICK_STEPS;
    wall_watch(core, now);
    tick_timers(core, most, effects);
    for (size_t written = 0; written < most && presence_has_room(&core->presence, 1);) {
        uint32_t number = presence_due(&core->presence, now.mono, &steps);
        if (number == PRESENCE_NONE)
            return steps == 0;
        written += look_at(core, number);
    }
    return true;
}

/* The next slot from `*cursor` on whose last sign of life is to be saved, or PRESENCE_NONE behind `*most` slots. */
static uint32_t next_unsaved(const struct presence *presence, uint32_t *cursor, size_t *most)
{
    while (*most > 0) {
        (*most)--;
        *cursor = *cursor + 1 < presence->count ? *cursor + 1 : 0;
        if (presence->slots[*cursor].unsaved)
            return *cursor;
    }
    return PRESENCE_NONE;
}

static enum status save_seen(struct core *core, uint32_t number, uint32_t *cursor, size_t most)
{
    enum status status = ST_OK;
    for (; number != PRESENCE_NONE && status == ST_OK; number = next_unsaved(&core->presence, cursor, &most)) {
        struct presence_slot *slot = &core->presence.slots[number];
        status = store_presence_seen(core->store, slot->device, presence_last_seen(slot, core->now, 0));
        slot->unsaved = false;
    }
    return status;
}

enum status core_flush_seen(struct core *core, struct now now, uint32_t *cursor, size_t most)
{
    wall_take(core, now);
    most = most < core->presence.count ? most : core->presence.count;
    uint32_t first = next_unsaved(&core->presence, cursor, &most);
    enum status status = first != PRESENCE_NONE ? store_event_begin(core->store) : ST_OK;
    if (first == PRESENCE_NONE || status != ST_OK)
        return status;
    status = store_event_finish(core->store, save_seen(core, first, cursor, most));
    if (status != ST_OK) /* all or nothing */
        presence_unsave(&core->presence);
    return status;
}

enum status core_expire(struct core *core, struct now now)
{
    wall_take(core, now);
    int64_t wall = core->now.wall;
    enum status status = store_event_begin(core->store);
    if (status != ST_OK)
        return status;
    status = store_request_expire(core->store, wall - REMEMBER_REQUEST_MS, wall - REMEMBER_SECRET_MS);
    if (status == ST_OK)
        status = store_event_expire(core->store, wall - core->config->event_days * DAY_MS);
    if (status == ST_OK)
        status = wall_take_back(core);
    return store_event_finish(core->store, status);
}

void core_batch_end(struct core *core, bool committed)
{
    if (committed) {
        presence_keep(&core->presence);
        return;
    }
    presence_undo(&core->presence);
    core->issuer = 0; /* its row may be undone, too, and so may what was told of it */
    core->issuer_untold = core->ca != NULL;
    timers_bring_forward(&core->timers, TIMER_CERTIFICATES, core->now.wall + AGAIN_MS, core->now);
    timers_bring_forward(&core->timers, TIMER_ISSUER, core->now.wall + AGAIN_MS, core->now);
    if (core->crl.reloaded < core->crl.written) /* what the broker was to be told may be lost */
        crl_want(core, CRL_SOON);
}
