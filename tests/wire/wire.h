/*
 * MQTT packets as octets, for tools that must be faster than a library or wrong on purpose: written into memory of the
 * caller's, found in what came in. Pure.
 */
#ifndef MUSTER_TESTS_WIRE_H
#define MUSTER_TESTS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wire_type {
    WIRE_CONNECT = 1,
    WIRE_CONNACK,
    WIRE_PUBLISH,
    WIRE_PUBACK,
    WIRE_SUBSCRIBE = 8,
    WIRE_SUBACK,
    WIRE_UNSUBSCRIBE,
    WIRE_UNSUBACK,
    WIRE_PINGREQ,
    WIRE_PINGRESP,
    WIRE_DISCONNECT,
    WIRE_AUTH
};

/* Octets that are being written; what does not fit is counted, not stored: length > size says so. */
struct wire {
    unsigned char *at;
    size_t length, size;
};

void wire_octet(struct wire *wire, unsigned value);
void wire_number(struct wire *wire, size_t value);                      /* variable byte integer */
void wire_octets(struct wire *wire, const void *octets, size_t length); /* as they are */
void wire_binary(struct wire *wire, const void *octets, size_t length); /* behind two octets of length */
void wire_text(struct wire *wire, const char *text);

/* Puts the fixed header before what was written since `start`. */
void wire_close(struct wire *wire, size_t start, unsigned first);

struct wire_login {
    unsigned level; /* 3: MQTT 3.1, 4: 3.1.1, 5: 5 */
    const char *client_id;
    const char *username, *password; /* NULL: absent */
    unsigned keepalive;
};
void wire_connect(struct wire *wire, const struct wire_login *login);
void wire_subscribe(struct wire *wire, unsigned level, unsigned id, const char *filter, unsigned qos);
void wire_publish(struct wire *wire, unsigned level, unsigned id, const char *topic, const char *payload, unsigned qos);
void wire_disconnect(struct wire *wire);

/* A packet that has come in whole; borrowed. */
struct wire_packet {
    unsigned type, flags;
    const unsigned char *body;
    size_t length;
};

/* The first packet of these octets; returns how many it has with its header, 0 while it is not whole. */
size_t wire_next(const unsigned char *octets, size_t length, struct wire_packet *packet);

/* Whether a CONNACK lets in. */
bool wire_accepted(const struct wire_packet *connack);

#endif
