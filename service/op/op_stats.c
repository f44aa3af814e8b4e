/* The overview that a dashboard or `musterctl status` shows. */
#include "service/op/op.h"
#include "service/op/scope.h"

enum status op_stats_overview(struct core *core, struct request *request, struct reply *reply)
{
    struct device_counts counts = {0};
    const char *tenant = NULL;
    struct json_writer *json = &reply->json;
    enum status status = scope_tenant(request, &tenant);
    if (status == ST_OK)
        status = store_device_count(core->store, tenant, &counts);
    if (status != ST_OK)
        return status;
    json_int(json, "total", counts.total);
    json_int(json, "active", counts.active);
    json_int(json, "online", counts.online);
    json_int(json, "offline", counts.total - counts.online);
    json_int(json, "pending", counts.pending);
    json_int(json, "alerts24h", 0);
    json_open(json, "recentAlerts", '[');
    json_close(json, ']');
    json_time(json, "serverTime", core->now.wall);
    json_text(json, "version", MUSTER_VERSION);
    return ST_OK;
}
