#include "certs/pem.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE       64 /* letters, of 48 octets (RFC 7468, 2) */
#define LENGTH_MAX ((size_t)1 << 30)
#define BEGIN      "-----BEGIN %s-----\n"
#define END        "-----END %s-----\n"
#define BORDER_MAX 64 /* letters of a border with its label */

size_t pem_size(const char *label, size_t length)
{
    size_t lines = (length + LINE / 4 * 3 - 1) / (LINE / 4 * 3);
    return sizeof BEGIN + sizeof END + 2 * strlen(label) + lines * (LINE + 1);
}

size_t pem_write(const char *label, const unsigned char *der, size_t length, char *out)
{
    EVP_ENCODE_CTX *context = length > 0 && length <= LENGTH_MAX ? EVP_ENCODE_CTX_new() : NULL;
    int lines = 0, rest = 0;
    if (context == NULL)
        return 0;
    char *at = out + sprintf(out, BEGIN, label);
    EVP_EncodeInit(context);
    bool ok = EVP_EncodeUpdate(context, (unsigned char *)at, &lines, der, (int)length) == 1;
    EVP_EncodeFinal(context, (unsigned char *)at + lines, &rest);
    EVP_ENCODE_CTX_free(context);
    at += lines + rest;
    at += sprintf(at, END, label);
    return ok ? (size_t)(at - out) : 0;
}

/* Where `border` begins and, in `*behind`, where it ends; NULL when it does not stand there. */
static const char *find(const char *at, const char *end, const char *border, const char **behind)
{
    const char *found = memmem(at, (size_t)(end - at), border, strlen(border));
    *behind = found != NULL ? found + strlen(border) : NULL;
    return found;
}

static unsigned char *decode(const char *text, size_t letters, size_t *length)
{
    EVP_ENCODE_CTX *context = letters <= 2 * LENGTH_MAX - 1 ? EVP_ENCODE_CTX_new() : NULL;
    unsigned char *out = context != NULL ? malloc(letters / 4 * 3 + 3) : NULL;
    int most = 0, rest = 0;
    bool ok = out != NULL;
    if (ok) {
        EVP_DecodeInit(context);
        ok = EVP_DecodeUpdate(context, out, &most, (const unsigned char *)text, (int)letters) >= 0 &&
             EVP_DecodeFinal(context, out + most, &rest) == 1 && most + rest > 0;
    }
    EVP_ENCODE_CTX_free(context);
    *length = ok ? (size_t)(most + rest) : 0;
    if (ok)
        return out;
    free(out);
    return NULL;
}

bool pem_next(const char *label, const char **at, const char *end, unsigned char **der, size_t *length)
{
    char begin_border[BORDER_MAX], end_border[BORDER_MAX];
    const char *text = NULL, *behind = NULL;
    *der = NULL;
    *length = 0;
    snprintf(begin_border, sizeof begin_border, "-----BEGIN %s-----", label);
    snprintf(end_border, sizeof end_border, "-----END %s-----", label);
    if (find(*at, end, begin_border, &text) == NULL)
        return false;
    const char *text_end = find(text, end, end_border, &behind);
    if (text_end != NULL)
        *der = decode(text, (size_t)(text_end - text), length);
    *at = *der != NULL ? behind : NULL;
    return *der != NULL;
}
