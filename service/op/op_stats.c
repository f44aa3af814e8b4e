/* The overview that a dashboard or `musterctl status` shows. */
#include "service/op/op.h"
#include "service/op/scope.h"

#include <string.h>

#define LARGE_FLEET 10000
#define OVERVIEW_MS 1000

/* Counting walks over all devices. In a large fleet a count serves for a second, so that no viewer can slow the service
 * down by asking. */
static enum status count(struct core *core, const char *tenant, struct device_counts *out)
{
    const char *name = tenant != NULL ? tenant : "";
    bool serves = core->presence.count > LARGE_FLEET && core->overview.at.ms > 0 &&
                  core->now.mono.ms - core->overview.at.ms < OVERVIEW_MS && strcmp(core->overview.tenant, name) == 0;
    enum status status = serves ? ST_OK : store_device_count(core->store, tenant, &core->overview.counts);
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
