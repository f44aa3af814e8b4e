/* The overview that a dashboard or `musterctl status` shows. */
#include "service/op/op.h"
#include "service/op/scope.h"

#include <string.h>

#define LARGE_FLEET 10000
#define OVERVIEW_MS 1000
#define TENANT_US   50 /* for each device: a fiftieth of the time goes into counting, at most */

/* Presence knows all devices, but not whose they are: those of one tenant are counted in the database, which takes
 * about a second for a million. */
static enum status count_anew(struct core *core, const char *tenant, struct device_counts *out)
{
    if (tenant != NULL)
        return store_device_count(core->store, tenant, out);
    out->total = core->presence.count;
    presence_count(&core->presence, &out->active, &out->online);
    return store_device_pending(core->store, &out->pending);
}

/* Counting walks over all devices. In a large fleet a count serves for a while, so that no viewer can slow the service
 * down by asking. */
static enum status count(struct core *core, const char *tenant, struct device_counts *out)
{
    const char *name = tenant != NULL ? tenant : "";
    int64_t fleet = core->presence.count, serves_ms = tenant != NULL ? fleet * TENANT_US / 1000 : OVERVIEW_MS;
    bool serves = fleet > LARGE_FLEET && core->overview.at.ms > 0 &&
                  core->now.mono.ms - core->overview.at.ms < serves_ms && strcmp(core->overview.tenant, name) == 0;
    enum status status = serves ? ST_OK : count_anew(core, tenant, &core->overview.counts);
    if (!serves) {
        core->overview.at = status == ST_OK ? core->now.mono : (struct mono){0};
        memcpy(core->overview.tenant, name, strlen(name) + 1);
    }
    *out = core->overview.counts;
    return status;
}

enum status op_stats_overview(struct core *core, struct request *request, struct reply *reply)
{
    struct device_counts counts = {0};
    const char *tenant = NULL;
    struct json_writer *json = &reply->json;
    enum status status = scope_tenant(request, &tenant);
    if (status == ST_OK)
        status = count(core, tenant, &counts);
    if (status != ST_OK)
        return status;
    json_int(json, "total", counts.total);
    json_int(json, "active", counts.active);
    json_int(json, "online", counts.online);
    json_int(json, "offline", counts.total - counts.online);
    json_int(json, "pending", counts.pending);
    json_int(json, "heartbeats", (int64_t)core->heartbeats);
    json_int(json, "alerts24h", 0);
    json_open(json, "recentAlerts", '[');
    json_close(json, ']');
    json_time(json, "serverTime", core->now.wall);
    json_text(json, "version", MUSTER_VERSION);
    return ST_OK;
}
