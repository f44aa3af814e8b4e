/* Operators change the authority: rotate, drop. docs/operating.md tells a rollover from its beginning to its end. Each
 * has two steps (change.h): what will be done becomes durable first. The second one may come again, when its commit
 * failed, after it has changed the files. */
#include "certs/ca_rotate.h"
#include "certs/csr.h"
#include "certs/file.h"
#include "certs/validate.h"
#include "service/config_authority.h"
#include "service/core/authority.h"
#include "service/core/change.h"
#include "service/op/op.h"
#include "service/op/scope.h"

#include <stdio.h>
#include <string.h>

#define SENTENCE 400 /* octets of what certs/ says */

/* Only who may see all tenants changes what all of them trust; and not while keys are in use elsewhere. */
static enum status admit(const struct core *core, struct request *request)
{
    if (request->sender.tenant[0] != '\0')
        return fail(&request->why, ST_NOT_AUTHORISED, NULL, "The authority is for operators of all tenants.");
    if (core->next_ca == NULL && !core->crl.running)
        return ST_OK;
    fail(&request->why, ST_RATE_LIMITED, NULL,
         core->next_ca != NULL ? "A new issuing CA waits for the broker." : "A revocation list is being made.");
    request->why.retry_after_ms = 1000;
    return ST_RATE_LIMITED;
}

/* A failure of certs/, in its own sentence. `field` and `mend` are for what the operator gave. */
static enum status refuse(int end, const char *sentence, const char *field, const char *mend, struct why *why)
{
    enum status status = end == CA_UNFIT         ? ST_INVALID_FIELD
                         : end == CA_NOT_WRITTEN ? ST_STORAGE_UNAVAILABLE
                                                 : ST_INVALID_STATE;
    fail(why, status, end == CA_UNFIT ? field : NULL, "%s", sentence);
    snprintf(
        why->mend, sizeof why->mend, "%s",
        end == CA_UNFIT ? mend
        : end == CA_NOT_WRITTEN
            ? "Free disk space, or let the service's user write in the folder of the authority's files; then repeat "
              "the command: it goes on where it stopped."
            : "Put right on the service's machine what the message names, then repeat the command.");
    return status;
}

static enum status not_opened(const char *sentence, struct why *why)
{
    fail(why, ST_INTERNAL, NULL, NULL);
    return fail_detail(why, "%s", sentence);
}

/* --- rotate ------------------------------------------------------------------------------------------------------ */

static const char install_mend[] = "Give the certificate that musterctl ca sign made of the last request; musterctl ca "
                                   "rotate writes that request again.";

static enum status answer_issuer(const char *role, const char *id, struct reply *reply)
{
    scope_audit(reply, "", id, "issuerId=%s", id);
    json_text(&reply->json, "role", role);
    json_text(&reply->json, "issuerId", id);
    return ST_OK;
}

static enum status next_is(struct core *core, struct request *request, struct reply *reply)
{
    char error[SENTENCE] = "";
    if (!authority_renew(core, error, sizeof error))
        return not_opened(error, &request->why);
    request->ticket->changed = true;
    return answer_issuer("next", ca_issuer_id(core->next_ca), reply);
}

/* The root is elsewhere: what has to be signed there. */
static enum status ask_the_root(const struct ca_options *options, const char *reason, struct reply *reply,
                                struct why *why)
{
    char csr[CSR_PEM_MAX], error[SENTENCE] = "";
    int end = ca_prepare(options, csr, sizeof csr, error, sizeof error);
    if (end != CA_DONE)
        return refuse(end, error, NULL, "", why);
    scope_audit(reply, "", "", "prepared a request for the root");
    json_text(&reply->json, "role", "prepared");
    json_text(&reply->json, "reason", reason);
    json_text(&reply->json, "csr", csr);
    return ST_OK;
}

/* The certificate stands in front of the authority's file; whether the service issues by it, or could not open it when
 * it was put there. */
static bool issues_by(const struct core *core, const char *pem)
{
    struct validation given;
    struct ca_issuer current;
    validate_certificate(core->ca, pem, strlen(pem), core->now.wall / 1000, &given);
    return ca_issuers(core->ca, &current, 1) > 0 && memcmp(given.fingerprint, current.fingerprint, HASH_SIZE) == 0;
}

static enum status install(struct core *core, struct request *request, struct reply *reply)
{
    struct ca_options options = config_authority(core->config);
    const char *pem = request->in.certificate_pem;
    char error[SENTENCE] = "";
    int end = ca_install(&options, pem, strlen(pem), core->now.wall / 1000, error, sizeof error);
    if (end < CA_DONE)
        return refuse(end, error, "/certificatePem", install_mend, &request->why);
    if (end == CA_DONE || !issues_by(core, pem))
        return next_is(core, request, reply);
    return answer_issuer("current", ca_issuer_id(core->ca), reply);
}

/* Whether the files have an issuer that the service has not taken up: it could not open it, or had no time to say so.
 * Another one is not wanted then. */
static bool has_one_waiting(const struct core *core, const struct ca_options *options)
{
    char id[CA_ISSUER_ID + 1] = "", error[SENTENCE];
    return ca_look_current(options, id, error, sizeof error) == CA_DONE && strcmp(id, ca_issuer_id(core->ca)) != 0;
}

static enum status make_next(struct core *core, struct request *request, struct reply *reply)
{
    struct ca_options options = config_authority(core->config);
    char error[SENTENCE] = "";
    int end =
        has_one_waiting(core, &options) ? CA_DONE : ca_rotate(&options, core->now.wall / 1000, error, sizeof error);
    if (end < CA_DONE)
        return refuse(end, error, NULL, "", &request->why);
    return end == CA_ROOT_AWAY ? ask_the_root(&options, error, reply, &request->why) : next_is(core, request, reply);
}

static enum status rotate(struct core *core, struct request *request, struct reply *reply)
{
    const char *newest = ca_issuer_id(authority_newest(core));
    if (core->crl.running)
        return ST_PARKED;
    enum status status = change_finish(core);
    if (status != ST_OK)
        return status;
    if (strcmp(newest, request->ticket->issuer) != 0) /* done, when the commit failed */
        return answer_issuer(core->next_ca != NULL ? "next" : "current", newest, reply);
    return request->in.certificate_pem[0] != '\0' ? install(core, request, reply) : make_next(core, request, reply);
}

enum status op_ca_rotate(struct core *core, struct request *request, struct reply *reply)
{
    if (request->ticket->stage == TICKET_INTENT)
        return rotate(core, request, reply);
    const char *id = ca_issuer_id(core->ca);
    enum status status = admit(core, request);
    scope_audit(reply, "", id, "after issuerId=%s", id);
    return status == ST_OK ? change_begin(core, request, id) : status;
}

/* --- drop -------------------------------------------------------------------------------------------------------- */

/* The broker that forgets an issuer refuses the service, too, when it shows a certificate of that issuer. */
static enum status keep_own(const struct core *core, const char *id, struct request *request)
{
    char pem[VALIDATE_PEM_MAX];
    size_t length = 0;
    struct validation own;
    const char *path = core->config->broker_certificate_file;
    if (path[0] == '\0' || file_read(path, pem, sizeof pem, &length) != 0)
        return ST_OK;
    validate_certificate(core->ca, pem, length, core->now.wall / 1000, &own);
    if (strcmp(own.issuer, id) != 0)
        return ST_OK;
    fail(&request->why, ST_INVALID_STATE, "/issuerId",
         "The service's own certificate (broker_certificate_file) is of this issuer.");
    snprintf(request->why.mend, sizeof request->why.mend,
             "Remove that file, run musterctl init, which makes another, and restart the service.");
    return ST_INVALID_STATE;
}

static enum status keep_living(struct core *core, const char *id, struct request *request)
{
    int64_t live = 0;
    enum status status = store_issuer_live(core->store, id, &live);
    if (status != ST_OK || live == 0)
        return status;
    fail(&request->why, ST_INVALID_STATE, "/issuerId", "%lld certificate%s of this issuer %s still valid.",
         (long long)live, live == 1 ? "" : "s", live == 1 ? "is" : "are");
    snprintf(request->why.mend, sizeof request->why.mend,
             "musterctl certificate list --issuer %s names them: wait until they are renewed (musterctl certificate "
             "renew UUID asks for it), or revoke them.",
             id);
    return ST_INVALID_STATE;
}

static enum status refuse_drop(int end, const char *sentence, struct request *request)
{
    return refuse(end, sentence, "/issuerId",
                  "musterctl ca show lists the issuers: one with the role old can be dropped.", &request->why);
}

static enum status answer_drop(const char *id, bool dropped, struct reply *reply)
{
    scope_audit(reply, "", id, "issuerId=%s %s", id, dropped ? "dropped" : "was not there");
    json_text(&reply->json, "issuerId", id);
    json_bool(&reply->json, "dropped", dropped);
    return ST_OK;
}

/* That it was there was seen in the first step. */
static enum status drop(struct core *core, struct request *request, struct reply *reply)
{
    struct ca_options options = config_authority(core->config);
    const char *id = request->in.issuer_id;
    char error[SENTENCE] = "";
    if (core->crl.running) /* with core->ca */
        return ST_PARKED;
    enum status status = change_finish(core);
    if (status != ST_OK)
        return status;
    int end = ca_drop(&options, id, error, sizeof error);
    if (end < CA_DONE)
        return refuse_drop(end, error, request);
    if (authority_lists(core, id) && !authority_replace(core, error, sizeof error))
        return not_opened(error, &request->why);
    request->ticket->changed = true;
    return answer_drop(id, true, reply);
}

static enum status begin_drop(struct core *core, struct request *request, struct reply *reply)
{
    struct ca_options options = config_authority(core->config);
    const char *id = request->in.issuer_id;
    char error[SENTENCE] = "";
    int end = ca_look_drop(&options, id, error, sizeof error);
    if (end < CA_DONE)
        return refuse_drop(end, error, request);
    if (end == CA_WAS_SO && !authority_lists(core, id))
        return answer_drop(id, false, reply);
    scope_audit(reply, "", id, "issuerId=%s", id);
    return change_begin(core, request, id);
}

enum status op_ca_drop(struct core *core, struct request *request, struct reply *reply)
{
    const char *id = request->in.issuer_id;
    if (request->ticket->stage == TICKET_INTENT)
        return drop(core, request, reply);
    enum status status = admit(core, request);
    if (status == ST_OK)
        status = keep_living(core, id, request);
    if (status == ST_OK)
        status = keep_own(core, id, request);
    return status == ST_OK ? begin_drop(core, request, reply) : status;
}
