#include "certs/lint.h"

#include "certs/internal.h"
#include "certs/lint_extensions.h"
#include "certs/lint_issuer.h"

#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct case_file {
    const struct parsed *certificate;
    const struct lint_issuer *issuer; /* may be NULL */
    enum lint_profile profile;
    struct lint_economy economy;
};

static const char unreadable[] = "it or its issuer is not one certificate in DER";

/* Each rule returns NULL or its finding: static text. */
typedef const char *rule(const struct case_file *file);

static const char *version_is_3(const struct case_file *file)
{
    const ASN1_INTEGER *version = file->certificate->body->version; /* NULL: 1 */
    return version != NULL && ASN1_INTEGER_get(version) == X509_VERSION_3 ? NULL : "the version is not 3";
}

/* RFC 5280, 4.1.2.2. A negative or shorter number has another type or length here. */
static const char *serial_is_well_shaped(const struct case_file *file)
{
    const ASN1_INTEGER *serial = file->certificate->body->serial;
    const unsigned char *octets = ASN1_STRING_get0_data(serial);
    if (ASN1_STRING_type(serial) != V_ASN1_INTEGER || ASN1_STRING_length(serial) != PROFILE_SERIAL || octets[0] == 0 ||
        octets[0] > 0x7f)
        return "the serial is not a positive number of 18 octets";
    return NULL;
}

/* Seconds, Z, and nothing else (4.1.2.5.1, 4.1.2.5.2): YYMMDDHHMMSSZ to 2049, YYYYMMDDHHMMSSZ from 2050 on. */
static bool time_is_well_typed(const ASN1_TIME *time)
{
    struct tm tm;
    int length = ASN1_STRING_length(time), type = ASN1_STRING_type(time);
    if (ASN1_TIME_to_tm(time, &tm) != 1 || ASN1_STRING_get0_data(time)[length - 1] != 'Z')
        return false;
    return tm.tm_year + 1900 <= 2049 ? type == V_ASN1_UTCTIME && length == 13
                                     : type == V_ASN1_GENERALIZEDTIME && length == 15;
}

static const char *dates_are_well_typed(const struct case_file *file)
{
    const struct parsed_validity *validity = file->certificate->body->validity;
    return time_is_well_typed(validity->not_before) && time_is_well_typed(validity->not_after)
               ? NULL
               : "a date is not UTCTime to 2049 or GeneralizedTime from 2050 on";
}

static const char *dates_are_in_order(const struct case_file *file)
{
    struct validity own;
    const struct lint_issuer *issuer = file->issuer;
    if (!parsed_dates(file->certificate, &own) || own.not_after < own.not_before)
        return "it ends before it begins";
    if (issuer == NULL)
        return NULL;
    return issuer->dated && own.not_before >= issuer->validity.not_before && own.not_after <= issuer->validity.not_after
               ? NULL
               : "it is valid before or after its issuer";
}

/* 4.1.1.2: both places name the same algorithm. Ed25519 brings its own digest. */
static const char *signature_algorithm_is_strong(const struct case_file *file)
{
    static const int strong[] = {NID_ecdsa_with_SHA256,
                                 NID_ecdsa_with_SHA384,
                                 NID_ecdsa_with_SHA512,
                                 NID_sha256WithRSAEncryption,
                                 NID_sha384WithRSAEncryption,
                                 NID_sha512WithRSAEncryption,
                                 NID_ED25519};
    const X509_ALGOR *outer = file->certificate->algorithm;
    if (X509_ALGOR_cmp(outer, file->certificate->body->algorithm) != 0)
        return "the two signature algorithms differ";
    for (size_t i = 0; i < sizeof strong / sizeof *strong; i++)
        if (OBJ_obj2nid(outer->algorithm) == strong[i])
            return NULL;
    return "the signature algorithm is weaker than SHA-256";
}

static const char *key_is_accepted(const struct case_file *file)
{
    struct why why;
    struct public_key key = {0};
    const unsigned char *octets = ASN1_STRING_get0_data(file->certificate->body->key);
    size_t length = (size_t)ASN1_STRING_length(file->certificate->body->key);
    if (length > sizeof key.der)
        return "the public key is too large";
    if (file->economy.p256 != NULL && p256_load(file->economy.p256, octets, length))
        return NULL;
    memcpy(key.der, octets, length);
    key.length = length;
    return key_check_public(&key, &why) == ST_OK ? NULL : "the public key is of a kind that is not accepted";
}

static const char *extensions_fit(const struct case_file *file)
{
    return lint_extensions(file->certificate, file->issuer, file->profile);
}

static const char *names_fit(const struct case_file *file)
{
    return lint_names(file->certificate, file->profile);
}

/* 6.1.3 (a) (4) */
static const char *issuer_fits(const struct case_file *file)
{
    const X509_NAME *name = file->issuer != NULL ? file->issuer->parsed->body->subject : NULL;
    return parsed_is_issued_by(file->certificate, name) ? NULL : "the issuer's name is not its issuer's subject";
}

/* 6.1.3 (a) (1) */
static const char *signature_fits(const struct case_file *file)
{
    bool fits = file->issuer == NULL;
    if (file->issuer != NULL && file->economy.signed_digest != NULL)
        fits = lint_signed_is(file->certificate, &file->economy);
    else if (file->issuer != NULL)
        fits = lint_issuer_has_signed(file->issuer, file->certificate);
    return fits ? NULL : "the signature is not its issuer's";
}

static bool judge(const struct case_file *file, char *finding, size_t finding_size)
{
    static rule *const rules[] = {
        version_is_3,
        serial_is_well_shaped,
        dates_are_well_typed,
        dates_are_in_order,
        signature_algorithm_is_strong,
        key_is_accepted,
        extensions_fit,
        names_fit,
        issuer_fits,
        signature_fits,
    };
    const char *found = NULL;
    for (size_t i = 0; found == NULL && i < sizeof rules / sizeof *rules; i++)
        found = rules[i](file);
    if (found != NULL)
        snprintf(finding, finding_size, "%s", found);
    return found == NULL;
}

bool lint_der(const unsigned char *der, size_t length, const struct lint_issuer *issuer, enum lint_profile profile,
              struct lint_economy economy, char *finding, size_t finding_size)
{
    struct parsed *certificate = parsed_new(der, length);
    const struct case_file file = {certificate, issuer, profile, economy};
    bool ok = false;
    if (certificate != NULL)
        ok = judge(&file, finding, finding_size);
    else
        snprintf(finding, finding_size, "%s", unreadable);
    parsed_free(certificate);
    return ok;
}

/* A root of ours is its own issuer. */
bool lint_certificate(const unsigned char *der, size_t length, const unsigned char *issuer, size_t issuer_length,
                      enum lint_profile profile, char *finding, size_t finding_size)
{
    static const struct lint_economy none = {NULL, NULL};
    bool self = issuer == NULL && (profile == LINT_AUTHORITY || profile == LINT_ROOT), alone = issuer == NULL && !self;
    struct lint_issuer *parent = self ? lint_issuer_new(der, length) : NULL;
    if (issuer != NULL)
        parent = lint_issuer_new(issuer, issuer_length);
    bool ok = alone || parent != NULL;
    if (ok)
        ok = lint_der(der, length, parent, profile, none, finding, finding_size);
    else
        snprintf(finding, finding_size, "%s", unreadable);
    lint_issuer_free(parent);
    ERR_clear_error();
    return ok;
}
