/* Operators ask what a certificate is worth: chain, dates, revocation, fingerprint against the record. */
#include "certs/validate.h"
#include "service/core/authority.h"
#include "service/core/crl.h"
#include "service/op/certificate.h"
#include "service/op/op.h"
#include "service/op/scope.h"

#include <stdio.h>
#include <string.h>

/* What is said of one certificate. */
struct findings {
    struct validation validation;
    struct certificate_entry entry; /* row 0: the service does not know it, or not for this operator */
    bool by_pem;
};

/* The certificate of the record, or the one that is shown; its record, when the operator may see it. */
static enum status look_up(struct core *core, struct request *request, struct findings *out)
{
    char pem[CERTIFICATE_PEM_MAX];
    int64_t now = core->now.wall / 1000;
    out->by_pem = (request->in.has & M(CERTIFICATE_PEM)) != 0;
    out->entry.row = 0;
    if (!out->by_pem && (request->in.has & M(CERTIFICATE_ID)) == 0)
        return fail(&request->why, ST_MISSING_FIELD, "/certificateId",
                    "Either certificateId or certificatePem is needed.");
    if (out->by_pem) {
        const char *shown = request->in.certificate_pem;
        validate_certificate(authority_newest(core), shown, strlen(shown), now, &out->validation);
        memcpy(request->in.certificate_id, out->validation.certificate_id, sizeof out->validation.certificate_id);
    }
    enum status status = certificate_find(core, request, &out->entry);
    if (status == ST_CERTIFICATE_NOT_FOUND && out->by_pem) {
        out->entry.row = 0;
        return ST_OK;
    }
    if (status != ST_OK || out->by_pem)
        return status;
    status = store_certificate_pem(core->store, out->entry.row, pem, sizeof pem);
    if (status == ST_OK)
        validate_certificate(authority_newest(core), pem, strlen(pem), now, &out->validation);
    return status;
}

/* Each says "ok" or what is wrong. */
static const char *revocation(const struct findings *findings)
{
    static char text[64];
    const struct certificate_entry *entry = &findings->entry;
    if (entry->row == 0)
        return "the service does not know it";
    if (entry->ended_at == 0)
        return "ok";
    snprintf(text, sizeof text, "%s: %s", entry->state, entry->reason);
    return text;
}

static const char *fingerprint(const struct findings *findings)
{
    const struct certificate_entry *entry = &findings->entry;
    if (entry->row == 0)
        return "the service does not know it";
    if (!entry->has_fingerprint)
        return "it was never given out";
    bool same = memcmp(entry->fingerprint, findings->validation.fingerprint, HASH_SIZE) == 0;
    return same ? "ok" : "another certificate has this serial";
}

static bool write_checks(const struct findings *findings, struct json_writer *json)
{
    bool valid = true;
    json_open(json, "checks", '{');
    for (int i = VALIDATION_READABLE + 1; i < VALIDATION_COUNT; i++) {
        const char *finding = findings->validation.checks[i].finding;
        bool passed = findings->validation.checks[i].passed;
        json_text(json, validation_name((enum validation_check)i),
                  passed               ? "ok"
                  : finding[0] != '\0' ? finding
                                       : "it is no certificate");
        valid = valid && passed;
    }
    const char *const others[][2] = {{"revocation", revocation(findings)}, {"fingerprint", fingerprint(findings)}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        json_text(json, others[i][0], others[i][1]);
        valid = valid && strcmp(others[i][1], "ok") == 0;
    }
    json_close(json, '}');
    return valid;
}

/* How far a revocation has got: in the list, with the broker, with the connections. */
static void write_force(const struct core *core, const struct certificate_entry *entry, struct json_writer *json)
{
    const struct checked *last = NULL;
    bool listed = crl_names(core, entry->ended_at);
    json_open(json, "crl", '{');
    json_int(json, "number", core->crl.written);
    json_bool(json, "listed", listed);
    json_bool(json, "inForce", listed && core->crl.reloaded >= core->crl.written);
    json_close(json, '}');
    for (size_t i = 0; i < CHECKED_MOST; i++) {
        const struct checked *checked = &core->checked[i];
        if (strcmp(checked->uuid, entry->uuid) == 0 && checked->at >= entry->ended_at &&
            (last == NULL || checked->at > last->at))
            last = checked;
    }
    if (last == NULL)
        return;
    json_open(json, "sessions", '{');
    json_int(json, "closed", last->closed);
    json_int(json, "open", last->open);
    json_close(json, '}');
}

enum status op_certificate_validate(struct core *core, struct request *request, struct reply *reply)
{
    struct findings findings = {.by_pem = false};
    enum status status = look_up(core, request, &findings);
    if (status != ST_OK)
        return status;
    bool valid = write_checks(&findings, &reply->json);
    json_bool(&reply->json, "valid", valid);
    if (findings.entry.row == 0)
        return ST_OK;
    certificate_write(&reply->json, &findings.entry);
    if (findings.entry.ended_at != 0)
        write_force(core, &findings.entry, &reply->json);
    return ST_OK;
}
