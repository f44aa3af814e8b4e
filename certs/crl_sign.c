#include "certs/crl_list.h"
#include "certs/crl_parse.h"
#include "certs/pem.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#define SIGNATURE_MAX 1024 /* octets; RSA-8192 */
#define EXTENSIONS    0xa0 /* TBSCertList [0] */
#define KEY_ID        0x80 /* AuthorityKeyIdentifier [0] */

static const unsigned char authority_key_identifier[] = {0x06, 0x03, 0x55, 0x1d, 0x23};
static const unsigned char crl_number[] = {0x06, 0x03, 0x55, 0x1d, 0x14};
static const unsigned char sha256_with_rsa[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                                0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00};
static const unsigned char ecdsa_with_sha256[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                                  0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
/* Wraps the content up to `end` as an extension that is not critical. */
static void wrap_extension(struct der_writer *writer, const unsigned char *object, size_t object_length,
                           const unsigned char *end)
{
    der_wrap(writer, DER_OCTET_STRING, end);
    der_put(writer, object, object_length);
    der_wrap(writer, DER_SEQUENCE, end);
}

/* 5.2.1, 5.2.3 */
static bool append_extensions(struct crl *crl)
{
    unsigned char buffer[128];
    struct der_writer writer = der_start(buffer, sizeof buffer);
    const unsigned char *end = writer.at;
    der_put_number(&writer, crl->number);
    wrap_extension(&writer, crl_number, sizeof crl_number, end);
    const unsigned char *number = writer.at;
    der_put(&writer, crl->identifier, KEY_IDENTIFIER);
    der_wrap(&writer, KEY_ID, number);
    der_wrap(&writer, DER_SEQUENCE, number);
    wrap_extension(&writer, authority_key_identifier, sizeof authority_key_identifier, number);
    der_wrap(&writer, DER_SEQUENCE, end);
    der_wrap(&writer, EXTENSIONS, end);
    return !writer.full && crl_list_append(crl, writer.at, (size_t)(end - writer.at));
}

static void put_algorithm(struct der_writer *writer, const struct crl *crl)
{
    if (EVP_PKEY_is_a(crl->key, "EC"))
        der_put(writer, ecdsa_with_sha256, sizeof ecdsa_with_sha256);
    else
        der_put(writer, sha256_with_rsa, sizeof sha256_with_rsa);
}

/* Puts in front of the entries what comes before them in TBSCertList (5.1.2). */
static bool put_front(struct der_writer *writer, const struct crl *crl, size_t entries_length)
{
    static const unsigned char version_2[] = {0x02, 0x01, 0x01};
    const unsigned char *end = crl->buffer + crl->length;
    if (crl->count > 0)
        der_wrap(writer, DER_SEQUENCE, writer->at + entries_length);
    if (!der_put_time(writer, crl->next_update) || !der_put_time(writer, crl->this_update))
        return false;
    der_put(writer, crl->name, crl->name_length);
    put_algorithm(writer, crl);
    der_put(writer, version_2, sizeof version_2);
    der_wrap(writer, DER_SEQUENCE, end);
    return !writer->full;
}

static bool append_signature(struct crl *crl, const unsigned char *body)
{
    unsigned char signature[SIGNATURE_MAX], buffer[SIGNATURE_MAX + 64];
    size_t length = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context != NULL && EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, crl->key, NULL) == 1 &&
              EVP_DigestSign(context, signature, &length, body, (size_t)(crl->buffer + crl->length - body)) == 1;
    EVP_MD_CTX_free(context);
    if (!ok)
        return false;
    struct der_writer writer = der_start(buffer, sizeof buffer);
    const unsigned char *end = writer.at;
    der_put(&writer, signature, length);
    der_put(&writer, "\0", 1); /* no unused bits (X.690, 8.6.2) */
    der_wrap(&writer, DER_BIT_STRING, end);
    put_algorithm(&writer, crl);
    return !writer.full && crl_list_append(crl, writer.at, (size_t)(end - writer.at));
}

/* The whole list, in the buffer; NULL when it cannot be made. */
static const unsigned char *finish(struct crl *crl, size_t *length)
{
    size_t entries = crl->length - crl->head;
    if (!crl_list_reserve(crl, CRL_TAIL_ROOM) ||
        !append_extensions(crl)) /* from here on the buffer stays where it is */
        return NULL;
    struct der_writer writer = der_start(crl->buffer, crl->head);
    if (!put_front(&writer, crl, entries) || !append_signature(crl, writer.at))
        return NULL;
    der_wrap(&writer, DER_SEQUENCE, crl->buffer + crl->length);
    *length = (size_t)(crl->buffer + crl->length - writer.at);
    return writer.full ? NULL : writer.at;
}

/* A last look at the very text that is given out: a broker that is given a bad list refuses everyone. */
static bool is_right(const struct crl *crl, const char *pem, size_t length)
{
    struct crl_parts parts;
    const char *at = pem;
    unsigned char *der;
    size_t octets;
    bool ok = pem_next(CRL_LABEL, &at, pem + length, &der, &octets) && crl_parse(der, octets, &parts) &&
              strcmp(parts.info.issuer, crl->issuer_id) == 0 && parts.info.number == crl->number &&
              parts.info.this_update == crl->this_update && parts.info.next_update == crl->next_update &&
              parts.info.count == crl->count && crl_is_signed(&parts, crl->key);
    free(der);
    return ok;
}

char *crl_sign(struct crl *crl, size_t *length)
{
    size_t octets = 0;
    const unsigned char *der = crl->buffer != NULL ? finish(crl, &octets) : NULL;
    char *pem = der != NULL ? malloc(pem_size(CRL_LABEL, octets)) : NULL;
    *length = pem != NULL ? pem_write(CRL_LABEL, der, octets, pem) : 0;
    free(crl->buffer); /* what follows needs as much again */
    crl->buffer = NULL;
    crl->length = crl->size = 0;
    bool ok = *length > 0 && is_right(crl, pem, *length);
    ERR_clear_error();
    if (ok)
        return pem;
    free(pem);
    *length = 0;
    return NULL;
}
