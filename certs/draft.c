#include "certs/draft.h"

#include "certs/internal.h"

#include <openssl/asn1.h>
#include <string.h>
#include <time.h>

static bool add(X509_NAME *name, int attribute, const char *text)
{
    if (text == NULL || *text == '\0')
        return true;
    return X509_NAME_add_entry_by_NID(name, attribute, MBSTRING_UTF8, (const unsigned char *)text, -1, -1, 0) == 1;
}

X509_NAME *draft_name(const char *country, const char *organization, const char *common_name)
{
    X509_NAME *name = X509_NAME_new();
    if (name != NULL && add(name, NID_countryName, country) && add(name, NID_organizationName, organization) &&
        add(name, NID_commonName, common_name))
        return name;
    X509_NAME_free(name);
    return NULL;
}

/* Steps into the SEQUENCE of a SubjectPublicKeyInfo (RFC 5280, 4.1): its algorithm, which the caller frees, and where
 * its BIT STRING begins. */
static X509_ALGOR *enter(const struct public_key *key, const unsigned char **bits)
{
    long length;
    int tag, class;
    const unsigned char *at = key->der;
    if (key->length > sizeof key->der ||
        (ASN1_get_object(&at, &length, &tag, &class, (long)key->length) & ~V_ASN1_CONSTRUCTED) != 0 ||
        tag != V_ASN1_SEQUENCE || at + length != key->der + key->length)
        return NULL;
    X509_ALGOR *algorithm = d2i_X509_ALGOR(NULL, &at, length);
    *bits = at;
    return algorithm;
}

/* `at` points to a BIT STRING, its content begins with the number of unused bits (X.690, 8.6.2): 0 for a key. */
static const unsigned char *bit_string(const struct public_key *key, const unsigned char *at, size_t *length)
{
    long octets;
    int tag, class;
    const unsigned char *end = key->der + key->length;
    if (ASN1_get_object(&at, &octets, &tag, &class, end - at) != 0 || tag != V_ASN1_BIT_STRING || octets < 2 ||
        at + octets != end || *at != 0)
        return NULL;
    *length = (size_t)octets - 1;
    return at + 1;
}

const unsigned char *draft_key_bits(const struct public_key *key, size_t *length)
{
    if (key_is_p256(key->der, key->length)) { /* the common kind, without an object */
        *length = P256_POINT;
        return key->der + P256_PUBLIC - P256_POINT;
    }
    const unsigned char *at = NULL;
    X509_ALGOR *algorithm = enter(key, &at);
    X509_ALGOR_free(algorithm);
    return algorithm != NULL ? bit_string(key, at, length) : NULL;
}

/* Copies the key without decoding it: X509_set_pubkey would cost more than the signature. */
static bool set_key(X509 *certificate, const struct public_key *key)
{
    const unsigned char *at = NULL;
    const ASN1_OBJECT *object;
    const void *value;
    int type;
    size_t length = 0;
    X509_ALGOR *algorithm = enter(key, &at);
    const unsigned char *bits = algorithm != NULL ? bit_string(key, at, &length) : NULL;
    unsigned char *copy = bits != NULL ? OPENSSL_memdup(bits, length) : NULL;
    bool ok = copy != NULL;
    if (ok) {
        X509_ALGOR_get0(&object, &type, &value, algorithm);
        ASN1_OBJECT *curve = type == V_ASN1_OBJECT ? OBJ_dup(value) : NULL;
        ok = (type != V_ASN1_OBJECT || curve != NULL) &&
             X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(certificate), OBJ_dup(object), type, curve, copy,
                                    (int)length) == 1;
        if (!ok) {
            ASN1_OBJECT_free(curve);
            OPENSSL_free(copy);
        }
    }
    X509_ALGOR_free(algorithm);
    return ok;
}

/* ASN1_TIME_set writes UTCTime to 2049 and GeneralizedTime from 2050 on (RFC 5280, 4.1.2.5). */
static bool set_dates(X509 *certificate, struct validity validity)
{
    return ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)validity.not_before) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)validity.not_after) != NULL;
}

static bool set_extensions(X509 *certificate, const struct draft *draft)
{
    for (size_t i = 0; i < draft->count; i++)
        if (draft->extensions[i] == NULL || X509_add_ext(certificate, draft->extensions[i], -1) != 1) /* copies it */
            return false;
    return true;
}

X509 *draft_sign(const struct draft *draft, EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    if (certificate != NULL && X509_set_version(certificate, X509_VERSION_3) == 1 &&
        ASN1_STRING_set(X509_get_serialNumber(certificate), draft->serial, PROFILE_SERIAL) == 1 &&
        set_dates(certificate, draft->validity) && X509_set_issuer_name(certificate, draft->issuer) == 1 &&
        X509_set_subject_name(certificate, draft->subject) == 1 && set_key(certificate, draft->key) &&
        set_extensions(certificate, draft) && X509_sign(certificate, key, EVP_sha256()) > 0)
        return certificate;
    X509_free(certificate);
    return NULL;
}
