#include "certs/der.h"

#include <string.h>

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
