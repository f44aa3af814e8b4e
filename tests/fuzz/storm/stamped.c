#include "tests/fuzz/storm/stamped.h"

#include <stdio.h>
#include <string.h>

static size_t two(const unsigned char *at)
{
    return (size_t)at[0] << 8 | at[1];
}

/* Octets of a property behind its identifier; 0: unknown. */
static size_t property_size(unsigned id, const unsigned char *at, size_t left)
{
    switch (id) {
    case 0x01:
        return 1;
    case 0x02:
        return 4;
    case 0x23:
        return 2;
    case 0x0b:
        for (size_t i = 0; i < left && i < 4; i++)
            if (at[i] < 128)
                return i + 1;
        return 0;
    case 0x03:
    case 0x08:
    case 0x09:
        return left >= 2 ? 2 + two(at) : 0;
    case 0x26:
        return left >= 4 && left >= 4 + two(at) ? 4 + two(at) + two(at + 2 + two(at)) : 0;
    default:
        return 0;
    }
}

static void take_pair(struct stamped_packet *out, const unsigned char *at)
{
    static const char name[] = "muster-stamp";
    size_t length = two(at);
    out->pairs++;
    if (length != sizeof name - 1 || memcmp(at + 2, name, length) != 0)
        return;
    out->stamp = (const char *)at + 4 + length;
    out->stamp_length = two(at + 2 + length);
}

static bool read_properties(struct stamped_packet *out, const unsigned char *at, size_t length)
{
    while (length > 0) {
        unsigned id = *at++;
        size_t size = property_size(id, at, --length);
        if (size == 0 || size > length)
            return false;
        if (id == 0x26)
            take_pair(out, at);
        at += size;
        length -= size;
    }
    return true;
}

bool stamped_read(const struct wire_packet *packet, struct stamped_packet *out)
{
    const unsigned char *at = packet->body;
    size_t topic = packet->length >= 2 ? two(at) : STAMPED_TOPIC, skip = 2 + topic;
    size_t length = 0;
    *out = (struct stamped_packet){.stamp = NULL};
    if (packet->type != WIRE_PUBLISH || topic >= STAMPED_TOPIC || skip > packet->length)
        return false;
    memcpy(out->topic, at + 2, topic);
    skip += (packet->flags & 6) != 0 ? 2 : 0;
    for (unsigned shift = 0; shift < 28 && skip < packet->length; shift += 7) {
        length |= (size_t)(at[skip] & 127) << shift;
        if (at[skip++] < 128)
            break;
    }
    if (skip + length > packet->length || !read_properties(out, at + skip, length))
        return false;
    out->payload = at + skip + length;
    out->payload_length = packet->length - skip - length;
    return true;
}

/* Whether `topic` begins with the prefix and `name` and a slash. */
static bool is_below(const char *topic, const char *prefix, const char *name, size_t length)
{
    size_t skip = strlen(prefix);
    return strncmp(topic, prefix, skip) == 0 && strncmp(topic + skip, name, length) == 0 && topic[skip + length] == '/';
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

bool stamped_is_right(const struct stamped_packet *packet, char *receiver, size_t size)
{
    char text[512], connection[20], how[64], client_id[200];
    receiver[0] = '\0';
    if (ends_with(packet->topic, "/heartbeat")) /* they travel as they are: docs/protocol.md, section 8 */
        return true;
    if (packet->stamp == NULL || packet->stamp_length >= sizeof text || packet->pairs != 1)
        return packet->stamp == NULL; /* the service's own words, a heartbeat, or the gate had no key */
    snprintf(text, sizeof text, "%.*s", (int)packet->stamp_length, packet->stamp);
    if (sscanf(text, "%*16[0-9a-f] %16[0-9a-f] %63s %*s %199s", connection, how, client_id) != 3)
        return false;
    size_t name = strcspn(client_id, "~");
    if (strncmp(packet->topic, "muster/v1/gate/", 15) == 0 || strcmp(how, "service") == 0)
        return true;
    snprintf(receiver, size, "%s %s", connection, client_id);
    if (strncmp(how, "operator:", 9) == 0)
        return is_below(packet->topic, "muster/v1/admin/", client_id, strlen(client_id));
    return is_below(packet->topic, "muster/v1/device/", client_id, name);
}
