#include "service/core/core.h"

#include "service/core/audit.h"
#include "service/core/certificates.h"
#include "service/core/change.h"
#include "service/core/heartbeat.h"
#include "service/core/identify.h"
#include "service/core/life.h"
#include "service/core/policy.h"
#include "service/core/remember.h"
#include "service/core/route.h"
#include "service/core/wall.h"
#include "service/op/op.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void core_ticket_end(struct ticket *ticket)
{
    key_free(ticket->key);
    *ticket = (struct ticket){TICKET_NEW};
}

static void reply_start(struct reply *reply)
{
    json_start(&reply->json, reply->members, sizeof reply->members);
    json_start(&reply->secret, reply->secrets, sizeof reply->secrets);
    reply->device = 0;
    reply->credential[0] = '\0';
    reply->sessions = SESSIONS_STAY;
    reply->offers = false;
    reply->audit[0] = reply->tenant[0] = reply->target[0] = '\0';
}

static void send_answer(struct core *core, const struct request *request, enum status status, struct effects *effects)
{
    const struct event *event = request->event;
    char topic[LIMIT_TOPIC];
    size_t length = 0;
    if (status == ST_OK)
        length = native_accepted(request->in.request_id, core->reply.members, core->reply.secrets, core->answer,
                                 sizeof core->answer);
    else
        length = native_rejected(request->in.request_id, &request->why, core->answer, sizeof core->answer);
    size_t topic_length = native_answer_topic(&request->address, status == ST_OK, topic, sizeof topic);
    assert(length > 0 && topic_length > 0); /* limits.h leaves room for both */
    (void)topic_length;
    char receiver[STAMP_RECEIVER] = "";
    if (core->gated && request->sender.stamp.how != STAMP_API && request->sender.stamp.how != STAMP_CERTIFICATE)
        stamp_receiver(&request->sender.stamp, receiver);
    bool echo = event->correlation_length <= LIMIT_CORRELATION; /* otherwise this is the refusal of it */
    effects_publish(effects, &(struct effect){.topic = topic,
                                              .payload = core->answer,
                                              .length = length,
                                              .qos = 1,
                                              .receiver = receiver[0] != '\0' ? receiver : NULL,
                                              .correlation = echo ? event->correlation : NULL,
                                              .correlation_length = echo ? event->correlation_length : 0});
    secret_wipe(core->answer, length);
}

/* What an operator is told is under way already; a device that resets itself still hears its answer. */
static void speak(struct core *core, const struct request *request, enum status status, struct effects *effects)
{
    enum sessions sessions = status == ST_OK ? core->reply.sessions : SESSIONS_STAY;
    if (request->address.admin)
        effects_sessions(effects, sessions, core->reply.sessions_of);
    if ((request->row->flags & OP_MUTE) == 0)
        send_answer(core, request, status, effects);
    if (status == ST_OK && core->reply.offers)
        certificates_offer(&core->reply.offered, core->reply.offer_reason, effects);
    if (!request->address.admin)
        effects_sessions(effects, sessions, core->reply.sessions_of);
}

/* Whether the device itself is there. Whoever goes may be the connection that registers, or the device that was here
 * before. */
static bool is_present(const struct request *request)
{
    enum operation operation = request->address.operation;
    return request->sender.may == MAY_DEVICE && operation != OP_WILL && operation != OP_DISCONNECT;
}

/* The first use of a device's credential ends the time in which its registration can be repeated. */
static enum status credential_used(struct core *core, struct request *request)
{
    if (!is_present(request))
        return ST_OK;
    struct presence_slot *slot = life_open(core, request->address.id);
    if (!slot->fresh)
        return ST_OK;
    slot->fresh = false;
    return store_device_credential_used(core->store, slot->device);
}

/* Everything that an accepted request writes, inside its savepoint. */
static enum status answer_new(struct core *core, struct request *request)
{
    struct reply *reply = &core->reply;
    enum status status = route(request->address.operation)(core, request, reply);
    if (status != ST_OK)
        return status;
    if (reply->json.overflow || reply->secret.overflow)
        return fail(&request->why, ST_TOO_LARGE, NULL, "The answer would be too large.");
    status = credential_used(core, request);
    if (status == ST_OK && reply->audit[0] != '\0')
        status = audit_append(core, request, "ok");
    return status == ST_OK ? remember_put(core, request, reply) : status;
}

/* A request that gets its old answer is a sign of life all the same. What it would answer now is dropped. */
static enum status live_again(struct core *core, struct request *request)
{
    bool found = false;
    enum sessions sessions = core->reply.sessions; /* what the first use of the credential wants */
    enum status status = op_repeated(core, request, &core->reply);
    reply_start(&core->reply);
    core->reply.sessions = sessions;
    return status == ST_OK ? remember_find(core, request, &core->reply, &found) : status;
}

static enum status answer_request(struct core *core, struct request *request)
{
    const struct sender *sender = &request->sender;
    bool found = false;
    struct why standing = {.status = ST_OK};
    if (sender->may == MAY_PROVISION &&
        policy_key_standing(&sender->key, core->now.wall, &standing) == ST_PROVISIONING_KEY_DISABLED) {
        request->why = standing;
        return standing.status;
    }
    /* Before the operation, which may make the next credential: what ends now is what was there before it. */
    enum status used = is_present(request) ? op_credential_used(core, request, &core->reply) : ST_OK;
    if (used != ST_OK)
        return used;
    if (request->ticket->stage != TICKET_INTENT) {
        enum status status = remember_find(core, request, &core->reply, &found);
        if (found && status == ST_OK && !request->address.admin)
            status = live_again(core, request);
        if (found || status != ST_OK)
            return status;
        if (standing.status != ST_OK) { /* a spent key still hears an old answer, but gets no new one */
            request->why = standing;
            return standing.status;
        }
    }
    return answer_new(core, request);
}

/* Refused credentials go to the audit log, so many and no more: a stranger shall not fill the disk. */
static void audit_denial(struct core *core, const struct request *request, enum status status)
{
    static const enum status denials[] = {ST_NOT_AUTHORISED,
                                          ST_INVALID_PROVISIONING_KEY,
                                          ST_PROVISIONING_KEY_EXPIRED,
                                          ST_PROVISIONING_KEY_EXHAUSTED,
                                          ST_PROVISIONING_KEY_DISABLED,
                                          ST_DEVICE_TYPE_NOT_ALLOWED};
    for (size_t i = 0; i < sizeof denials / sizeof *denials; i++)
        if (status == denials[i] && limit_take(&core->denials, core->now.mono) &&
            store_event_begin(core->store) == ST_OK)
            store_event_finish(core->store, audit_append(core, request, status_code(status)));
}

/* Runs `answer` within a savepoint; memory follows the store. */
static enum status in_event(struct core *core, struct request *request,
                            enum status (*answer)(struct core *, struct request *))
{
    enum status status = store_event_begin(core->store);
    if (status != ST_OK)
        return fail(&request->why, status, NULL, NULL);
    status = answer(core, request);
    bool keep = status == ST_OK || (status == ST_PARKED && request->ticket->stage == TICKET_INTENT);
    enum status ended = store_event_end(core->store, keep);
    life_close(core, keep && ended == ST_OK);
    return ended == ST_OK ? status : ended;
}

/* What will not be made after all: its intent is closed, and its requestId is free again. */
static enum status abandon(struct core *core, struct request *request, enum status why)
{
    const struct ticket *ticket = request->ticket;
    enum status status = store_event_begin(core->store);
    if (status != ST_OK)
        return status;
    status = ticket->issuer[0] != '\0'
                 ? change_abandon(core, request, why)
                 : store_intent_abandon(core->store, ticket->intent.certificate_id, core->now.wall);
    if (status == ST_OK)
        status = store_request_drop(core->store, ticket->scope, request->in.request_id);
    return store_event_finish(core->store, status);
}

/* What has changed the authority's files is answered, however often the store fails. And an intent that cannot even be
 * closed would keep its requestId waiting for ever. */
static bool stays_in_hand(struct core *core, struct request *request, enum status status)
{
    bool unwritten = status == ST_STORAGE_UNAVAILABLE || status == ST_INTERNAL;
    return (request->ticket->changed && unwritten) || abandon(core, request, status) != ST_OK;
}

static enum status decode(const struct core *core, struct request *request)
{
    const struct event *event = request->event;
    return (core->gated ? message_decode_stamped : message_decode)(request->address.operation, event->payload,
                                                                   event->length, &request->in, &request->why);
}

/* Where a message came from and where its answer goes. False when there is nobody to answer. */
static bool take_event(const struct core *core, struct request *request, const struct event *event)
{
    request->event = event;
    /* A retained request would come back at every reconnect; nobody who means it retains it. */
    return !event->retained &&
           native_address(event->topic, event->topic_length, event->response_topic, event->response_topic_length,
                          &request->address) == ST_OK &&
           identify_stamp(core, request);
}

static enum status handle(struct core *core, struct request *request)
{
    const struct event *event = request->event;
    enum operation operation = request->address.operation;
    enum status status = decode(core, request);
    if (operation == OP_UNKNOWN)
        return fail(&request->why, ST_UNKNOWN_OPERATION, NULL, NULL);
    if (status == ST_OK && event->correlation_length > LIMIT_CORRELATION && (request->row->flags & OP_MUTE) == 0)
        status =
            fail(&request->why, ST_TOO_LARGE, NULL, "The Correlation Data has more than %d octets.", LIMIT_CORRELATION);
    if (status == ST_OK)
        status = identify(core, request);
    if (status == ST_OK && (request->row->may & request->sender.may) == 0)
        status = fail(&request->why, ST_NOT_AUTHORISED, NULL, NULL);
    if (status != ST_OK)
        return status;
    if (operation == OP_HEARTBEAT && heartbeat_quick(core, request))
        return ST_OK;
    return in_event(core, request, answer_request);
}

enum status core_step(struct core *core, const struct event *event, struct ticket *ticket, struct effects *effects)
{
    struct request *request = &core->request;
    wall_take(core, event->now);
    request->ticket = ticket;
    request->why = (struct why){.status = ST_OK};
    reply_start(&core->reply);
    if (!take_event(core, request, event))
        return ST_SILENT;
    request->row = operation_row(request->address.operation);
    snprintf(request->sender.name, sizeof request->sender.name, "unknown");
    request->sender.tenant[0] = '\0';
    enum status status = handle(core, request);
    if (status == ST_PARKED)
        return status;
    if (status != ST_OK && ticket->stage == TICKET_INTENT && stays_in_hand(core, request, status))
        return ST_PARKED;
    if (status != ST_OK && request->why.status != status)
        fail(&request->why, status, NULL, NULL);
    audit_denial(core, request, status);
    speak(core, request, status, effects);
    secret_wipe(core->reply.secrets, core->reply.secret.length);
    secret_wipe(request->in.provisioning_key, sizeof request->in.provisioning_key);
    secret_wipe(request->in.operator_key, sizeof request->in.operator_key);
    return status;
}

void core_refuse(struct core *core, const struct event *event, enum status status, struct effects *effects)
{
    struct request *request = &core->request;
    if (!take_event(core, request, event))
        return;
    request->row = operation_row(request->address.operation);
    decode(core, request);
    fail(&request->why, status, NULL, NULL);
    request->why.retry_after_ms = 5000;
    if ((request->row->flags & OP_MUTE) == 0)
        send_answer(core, request, status, effects);
}

bool core_may_step_again(const struct event *event)
{
    struct address address;
    return native_address(event->topic, event->topic_length, NULL, 0, &address) == ST_OK &&
           address.operation != OP_UNKNOWN && (operation_row(address.operation)->flags & OP_CHANGES) == 0;
}
