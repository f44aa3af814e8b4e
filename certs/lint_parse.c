#include "certs/lint_parse.h"

#include <openssl/asn1t.h>
#include <string.h>
#include <time.h>

#define LENGTH_MAX   65536 /* octets; ours have below 2,000 */
#define COUNT(table) (sizeof(table) / sizeof *(table))

/* `body` is not in it: it is decoded from `octets` in a second step, so that these stay as they are. */
static const ASN1_TEMPLATE envelope_parts[] = {
    ASN1_SIMPLE(struct parsed, octets, ASN1_SEQUENCE),
    ASN1_SIMPLE(struct parsed, algorithm, X509_ALGOR),
    ASN1_SIMPLE(struct parsed, signature, ASN1_BIT_STRING),
};

static const ASN1_TEMPLATE validity_parts[] = {
    ASN1_SIMPLE(struct parsed_validity, not_before, ASN1_TIME),
    ASN1_SIMPLE(struct parsed_validity, not_after, ASN1_TIME),
};

static const ASN1_ITEM validity = {
    ASN1_ITYPE_SEQUENCE, V_ASN1_SEQUENCE, validity_parts, COUNT(validity_parts), NULL, sizeof(struct parsed_validity),
    "validity",
};

static const ASN1_ITEM *validity_it(void)
{
    return &validity;
}

static const ASN1_TEMPLATE body_parts[] = {
    ASN1_EXP_OPT(struct parsed_body, version, ASN1_INTEGER, 0),
    ASN1_SIMPLE(struct parsed_body, serial, ASN1_INTEGER),
    ASN1_SIMPLE(struct parsed_body, algorithm, X509_ALGOR),
    ASN1_SIMPLE(struct parsed_body, issuer, ASN1_SEQUENCE),
    ASN1_SIMPLE(struct parsed_body, validity, validity),
    ASN1_SIMPLE(struct parsed_body, subject, X509_NAME),
    ASN1_SIMPLE(struct parsed_body, key, ASN1_SEQUENCE),
    ASN1_IMP_OPT(struct parsed_body, issuer_identifier, ASN1_BIT_STRING, 1),
    ASN1_IMP_OPT(struct parsed_body, subject_identifier, ASN1_BIT_STRING, 2),
    ASN1_EXP_SEQUENCE_OF_OPT(struct parsed_body, extensions, X509_EXTENSION, 3),
};

static const ASN1_ITEM envelope = {
    ASN1_ITYPE_SEQUENCE,   V_ASN1_SEQUENCE, envelope_parts, COUNT(envelope_parts), NULL,
    sizeof(struct parsed), "certificate",
};

static const ASN1_ITEM body = {
    ASN1_ITYPE_SEQUENCE, V_ASN1_SEQUENCE, body_parts, COUNT(body_parts), NULL, sizeof(struct parsed_body), "body",
};

/* All of the octets or nothing. */
static void *decode(const ASN1_ITEM *item, const unsigned char *der, long length)
{
    const unsigned char *at = der;
    ASN1_VALUE *value = ASN1_item_d2i(NULL, &at, length, item);
    if (value == NULL || at == der + length)
        return value;
    ASN1_item_free(value, item);
    return NULL;
}

struct parsed *parsed_new(const unsigned char *der, size_t length)
{
    struct parsed *parsed = length <= LENGTH_MAX ? decode(&envelope, der, (long)length) : NULL;
    if (parsed == NULL)
        return NULL;
    parsed->body = decode(&body, ASN1_STRING_get0_data(parsed->octets), ASN1_STRING_length(parsed->octets));
    if (parsed->body != NULL)
        return parsed;
    parsed_free(parsed);
    return NULL;
}

void parsed_free(struct parsed *parsed)
{
    if (parsed == NULL)
        return;
    ASN1_item_free((ASN1_VALUE *)parsed->body, &body);
    ASN1_item_free((ASN1_VALUE *)parsed, &envelope);
}

static bool seconds(const ASN1_TIME *time, int64_t *out)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(time, &tm) != 1)
        return false;
    *out = timegm(&tm);
    return true;
}

bool parsed_dates(const struct parsed *parsed, struct validity *out)
{
    return seconds(parsed->body->validity->not_before, &out->not_before) &&
           seconds(parsed->body->validity->not_after, &out->not_after);
}

/* Where the content of the element at `at` begins, and the octets in it; NULL unless it has this tag and fits. */
static const unsigned char *enter(const unsigned char *at, const unsigned char *end, int wanted, long *length)
{
    int tag, class;
    bool fits = at < end && (ASN1_get_object(&at, length, &tag, &class, end - at) & ~V_ASN1_CONSTRUCTED) == 0;
    return fits && tag == wanted && class == V_ASN1_UNIVERSAL ? at : NULL;
}

/* SubjectPublicKeyInfo (RFC 5280, 4.1): algorithm, BIT STRING. */
const unsigned char *parsed_key_bits(const struct parsed *parsed, size_t *length)
{
    const unsigned char *begin = ASN1_STRING_get0_data(parsed->body->key);
    const unsigned char *end = begin + ASN1_STRING_length(parsed->body->key);
    long octets;
    const unsigned char *algorithm = enter(begin, end, V_ASN1_SEQUENCE, &octets);
    const unsigned char *in_algorithm = algorithm != NULL ? enter(algorithm, end, V_ASN1_SEQUENCE, &octets) : NULL;
    const unsigned char *bits =
        in_algorithm != NULL ? enter(in_algorithm + octets, end, V_ASN1_BIT_STRING, &octets) : NULL;
    if (bits == NULL || octets < 1) /* the first octet counts unused bits (X.690, 8.6.2) */
        return NULL;
    *length = (size_t)octets - 1;
    return bits + 1;
}

bool parsed_is_issued_by(const struct parsed *parsed, const X509_NAME *name)
{
    const unsigned char *at = ASN1_STRING_get0_data(parsed->body->issuer), *octets = NULL;
    long length = ASN1_STRING_length(parsed->body->issuer);
    size_t octets_length = 0;
    if (name != NULL && X509_NAME_get0_der(name, &octets, &octets_length) == 1 && octets_length == (size_t)length &&
        memcmp(at, octets, octets_length) == 0)
        return true;
    X509_NAME *issuer = d2i_X509_NAME(NULL, &at, length);
    bool is = issuer != NULL && (name == NULL || X509_NAME_cmp(issuer, name) == 0);
    X509_NAME_free(issuer);
    return is;
}

bool parsed_is_signed_by(const struct parsed *parsed, EVP_PKEY *key)
{
    return ASN1_item_verify(ASN1_ITEM_rptr(ASN1_SEQUENCE), parsed->algorithm, parsed->signature, parsed->octets, key) ==
           1;
}
