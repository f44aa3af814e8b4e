#include "certs/device_tbs.h"

#include "certs/der.h"
#include "certs/extensions.h"
#include "certs/internal.h"

#include <stdlib.h>
#include <string.h>

#define URI        0x86 /* GeneralName [6] (RFC 5280, 4.2.1.6) */
#define EXTENSIONS 0xa3 /* TBSCertificate [3] */

/* Each ends where its variable part begins. */
static const unsigned char version_3[] = {0xa0, 0x03, 0x02, 0x01, 0x02};
static const unsigned char ecdsa_with_sha256[] = {DER_SEQUENCE, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                                  0x48,         0xce, 0x3d, 0x04, 0x03, 0x02};
static const unsigned char common_name[] = {0x06, 0x03, 0x55, 0x04, 0x03};
static const unsigned char subject_alternative_name[] = {0x06, 0x03, 0x55, 0x1d, 0x11};
static const unsigned char subject_key_identifier[] = {
    DER_SEQUENCE,       9 + KEY_IDENTIFIER, 0x06,          0x03, 0x55, 0x1d, 0x0e, DER_OCTET_STRING,
    2 + KEY_IDENTIFIER, DER_OCTET_STRING,   KEY_IDENTIFIER};

struct octets {
    unsigned char *at;
    size_t length;
};

struct device_template {
    struct octets issuer;
    struct octets start; /* with its identifier and length, of which `start_content` is the rest */
    const unsigned char *start_content;
    struct octets extensions[4];
};

static bool is_set(struct octets *out, unsigned char *der, int length)
{
    *out = (struct octets){der, length > 0 ? (size_t)length : 0};
    return length > 0;
}

static bool encode_name(const X509_NAME *name, struct octets *out)
{
    unsigned char *der = NULL;
    int length = i2d_X509_NAME(name, &der);
    return is_set(out, der, length);
}

static bool encode_extension(X509_EXTENSION *extension, struct octets *out)
{
    unsigned char *der = NULL;
    int length = i2d_X509_EXTENSION(extension, &der);
    return is_set(out, der, length);
}

static bool encode_all(struct device_template *template, const X509_NAME *issuer, const X509_NAME *start,
                       X509_EXTENSION *const fixed[4])
{
    long length;
    int tag, class;
    if (!encode_name(issuer, &template->issuer) || !encode_name(start, &template->start))
        return false;
    for (int i = 0; i < 4; i++)
        if (!encode_extension(fixed[i], &template->extensions[i]))
            return false;
    template->start_content = template->start.at;
    return ASN1_get_object(&template->start_content, &length, &tag, &class, (long)template->start.length) ==
           V_ASN1_CONSTRUCTED;
}

struct device_template *device_template_new(const X509_NAME *issuer, const X509_NAME *start,
                                            X509_EXTENSION *const fixed[4])
{
    struct device_template *template = calloc(1, sizeof *template);
    if (template == NULL || encode_all(template, issuer, start, fixed))
        return template;
    device_template_free(template);
    return NULL;
}

void device_template_free(struct device_template *template)
{
    if (template == NULL)
        return;
    for (int i = 0; i < 4; i++)
        OPENSSL_free(template->extensions[i].at);
    OPENSSL_free(template->issuer.at);
    OPENSSL_free(template->start.at);
    free(template);
}

/* ASCII from `least` on, and not too long; anything else is a matter for draft.c. */
static bool is_ordinary(const char *text, char least, size_t longest)
{
    size_t length = 0;
    for (; text[length] != '\0'; length++)
        if (text[length] < least || text[length] > '~' || length == longest)
            return false;
    return length > 0;
}

static bool put_validity(struct der_writer *writer, struct validity validity)
{
    const unsigned char *end = writer->at;
    if (!der_put_time(writer, validity.not_after) || !der_put_time(writer, validity.not_before))
        return false;
    der_wrap(writer, DER_SEQUENCE, end);
    return true;
}

static void put_subject(struct der_writer *writer, const struct device_template *template, const char *name)
{
    const unsigned char *end = writer->at;
    der_put(writer, name, strlen(name));
    der_wrap(writer, DER_UTF8_STRING, end);
    der_put(writer, common_name, sizeof common_name);
    der_wrap(writer, DER_SEQUENCE, end);
    der_wrap(writer, DER_SET, end);
    der_put(writer, template->start_content,
            (size_t)(template->start.at + template->start.length - template->start_content));
    der_wrap(writer, DER_SEQUENCE, end);
}

static void put_alternative_name(struct der_writer *writer, const char *uri)
{
    const unsigned char *end = writer->at;
    der_put(writer, uri, strlen(uri));
    der_wrap(writer, URI, end);
    der_wrap(writer, DER_SEQUENCE, end);
    der_wrap(writer, DER_OCTET_STRING, end);
    der_put(writer, subject_alternative_name, sizeof subject_alternative_name);
    der_wrap(writer, DER_SEQUENCE, end);
}

static void put_extensions(struct der_writer *writer, const struct device_template *template,
                           const unsigned char identifier[KEY_IDENTIFIER], const char *uri)
{
    const unsigned char *end = writer->at;
    put_alternative_name(writer, uri);
    der_put(writer, template->extensions[3].at, template->extensions[3].length);
    der_put(writer, identifier, KEY_IDENTIFIER);
    der_put(writer, subject_key_identifier, sizeof subject_key_identifier);
    for (int i = 2; i >= 0; i--)
        der_put(writer, template->extensions[i].at, template->extensions[i].length);
    der_wrap(writer, DER_SEQUENCE, end);
    der_wrap(writer, EXTENSIONS, end);
}

static void put_serial(struct der_writer *writer, const unsigned char serial[PROFILE_SERIAL])
{
    const unsigned char *end = writer->at;
    der_put(writer, serial, PROFILE_SERIAL);
    der_wrap(writer, DER_INTEGER, end);
}

static size_t finish(struct der_writer *writer, const unsigned char *end, const unsigned char **begin)
{
    der_wrap(writer, DER_SEQUENCE, end);
    *begin = writer->at;
    return writer->full ? 0 : (size_t)(end - writer->at);
}

size_t device_tbs(const struct device_template *template, const struct device_draft *draft, unsigned char *out,
                  size_t size, const unsigned char **begin)
{
    unsigned char identifier[KEY_IDENTIFIER];
    size_t length = 0;
    const struct public_key *key = draft->key;
    if (!key_is_p256(key->der, key->length) || draft->serial[0] < 0x01 || draft->serial[0] > 0x7f ||
        !is_ordinary(draft->common_name, ' ', 64) || !is_ordinary(draft->uri, '!', 255))
        return 0;
    const unsigned char *bits = draft_key_bits(key, &length);
    if (bits == NULL || !extension_key_identifier(bits, length, identifier))
        return 0;
    struct der_writer writer = der_start(out, size);
    const unsigned char *end = writer.at;
    put_extensions(&writer, template, identifier, draft->uri);
    der_put(&writer, key->der, key->length);
    put_subject(&writer, template, draft->common_name);
    if (!put_validity(&writer, draft->validity))
        return 0;
    der_put(&writer, template->issuer.at, template->issuer.length);
    der_put(&writer, ecdsa_with_sha256, sizeof ecdsa_with_sha256);
    put_serial(&writer, draft->serial);
    der_put(&writer, version_3, sizeof version_3);
    return finish(&writer, end, begin);
}

size_t device_certificate(const unsigned char *tbs, size_t tbs_length, const unsigned char *signature,
                          size_t signature_length, unsigned char *out, size_t size, const unsigned char **begin)
{
    struct der_writer writer = der_start(out, size);
    const unsigned char *end = writer.at;
    der_put(&writer, signature, signature_length);
    der_put(&writer, "\0", 1); /* no unused bits (X.690, 8.6.2) */
    der_wrap(&writer, DER_BIT_STRING, end);
    der_put(&writer, ecdsa_with_sha256, sizeof ecdsa_with_sha256);
    der_put(&writer, tbs, tbs_length);
    return finish(&writer, end, begin);
}
