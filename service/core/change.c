#include "service/core/change.h"

#include "service/core/audit.h"
#include "service/core/authority.h"
#include "service/core/remember.h"

#include <stdio.h>
#include <string.h>

static enum status check_none_open(struct core *core, struct request *request)
{
    struct change_row other;
    enum status status = ST_OK;
    if (!store_change_find(core->store, &other, &status) || !other.open)
        return status;
    fail(&request->why, ST_RATE_LIMITED, NULL, "Another change of the authority is under way.");
    request->why.retry_after_ms = 1000;
    return ST_RATE_LIMITED;
}

static enum status write_down(struct core *core, const struct request *request, const char *issuer)
{
    struct change_row row = {.open = true, .at = core->now.wall};
    snprintf(row.action, sizeof row.action, "%s/%s", request->address.noun, request->row->verb);
    snprintf(row.issuer, sizeof row.issuer, "%s", issuer);
    memcpy(row.actor, request->sender.name, sizeof row.actor);
    memcpy(row.scope, request->scope, sizeof row.scope);
    memcpy(row.request_id, request->in.request_id, sizeof row.request_id);
    remember_hash(request, row.body_hash);
    return store_change_put(core->store, &row);
}

enum status change_begin(struct core *core, struct request *request, const char *issuer)
{
    struct ticket *ticket = request->ticket;
    enum status status = check_none_open(core, request);
    if (status == ST_OK)
        status = write_down(core, request, issuer);
    if (status == ST_OK)
        status = remember_put(core, request, NULL);
    if (status == ST_OK)
        status = audit_append(core, request, "begun");
    if (status != ST_OK)
        return status;
    ticket->stage = TICKET_INTENT;
    snprintf(ticket->issuer, sizeof ticket->issuer, "%s", issuer);
    memcpy(ticket->scope, request->scope, sizeof ticket->scope);
    return ST_PARKED;
}

enum status change_finish(struct core *core)
{
    return store_change_delete(core->store);
}

enum status change_abandon(struct core *core, const struct request *request, enum status why)
{
    struct reply *reply = &core->reply;
    snprintf(reply->audit, sizeof reply->audit, "issuerId=%s", request->ticket->issuer);
    snprintf(reply->target, sizeof reply->target, "%s", request->ticket->issuer);
    enum status status = store_change_close(core->store);
    return status == ST_OK ? audit_append(core, request, status_code(why)) : status;
}

/* --- after a kill ------------------------------------------------------------------------------------------------ */

static bool is_drop(const struct change_row *row)
{
    return strcmp(row->action, "ca/drop") == 0;
}

/* What the files say: a drop was done when nothing of the issuer is there, a rotation when another one issues. */
static bool was_done(const struct core *core, const struct change_row *row)
{
    return is_drop(row) ? !authority_has(core, row->issuer) : strcmp(row->issuer, ca_issuer_id(core->ca)) != 0;
}

static enum status keep_answer(struct core *core, const struct change_row *row)
{
    struct json_writer json;
    char members[200];
    json_start(&json, members, sizeof members);
    if (!is_drop(row))
        json_text(&json, "role", "current");
    json_text(&json, "issuerId", is_drop(row) ? row->issuer : ca_issuer_id(core->ca));
    if (is_drop(row))
        json_bool(&json, "dropped", true);
    return store_request_put(core->store, &(struct request_row){.scope = row->scope,
                                                                .request_id = row->request_id,
                                                                .body_hash = row->body_hash,
                                                                .answer = members,
                                                                .at = row->at});
}

static enum status tell_audit(struct core *core, const struct change_row *row, bool done)
{
    char detail[AUDIT_TEXT];
    const char *id = done && !is_drop(row) ? ca_issuer_id(core->ca) : row->issuer;
    snprintf(detail, sizeof detail, "issuerId=%s%s", id, done && is_drop(row) ? " dropped" : "");
    return store_audit_append(core->store, &(struct audit_row){.at = core->now.wall,
                                                               .actor = row->actor,
                                                               .action = row->action,
                                                               .tenant = "",
                                                               .target = id,
                                                               .origin = "start",
                                                               .outcome = done ? "ok" : "unfinished",
                                                               .detail = detail});
}

enum status change_settle(struct core *core)
{
    struct change_row row;
    enum status status = ST_OK;
    if (core->ca == NULL || !store_change_find(core->store, &row, &status))
        return status;
    bool done = was_done(core, &row);
    if (done && row.request_id[0] != '\0')
        status = keep_answer(core, &row);
    if (status == ST_OK && (done || row.open))
        status = tell_audit(core, &row, done);
    return status == ST_OK ? store_change_delete(core->store) : status;
}
