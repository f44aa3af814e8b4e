#include "service/core/remember.h"

#include <string.h>

static bool is_remembered(const struct request *request)
{
    return request->in.request_id[0] != '\0' && (request->row->flags & OP_CHANGES) != 0;
}

void remember_hash(const struct request *request, unsigned char hash[SECRET_HASH])
{
    const struct secret_part parts[] = {{request->row->verb, strlen(request->row->verb)},
                                        {request->address.noun, strlen(request->address.noun)},
                                        {request->event->payload, request->event->length}};
    secret_hash(parts, sizeof parts / sizeof *parts, hash);
}

/* The members of the old answer, with the secret ones as long as they are kept. */
static enum status replay(struct core *core, struct request *request, struct reply *reply)
{
    const struct remembered *old = &core->remembered;
    bool kept = old->sealed_length > 0 && old->at + REMEMBER_SECRET_MS > core->now.wall;
    /* One that cannot be opened, because the seal key is another one, is gone too. */
    size_t length = kept ? secret_open(core->seal_key, request->scope, old->sealed, old->sealed_length, reply->secrets,
                                       sizeof reply->secrets - 1)
                         : 0;
    if (old->had_secret && length == 0 && request->sender.may == MAY_PROVISION)
        return fail(&request->why, ST_DEVICE_EXISTS, NULL, NULL);
    json_members(&reply->json, old->answer);
    reply->secrets[length] = '\0';
    reply->secret.length = length;
    return ST_OK;
}

enum status remember_find(struct core *core, struct request *request, struct reply *reply, bool *found)
{
    enum status status = ST_OK;
    *found =
        is_remembered(request) && store_request_find(core->store, request->scope, request->in.request_id,
                                                     core->now.wall - REMEMBER_REQUEST_MS, &core->remembered, &status);
    if (!*found)
        return status == ST_OK ? ST_OK : fail(&request->why, status, NULL, NULL);
    unsigned char hash[SECRET_HASH];
    remember_hash(request, hash);
    if (!secret_equal(hash, core->remembered.body_hash))
        return fail(&request->why, ST_IDEMPOTENCY_CONFLICT, "/requestId", NULL);
    if (!core->remembered.answered)
        return ST_PARKED;
    return replay(core, request, reply);
}

enum status remember_put(struct core *core, const struct request *request, const struct reply *reply)
{
    if (!is_remembered(request))
        return ST_OK;
    unsigned char hash[SECRET_HASH], nonce[12], *sealed = core->remembered.sealed;
    size_t sealed_length = 0;
    remember_hash(request, hash);
    if (reply != NULL && reply->secret.length > 0) {
        core->random(nonce, sizeof nonce);
        sealed_length =
            secret_seal(core->seal_key, nonce, request->scope, reply->secrets, reply->secret.length, sealed);
        if (sealed_length == 0)
            return ST_INTERNAL;
    }
    return store_request_put(core->store, &(struct request_row){.scope = request->scope,
                                                                .request_id = request->in.request_id,
                                                                .body_hash = hash,
                                                                .answer = reply != NULL ? reply->members : NULL,
                                                                .sealed = sealed,
                                                                .sealed_length = sealed_length,
                                                                .device = reply != NULL ? reply->device : 0,
                                                                .credential = reply != NULL ? reply->credential : NULL,
                                                                .at = core->now.wall});
}
