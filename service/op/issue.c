#include "service/op/issue.h"

#include "service/core/authority.h"
#include "service/core/certificates.h"
#include "service/core/crl.h"
#include "service/core/issuer.h"
#include "service/core/notice.h"
#include "service/core/remember.h"
#include "service/op/enrol.h"

#include <stdio.h>
#include <string.h>

#define KEY_WAIT_MS      60000
#define ISSUER_WAIT_MS   600000 /* no device shall ask an authority that has ended again and again */
#define COMPROMISED_MEND "Make a new key pair: this one was revoked as compromised."
#define DAY_MS           (24 * 3600 * INT64_C(1000))
#define BUSY_MS          1000 /* after which a device may ask again */
#define CROWDED_MS       5000

/* Not now: the device asks again after so many ms. */
static enum status ask_later(struct request *request, int64_t ms, const char *message)
{
    fail(&request->why, ST_RATE_LIMITED, NULL, "%s", message);
    request->why.retry_after_ms = (long)ms;
    return ST_RATE_LIMITED;
}

/* The key pair that the service makes: from the pool, or at once for the quick types. */
static enum status make_key(struct core *core, struct request *request)
{
    struct ticket *ticket = request->ticket;
    enum key_type type = KEY_RSA_2048;
    if (request->in.key_type[0] != '\0' && !key_type_from_name(request->in.key_type, &type))
        return fail(&request->why, ST_INVALID_FIELD, "/keyType",
                    "The member keyType must be rsa:2048, rsa:3072, rsa:4096, ec:p256, ec:p384 or ed25519.");
    bool from_pool = key_type_is_slow(type);
    /* Each call that gets no key asks for one: whoever has asked looks first. */
    bool comes_later = from_pool && ticket->asked && keypool_ready(core->pool, type) == 0;
    if (!comes_later)
        ticket->key = from_pool ? keypool_take(core->pool, type) : key_new(type);
    ticket->asked = true;
    if (ticket->key != NULL)
        return key_public(ticket->key, &ticket->public_key) ? ST_OK : ST_INTERNAL;
    if (!from_pool)
        return ST_INTERNAL;
    bool waited = ticket->stage == TICKET_WAITS && core->now.mono.ms - ticket->since.ms > KEY_WAIT_MS;
    if (waited || (!core->may_wait && ticket->stage == TICKET_NEW))
        return ask_later(request, CROWDED_MS, "Too many keys are being made.");
    return ST_PARKED;
}

/* Whether the sender waits for a key, may wait on, and there is none yet: nothing has to be looked at before. */
bool issue_still_waits(struct core *core, const struct request *request)
{
    const struct ticket *ticket = request->ticket;
    enum key_type type = KEY_RSA_2048;
    if (ticket->stage != TICKET_WAITS || !ticket->asked || core->now.mono.ms - ticket->since.ms > KEY_WAIT_MS)
        return false;
    if (request->in.key_type[0] != '\0')
        key_type_from_name(request->in.key_type, &type);
    return keypool_ready(core->pool, type) == 0;
}

static enum status take_public_key(struct core *core, struct request *request)
{
    if ((request->in.has & M(CSR)) == 0)
        return make_key(core, request);
    return ca_read_request(core->ca, request->in.csr, strlen(request->in.csr), &request->ticket->public_key,
                           &request->why);
}

/* The number of who issues, in core->issuer. */
static enum status find_issuer(struct core *core)
{
    return core->issuer != 0 ? ST_OK : store_issuer(core->store, ca_issuer_id(core->ca), &core->issuer);
}

static enum status write_intent(struct core *core, struct request *request)
{
    struct intent_row *intent = &request->ticket->intent;
    unsigned char serial[PROFILE_SERIAL];
    struct validity validity;
    int64_t now = core->now.wall / 1000;
    if (!profile_validity(now, core->config->certificate_days, ca_validity(core->ca), &validity))
        return fail(&request->why, ST_INTERNAL, NULL, "The authority's certificate is not valid at present.");
    core->random(serial, sizeof serial);
    profile_serial_make(now, serial);
    enum status status = find_issuer(core);
    *intent = (struct intent_row){.not_before = validity.not_before,
                                  .not_after = validity.not_after,
                                  .at = core->now.wall,
                                  .issuer = core->issuer};
    profile_certificate_id(serial, intent->certificate_id);
    memcpy(intent->uuid, request->address.id, sizeof intent->uuid);
    memcpy(intent->tenant, request->sender.may == MAY_DEVICE ? core->device.tenant : request->sender.tenant,
           sizeof intent->tenant);
    memcpy(intent->public_key, request->ticket->public_key.fingerprint, sizeof intent->public_key);
    return status == ST_OK ? store_intent_insert(core->store, intent) : status;
}

/* A device in a loop, or in wrong hands, shall fill neither the database nor the revocation list; by whatever
 * credential it comes, for it can reset itself and enrol again, or not be there yet. One at a time: what is being made
 * is counted when it is done. */
static enum status check_rate(const struct core *core, struct request *request)
{
    const char *uuid = request->address.id;
    int64_t most = core->config->certificates_per_day, before = 0;
    bool busy = false;
    enum status status = store_intent_of(core->store, uuid, &busy);
    if (busy)
        return ask_later(request, BUSY_MS, "A certificate is being made for this uuid.");
    if (status == ST_OK && most > 0)
        status = store_certificate_nth(core->store, uuid, most, &before);
    int64_t left = before + DAY_MS - core->now.wall;
    return status == ST_OK && left > 0 && left <= DAY_MS /* a clock that was ahead has made none of this day */
               ? ask_later(request, left, "The device has had its certificates of this day.")
               : status;
}

/* Not a key of another device, and none that somebody else may know. */
static enum status check_key(struct core *core, struct request *request)
{
    const unsigned char *fingerprint = request->ticket->public_key.fingerprint;
    bool foreign = false, compromised = false;
    enum status status = store_public_key_is_foreign(core->store, fingerprint, request->address.id, &foreign);
    if (status == ST_OK)
        status = store_public_key_is_compromised(core->store, fingerprint, &compromised);
    if (status != ST_OK || (!foreign && !compromised))
        return status;
    if (foreign)
        return fail(&request->why, ST_CSR_KEY_REUSED, "/csr", NULL);
    fail(&request->why, ST_CSR_KEY_REUSED, "/csr", "A certificate for this public key was revoked as compromised.");
    memcpy(request->why.mend, COMPROMISED_MEND, sizeof COMPROMISED_MEND);
    return ST_CSR_KEY_REUSED;
}

static enum status check_issuer(const struct core *core, struct request *request)
{
    if (issuer_has_ended(ca_validity(core->ca), core->now.wall)) {
        fail(&request->why, ST_ISSUER_EXPIRED, NULL, NULL);
        request->why.retry_after_ms = ISSUER_WAIT_MS;
        return ST_ISSUER_EXPIRED;
    }
    return authority_may_issue(core) ? ST_OK
                                     : ask_later(request, BUSY_MS, "The broker does not know the authority yet.");
}

enum status issue_prepare(struct core *core, struct request *request, const unsigned char *same_key)
{
    /* Before the intent: a spent key shall not make one, nor take a key pair. */
    enum status status = check_issuer(core, request);
    if (status == ST_OK)
        status = check_rate(core, request);
    if (status == ST_OK && request->sender.may == MAY_PROVISION)
        status = enrol_count_use(core, request);
    if (status == ST_OK)
        status = take_public_key(core, request);
    if (status != ST_OK)
        return status;
    const unsigned char *fingerprint = request->ticket->public_key.fingerprint;
    if (same_key != NULL && memcmp(same_key, fingerprint, HASH_SIZE) != 0)
        return fail(&request->why, ST_CERTIFICATE_EXPIRED, "/csr",
                    "After its end a certificate is only renewed for its own key.");
    status = check_key(core, request);
    if (status == ST_OK)
        status = remember_put(core, request, NULL);
    if (status == ST_OK)
        status = write_intent(core, request);
    if (status != ST_OK)
        return status;
    request->ticket->stage = TICKET_INTENT;
    memcpy(request->ticket->scope, request->scope, sizeof request->scope);
    return ST_PARKED;
}

static enum status sign(struct core *core, struct request *request, struct certificate *certificate)
{
    const struct intent_row *intent = &request->ticket->intent;
    struct certificate_request wanted = {.key = &request->ticket->public_key,
                                         .device_id = core->device.device_id,
                                         .uuid = core->device.uuid,
                                         .tenant = core->device.tenant,
                                         .validity = {intent->not_before, intent->not_after}};
    profile_serial_from_id(intent->certificate_id, wanted.serial);
    return ca_issue_device(core->ca, &wanted, certificate, &request->why);
}

enum status issue_parent(struct core *core, const struct request *request, struct certificate_entry *parent)
{
    const struct stamp *stamp = &request->sender.stamp;
    const char *id = stamp->how == STAMP_CERTIFICATE ? stamp->credential : core->device.certificate_id;
    return store_certificate_find(core->store, id, parent);
}

/* What the device had ends at once, or, when it renews, as soon as it has shown the new one. */
static enum status end_older(struct core *core, int64_t replaces, bool renewal)
{
    bool ended = false;
    int64_t device = core->device.id, now = core->now.wall;
    enum status status =
        renewal ? store_certificate_end_pending(core->store, device, replaces, now, &ended)
                : store_certificate_end_all(core->store, device, 0, "superseded", "superseded", now, &ended);
    if (ended)
        crl_want(core, CRL_LATER);
    return status;
}

static enum status save(struct core *core, const struct intent_row *intent, const struct certificate *certificate,
                        int64_t replaces, bool renewal)
{
    struct device_row *device = &core->device;
    struct certificate_row row = {.device = device->id,
                                  .pem = certificate->pem,
                                  .not_before = intent->not_before,
                                  .not_after = intent->not_after,
                                  .at = core->now.wall,
                                  .replaces = replaces,
                                  .renewal = renewal,
                                  .due_at = certificates_first_due(core, intent->not_before, intent->not_after)};
    enum status status = find_issuer(core);
    row.issuer = core->issuer;
    memcpy(row.id, intent->certificate_id, sizeof row.id);
    memcpy(row.uuid, device->uuid, sizeof row.uuid);
    memcpy(row.tenant, device->tenant, sizeof row.tenant);
    memcpy(row.public_key, intent->public_key, sizeof row.public_key);
    memcpy(row.fingerprint, certificate->fingerprint, sizeof row.fingerprint);
    certificates_due(core, row.due_at);
    if (status == ST_OK)
        status = store_intent_delete(core->store, intent->certificate_id);
    if (status == ST_OK)
        status = end_older(core, replaces, renewal);
    return status == ST_OK ? store_certificate_insert(core->store, &row) : status;
}

/* The private key that was made for this certificate. */
static enum status hand_out(struct key *key, const char *certificate_id, struct reply *reply)
{
    char pem[KEY_PEM_MAX];
    if (!key_write_pem(key, NULL, pem, sizeof pem))
        return ST_INTERNAL;
    json_text(&reply->secret, "privateKeyPem", pem);
    snprintf(reply->credential, sizeof reply->credential, "%s", certificate_id);
    key_wipe(pem, sizeof pem);
    return ST_OK;
}

static enum status answer(struct core *core, struct request *request, const struct certificate *certificate,
                          struct reply *reply)
{
    const struct intent_row *intent = &request->ticket->intent;
    struct validity validity = {intent->not_before, intent->not_after};
    unsigned char serial[PROFILE_SERIAL];
    char fingerprint[2 * HASH_SIZE + 1];
    struct json_writer *json = &reply->json;
    for (size_t i = 0; i < HASH_SIZE; i++)
        snprintf(fingerprint + 2 * i, 3, "%02x", certificate->fingerprint[i]);
    profile_serial_from_id(intent->certificate_id, serial);
    json_text(json, "certificateId", intent->certificate_id);
    json_text(json, "certificatePem", certificate->pem);
    json_text(json, "caPem", ca_bundle(authority_newest(core)));
    json_text(json, "fingerprint", fingerprint);
    json_time(json, "notBefore", validity.not_before * 1000);
    json_time(json, "notAfter", validity.not_after * 1000);
    json_time(json, "renewAfter", profile_renew_after(validity, core->device.uuid, serial) * 1000);
    snprintf(reply->audit, sizeof reply->audit, "deviceId=%s certificateId=%s", core->device.device_id,
             intent->certificate_id);
    memcpy(reply->tenant, core->device.tenant, sizeof reply->tenant);
    return request->ticket->key != NULL ? hand_out(request->ticket->key, intent->certificate_id, reply) : ST_OK;
}

enum status issue_finish(struct core *core, struct request *request, int64_t replaces, bool renewal,
                         struct reply *reply)
{
    struct certificate certificate;
    enum status status = sign(core, request, &certificate);
    if (status == ST_OK)
        status = save(core, &request->ticket->intent, &certificate, replaces, renewal);
    return status == ST_OK ? answer(core, request, &certificate, reply) : status;
}
