#include "device-client/pem.h"

#include "topics/limits.h"

#include <stdio.h>
#include <string.h>

#define SERIAL_MOST    21 /* 20 octets, and one of zeros */
#define DER_INTEGER    0x02
#define DER_BIT_STRING 0x03
#define DER_SEQUENCE   0x30
#define DER_VERSION    0xa0 /* [0] EXPLICIT */

static const char begins[] = "-----BEGIN CERTIFICATE-----", ends[] = "-----END CERTIFICATE-----";

/* RFC 4648, 4; -1 for what is no digit. */
static int digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

/* Base64 with line ends, up to `end`; 0 when it is none or longer than `size`. */
static size_t decode(const char *at, const char *end, unsigned char *out, size_t size)
{
    unsigned bits = 0, have = 0;
    size_t length = 0, padding = 0;
    for (; at < end; at++) {
        int value = digit(*at);
        if (strchr("\r\n \t", *at) != NULL)
            continue;
        padding += *at == '=';
        if (padding > 0 ? *at != '=' || padding > 2 : value < 0 || length == size)
            return 0;
        if (padding > 0)
            continue;
        bits = bits << 6 | (unsigned)value;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[length++] = (unsigned char)(bits >> have);
        }
    }
    return length;
}

/* X.690, 8.1: takes the element at the beginning of `in`, with its tag and length. False when it does not fit into what
 * is there or begins with another tag. `content` may be NULL. */
static bool take(struct pem_part *in, unsigned tag, struct pem_part *whole, struct pem_part *content)
{
    const unsigned char *at = in->at;
    size_t octets = in->length > 1 && at[1] > 0x80 ? at[1] & 0x7fu : 0, header = 2 + octets;
    if (in->length < header || octets > 3 || at[0] != tag || at[1] == 0x80)
        return false;
    size_t said = octets == 0 ? at[1] : 0;
    for (size_t i = 0; i < octets; i++)
        said = said << 8 | at[2 + i];
    if (said > in->length - header)
        return false;
    *whole = (struct pem_part){at, header + said};
    if (content != NULL)
        *content = (struct pem_part){at + header, said};
    *in = (struct pem_part){at + header + said, in->length - header - said};
    return true;
}

/* RFC 5280, 4.1: Certificate, and in it TBSCertificate up to the key. */
static bool find_parts(const unsigned char *der, size_t length, struct pem_parts *parts)
{
    struct pem_part all = {der, length}, certificate, to_sign, skipped;
    bool good = take(&all, DER_SEQUENCE, &skipped, &certificate) && all.length == 0 &&
                take(&certificate, DER_SEQUENCE, &skipped, &to_sign) &&
                take(&certificate, DER_SEQUENCE, &skipped, NULL) &&
                take(&certificate, DER_BIT_STRING, &skipped, NULL) && certificate.length == 0;
    if (good && to_sign.length > 0 && to_sign.at[0] == DER_VERSION)
        good = take(&to_sign, DER_VERSION, &skipped, NULL);
    return good && take(&to_sign, DER_INTEGER, &skipped, &parts->serial) &&
           take(&to_sign, DER_SEQUENCE, &skipped, NULL) && take(&to_sign, DER_SEQUENCE, &parts->issuer, NULL) &&
           take(&to_sign, DER_SEQUENCE, &skipped, NULL) && take(&to_sign, DER_SEQUENCE, &parts->subject, NULL) &&
           take(&to_sign, DER_SEQUENCE, &parts->public_key, NULL);
}

size_t pem_certificate(const char *text, unsigned char *out, size_t size, struct pem_parts *parts, const char **rest)
{
    const char *at = strstr(text, begins), *end = at != NULL ? strstr(at, ends) : NULL;
    if (end == NULL || (at != text && at[-1] != '\n') || strchr("\r\n \t", end[sizeof ends - 1]) == NULL)
        return 0; /* the boundaries have lines of their own (RFC 7468, 2) */
    if (rest != NULL)
        *rest = end + sizeof ends - 1;
    size_t length = decode(at + sizeof begins - 1, end, out, size);
    return find_parts(out, length, parts) ? length : 0;
}

bool pem_has_serial(const char *text, const char *id)
{
    unsigned char der[LIMIT_STRING];
    struct pem_parts parts;
    char hex[2 * SERIAL_MOST + 1] = "";
    if (pem_certificate(text, der, sizeof der, &parts, NULL) == 0 || parts.serial.length > SERIAL_MOST)
        return false;
    for (size_t i = 0; i < parts.serial.length; i++)
        snprintf(hex + 2 * i, 3, "%02x", parts.serial.at[i]);
    /* an octet of zeros may stand before the others, and a digit of zero is not always written */
    return id[0] != '\0' && strcmp(hex + strspn(hex, "0"), id + strspn(id, "0")) == 0;
}

bool pem_is_bundle(const char *text)
{
    unsigned char der[LIMIT_STRING];
    struct pem_parts parts;
    size_t count = 0;
    for (; strstr(text, begins) != NULL; count++)
        if (pem_certificate(text, der, sizeof der, &parts, &text) == 0)
            return false;
    return count > 0;
}

bool pem_holds_authority(const char *text)
{
    unsigned char der[LIMIT_STRING];
    struct pem_parts parts;
    return strstr(text, "-----BEGIN X509 CERTIFICATE-----") != NULL ||
           strstr(text, "-----BEGIN TRUSTED CERTIFICATE-----") != NULL ||
           pem_certificate(text, der, sizeof der, &parts, NULL) > 0;
}

bool pem_knows_issuer(const char *bundle, const char *text)
{
    unsigned char leaf[LIMIT_STRING], der[LIMIT_STRING];
    struct pem_parts of_leaf, parts;
    if (pem_certificate(text, leaf, sizeof leaf, &of_leaf, NULL) == 0)
        return false;
    while (pem_certificate(bundle, der, sizeof der, &parts, &bundle) > 0)
        if (parts.subject.length == of_leaf.issuer.length &&
            memcmp(parts.subject.at, of_leaf.issuer.at, parts.subject.length) == 0)
            return true;
    return false;
}
