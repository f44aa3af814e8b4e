#include "device-client/pem.h"

#include <stdbool.h>
#include <string.h>

static const char begins[] = "-----BEGIN CERTIFICATE-----", ends[] = "-----END CERTIFICATE-----";

/* RFC 4648, 4; -1 for what is no digit. */
static int digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

/* X.690, 8.1.3: a SEQUENCE whose length, in one to three octets behind its form, is that of all the rest. */
static bool is_whole(const unsigned char *der, size_t length)
{
    size_t octets = length > 1 && der[1] > 0x80 ? der[1] & 0x7fu : 0, said = 0;
    if (octets == 0 || octets > 3 || length < 2 + octets || der[0] != 0x30)
        return false;
    for (size_t i = 0; i < octets; i++)
        said = said << 8 | der[2 + i];
    return said == length - 2 - octets;
}

size_t pem_certificate(const char *text, unsigned char *out, size_t size)
{
    const char *at = strstr(text, begins);
    const char *end = at != NULL ? strstr(at, ends) : NULL;
    unsigned bits = 0, have = 0;
    size_t length = 0;
    if (end == NULL)
        return 0;
    for (at += sizeof begins - 1; at < end && *at != '='; at++) {
        if (strchr("\r\n \t", *at) != NULL)
            continue;
        int value = digit(*at);
        if (value < 0 || length == size)
            return 0;
        bits = bits << 6 | (unsigned)value;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[length++] = (unsigned char)(bits >> have);
        }
    }
    return is_whole(out, length) ? length : 0;
}
