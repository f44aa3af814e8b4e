#include "service/core/certificates.h"

#include "service/core/authority.h"
#include "service/core/crl.h"
#include "service/core/notice.h"
#include "service/core/policy.h"
#include "topics/topic.h"

#include <stdio.h>
#include <string.h>

#define UNSURE_MS (10 * 60 * INT64_C(1000))
#define AGAIN_MS  1000 /* after a failure of the store */

static bool is_state(const struct certificate_entry *entry, const char *state)
{
    return strcmp(entry->state, state) == 0;
}

static struct expiry_subject subject_of(const struct certificate_entry *entry)
{
    return (struct expiry_subject){.used = !is_state(entry, "pending"),
                                   .told = entry->told,
                                   .not_before = entry->not_before,
                                   .not_after = entry->not_after,
                                   .created_at = entry->created_at};
}

void certificates_due(struct core *core, int64_t at)
{
    timers_bring_forward(&core->timers, TIMER_CERTIFICATES, at, core->now);
}

int64_t certificates_first_due(const struct core *core, int64_t not_before, int64_t not_after)
{
    struct expiry_subject subject = {.not_before = not_before, .not_after = not_after, .created_at = core->now.wall};
    return expiry_next(core->config, &subject, core->now.wall).at;
}

enum status certificates_announce(struct core *core, const char *event, const char *id, int64_t not_after,
                                  const char *reason)
{
    char members[200];
    struct json_writer json;
    int64_t sequence = 0;
    json_start(&json, members, sizeof members);
    json_text(&json, "certificateId", id);
    json_time(&json, "notAfter", not_after * 1000);
    json_text(&json, "reason", reason);
    return notice_emit(core, &core->device, event, members, &sequence);
}

void certificates_offer(const struct certificate_entry *entry, const char *reason, struct effects *effects)
{
    char topic[LIMIT_TOPIC], body[200];
    struct json_writer json;
    json_start(&json, body, sizeof body);
    json_open(&json, NULL, '{');
    json_text(&json, "certificateId", entry->id);
    json_time(&json, "notAfter", entry->not_after * 1000);
    json_text(&json, "reason", reason);
    json_close(&json, '}');
    topic_build(TOPIC_DEVICE_OFFER, topic, sizeof topic, (const char *const[]){entry->uuid});
    effects_publish(
        effects,
        &(struct effect){.topic = topic, .payload = body, .length = json.length, .qos = topic_qos(TOPIC_DEVICE_OFFER)});
}

/* --- first use -------------------------------------------------------------------------------------------------- */

static enum status activate(struct core *core, const struct certificate_entry *entry)
{
    struct expiry_subject subject = subject_of(entry);
    subject.used = true;
    struct expiry next = expiry_next(core->config, &subject, core->now.wall);
    certificates_due(core, next.at);
    enum status status = store_certificate_activate(core->store, entry->row, core->now.wall, next.at);
    return status == ST_OK ? store_request_unseal(core->store, entry->device, entry->id) : status;
}

enum status certificates_used(struct core *core, const struct certificate_entry *entry, bool *superseded)
{
    *superseded = false;
    if (!is_state(entry, "pending"))
        return ST_OK;
    enum status status = activate(core, entry);
    if (status == ST_OK)
        status = store_certificate_end_all(core->store, entry->device, entry->row, "superseded", "superseded",
                                           core->now.wall, superseded);
    if (*superseded)
        crl_want(core, CRL_LATER);
    if (status == ST_OK && entry->renewal)
        status = store_device_get(core->store, entry->uuid, &core->device);
    if (status == ST_OK && entry->renewal)
        status = certificates_announce(core, "certificate_renewed", entry->id, entry->not_after, "renew");
    return status;
}

/* --- its end ---------------------------------------------------------------------------------------------------- */

/* A device whose only certificate ended is as it was before it had one: its API key gets it another. When that has
 * ended, too, it stays registered all the same, as one that never had a certificate does: an operator resets it. */
static enum status follow(struct core *core)
{
    struct device_row *device = &core->device;
    bool has_api_key = false, has_certificate = false;
    enum status status =
        store_device_credentials(core->store, device->id, core->now.wall, &has_api_key, &has_certificate);
    if (status != ST_OK || device->state != DEVICE_PROVISIONED || has_certificate)
        return status;
    device->state = DEVICE_REGISTERED;
    device->updated_at = core->now.wall;
    return store_device_update(core->store, device);
}

static enum status end_row(struct core *core, struct certificate_entry *entry, const char *state, const char *reason)
{
    snprintf(entry->state, sizeof entry->state, "%s", state);
    snprintf(entry->reason, sizeof entry->reason, "%s", reason);
    entry->ended_at = core->now.wall;
    return store_certificate_end(core->store, entry->row, state, reason, entry->ended_at);
}

enum status certificates_end(struct core *core, struct certificate_entry *entries, size_t count, const char *state,
                             const char *reason)
{
    bool revoked = strcmp(state, "revoked") == 0;
    enum status status = ST_OK;
    for (size_t i = 0; i < count && status == ST_OK; i++)
        status = end_row(core, &entries[i], state, reason);
    if (revoked) /* whom nobody has seen nobody has to keep out at once */
        crl_want(core, strcmp(reason, expiry_reason(EXPIRY_UNUSED)) == 0 ? CRL_LATER : CRL_SOON);
    if (status == ST_OK)
        status = store_device_get(core->store, entries[0].uuid, &core->device);
    if (status == ST_OK)
        status = follow(core);
    for (size_t i = 0; i < count && status == ST_OK; i++)
        status = revoked
                     ? certificates_announce(core, "certificate_revoked", entries[i].id, entries[i].not_after, reason)
                     : certificates_announce(core, "certificate_expired", entries[i].id, entries[i].not_after, reason);
    return status;
}

enum status certificates_revoke_all(struct core *core, const char *reason)
{
    struct certificate_entry entries[8];
    size_t most = sizeof entries / sizeof entries[0], found = most;
    enum status status = ST_OK;
    while (status == ST_OK && found == most) {
        status = store_certificate_live(core->store, core->device.id, entries, most, &found);
        for (size_t i = 0; i < found && status == ST_OK; i++) {
            status = end_row(core, &entries[i], "revoked", reason);
            crl_want(core, CRL_SOON);
            if (status == ST_OK)
                status =
                    certificates_announce(core, "certificate_revoked", entries[i].id, entries[i].not_after, reason);
        }
    }
    return status;
}

/* --- what the clock brings --------------------------------------------------------------------------------------- */

static enum status warn(struct core *core, struct certificate_entry *entry, enum expiry_step step,
                        struct effects *effects)
{
    entry->told++;
    struct expiry_subject subject = subject_of(entry);
    struct expiry next = expiry_next(core->config, &subject, core->now.wall);
    enum status status = store_certificate_told(core->store, entry->row, "expiring", entry->told, next.at);
    if (status == ST_OK)
        status = store_device_get(core->store, entry->uuid, &core->device);
    if (status == ST_OK)
        status = certificates_announce(core, "certificate_expiring", entry->id, entry->not_after, expiry_reason(step));
    if (status == ST_OK && step != EXPIRY_WARNING)
        certificates_offer(entry, expiry_reason(step), effects);
    return status;
}

static enum status end_by_clock(struct core *core, struct certificate_entry *entry, enum expiry_step step,
                                struct effects *effects)
{
    bool unused = step == EXPIRY_UNUSED;
    enum status status = certificates_end(core, entry, 1, unused ? "revoked" : "expired", expiry_reason(step));
    if (status == ST_OK)
        effects_sessions(effects, SESSIONS_CHECK, entry->uuid);
    return status;
}

/* Nobody has shown it, as far as the service could hear: after a silence the gate tells again who is connected. */
static bool is_sure(const struct core *core)
{
    int64_t unused = core->config->certificate_unused_seconds * INT64_C(1000);
    int64_t heard = core->now.mono.ms - core->presence.hearing_since.ms;
    return core->presence.hearing && heard >= (unused < UNSURE_MS ? unused : UNSURE_MS);
}

/* The step that is due; when it is none yet, because the configuration has changed, only its time is set. */
static enum status take_step(struct core *core, struct certificate_entry *entry, struct effects *effects)
{
    struct expiry_subject subject = subject_of(entry);
    struct expiry expiry = expiry_next(core->config, &subject, core->now.wall);
    if (expiry.at > core->now.wall)
        return store_certificate_told(core->store, entry->row, entry->state, entry->told, expiry.at);
    if (expiry.step == EXPIRY_UNUSED && !is_sure(core))
        return store_certificate_told(core->store, entry->row, entry->state, entry->told, core->now.wall + UNSURE_MS);
    if (core->log != NULL)
        core->log(core->log_context, "certificate", entry->uuid, expiry_reason(expiry.step));
    return expiry.step == EXPIRY_UNUSED || expiry.step == EXPIRY_EXPIRED
               ? end_by_clock(core, entry, expiry.step, effects)
               : warn(core, entry, expiry.step, effects);
}

/* False when there is nothing (more) to do, or it cannot be done now. */
static bool step_one(struct core *core, struct effects *effects, enum status *status)
{
    struct certificate_entry entry;
    size_t before = effects->count;
    if (!store_certificate_due(core->store, core->now.wall, &entry, status))
        return false;
    *status = store_event_begin(core->store);
    if (*status == ST_OK)
        *status = store_event_finish(core->store, take_step(core, &entry, effects));
    if (*status != ST_OK)
        effects_cut(effects, before);
    return *status == ST_OK;
}

/* The number of the row from which on certificates are still to be looked at by new rules; 0: none are. */
static const char recheck_name[] = "certificate_recheck";

/* Some rows after one another become due, for a fleet's worth in one transaction would stop the service for seconds. */
static enum status recheck(struct core *core, size_t rows, bool *more)
{
    int64_t first = 0, end = 0;
    enum status status = store_number_get(core->store, recheck_name, &first);
    if (status == ST_OK && first != 0)
        status = store_event_begin(core->store);
    if (status != ST_OK || first == 0)
        return status;
    int64_t next = first + (int64_t)rows;
    status = store_certificate_due_range(core->store, first, next - 1, &end);
    *more = next <= end;
    if (status == ST_OK)
        status = store_number_set(core->store, recheck_name, *more ? next : 0);
    return store_event_finish(core->store, status);
}

void certificates_tick(struct core *core, size_t most, struct effects *effects)
{
    int64_t next = INT64_MAX;
    bool more = false;
    enum status status =
        recheck(core, (most + 1) / 2, &more); /* the other half is for those that are due by the clock */
    for (size_t i = 0;
         i < most && status == ST_OK && effects_has_room(effects, LIMIT_EVENT_BODY) && step_one(core, effects, &status);
         i++)
        ;
    if (status == ST_OK)
        status = store_certificate_due_next(core->store, &next);
    next = more ? core->now.wall : next;
    timers_set(&core->timers, TIMER_CERTIFICATES, status == ST_OK ? next : core->now.wall + AGAIN_MS, core->now);
}

enum status certificates_start(struct core *core)
{
    static const char name[] = "certificate_constants";
    int64_t before = 0, constants = expiry_constants(core->config);
    enum status status = store_number_get(core->store, name, &before);
    if (status == ST_OK && before != constants) {
        status = store_number_set(core->store, recheck_name, 1);
        if (status == ST_OK)
            status = store_number_set(core->store, name, constants);
    }
    if (status == ST_OK && core->ca != NULL) /* the first start gives the first number to who has issued until now */
        status = authority_announce(core);
    timers_set(&core->timers, TIMER_CERTIFICATES, core->now.wall, core->now); /* the first tick sees what is due */
    return status;
}
