#include "certs/extensions.h"

#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <string.h>

bool extension_key_identifier(const unsigned char *bits, size_t length, unsigned char out[KEY_IDENTIFIER])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    if (SHA256(bits, length, digest) == NULL)
        return false;
    memcpy(out, digest, KEY_IDENTIFIER);
    return true;
}

X509_EXTENSION *extension_basic_constraints(enum basic_constraints kind)
{
    BASIC_CONSTRAINTS *basic = BASIC_CONSTRAINTS_new();
    X509_EXTENSION *extension = NULL;
    bool ok = basic != NULL;
    if (ok && kind != BASIC_LEAF) {
        basic->ca = 0xff; /* DER: TRUE is all ones (X.690, 11.1); OpenSSL writes what stands here */
        basic->pathlen = ASN1_INTEGER_new();
        ok = basic->pathlen != NULL && ASN1_INTEGER_set(basic->pathlen, kind) == 1;
    }
    if (ok)
        extension = X509V3_EXT_i2d(NID_basic_constraints, 1, basic);
    BASIC_CONSTRAINTS_free(basic);
    return extension;
}

X509_EXTENSION *extension_key_usage(const int bits[])
{
    ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();
    bool ok = usage != NULL;
    for (size_t i = 0; ok && bits[i] >= 0; i++)
        ok = ASN1_BIT_STRING_set_bit(usage, bits[i], 1) == 1;
    X509_EXTENSION *extension = ok ? X509V3_EXT_i2d(NID_key_usage, 1, usage) : NULL;
    ASN1_BIT_STRING_free(usage);
    return extension;
}

X509_EXTENSION *extension_extended_key_usage(int purpose)
{
    EXTENDED_KEY_USAGE *usage = EXTENDED_KEY_USAGE_new();
    X509_EXTENSION *extension = NULL;
    if (usage != NULL && sk_ASN1_OBJECT_push(usage, OBJ_nid2obj(purpose)) > 0)
        extension = X509V3_EXT_i2d(NID_ext_key_usage, 0, usage);
    EXTENDED_KEY_USAGE_free(usage);
    return extension;
}

X509_EXTENSION *extension_subject_key(const unsigned char identifier[KEY_IDENTIFIER])
{
    ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension = NULL;
    if (octets != NULL && ASN1_OCTET_STRING_set(octets, identifier, KEY_IDENTIFIER) == 1)
        extension = X509V3_EXT_i2d(NID_subject_key_identifier, 0, octets);
    ASN1_OCTET_STRING_free(octets);
    return extension;
}

X509_EXTENSION *extension_authority_key(const unsigned char *identifier, size_t length)
{
    AUTHORITY_KEYID *authority = AUTHORITY_KEYID_new();
    X509_EXTENSION *extension = NULL;
    if (authority != NULL)
        authority->keyid = ASN1_OCTET_STRING_new();
    if (authority != NULL && authority->keyid != NULL &&
        ASN1_OCTET_STRING_set(authority->keyid, identifier, (int)length) == 1)
        extension = X509V3_EXT_i2d(NID_authority_key_identifier, 0, authority);
    AUTHORITY_KEYID_free(authority);
    return extension;
}

/* Adds one name and takes over `value`, also when it fails. */
static bool add_name(GENERAL_NAMES *names, int type, ASN1_STRING *value)
{
    GENERAL_NAME *name = value != NULL ? GENERAL_NAME_new() : NULL;
    if (name == NULL) {
        ASN1_STRING_free(value);
        return false;
    }
    GENERAL_NAME_set0_value(name, type, value);
    if (sk_GENERAL_NAME_push(names, name) > 0)
        return true;
    GENERAL_NAME_free(name);
    return false;
}

/* An IA5String of octets from `allowed`, or of any visible ones when that is NULL; no NUL can hide in it. */
static ASN1_STRING *ia5(const char *text, const char *allowed)
{
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++)
        if (text[i] <= ' ' || text[i] > '~' || (allowed != NULL && strchr(allowed, text[i]) == NULL))
            return NULL;
    ASN1_STRING *string = length > 0 ? ASN1_STRING_type_new(V_ASN1_IA5STRING) : NULL;
    if (string != NULL && ASN1_STRING_set(string, text, (int)length) != 1) {
        ASN1_STRING_free(string);
        return NULL;
    }
    return string;
}

static bool add_server_name(GENERAL_NAMES *names, const char *name)
{
    static const char host[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._*";
    ASN1_STRING *address = a2i_IPADDRESS(name);
    return address != NULL ? add_name(names, GEN_IPADD, address) : add_name(names, GEN_DNS, ia5(name, host));
}

X509_EXTENSION *extension_uri(const char *uri)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    X509_EXTENSION *extension = NULL;
    if (names != NULL && add_name(names, GEN_URI, ia5(uri, NULL)))
        extension = X509V3_EXT_i2d(NID_subject_alt_name, 0, names);
    GENERAL_NAMES_free(names);
    return extension;
}

X509_EXTENSION *extension_server_names(const char *const names[], size_t count)
{
    GENERAL_NAMES *list = GENERAL_NAMES_new();
    bool ok = list != NULL && count > 0;
    for (size_t i = 0; ok && i < count; i++)
        ok = add_server_name(list, names[i]);
    X509_EXTENSION *extension = ok ? X509V3_EXT_i2d(NID_subject_alt_name, 0, list) : NULL;
    GENERAL_NAMES_free(list);
    return extension;
}
