/* The overview that a dashboard or `musterctl status` shows. */
#include "service/op/op.h"
#include "service/op/scope.h"

#include <string.h>

#define LARGE_FLEET 10000 /* devices: counting fewer takes no time */
#define ALL_MS      1000
#define TENANT_US   50 /* for each device: a fiftieth of the time goes into counting, at most */

/* Presence knows all devices: a walk through memory. */
static enum status count_all(struct core *core, struct overview *overview)
{
    struct device_counts *counts = &overview->counts;
    if (core->now.mono.ms < overview->until.ms)
        return ST_OK;
    enum status status = store_device_pending(core->store, &counts->pending);
    counts->total = core->presence.count;
    presence_count(&core->presence, &counts->active, &counts->online);
    if (status == ST_OK && counts->total > LARGE_FLEET)
        overview->until = mono_add(core->now.mono, ALL_MS);
    return status;
}

/* Presence does not know whose they are: one tenant's are counted in the database, about a microsecond each. No viewer
 * can slow the service down by asking, not by asking for one tenant after the other either. */
static enum status count_tenant(struct core *core, struct request *request, const char *tenant,
                                struct overview *overview)
{
    int64_t left_ms = overview->until.ms - core->now.mono.ms;
    if (left_ms > 0 && strcmp(overview->tenant, tenant) == 0)
        return ST_OK;
    if (left_ms > 0) {
        fail(&request->why, ST_RATE_LIMITED, NULL, "A large tenant was counted a moment ago.");
        request->why.retry_after_ms = left_ms;
        return ST_RATE_LIMITED;
    }
    enum status status = store_device_count(core->store, tenant, &overview->counts);
    memcpy(overview->tenant, tenant, strlen(tenant) + 1);
    if (status == ST_OK && overview->counts.total > LARGE_FLEET)
        overview->until = mono_add(core->now.mono, overview->counts.total * TENANT_US / 1000);
    return status;
}

enum status op_stats_overview(struct core *core, struct request *request, struct reply *reply)
{
    const char *tenant = NULL;
    struct json_writer *json = &reply->json;
    enum status status = scope_tenant(request, &tenant);
    struct overview *overview = tenant != NULL ? &core->overview_tenant : &core->overview_all;
    if (status == ST_OK)
        status = tenant != NULL ? count_tenant(core, request, tenant, overview) : count_all(core, overview);
    if (status != ST_OK)
        return status;
    const struct device_counts *counts = &overview->counts;
    json_int(json, "total", counts->total);
    json_int(json, "active", counts->active);
    json_int(json, "online", counts->online);
    json_int(json, "offline", counts->total - counts->online);
    json_int(json, "pending", counts->pending);
    if (tenant == NULL) /* what others do is no business of one tenant */
        json_int(json, "heartbeats", (int64_t)core->heartbeats);
    json_int(json, "alerts24h", 0);
    json_open(json, "recentAlerts", '[');
    json_close(json, ']');
    json_time(json, "serverTime", core->now.wall);
    json_text(json, "version", MUSTER_VERSION);
    return ST_OK;
}
