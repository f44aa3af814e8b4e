/* Operators look at the authority: show, crl. */
#include "certs/ca_rotate.h"
#include "service/config_authority.h"
#include "service/core/authority.h"
#include "service/core/crl.h"
#include "service/core/issuer.h"
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

/* The service needs no root's key and never opens one: who looks must see that it still lies here. */
static bool has_root_key(const struct core *core, const struct ca_issuer *issuer)
{
    const struct ca_options options = config_authority(core->config);
    return issuer->root && !issuer->current && ca_root_key_is_here(&options, issuer->id);
}

static void write_issuer(const struct core *core, const struct ca_issuer *issuers, size_t count, size_t i,
                         struct json_writer *json)
{
    const struct ca_issuer *issuer = &issuers[i];
    char fingerprint[2 * HASH_SIZE + 1];
    for (size_t octet = 0; octet < HASH_SIZE; octet++)
        snprintf(fingerprint + 2 * octet, 3, "%02x", issuer->fingerprint[octet]);
    json_open(json, NULL, '{');
    json_text(json, "issuerId", issuer->id);
    json_text(json, "role", role_of(core, issuer));
    json_text(json, "subject", issuer->subject);
    json_time(json, "notBefore", issuer->validity.not_before * 1000);
    json_time(json, "notAfter", issuer->validity.not_after * 1000);
    json_text(json, "fingerprint", fingerprint);
    json_bool(json, "hasKey", issuer->has_key || has_root_key(core, issuer));
    json_bool(json, "expiring", issuer_is_expiring(core, issuers, count, i));
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
        write_issuer(core, issuers, count, i, &reply->json);
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
