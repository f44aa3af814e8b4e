#include "certs/lint.h"

#include "certs/extensions.h"
#include "certs/internal.h"
#include "certs/lint_extensions.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LENGTH_MAX 65536 /* octets; ours have below 2,000 */

struct case_file {
    X509 *certificate, *issuer; /* issuer may be NULL */
    enum lint_profile profile;
};

/* Each rule returns NULL or its finding: static text. */
typedef const char *rule(const struct case_file *file);

static const char *version_is_3(const struct case_file *file)
{
    return X509_get_version(file->certificate) == X509_VERSION_3 ? NULL : "the version is not 3";
}

/* RFC 5280, 4.1.2.2. A negative or shorter number has another type or length here. */
static const char *serial_is_well_shaped(const struct case_file *file)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(file->certificate);
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
    return time_is_well_typed(X509_get0_notBefore(file->certificate)) &&
                   time_is_well_typed(X509_get0_notAfter(file->certificate))
               ? NULL
               : "a date is not UTCTime to 2049 or GeneralizedTime from 2050 on";
}

static bool seconds(const ASN1_TIME *time, int64_t *out)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(time, &tm) != 1)
        return false;
    *out = timegm(&tm);
    return true;
}

bool lint_dates(const X509 *certificate, struct validity *out)
{
    return seconds(X509_get0_notBefore(certificate), &out->not_before) &&
           seconds(X509_get0_notAfter(certificate), &out->not_after);
}

static const char *dates_are_in_order(const struct case_file *file)
{
    struct validity own, issuer;
    if (!lint_dates(file->certificate, &own) || own.not_after < own.not_before)
        return "it ends before it begins";
    if (file->issuer == NULL)
        return NULL;
    return lint_dates(file->issuer, &issuer) && own.not_before >= issuer.not_before && own.not_after <= issuer.not_after
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
    const X509_ALGOR *outer;
    X509_get0_signature(NULL, &outer, file->certificate);
    if (X509_ALGOR_cmp(outer, X509_get0_tbs_sigalg(file->certificate)) != 0)
        return "the two signature algorithms differ";
    for (size_t i = 0; i < sizeof strong / sizeof *strong; i++)
        if (X509_get_signature_nid(file->certificate) == strong[i])
            return NULL;
    return "the signature algorithm is weaker than SHA-256";
}

static const char *key_is_accepted(const struct case_file *file)
{
    struct why why;
    struct public_key key = {0};
    unsigned char *at = key.der;
    X509_PUBKEY *info = X509_get_X509_PUBKEY(file->certificate);
    int length = i2d_X509_PUBKEY(info, NULL);
    if (length <= 0 || (size_t)length > sizeof key.der || i2d_X509_PUBKEY(info, &at) != length)
        return "the public key is too large";
    key.length = (size_t)length;
    return key_check_evp(X509_get0_pubkey(file->certificate), &key, &why) == ST_OK
               ? NULL
               : "the public key is of a kind that is not accepted";
}

static const char *extensions_fit(const struct case_file *file)
{
    return lint_extensions(file->certificate, file->issuer, file->profile);
}

static const char *names_fit(const struct case_file *file)
{
    return lint_names(file->certificate, file->profile);
}

/* 6.1.3 (a): issued by this name and signed with this key. An authority of ours is its own issuer. */
static const char *issuer_fits(const struct case_file *file)
{
    X509 *issuer = file->profile == LINT_AUTHORITY && file->issuer == NULL ? file->certificate : file->issuer;
    if (issuer == NULL)
        return NULL;
    if (X509_NAME_cmp(X509_get_issuer_name(file->certificate), X509_get_subject_name(issuer)) != 0)
        return "the issuer's name is not its issuer's subject";
    EVP_PKEY *key = X509_get0_pubkey(issuer);
    return key != NULL && X509_verify(file->certificate, key) == 1 ? NULL : "the signature is not its issuer's";
}

bool lint_x509(X509 *certificate, X509 *issuer, enum lint_profile profile, char *finding, size_t finding_size)
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
    };
    const struct case_file file = {certificate, issuer, profile};
    const char *found = NULL;
    for (size_t i = 0; found == NULL && i < sizeof rules / sizeof *rules; i++)
        found = rules[i](&file);
    if (found != NULL)
        snprintf(finding, finding_size, "%s", found);
    return found == NULL;
}

/* All of the octets or nothing. */
static X509 *parse(const unsigned char *der, size_t length)
{
    const unsigned char *at = der;
    X509 *certificate = length <= LENGTH_MAX ? d2i_X509(NULL, &at, (long)length) : NULL;
    if (certificate == NULL || at == der + length)
        return certificate;
    X509_free(certificate);
    return NULL;
}

bool lint_certificate(const unsigned char *der, size_t length, const unsigned char *issuer, size_t issuer_length,
                      enum lint_profile profile, char *finding, size_t finding_size)
{
    X509 *certificate = parse(der, length);
    X509 *parent = issuer != NULL ? parse(issuer, issuer_length) : NULL;
    bool ok = certificate != NULL && (issuer == NULL || parent != NULL);
    if (ok)
        ok = lint_x509(certificate, parent, profile, finding, finding_size);
    else
        snprintf(finding, finding_size, "it or its issuer is not one certificate in DER");
    X509_free(certificate);
    X509_free(parent);
    ERR_clear_error();
    return ok;
}
