#include "certs/profile.h"

#include <stddef.h>
#include <string.h>

#define DAY ((int64_t)86400)

_Static_assert(PROFILE_CERTIFICATE_ID == 2 * PROFILE_SERIAL, "two digits an octet");

bool profile_validity(int64_t now, int days, struct validity issuer, struct validity *out)
{
    *out = (struct validity){0};
    if (days <= 0 || now < issuer.not_before || now > issuer.not_after)
        return false;
    int64_t begin = now - PROFILE_BACKDATE;
    out->not_before = begin > issuer.not_before ? begin : issuer.not_before;
    /* Both ends are inclusive (RFC 5280, 4.1.2.5): without the -1 the life is a second too long. */
    int64_t end = out->not_before + days * DAY - 1;
    out->not_after = end < issuer.not_after ? end : issuer.not_after;
    return true;
}

void profile_serial(unsigned char serial[PROFILE_SERIAL])
{
    /* A top bit would make the INTEGER negative, a leading zero would make it shorter (X.690, 8.3.2). */
    serial[0] &= 0x7f;
    if (serial[0] == 0)
        serial[0] = 1;
}

void profile_serial_make(int64_t second, unsigned char serial[PROFILE_SERIAL])
{
    serial[0] = 0x40;
    for (int i = 1; i <= 4; i++)
        serial[i] = (unsigned char)(second >> (32 - 8 * i));
    profile_serial(serial);
}

void profile_certificate_id(const unsigned char serial[PROFILE_SERIAL], char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < PROFILE_SERIAL; i++) {
        out[2 * i] = digits[serial[i] >> 4];
        out[2 * i + 1] = digits[serial[i] & 15];
    }
    out[PROFILE_CERTIFICATE_ID] = '\0';
}

/* The value of a lower-case hex digit, or -1. */
static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool profile_serial_from_id(const char *id, unsigned char serial[PROFILE_SERIAL])
{
    if (strnlen(id, PROFILE_CERTIFICATE_ID + 1) != PROFILE_CERTIFICATE_ID)
        return false;
    for (size_t i = 0; i < PROFILE_SERIAL; i++) {
        int high = digit(id[2 * i]), low = digit(id[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        serial[i] = (unsigned char)(high * 16 + low);
    }
    return serial[0] >= 0x01 && serial[0] <= 0x7f;
}

/* FNV-1a, then the finalizer of SplitMix64, because FNV alone leaves the low bits of short inputs uneven. */
static uint64_t hash(const char *uuid, const unsigned char serial[PROFILE_SERIAL])
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (const char *c = uuid; *c != '\0'; c++)
        h = (h ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < PROFILE_SERIAL; i++)
        h = (h ^ serial[i]) * UINT64_C(0x100000001b3);
    h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
    return h ^ (h >> 31);
}

int64_t profile_renew_after(struct validity validity, const char *uuid, const unsigned char serial[PROFILE_SERIAL])
{
    int64_t life = validity.not_after - validity.not_before + 1;
    if (life <= 0)
        return validity.not_after;
    int64_t first = validity.not_before + life / 3 * 2;
    int64_t last = validity.not_after - 30 * DAY;
    if (last < first)
        last = validity.not_before + life / 6 * 5;
    if (last < first) /* a life of a few seconds, where the thirds round away */
        last = first;
    return first + (int64_t)(hash(uuid, serial) % (uint64_t)(last - first + 1));
}
