#include "certs/der.h"

#include <string.h>
#include <time.h>

/* A length of several octets: the first one counts them, and a shorter form must not do (X.690, 8.1.3, 10.1). */
static bool take_long_length(struct der_reader *rest, size_t octets, size_t *length)
{
    if (octets == 0 || octets > sizeof *length || (size_t)(rest->end - rest->at) < octets || *rest->at == 0)
        return false;
    *length = 0;
    for (size_t i = 0; i < octets; i++)
        *length = *length << 8 | *rest->at++;
    return *length > 0x7f;
}

bool der_is_next(const struct der_reader *rest, unsigned char tag)
{
    return rest->at < rest->end && *rest->at == tag;
}

bool der_enter(struct der_reader *rest, unsigned char tag, struct der_reader *content)
{
    struct der_reader at = *rest;
    if (at.end - at.at < 2 || *at.at != tag)
        return false;
    size_t length = at.at[1];
    at.at += 2;
    if (length > 0x7f && !take_long_length(&at, length & 0x7f, &length))
        return false;
    if ((size_t)(at.end - at.at) < length)
        return false;
    *content = (struct der_reader){at.at, at.at + length};
    rest->at = content->end;
    return true;
}

bool der_take_number(struct der_reader *rest, int64_t *out)
{
    struct der_reader at = *rest, octets;
    if (!der_enter(&at, DER_INTEGER, &octets) || octets.at == octets.end || octets.end - octets.at > 8 ||
        *octets.at > 0x7f || (octets.end - octets.at > 1 && octets.at[0] == 0 && octets.at[1] <= 0x7f))
        return false;
    rest->at = at.at;
    for (*out = 0; octets.at < octets.end; octets.at++)
        *out = (int64_t)((uint64_t)*out << 8 | *octets.at);
    return true;
}

/* The number in the next `digits` octets; -1 when they are not all digits. */
static int take_digits(struct der_reader *text, int digits)
{
    int number = 0;
    for (; digits > 0; digits--, text->at++) {
        if (*text->at < '0' || *text->at > '9')
            return -1;
        number = number * 10 + (*text->at - '0');
    }
    return number;
}

bool der_take_time(struct der_reader *rest, int64_t *out)
{
    struct der_reader text;
    bool utc = der_is_next(rest, DER_UTC_TIME);
    if (!der_enter(rest, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME, &text) ||
        (size_t)(text.end - text.at) != (utc ? sizeof "500101000000Z" : sizeof "20500101000000Z") - 1)
        return false;
    int year = take_digits(&text, utc ? 2 : 4), part[5];
    bool ok = year >= 0;
    for (int i = 0; i < 5; i++) {
        part[i] = take_digits(&text, 2);
        ok = ok && part[i] >= 0;
        if (!ok)
            return false;
    }
    if (utc)
        year += year < 50 ? 2000 : 1900; /* RFC 5280, 4.1.2.5.1 */
    struct tm tm = {.tm_year = year - 1900, .tm_mon = part[0] - 1, .tm_mday = part[1]};
    tm.tm_hour = part[2];
    tm.tm_min = part[3];
    tm.tm_sec = part[4];
    struct tm normal = tm;
    *out = timegm(&normal);
    /* 30 February, or a sixtieth second, would have become another moment. */
    return *text.at == 'Z' && normal.tm_mon == tm.tm_mon && normal.tm_hour == tm.tm_hour &&
           normal.tm_min == tm.tm_min && normal.tm_sec == tm.tm_sec;
}
