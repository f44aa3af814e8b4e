#include "service/core/identify.h"

#include "service/core/policy.h"
#include "topics/id.h"

#include <stdio.h>
#include <string.h>

/* Whether the connection that the stamp names may speak on this topic: the gate has looked already, and who replaced
 * the gate's rules by his own shall not get far. */
static bool names_sender(const struct stamp *stamp, const struct address *address)
{
    const char *client_id = stamp->client_id;
    size_t name = id_without_suffix(client_id, strlen(client_id));
    switch (stamp->how) {
    case STAMP_KEY:
    case STAMP_API:
    case STAMP_CERTIFICATE:
        return address->gate ||
               (!address->admin && strlen(address->id) == name && memcmp(address->id, client_id, name) == 0);
    case STAMP_OPERATOR:
        return address->gate || (address->admin && strcmp(address->id, client_id) == 0);
    case STAMP_NOBODY:
        return address->operation == OP_REFUSED;
    case STAMP_SERVICE: /* what the gate found when the service asked */
        return address->operation == OP_CHECKED || address->operation == OP_RELOADED;
    case STAMP_HOW_COUNT:
        break;
    }
    return false;
}

bool identify_stamp(const struct core *core, struct request *request)
{
    const struct event *event = request->event;
    struct address *address = &request->address;
    struct stamp *stamp = &request->sender.stamp;
    *stamp = (struct stamp){.how = STAMP_NOBODY};
    if (!core->gated)
        return !address->gate;
    if (address->operation == OP_HEARTBEAT)
        return true;
    if (event->stamp == NULL ||
        !stamp_read(event->stamp, event->stamp_length, core->stamp_key,
                    &(struct stamped){event->topic, event->topic_length, event->payload, event->length}, stamp) ||
        !names_sender(stamp, address))
        return false;
    if (address->gate) /* what the gate tells is of a connection */
        snprintf(address->id, sizeof address->id, "%.*s",
                 (int)id_without_suffix(stamp->client_id, strlen(stamp->client_id)), stamp->client_id);
    return true;
}

/* The row of a provisioning key; `hash` is of the secret that was shown, NULL when the gate has compared it. */
static enum status by_provisioning_key(struct core *core, struct request *request, const char *id,
                                       const unsigned char *hash)
{
    struct sender *sender = &request->sender;
    enum status status = ST_OK;
    bool found = store_key_find(core->store, id, &sender->key, &status);
    if (status != ST_OK)
        return fail(&request->why, status, NULL, NULL);
    if (!found || (hash != NULL && !secret_equal(hash, sender->key.hash)))
        return fail(&request->why, ST_INVALID_PROVISIONING_KEY, NULL, NULL);
    sender->may = MAY_PROVISION;
    snprintf(sender->name, sizeof sender->name, "key:%s", id);
    memcpy(sender->tenant, sender->key.tenant, sizeof sender->tenant);
    return ST_OK;
}

static enum status by_operator_key(struct core *core, struct request *request, const char *id,
                                   const unsigned char *hash)
{
    static const struct {
        const char *role;
        unsigned may;
    } roles[] = {{"viewer", MAY_VIEWER}, {"operator", MAY_OPERATOR}, {"admin", MAY_ADMIN}};
    struct sender *sender = &request->sender;
    struct operator_row row;
    enum status status = ST_OK;
    bool found = store_operator_find(core->store, id, &row, &status);
    if (status != ST_OK)
        return fail(&request->why, status, NULL, NULL);
    if (!found || (hash != NULL && !secret_equal(hash, row.hash)) || row.disabled_at != 0)
        return fail(&request->why, ST_NOT_AUTHORISED, NULL, "The operator key is missing or not valid.");
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (strcmp(roles[i].role, row.role) == 0)
            sender->may = roles[i].may;
    snprintf(sender->name, sizeof sender->name, "operator:%s", id);
    memcpy(sender->tenant, row.tenant, sizeof sender->tenant);
    return ST_OK;
}

static enum status as_device(struct request *request, const char *name)
{
    request->sender.may = MAY_DEVICE;
    snprintf(request->sender.name, sizeof request->sender.name, "%s", name);
    return ST_OK;
}

/* In open mode. */
static enum status by_payload(struct core *core, struct request *request)
{
    const struct message *in = &request->in;
    char id[LIMIT_KEY_ID + 1] = "";
    unsigned char hash[SECRET_HASH] = {0};
    if (request->address.admin) {
        bool whole = secret_parse(SECRET_OPERATOR, in->operator_key, id, hash);
        return by_operator_key(core, request, whole ? id : "", hash);
    }
    if ((in->has & M(PROVISIONING_KEY)) != 0) {
        bool whole = secret_parse(SECRET_PROVISIONING, in->provisioning_key, id, hash);
        return by_provisioning_key(core, request, whole ? id : "", hash);
    }
    return as_device(request, "device");
}

static enum status by_api_key(struct core *core, struct request *request, const char *name)
{
    bool holds = false;
    enum status status = store_api_key_holds(core->store, request->sender.stamp.credential, request->address.id,
                                             core->now.wall, &holds, &request->sender.next_key);
    if (status != ST_OK)
        return fail(&request->why, status, NULL, NULL);
    return holds ? as_device(request, name)
                 : fail(&request->why, ST_NOT_AUTHORISED, NULL, "The API key does not hold any more.");
}

static enum status by_certificate(struct core *core, struct request *request, const char *name)
{
    struct certificate_entry entry;
    enum status status = store_certificate_find(core->store, request->sender.stamp.credential, &entry);
    if (status == ST_OK && strcmp(entry.uuid, request->address.id) != 0)
        status = ST_CERTIFICATE_NOT_FOUND;
    if (status == ST_OK)
        status = policy_certificate(entry.state, entry.not_after, core->now.wall);
    request->sender.pending = status == ST_OK && strcmp(entry.state, "pending") == 0;
    return status == ST_OK ? as_device(request, name) : fail(&request->why, status, NULL, NULL);
}

/* A credential that ended while the message was on its way speaks for nobody any more. */
static enum status by_own_credential(struct core *core, struct request *request, const char *name)
{
    return (request->sender.stamp.how == STAMP_API ? by_api_key : by_certificate)(core, request, name);
}

/* What the gate tells. Of a login it counts only as long as its credential does. */
static enum status by_gate(struct core *core, struct request *request, const char *name)
{
    enum status status = request->address.operation == OP_CONNECTED ? by_own_credential(core, request, name) : ST_OK;
    request->sender.may = MAY_GATE;
    snprintf(request->sender.name, sizeof request->sender.name, "%s", name);
    return status;
}

/* Behind the gate: it has compared the secret. */
static enum status by_stamp(struct core *core, struct request *request)
{
    const struct stamp *stamp = &request->sender.stamp;
    char name[STAMP_NAME];
    if (request->address.operation == OP_HEARTBEAT)
        return as_device(request, "device");
    stamp_name(stamp, name);
    if (request->address.gate)
        return by_gate(core, request, name);
    if (stamp->how == STAMP_KEY)
        return by_provisioning_key(core, request, stamp->credential, NULL);
    if (stamp->how == STAMP_OPERATOR)
        return by_operator_key(core, request, stamp->credential, NULL);
    /* names_sender let no other kind through, and without a certificate that is known nobody gets further */
    return by_own_credential(core, request, name);
}

enum status identify(struct core *core, struct request *request)
{
    struct sender *sender = &request->sender;
    sender->may = 0;
    sender->next_key = sender->pending = false;
    sender->tenant[0] = '\0';
    enum status status = core->gated ? by_stamp(core, request) : by_payload(core, request);
    /* A device that repeats a request with another credential of its own is the same one. */
    snprintf(request->scope, sizeof request->scope, "%s %s", sender->may == MAY_DEVICE ? "device" : sender->name,
             request->address.admin ? "-" : request->address.id);
    return status;
}
