#include "certs/validate.h"

#include "certs/ca_local.h"
#include "certs/extensions.h"
#include "certs/pem.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define URI_START "urn:muster:"

/* One question after the other is asked about this. */
struct shown {
    const struct ca *ca;
    int64_t now;
    unsigned char *der;
    size_t length;
    X509 *certificate;
    struct parsed *parsed;
};

static const char *const names[VALIDATION_COUNT] = {
#define VALIDATION_NAME(enumerator, name) [enumerator] = (name),
    VALIDATION_LIST(VALIDATION_NAME)
#undef VALIDATION_NAME
};

const char *validation_name(enum validation_check check)
{
    return names[check];
}

static void find(struct validation *out, enum validation_check check, const char *finding)
{
    out->checks[check].passed = finding == NULL;
    snprintf(out->checks[check].finding, sizeof out->checks[check].finding, "%s", finding != NULL ? finding : "");
}

static const char *read_shown(struct shown *shown, const char *pem, size_t length)
{
    const char *at = pem;
    if (length > VALIDATE_PEM_MAX)
        return "it has more than 8192 octets";
    if (!pem_next("CERTIFICATE", &at, pem + length, &shown->der, &shown->length))
        return at != NULL ? "there is no certificate in PEM" : "the PEM is broken";
    const unsigned char *begin = shown->der;
    shown->certificate = d2i_X509(NULL, &begin, (long)shown->length);
    shown->parsed = parsed_new(shown->der, shown->length);
    if (shown->certificate == NULL || shown->parsed == NULL || begin != shown->der + shown->length)
        return "what is in the PEM is not one certificate";
    return NULL;
}

/* The dates of the certificate itself are another question. */
static int pass_own_dates(int ok, X509_STORE_CTX *context)
{
    int error = X509_STORE_CTX_get_error(context);
    bool own = X509_STORE_CTX_get_error_depth(context) == 0 &&
               (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID);
    if (own)
        X509_STORE_CTX_set_error(context, X509_V_OK);
    return ok == 1 || own;
}

static bool fill_store(X509_STORE *store, const struct ca *ca)
{
    for (size_t i = 0; i < ca->members.count; i++)
        if (X509_STORE_add_cert(store, ca->members.all[i].certificate) != 1)
            return false;
    return true;
}

static const char *verify(X509_STORE_CTX *context, const struct shown *shown)
{
    X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT);
    X509_STORE_CTX_set_time(context, 0, (time_t)shown->now);
    X509_STORE_CTX_set_verify_cb(context, pass_own_dates);
    if (X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_CLIENT) != 1)
        return "OpenSSL failed";
    if (X509_verify_cert(context) == 1)
        return NULL;
    int error = X509_STORE_CTX_get_error(context);
    return error != X509_V_OK ? X509_verify_cert_error_string(error) : "it could not be verified";
}

/* X509_verify_cert_error_string's texts are static, but for an unknown number. */
static const char *check_chain(const struct shown *shown)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    const char *finding = "OpenSSL failed";
    if (store != NULL && context != NULL && fill_store(store, shown->ca) &&
        X509_STORE_CTX_init(context, store, shown->certificate, NULL) == 1)
        finding = verify(context, shown);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return finding;
}

static const char *check_dates(const struct shown *shown, const struct validity *validity, bool readable)
{
    if (!readable)
        return "its dates cannot be read";
    if (shown->now < validity->not_before)
        return "it is not valid yet";
    return shown->now > validity->not_after ? "it has ended" : NULL;
}

/* Against the issuer that it names, when that is one of ours; else alone, and the chain has its own finding. */
static void check_profile(const struct shown *shown, struct validation *out)
{
    static const struct lint_economy none = {NULL, NULL};
    const struct ca_member *issuer = ca_members_find(&shown->ca->members, out->issuer);
    char finding[sizeof out->checks[0].finding] = "";
    bool ok = lint_der(shown->der, shown->length, issuer != NULL ? issuer->read : NULL, LINT_DEVICE, none, finding,
                       sizeof finding);
    find(out, VALIDATION_PROFILE, ok ? NULL : finding);
}

static void take_serial(const struct shown *shown, struct validation *out)
{
    const ASN1_INTEGER *serial = shown->parsed->body->serial;
    const unsigned char *octets = ASN1_STRING_get0_data(serial);
    if (ASN1_STRING_type(serial) == V_ASN1_INTEGER && ASN1_STRING_length(serial) == PROFILE_SERIAL && octets[0] >= 1 &&
        octets[0] <= 0x7f)
        profile_certificate_id(octets, out->certificate_id);
}

static void take_issuer(const struct shown *shown, struct validation *out)
{
    AUTHORITY_KEYID *authority =
        X509V3_get_d2i(shown->parsed->body->extensions, NID_authority_key_identifier, NULL, NULL);
    if (authority != NULL && authority->keyid != NULL && ASN1_STRING_length(authority->keyid) == KEY_IDENTIFIER)
        ca_issuer_id_write(ASN1_STRING_get0_data(authority->keyid), out->issuer);
    AUTHORITY_KEYID_free(authority);
}

/* Nothing but visible ASCII: both are printed. */
static bool is_plain(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    return length > 0;
}

static void take_uri(const char *uri, size_t length, struct validation *out)
{
    if (length <= sizeof URI_START - 1 || memcmp(uri, URI_START, sizeof URI_START - 1) != 0)
        return;
    const char *tenant = uri + sizeof URI_START - 1, *end = uri + length;
    const char *colon = memchr(tenant, ':', (size_t)(end - tenant));
    if (colon == NULL)
        return;
    size_t tenant_length = (size_t)(colon - tenant), uuid_length = (size_t)(end - colon - 1);
    if (tenant_length >= sizeof out->tenant || uuid_length >= sizeof out->uuid || !is_plain(tenant, tenant_length) ||
        !is_plain(colon + 1, uuid_length))
        return;
    memcpy(out->tenant, tenant, tenant_length);
    memcpy(out->uuid, colon + 1, uuid_length);
}

static void take_names(const struct shown *shown, struct validation *out)
{
    int type;
    GENERAL_NAMES *all = X509V3_get_d2i(shown->parsed->body->extensions, NID_subject_alt_name, NULL, NULL);
    const GENERAL_NAME *only = all != NULL && sk_GENERAL_NAME_num(all) == 1 ? sk_GENERAL_NAME_value(all, 0) : NULL;
    const ASN1_STRING *value = only != NULL ? GENERAL_NAME_get0_value(only, &type) : NULL;
    if (value != NULL && type == GEN_URI)
        take_uri((const char *)ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value), out);
    GENERAL_NAMES_free(all);
}

static void look(const struct shown *shown, struct validation *out)
{
    unsigned length = 0;
    bool dated = parsed_dates(shown->parsed, &out->validity);
    (void)X509_digest(shown->certificate, EVP_sha256(), out->fingerprint, &length);
    take_serial(shown, out);
    take_issuer(shown, out);
    take_names(shown, out);
    find(out, VALIDATION_CHAIN, check_chain(shown));
    find(out, VALIDATION_DATES, check_dates(shown, &out->validity, dated));
    check_profile(shown, out);
}

bool validate_certificate(const struct ca *ca, const char *pem, size_t length, int64_t now, struct validation *out)
{
    struct shown shown = {.ca = ca, .now = now};
    *out = (struct validation){.passed = false};
    const char *finding = read_shown(&shown, pem, length);
    find(out, VALIDATION_READABLE, finding);
    if (finding == NULL)
        look(&shown, out);
    out->passed = true;
    for (int i = 0; i < VALIDATION_COUNT; i++)
        out->passed = out->passed && out->checks[i].passed;
    parsed_free(shown.parsed);
    X509_free(shown.certificate);
    free(shown.der);
    ERR_clear_error();
    return out->passed;
}
