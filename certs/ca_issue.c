#include "certs/ca_local.h"
#include "certs/extensions.h"
#include "certs/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

/* Of the signatures of the quick way the lint verifies the first ones and then one in so many: ca.h says why. */
#define VERIFY_FIRST 16
#define VERIFY_EVERY 64

_Static_assert(2 * sizeof "-----BEGIN CERTIFICATE-----\n" + (CERTIFICATE_DER_MAX + 47) / 48 * 65 <= CERTIFICATE_PEM_MAX,
               "PEM of any DER");

/* A certificate on its way out. */
struct made {
    unsigned char buffer[CERTIFICATE_DER_MAX];
    const unsigned char *der;
    size_t length; /* 0: none was made */
    enum lint_profile profile;
    struct lint_economy economy;
    unsigned char digest[P256_DIGEST];
};

/* Looks once more at the very octets that will be given out, and fills `out`. */
static bool finish(struct ca *ca, const struct made *made, struct certificate *out, char *finding, size_t finding_size)
{
    if (made->length == 0)
        return false;
    bool ok = lint_der(made->der, made->length, ca->current->read, made->profile, made->economy, finding, finding_size);
    if (!ok)
        ca->trusted = 0;
    return ok && pem_write("CERTIFICATE", made->der, made->length, out->pem) > 0 &&
           p256_hash(ca->p256, made->der, made->length, out->fingerprint);
}

static enum status give_out(struct ca *ca, const struct made *made, const unsigned char *serial,
                            struct validity validity, struct certificate *out, struct why *why)
{
    char finding[128] = "its names, key or serial cannot be written, or it is too long";
    *out = (struct certificate){.validity = validity};
    memcpy(out->issuer, ca->current->id, sizeof out->issuer);
    profile_certificate_id(serial, out->id);
    bool ok = finish(ca, made, out, finding, sizeof finding);
    ERR_clear_error();
    if (ok)
        return ST_OK;
    *out = (struct certificate){0};
    fail(why, ST_INTERNAL, NULL, NULL);
    return fail_detail(why, "certificate not issued: %s", finding);
}

/* Encodes, if it fits. */
static void take_x509(X509 *certificate, struct made *made)
{
    unsigned char *at = made->buffer;
    int length = certificate != NULL ? i2d_X509(certificate, NULL) : 0;
    made->der = made->buffer;
    if (length > 0 && (size_t)length <= sizeof made->buffer && i2d_X509(certificate, &at) == length)
        made->length = (size_t)length;
}

/* The general way, of every kind of leaf and key. Takes over the draft's subject and `names`. */
static enum status issue(struct ca *ca, struct draft *draft, X509_EXTENSION *purpose, X509_EXTENSION *names,
                         enum lint_profile profile, struct certificate *out, struct why *why)
{
    struct made made = {.profile = profile, .economy = {ca->p256, NULL}};
    unsigned char identifier[KEY_IDENTIFIER];
    size_t length = 0;
    const unsigned char *bits = draft_key_bits(draft->key, &length);
    bool known = bits != NULL && extension_key_identifier(bits, length, identifier);
    X509_EXTENSION *subject_key = known ? extension_subject_key(identifier) : NULL;
    X509_EXTENSION *const all[] = {ca->fixed[BASIC], ca->fixed[USAGE],     purpose,
                                   subject_key,      ca->fixed[AUTHORITY], names};
    for (draft->count = 0; draft->count < 6; draft->count++)
        draft->extensions[draft->count] = all[draft->count];
    draft->issuer = X509_get_subject_name(ca->current->certificate);
    X509 *certificate = draft->subject != NULL ? draft_sign(draft, key_evp(ca->current->key)) : NULL;
    take_x509(certificate, &made);
    X509_free(certificate);
    X509_EXTENSION_free(subject_key);
    X509_EXTENSION_free(names);
    X509_NAME_free(draft->subject);
    return give_out(ca, &made, draft->serial, draft->validity, out, why);
}

static bool must_verify(struct ca *ca)
{
    unsigned before = ca->trusted++;
    return before < VERIFY_FIRST || before % VERIFY_EVERY == 0;
}

/* The quick way; false when this certificate must go the general one. */
static bool make_quickly(struct ca *ca, const struct device_draft *draft, struct made *made)
{
    unsigned char tbs_buffer[CERTIFICATE_DER_MAX], signature[P256_SIGNATURE_MAX];
    const unsigned char *tbs = NULL;
    size_t length = ca->template != NULL ? device_tbs(ca->template, draft, tbs_buffer, sizeof tbs_buffer, &tbs) : 0;
    if (length == 0 || !p256_hash(ca->p256, tbs, length, made->digest))
        return false;
    size_t signature_length = p256_sign(ca->p256, made->digest, signature);
    if (signature_length == 0)
        return false;
    made->length =
        device_certificate(tbs, length, signature, signature_length, made->buffer, sizeof made->buffer, &made->der);
    made->profile = LINT_DEVICE;
    made->economy = (struct lint_economy){ca->p256, must_verify(ca) ? NULL : made->digest};
    return made->length > 0;
}

enum status ca_issue_device(struct ca *ca, const struct certificate_request *request, struct certificate *out,
                            struct why *why)
{
    struct made made;
    char common_name[64 + 1], uri[256]; /* urn:muster:, tenant of 63, uuid of 128 */
    int named = snprintf(common_name, sizeof common_name, "Device-%s", request->device_id);
    int placed = snprintf(uri, sizeof uri, "urn:muster:%s:%s", request->tenant, request->uuid);
    bool fits = named < (int)sizeof common_name && placed < (int)sizeof uri;
    struct device_draft quick = {request->serial, request->validity, request->key, common_name, uri};
    if (fits && make_quickly(ca, &quick, &made))
        return give_out(ca, &made, request->serial, request->validity, out, why);
    struct draft draft = {.serial = request->serial, .validity = request->validity, .key = request->key};
    draft.subject = fits ? draft_name(ca->country, ca->organization, common_name) : NULL;
    return issue(ca, &draft, ca->fixed[CLIENT], fits ? extension_uri(uri) : NULL, LINT_DEVICE, out, why);
}

enum status ca_issue_server(struct ca *ca, const struct public_key *key, const char *const names[], size_t count,
                            const unsigned char serial[PROFILE_SERIAL], struct validity validity,
                            struct certificate *out, struct why *why)
{
    struct draft draft = {.serial = serial, .validity = validity, .key = key};
    draft.subject = count > 0 ? draft_name(ca->country, ca->organization, names[0]) : NULL;
    return issue(ca, &draft, ca->fixed[SERVER], extension_server_names(names, count), LINT_SERVER, out, why);
}

enum status ca_issue_service(struct ca *ca, const struct public_key *key, const unsigned char serial[PROFILE_SERIAL],
                             struct validity validity, struct certificate *out, struct why *why)
{
    struct draft draft = {.serial = serial, .validity = validity, .key = key};
    draft.subject = draft_name(ca->country, ca->organization, "Service-muster");
    return issue(ca, &draft, ca->fixed[CLIENT], extension_uri(LINT_SERVICE_URI), LINT_SERVICE, out, why);
}

enum status ca_read_request(struct ca *ca, const char *pem, size_t length, struct public_key *out, struct why *why)
{
    return csr_read_with(ca->p256, pem, length, out, why);
}
