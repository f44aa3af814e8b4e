/* Operators on provisioning keys. */
#include "service/core/policy.h"
#include "service/op/op.h"
#include "service/op/scope.h"

#include <stdio.h>
#include <string.h>

#define DEFAULT_LIFETIME 3600 /* seconds */
#define DEFAULT_USES     1

static void write_key(struct json_writer *json, const struct key_row *key, int64_t now)
{
    json_text(json, "keyId", key->id);
    json_text(json, "tenant", key->tenant);
    json_text(json, "state", policy_key_state(key, now));
    json_int(json, "uses", key->uses);
    json_int(json, "used", key->used);
    json_text(json, "replace", key->replace ? "always" : "never");
    json_raw(json, "deviceTypes", key->device_types[0] != '\0' ? key->device_types : "[]");
    json_time(json, "createdAt", key->created_at);
    json_time(json, "expiresAt", key->expires_at);
}

static enum status fill_key(struct core *core, struct request *request, struct key_row *key)
{
    const struct message *in = &request->in;
    enum status status = scope_tenant_new(core, request, key->tenant);
    if (status != ST_OK)
        return status;
    bool always = strcmp(in->replace, "always") == 0;
    if ((in->has & M(REPLACE)) != 0 && !always && strcmp(in->replace, "never") != 0)
        return fail(&request->why, ST_INVALID_FIELD, "/replace", "The member replace must be never or always.");
    key->replace = always;
    key->uses = (in->has & M(USES)) != 0 ? in->uses : DEFAULT_USES;
    key->created_at = core->now.wall;
    key->expires_at = core->now.wall + ((in->has & M(EXPIRES_IN)) != 0 ? in->expires_in : DEFAULT_LIFETIME) * 1000;
    if (strcmp(in->device_types, "[]") != 0)
        memcpy(key->device_types, in->device_types, sizeof key->device_types);
    return ST_OK;
}

enum status op_key_create(struct core *core, struct request *request, struct reply *reply)
{
    struct key_row key = {.used = 0};
    struct credential credential;
    unsigned char random[SECRET_RAW + 8];
    enum status status = fill_key(core, request, &key);
    if (status != ST_OK)
        return status;
    core->random(random, sizeof random);
    secret_make(SECRET_PROVISIONING, random, &credential);
    memcpy(key.id, credential.id, sizeof key.id);
    memcpy(key.hash, credential.hash, sizeof key.hash);
    write_key(&reply->json, &key, core->now.wall);
    json_text(&reply->secret, "key", credential.text);
    scope_audit(reply, key.tenant, key.id, "uses=%lld expiresAt=%lld", (long long)key.uses, (long long)key.expires_at);
    secret_wipe(random, sizeof random);
    secret_wipe(&credential, sizeof credential);
    return store_key_insert(core->store, &key);
}

/* The key that the request names, when the operator may see it. */
static enum status find_key(struct core *core, struct request *request, struct key_row *key)
{
    enum status status = ST_OK;
    bool found = store_key_find(core->store, request->in.key_id, key, &status);
    if (status != ST_OK)
        return status;
    if (!found || !scope_sees(request, key->tenant))
        return fail(&request->why, ST_INVALID_FIELD, "/keyId", "There is no provisioning key of this keyId.");
    return ST_OK;
}

enum status op_key_show(struct core *core, struct request *request, struct reply *reply)
{
    struct key_row key;
    enum status status = find_key(core, request, &key);
    if (status == ST_OK)
        write_key(&reply->json, &key, core->now.wall);
    return status;
}

enum status op_key_disable(struct core *core, struct request *request, struct reply *reply)
{
    struct key_row key;
    enum status status = find_key(core, request, &key);
    if (status != ST_OK)
        return status;
    if (key.disabled_at == 0)
        key.disabled_at = core->now.wall;
    write_key(&reply->json, &key, core->now.wall);
    scope_audit(reply, key.tenant, key.id, "disabled");
    return store_key_disable(core->store, key.id, core->now.wall);
}

enum status op_key_list(struct core *core, struct request *request, struct reply *reply)
{
    struct key_row *keys = core->page.keys;
    const char *tenant = NULL;
    size_t found = 0, count = scope_page(request);
    enum status status = scope_tenant(request, &tenant);
    if (status == ST_OK)
        status = store_key_list(core->store, tenant, request->in.cursor, keys, count, &found);
    if (status != ST_OK)
        return status;
    struct scope_list list = scope_list_begin(&reply->json, found, count);
    for (size_t i = 0; scope_list_next(&list); i++) {
        json_open(&reply->json, NULL, '{');
        write_key(&reply->json, &keys[i], core->now.wall);
        json_close(&reply->json, '}');
    }
    scope_list_end(&list, list.written > 0 ? keys[list.written - 1].id : "");
    return ST_OK;
}
