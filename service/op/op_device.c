/* Operators on devices. */
#include "service/op/enrol.h"
#include "service/op/op.h"
#include "service/op/record.h"
#include "service/op/scope.h"

#include <stdio.h>
#include <string.h>

enum status op_device_create(struct core *core, struct request *request, struct reply *reply)
{
    char tenant[LIMIT_TENANT + 1];
    enum status status = scope_tenant_new(core, request, tenant);
    if (status != ST_OK)
        return status;
    status = store_device_get(core->store, request->in.uuid, &core->device);
    if (status == ST_OK)
        return fail(&request->why, ST_DEVICE_EXISTS, "/uuid", NULL);
    if (status != ST_DEVICE_NOT_FOUND)
        return status;
    if (core->presence.count >= core->presence.capacity)
        return fail(&request->why, ST_QUOTA_EXCEEDED, NULL, "The service holds as many devices as it may.");
    return enrol_by_hand(core, request, request->in.uuid, tenant, reply);
}

enum status op_device_list(struct core *core, struct request *request, struct reply *reply)
{
    struct device_row *devices = core->page.devices;
    const char *tenant = NULL;
    size_t found = 0, count = scope_page(request);
    enum status status = scope_tenant(request, &tenant);
    if (status == ST_OK)
        status = store_device_list(core->store, tenant, request->in.cursor, devices, count, &found);
    if (status != ST_OK)
        return status;
    struct scope_list list = scope_list_begin(&reply->json, found, count);
    for (size_t i = 0; scope_list_next(&list); i++) {
        json_open(&reply->json, NULL, '{');
        record_write(core, &devices[i], &reply->json);
        json_close(&reply->json, '}');
    }
    scope_list_end(&list, list.written > 0 ? devices[list.written - 1].uuid : "");
    return ST_OK;
}

enum status op_device_show(struct core *core, struct request *request, struct reply *reply)
{
    enum status status = scope_device(core, request);
    if (status == ST_OK)
        record_write(core, &core->device, &reply->json);
    return status;
}

enum status op_device_events(struct core *core, struct request *request, struct reply *reply)
{
    struct event_row *events = core->page.events;
    size_t found = 0, count = scope_page(request);
    int64_t after = 0;
    enum status status = scope_number(request, &after);
    if (status == ST_OK)
        status = scope_device(core, request);
    if (status == ST_OK)
        status = store_event_of_device(core->store, core->device.id, after, events, count, &found);
    if (status != ST_OK)
        return status;
    char last[24] = "";
    struct scope_list list = scope_list_begin(&reply->json, found, count);
    for (size_t i = 0; scope_list_next(&list); i++) {
        json_raw(&reply->json, NULL, events[i].body);
        snprintf(last, sizeof last, "%lld", (long long)events[i].sequence);
    }
    scope_list_end(&list, last);
    return ST_OK;
}
