#include "service/core/issuer.h"

#include "service/core/notice.h"

#include <stdio.h>

#define DAY      INT64_C(86400)
#define DAY_MS   (DAY * 1000)
#define AGAIN_MS 1000

int64_t issuer_alarm_at(struct validity validity, int certificate_days)
{
    int64_t margin = (certificate_days + PROFILE_MARGIN_DAYS) * DAY;
    int64_t half = (validity.not_after - validity.not_before) / 2;
    return (validity.not_after - (margin < half ? margin : half)) * 1000;
}

bool issuer_has_ended(struct validity validity, int64_t now)
{
    return now > (validity.not_after - PROFILE_LEAST_DAYS * DAY) * 1000;
}

bool issuer_matters(const struct ca_issuer *issuers, size_t count, size_t i)
{
    if (issuers[i].current || !issuers[i].root)
        return issuers[i].current;
    for (size_t other = 0; other < count; other++)
        if (issuers[other].root &&
            (issuers[other].current || issuers[other].validity.not_after > issuers[i].validity.not_after))
            return false;
    return true;
}

bool issuer_is_expiring(const struct core *core, const struct ca_issuer *issuers, size_t count, size_t i)
{
    return issuer_matters(issuers, count, i) &&
           core->now.wall > issuer_alarm_at(issuers[i].validity, core->config->certificate_days);
}

/* Once for each; the store alone knows whether it was told. */
static enum status tell(struct core *core, const struct ca_issuer *issuer)
{
    char name[32 + CA_ISSUER_ID], members[160];
    struct json_writer json;
    int64_t told = 0;
    snprintf(name, sizeof name, "issuer_expiring %s", issuer->id);
    enum status status = store_number_get(core->store, name, &told);
    if (status != ST_OK || told != 0)
        return status;
    json_start(&json, members, sizeof members);
    json_text(&json, "issuerId", issuer->id);
    json_time(&json, "notAfter", issuer->validity.not_after * 1000);
    status = notice_emit_service(core, "issuer_expiring", members);
    return status == ST_OK ? store_number_set(core->store, name, 1) : status;
}

static void log_end(const struct core *core, const struct ca_issuer *issuer)
{
    char text[160];
    long long left = (issuer->validity.not_after * 1000 - core->now.wall) / DAY_MS;
    snprintf(text, sizeof text, "the %s %s %s %lld days%s: %s", issuer->current ? "issuing CA" : "root", issuer->id,
             left < 0 ? "ended" : "ends in", left < 0 ? -left : left, left < 0 ? " ago" : "",
             issuer->current ? "musterctl ca rotate" : "devices need another root");
    if (core->log != NULL)
        core->log(core->log_context, "issuer_expiring", "-", text);
}

/* The log hears it each day. */
static enum status tell_all(struct core *core)
{
    struct ca_issuer issuers[CA_ISSUERS_MAX];
    enum status status = ST_OK;
    size_t count = ca_issuers(core->ca, issuers, CA_ISSUERS_MAX);
    bool logs = core->now.mono.ms >= core->issuer_log_at.ms;
    for (size_t i = 0; i < count && status == ST_OK; i++) {
        if (!issuer_is_expiring(core, issuers, count, i))
            continue;
        status = tell(core, &issuers[i]);
        if (logs)
            log_end(core, &issuers[i]);
        core->issuer_log_at = logs ? mono_add(core->now.mono, DAY_MS) : core->issuer_log_at;
    }
    return status;
}

void issuer_on_timer(struct core *core)
{
    enum status status = core->ca != NULL ? store_event_begin(core->store) : ST_OK;
    if (core->ca != NULL && status == ST_OK)
        status = store_event_finish(core->store, tell_all(core));
    /* INT64_MAX: looked at again each hour all the same (timers.h) */
    timers_set(&core->timers, TIMER_ISSUER, status == ST_OK ? INT64_MAX : core->now.wall + AGAIN_MS, core->now);
}
