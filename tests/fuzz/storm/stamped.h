/*
 * A PUBLISH of MQTT 5 as the service is sent it, and whether its stamp can stand on it.
 */
#ifndef MUSTER_STORM_STAMPED_H
#define MUSTER_STORM_STAMPED_H

#include "tests/wire/wire.h"

#define STAMPED_TOPIC 600

struct stamped_packet {
    char topic[STAMPED_TOPIC];
    const unsigned char *payload;
    size_t payload_length;
    size_t pairs;      /* user properties */
    const char *stamp; /* the value of muster-stamp; NULL: none */
    size_t stamp_length;
};

/* False when it is no PUBLISH that can be read. */
bool stamped_read(const struct wire_packet *packet, struct stamped_packet *out);

/* Whether what the stamp says may be said on this topic, and nothing else came with it. `receiver` gets "<connection>
 * <client id>" of a request that can be answered, else "". */
bool stamped_is_right(const struct stamped_packet *packet, char *receiver, size_t size);

#endif
