/*
 * Packets that are nearly right: a valid one of some role, with fields, properties, lengths or octets that are not.
 * Pure but for the dice.
 */
#ifndef MUSTER_STORM_PACKET_H
#define MUSTER_STORM_PACKET_H

#include "tests/fuzz/storm/cast.h"
#include "tests/wire/wire.h"

#define PACKET_MAX (160 * 1024)

struct speaker {
    struct dice dice;
    const struct cast *cast;
    enum part part;
    unsigned level; /* 3, 4 or 5 */
    struct login_text login;
    size_t controls; /* packets on $CONTROL topics */
};

/* Chooses who a connection is, and how it speaks. */
void speaker_new(struct speaker *speaker, const struct cast *cast, uint64_t seed, uint64_t number);

/* Each appends one packet. packet_any is any but a CONNECT, mostly. */
void packet_connect(struct speaker *speaker, struct wire *out);
void packet_any(struct speaker *speaker, struct wire *out);

/* Of packet_fields.c: texts, properties and payloads; right for the speaker, mostly. */
void field_text(struct speaker *speaker, struct wire *out, const char *text); /* with its length, or a wrong one */
void field_long(struct speaker *speaker, struct wire *out);                   /* a text of an odd length */
void field_topic(struct speaker *speaker, struct wire *out);
void field_filter(struct speaker *speaker, struct wire *out);
void field_will_topic(struct speaker *speaker, struct wire *out);
void field_payload(struct speaker *speaker, struct wire *out);
void field_control(struct speaker *speaker, struct wire *out); /* a line for the gate */

/* Where a property may stand. */
enum place { PLACE_CONNECT = 1, PLACE_WILL = 2, PLACE_PUBLISH = 4, PLACE_SUBSCRIBE = 8, PLACE_OTHER = 16 };
void field_properties(struct speaker *speaker, struct wire *out, enum place place);

/* The properties of an answer that the service addresses to a connection, in MQTT 5. */
void field_answer(struct speaker *speaker, struct wire *out);

#endif
