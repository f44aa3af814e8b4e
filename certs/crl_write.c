#include "certs/ca_local.h"
#include "certs/crl_list.h"
#include "certs/der.h"

#include <stdlib.h>
#include <string.h>

#define ENTRY_MAX  64 /* octets of one entry */
#define FIRST_ROOM (64 * 1024)

static const unsigned char reason_code[] = {0x06, 0x03, 0x55, 0x1d, 0x15};

static bool take_name(struct crl *crl, const X509_NAME *name)
{
    int length = i2d_X509_NAME(name, &crl->name);
    crl->name_length = length > 0 ? (size_t)length : 0;
    crl->head = crl->length = crl->name_length + CRL_HEAD_ROOM;
    crl->size = crl->head + FIRST_ROOM;
    crl->buffer = length > 0 ? malloc(crl->size) : NULL;
    return crl->buffer != NULL;
}

struct crl *crl_new(const struct ca *ca, const char *issuer_id, int64_t number, int64_t this_update,
                    int64_t next_update)
{
    const struct ca_member *issuer = ca_members_find(&ca->members, issuer_id);
    struct crl *crl = NULL;
    if (issuer != NULL && issuer->key != NULL && number >= 0 && this_update < next_update)
        crl = calloc(1, sizeof *crl);
    if (crl == NULL)
        return NULL;
    crl->number = number;
    crl->this_update = this_update;
    crl->next_update = next_update;
    memcpy(crl->issuer_id, issuer->id, sizeof crl->issuer_id);
    memcpy(crl->identifier, ASN1_STRING_get0_data(issuer->read->identifier), KEY_IDENTIFIER);
    if (take_name(crl, X509_get_subject_name(issuer->certificate)) && EVP_PKEY_up_ref(key_evp(issuer->key)) == 1) {
        crl->key = key_evp(issuer->key);
        return crl;
    }
    crl_free(crl);
    return NULL;
}

void crl_free(struct crl *crl)
{
    if (crl == NULL)
        return;
    EVP_PKEY_free(crl->key);
    OPENSSL_free(crl->name);
    free(crl->buffer);
    free(crl);
}

/* Room for `length` octets more. Half as much again each time: what is not touched costs no memory. */
bool crl_list_reserve(struct crl *crl, size_t length)
{
    if (crl->size - crl->length >= length)
        return true;
    size_t size = crl->size + crl->size / 2;
    unsigned char *buffer = crl->buffer != NULL ? realloc(crl->buffer, size) : NULL;
    if (buffer == NULL)
        return false;
    crl->buffer = buffer;
    crl->size = size;
    return true;
}

bool crl_list_append(struct crl *crl, const void *octets, size_t length)
{
    if (!crl_list_reserve(crl, length))
        return false;
    memcpy(crl->buffer + crl->length, octets, length);
    crl->length += length;
    return true;
}

/* Not critical; absent rather than "unspecified" (5.3.1). */
static void put_reason(struct der_writer *writer, enum crl_reason reason)
{
    const unsigned char *end = writer->at;
    if (reason == CRL_UNSPECIFIED)
        return;
    der_put(writer, &(unsigned char){(unsigned char)reason}, 1);
    der_wrap(writer, DER_ENUMERATED, end);
    der_wrap(writer, DER_OCTET_STRING, end);
    der_put(writer, reason_code, sizeof reason_code);
    der_wrap(writer, DER_SEQUENCE, end);
    der_wrap(writer, DER_SEQUENCE, end);
}

bool crl_add(struct crl *crl, const unsigned char serial[PROFILE_SERIAL], int64_t revoked_at_seconds,
             enum crl_reason reason)
{
    unsigned char entry[ENTRY_MAX];
    struct der_writer writer = der_start(entry, sizeof entry);
    const unsigned char *end = writer.at;
    if (serial[0] < 0x01 || serial[0] > 0x7f)
        return false;
    put_reason(&writer, reason);
    if (!der_put_time(&writer, revoked_at_seconds))
        return false;
    const unsigned char *serial_end = writer.at;
    der_put(&writer, serial, PROFILE_SERIAL);
    der_wrap(&writer, DER_INTEGER, serial_end);
    der_wrap(&writer, DER_SEQUENCE, end);
    if (writer.full || !crl_list_append(crl, writer.at, (size_t)(end - writer.at)))
        return false;
    crl->count++;
    return true;
}
