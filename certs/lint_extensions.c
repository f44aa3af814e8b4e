#include "certs/lint_extensions.h"

#include "certs/extensions.h"

#include <openssl/x509v3.h>
#include <string.h>

#define AUTHORITY (1U << LINT_AUTHORITY)
#define ROOT      (1U << LINT_ROOT)
#define ISSUER    (1U << LINT_ISSUER)
#define SERVER    (1U << LINT_SERVER)
#define DEVICE    (1U << LINT_DEVICE)
#define SERVICE   (1U << LINT_SERVICE)
#define LEAF      (SERVER | DEVICE | SERVICE)
#define ANY_CA    (AUTHORITY | ROOT | ISSUER)
#define ALL       (ANY_CA | LEAF)

/* The very extensions of each profile. DER has one encoding for one value (X.690, 10), so what is fixed is compared as
 * octets; what varies is looked at below. */
static const struct row {
    unsigned profiles;
    int nid, critical, length;
    const char *der, *finding;
} rows[] = {
    {AUTHORITY | ISSUER, NID_basic_constraints, 1, 8, "\x30\x06\x01\x01\xff\x02\x01\x00",
     "basic constraints are not critical, CA:TRUE, pathlen:0"},
    {ROOT, NID_basic_constraints, 1, 8, "\x30\x06\x01\x01\xff\x02\x01\x01",
     "basic constraints are not critical, CA:TRUE, pathlen:1"},
    {LEAF, NID_basic_constraints, 1, 2, "\x30\x00", "basic constraints are not critical, CA:FALSE"},
    {ANY_CA, NID_key_usage, 1, 4, "\x03\x02\x01\x06", "key usage is not critical, keyCertSign and cRLSign"},
    {LEAF, NID_key_usage, 1, 4, "\x03\x02\x07\x80", "key usage is not critical, digitalSignature alone"},
    {SERVER, NID_ext_key_usage, 0, 12, "\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01",
     "extended key usage is not serverAuth alone"},
    {DEVICE | SERVICE, NID_ext_key_usage, 0, 12, "\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02",
     "extended key usage is not clientAuth alone"},
    {ALL, NID_subject_key_identifier, 0, 0, NULL, "there is no subject key identifier, or it is critical"},
    {ALL, NID_authority_key_identifier, 0, 0, NULL, "there is no authority key identifier, or it is critical"},
    {LEAF, NID_subject_alt_name, 0, 0, NULL, "there is no subject alternative name, or it is critical"},
};

/* Exactly one extension of this kind, as the row says. */
static bool row_fits(const STACK_OF(X509_EXTENSION) * extensions, const struct row *row)
{
    int at = X509v3_get_ext_by_NID(extensions, row->nid, -1);
    X509_EXTENSION *extension = at >= 0 ? X509v3_get_ext(extensions, at) : NULL;
    if (extension == NULL || X509v3_get_ext_by_NID(extensions, row->nid, at) >= 0 ||
        X509_EXTENSION_get_critical(extension) != row->critical)
        return false;
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(extension);
    return row->der == NULL || (ASN1_STRING_length(value) == row->length &&
                                memcmp(ASN1_STRING_get0_data(value), row->der, (size_t)row->length) == 0);
}

static const char *set_fits(const STACK_OF(X509_EXTENSION) * extensions, enum lint_profile profile)
{
    int expected = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if ((rows[i].profiles & 1U << profile) == 0)
            continue;
        if (!row_fits(extensions, &rows[i]))
            return rows[i].finding;
        expected++;
    }
    return X509v3_get_ext_count(extensions) == expected ? NULL : "there is an extension that the profile does not have";
}

static bool same(const ASN1_OCTET_STRING *a, const ASN1_OCTET_STRING *b)
{
    return a != NULL && b != NULL && ASN1_OCTET_STRING_cmp(a, b) == 0;
}

static const char *own_identifier_fits(const struct parsed *certificate)
{
    unsigned char expected[KEY_IDENTIFIER];
    size_t length = 0;
    const unsigned char *bits = parsed_key_bits(certificate, &length);
    ASN1_OCTET_STRING *own = X509V3_get_d2i(certificate->body->extensions, NID_subject_key_identifier, NULL, NULL);
    bool fits = own != NULL && ASN1_STRING_length(own) == KEY_IDENTIFIER && bits != NULL &&
                extension_key_identifier(bits, length, expected) &&
                memcmp(ASN1_STRING_get0_data(own), expected, KEY_IDENTIFIER) == 0;
    ASN1_OCTET_STRING_free(own);
    return fits ? NULL : "the subject key identifier is not that of the key";
}

static const char *authority_identifier_fits(const struct parsed *certificate, const struct lint_issuer *issuer)
{
    const char *finding = NULL;
    AUTHORITY_KEYID *authority =
        X509V3_get_d2i(certificate->body->extensions, NID_authority_key_identifier, NULL, NULL);
    if (authority != NULL && (authority->issuer != NULL || authority->serial != NULL))
        finding = "the authority key identifier has more than a key identifier";
    else if (issuer != NULL && !same(authority != NULL ? authority->keyid : NULL, issuer->identifier))
        finding = "the authority key identifier is not the issuer's";
    AUTHORITY_KEYID_free(authority);
    return finding;
}

/* urn:muster:<tenant>:<uuid> with the alphabets of docs/protocol.md, section 1. */
static bool is_device_uri(const char *uri, size_t length)
{
    static const char start[] = "urn:muster:";
    static const char lower[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    static const char uuid[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-";
    if (strlen(uri) != length || strncmp(uri, start, sizeof start - 1) != 0) /* strlen: no NUL inside */
        return false;
    const char *at = uri + sizeof start - 1;
    size_t tenant = strspn(at, lower);
    if (tenant == 0 || at[tenant] != ':')
        return false;
    at += tenant + 1;
    return *at != '\0' && strspn(at, uuid) == strlen(at);
}

static bool is_service_uri(const char *uri, size_t length)
{
    return length == sizeof LINT_SERVICE_URI - 1 && memcmp(uri, LINT_SERVICE_URI, length) == 0;
}

static bool name_fits(const GENERAL_NAME *name, enum lint_profile profile)
{
    int type;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);
    if (profile == LINT_SERVER)
        return type == GEN_DNS || type == GEN_IPADD;
    if (type != GEN_URI)
        return false;
    const char *uri = (const char *)ASN1_STRING_get0_data(value);
    size_t length = (size_t)ASN1_STRING_length(value);
    return profile == LINT_DEVICE ? is_device_uri(uri, length) : is_service_uri(uri, length);
}

static const char *alternative_names_fit(const STACK_OF(X509_EXTENSION) * extensions, enum lint_profile profile)
{
    static const char *const findings[] = {
        [LINT_SERVER] = "the subject alternative names are not DNS names and IP addresses",
        [LINT_DEVICE] = "the subject alternative name is not one URI urn:muster:<tenant>:<uuid>",
        [LINT_SERVICE] = ("the subject alternative name is not the one URI " LINT_SERVICE_URI)};
    if ((ANY_CA & 1U << profile) != 0)
        return NULL;
    GENERAL_NAMES *names = X509V3_get_d2i(extensions, NID_subject_alt_name, NULL, NULL);
    int count = names != NULL ? sk_GENERAL_NAME_num(names) : 0;
    bool ok = profile == LINT_SERVER ? count >= 1 : count == 1;
    for (int i = 0; ok && i < count; i++)
        ok = name_fits(sk_GENERAL_NAME_value(names, i), profile);
    GENERAL_NAMES_free(names);
    return ok ? NULL : findings[profile];
}

const char *lint_extensions(const struct parsed *certificate, const struct lint_issuer *issuer,
                            enum lint_profile profile)
{
    const STACK_OF(X509_EXTENSION) *extensions = certificate->body->extensions;
    const char *finding = set_fits(extensions, profile);
    if (finding == NULL)
        finding = own_identifier_fits(certificate);
    if (finding == NULL)
        finding = authority_identifier_fits(certificate, issuer);
    return finding != NULL ? finding : alternative_names_fit(extensions, profile);
}

const char *lint_names(const struct parsed *certificate, enum lint_profile profile)
{
    static const struct {
        const char *start, *finding;
    } names[] = {
        [LINT_AUTHORITY] = {"Muster CA ", "the subject's CN does not begin with \"Muster CA \""},
        [LINT_ROOT] = {"Muster Root CA ", "the subject's CN does not begin with \"Muster Root CA \""},
        [LINT_ISSUER] = {"Muster Issuing CA ", "the subject's CN does not begin with \"Muster Issuing CA \""},
        [LINT_SERVER] = {"", "the subject has not one CN"},
        [LINT_DEVICE] = {"Device-", "the subject's CN does not begin with \"Device-\""},
        [LINT_SERVICE] = {"Service-", "the subject's CN does not begin with \"Service-\""},
    };
    static const int known[] = {NID_countryName, NID_organizationName, NID_commonName};
    const X509_NAME *subject = certificate->body->subject;
    int entries = 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        int at = X509_NAME_get_index_by_NID(subject, known[i], -1);
        entries += at >= 0;
    }
    if (X509_NAME_entry_count(subject) != entries)
        return "the subject has attributes beside one each of C, O and CN";
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    const ASN1_STRING *text = at >= 0 ? X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)) : NULL;
    size_t start = strlen(names[profile].start);
    if (text == NULL || (size_t)ASN1_STRING_length(text) <= start ||
        memcmp(ASN1_STRING_get0_data(text), names[profile].start, start) != 0)
        return names[profile].finding;
    return NULL;
}
