#include "service/op/scope.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool scope_sees(const struct request *request, const char *tenant)
{
    return request->sender.tenant[0] == '\0' || strcmp(request->sender.tenant, tenant) == 0;
}

enum status scope_tenant(struct request *request, const char **tenant)
{
    const char *own = request->sender.tenant, *asked = request->in.tenant;
    if (asked[0] != '\0' && !scope_sees(request, asked))
        return fail(&request->why, ST_NOT_AUTHORISED, "/tenant", "The operator sees another tenant only.");
    *tenant = asked[0] != '\0' ? asked : own[0] != '\0' ? own : NULL;
    return ST_OK;
}

enum status scope_tenant_new(struct core *core, struct request *request, char out[LIMIT_TENANT + 1])
{
    const char *tenant = NULL;
    enum status status = scope_tenant(request, &tenant);
    if (status != ST_OK)
        return status;
    if (tenant == NULL)
        tenant = "default";
    if (!store_tenant_exists(core->store, tenant, &status))
        return status != ST_OK ? status
                               : fail(&request->why, ST_INVALID_FIELD, "/tenant", "There is no tenant of this name.");
    memcpy(out, tenant, strlen(tenant) + 1);
    return ST_OK;
}

enum status scope_device(struct core *core, struct request *request)
{
    enum status status = store_device_get(core->store, request->in.uuid, &core->device);
    if (status == ST_DEVICE_NOT_FOUND || (status == ST_OK && !scope_sees(request, core->device.tenant)))
        return fail(&request->why, ST_DEVICE_NOT_FOUND, "/uuid", NULL);
    return status;
}

enum status scope_number(struct request *request, int64_t *after)
{
    const char *cursor = request->in.cursor;
    *after = request->in.after;
    if (cursor[0] == '\0')
        return ST_OK;
    if (strspn(cursor, "0123456789") != strlen(cursor) || strlen(cursor) > 18)
        return fail(&request->why, ST_INVALID_FIELD, "/cursor", "The member cursor must be one that a page gave.");
    *after = strtoll(cursor, NULL, 10);
    return ST_OK;
}

size_t scope_page(const struct request *request)
{
    return (request->in.has & M(LIMIT)) != 0 ? (size_t)request->in.limit : LIMIT_PAGE_ITEMS;
}

struct scope_list scope_list_begin(struct json_writer *json, size_t found, size_t asked)
{
    json_open(json, "items", '[');
    return (struct scope_list){.json = json, .found = found, .asked = asked};
}

bool scope_list_next(struct scope_list *list)
{
    if (list->written == list->found || list->json->length > PAGE_ANSWER)
        return false;
    list->written++;
    return true;
}

void scope_list_end(struct scope_list *list, const char *last)
{
    bool more = list->written < list->found || list->found == list->asked;
    json_close(list->json, ']');
    json_text(list->json, "cursor", more ? last : NULL);
}

void scope_audit(struct reply *reply, const char *tenant, const char *target, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reply->audit, sizeof reply->audit, format, arguments);
    va_end(arguments);
    snprintf(reply->tenant, sizeof reply->tenant, "%s", tenant);
    snprintf(reply->target, sizeof reply->target, "%s", target);
}
