/* Operators on the authority: show, crl, rotate, drop. docs/operating.md tells a rollover from its beginning to its
 * end. */
#include "certs/ca_rotate.h"
#include "certs/csr.h"
#include "certs/file.h"
#include "certs/validate.h"
#include "service/config_authority.h"
#include "service/core/authority.h"
#include "service/core/crl.h"
#include "service/op/op.h"
#include "service/op/scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CRL_PART 32768 /* octets of a list in one answer */

/* --- show ------------------------------------------------------------------------------------------------------- */

static const char *role_of(const struct core *core, const struct ca_issuer *issuer)
{
    if (strcmp(issuer->id, ca_issuer_id(core->ca)) == 0)
        return "current";
    if (issuer->current)
        return "next"; /* issues as soon as the broker knows it */
    return issuer->root ? "root" : "old";
}

static void write_issuer(const struct core *core, const struct ca_issuer *issuer, struct json_writer *json)
{
    char fingerprint[2 * HASH_SIZE + 1];
    for (size_t i = 0; i < HASH_SIZE; i++)
        snprintf(fingerprint + 2 * i, 3, "%02x", issuer->fingerprint[i]);
    json_open(json, NULL, '{');
    json_text(json, "issuerId", issuer->id);
    json_text(json, "role", role_of(core, issuer));
    json_text(json, "subject", issuer->subject);
    json_time(json, "notBefore", issuer->validity.not_before * 1000);
    json_time(json, "notAfter", issuer->validity.not_after * 1000);
    json_text(json, "fingerprint", fingerprint);
    json_bool(json, "hasKey", issuer->has_key);
    json_close(json, '}');
}

static void write_crl(const struct core *core, struct json_writer *json)
{
    const struct crl_state *crl = &core->crl;
    json_open(json, "crl", '{');
    json_int(json, "number", crl->written);
    json_time(json, "thisUpdate", crl->this_update * 1000);
    json_time(json, "nextUpdate", crl->next_update * 1000);
    json_bool(json, "late", crl_is_late(core));
    json_bool(json, "inForce", crl->written > 0 && crl->reloaded >= crl->written);
    json_text(json, "error", crl->error[0] != '\0' ? crl->error : NULL);
    json_close(json, '}');
}

enum status op_ca_show(struct core *core, struct request *request, struct reply *reply)
{
    (void)request;
    struct ca_issuer issuers[CA_ISSUERS_MAX];
    size_t count = ca_issuers(authority_newest(core), issuers, CA_ISSUERS_MAX);
    json_open(&reply->json, "issuers", '[');
    for (size_t i = 0; i < count; i++)
        write_issuer(core, &issuers[i], &reply->json);
    json_close(&reply->json, ']');
    write_crl(core, &reply->json);
    json_text(&reply->json, "caPem", ca_bundle(authority_newest(core)));
    return ST_OK;
}

/* --- crl -------------------------------------------------------------------------------------------------------- */

/* "<number>:<offset>" of the list that the page before was of. */
static enum status read_cursor(const struct core *core, struct request *request, size_t *offset)
{
    char *end = NULL;
    const char *cursor = request->in.cursor;
    *offset = 0;
    if (cursor[0] == '\0')
        return ST_OK;
    long long number = strtoll(cursor, &end, 10), at = *end == ':' ? strtoll(end + 1, &end, 10) : -1;
    if (*end == '\0' && number == core->crl.written && at > 0 && (size_t)at < core->crl.length) {
        *offset = (size_t)at;
        return ST_OK;
    }
    return fail(&request->why, ST_INVALID_FIELD, "/cursor", "There is a newer list: begin with its first part.");
}

enum status op_ca_crl(struct core *core, struct request *request, struct reply *reply)
{
    const char *text = core->crl.text;
    char part[CRL_PART + 1], cursor[48];
    size_t offset = 0;
    if (text == NULL) {
        fail(&request->why, ST_RATE_LIMITED, NULL, "No revocation list has been made since the start.");
        request->why.retry_after_ms = 1000;
        return ST_RATE_LIMITED;
    }
    enum status status = read_cursor(core, request, &offset);
    if (status != ST_OK)
        return status;
    size_t left = core->crl.length - offset, size = left < CRL_PART ? left : CRL_PART;
    memcpy(part, text + offset, size);
    part[size] = '\0';
    snprintf(cursor, sizeof cursor, "%lld:%zu", (long long)core->crl.written, offset + size);
    json_int(&reply->json, "number", core->crl.written);
    json_text(&reply->json, "crlPem", part);
    json_text(&reply->json, "cursor", size < left ? cursor : NULL);
    return ST_OK;
}

/* --- rotate, drop ------------------------------------------------------------------------------------------------ */

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

/* The root is elsewhere: what has to be signed there. */
static enum status ask_the_root(const struct ca_options *options, const char *reason, struct request *request,
                                struct reply *reply)
{
    char csr[CSR_PEM_MAX], error[400];
    if (ca_prepare(options, csr, sizeof csr, error, sizeof error) != 0)
        return fail(&request->why, ST_INVALID_STATE, NULL, "%s", reason);
    json_text(&reply->json, "role", "prepared");
    json_text(&reply->json, "reason", reason);
    json_text(&reply->json, "csr", csr);
    return ST_OK;
}

enum status op_ca_rotate(struct core *core, struct request *request, struct reply *reply)
{
    struct ca_options options = config_authority(core->config);
    const char *pem = request->in.certificate_pem;
    char error[400] = "";
    int64_t now = core->now.wall / 1000;
    enum status status = admit(core, request);
    if (status != ST_OK)
        return status;
    bool install = pem[0] != '\0';
    if ((install ? ca_install(&options, pem, strlen(pem), now, error, sizeof error)
                 : ca_rotate(&options, now, error, sizeof error)) != 0)
        return install ? fail(&request->why, ST_INVALID_FIELD, "/certificatePem", "%s", error)
                       : ask_the_root(&options, error, request, reply);
    if (!authority_renew(core, error, sizeof error)) {
        fail(&request->why, ST_INTERNAL, NULL, NULL);
        return fail_detail(&request->why, "%s", error);
    }
    const char *id = ca_issuer_id(core->next_ca);
    scope_audit(reply, "", id, "issuerId=%s", id);
    json_text(&reply->json, "role", "next");
    json_text(&reply->json, "issuerId", id);
    return ST_OK;
}

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

enum status op_ca_drop(struct core *core, struct request *request, struct reply *reply)
{
    struct ca_options options = config_authority(core->config);
    const char *id = request->in.issuer_id;
    char error[400] = "";
    int64_t live = 0;
    enum status status = admit(core, request);
    if (status == ST_OK)
        status = store_issuer_live(core->store, id, &live);
    if (status != ST_OK)
        return status;
    if (live > 0) {
        fail(&request->why, ST_INVALID_STATE, "/issuerId", "%lld certificates of this issuer are still valid.",
             (long long)live);
        snprintf(request->why.mend, sizeof request->why.mend,
                 "Wait until they are renewed (musterctl certificate renew UUID), or revoke them.");
        return ST_INVALID_STATE;
    }
    status = keep_own(core, id, request);
    if (status != ST_OK)
        return status;
    if (ca_drop(&options, id, error, sizeof error) != 0)
        return fail(&request->why, ST_INVALID_FIELD, "/issuerId", "%s", error);
    if (!authority_replace(core, error, sizeof error)) {
        fail(&request->why, ST_INTERNAL, NULL, NULL);
        return fail_detail(&request->why, "%s", error);
    }
    scope_audit(reply, "", id, "issuerId=%s dropped", id);
    json_text(&reply->json, "issuerId", id);
    json_bool(&reply->json, "dropped", true);
    return ST_OK;
}
