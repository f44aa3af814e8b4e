#include "certs/der.h"

#include <string.h>
#include <time.h>

struct der_writer der_start(unsigned char *buffer, size_t size)
{
    return (struct der_writer){.begin = buffer, .at = buffer + size};
}

void der_put(struct der_writer *writer, const void *octets, size_t length)
{
    writer->full = writer->full || (size_t)(writer->at - writer->begin) < length;
    if (writer->full)
        return;
    writer->at -= length;
    memcpy(writer->at, octets, length);
}

static void put_octet(struct der_writer *writer, size_t octet)
{
    der_put(writer, &(unsigned char){(unsigned char)octet}, 1);
}

/* One octet for a length below 128; else the number of octets that follow, and these (8.1.3). */
void der_wrap(struct der_writer *writer, unsigned char tag, const unsigned char *end)
{
    size_t length = (size_t)(end - writer->at), octets = 0;
    for (size_t rest = length; length >= 0x80 && rest > 0; rest >>= 8, octets++)
        put_octet(writer, rest & 0xff);
    put_octet(writer, octets > 0 ? 0x80 | octets : length);
    put_octet(writer, tag);
}

void der_put_number(struct der_writer *writer, int64_t number)
{
    const unsigned char *end = writer->at;
    uint64_t rest = (uint64_t)number;
    do
        put_octet(writer, rest & 0xff);
    while ((rest >>= 8) > 0);
    if (!writer->full && *writer->at > 0x7f) /* a first bit would be a sign */
        put_octet(writer, 0);
    der_wrap(writer, DER_INTEGER, end);
}

bool der_put_time(struct der_writer *writer, int64_t at)
{
    struct tm tm;
    char text[sizeof "20500101000000Z"];
    time_t seconds = (time_t)at;
    const unsigned char *end = writer->at;
    if (gmtime_r(&seconds, &tm) == NULL || tm.tm_year < 50 || tm.tm_year > 9999 - 1900)
        return false;
    bool utc = tm.tm_year + 1900 <= 2049;
    size_t length = strftime(text, sizeof text, "%Y%m%d%H%M%SZ", &tm), century = utc ? 2 : 0;
    if (length != sizeof text - 1)
        return false;
    der_put(writer, text + century, length - century);
    der_wrap(writer, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME, end);
    return true;
}
