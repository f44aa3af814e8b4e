/*
 * A revocation list in the making: crl_write.c fills it, crl_sign.c ends it. Inside these two only.
 */
#ifndef MUSTER_CERTS_CRL_LIST_H
#define MUSTER_CERTS_CRL_LIST_H

#include "certs/crl.h"
#include "certs/extensions.h"

#include <openssl/evp.h>

#define CRL_HEAD_ROOM 256  /* octets in front of the entries, beside the issuer's name: lengths, algorithm, dates */
#define CRL_TAIL_ROOM 2048 /* octets behind them: extensions, algorithm, signature */

/* The entries stand in one buffer as they will be signed, with room before them for what is only known at the end. */
struct crl {
    EVP_PKEY *key;
    unsigned char *name; /* the issuer's, DER */
    size_t name_length;
    char issuer_id[CA_ISSUER_ID + 1];
    unsigned char identifier[KEY_IDENTIFIER];
    int64_t number, this_update, next_update;
    unsigned char *buffer;
    size_t head, length, size; /* where the entries begin and end, and what there is room for */
    size_t count;
};

/* Room for `length` octets more behind what is there. */
bool crl_list_reserve(struct crl *crl, size_t length);

/* Appends octets; false when there is no memory. */
bool crl_list_append(struct crl *crl, const void *octets, size_t length);

#endif
