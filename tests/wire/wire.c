#include "tests/wire/wire.h"

#include <string.h>

void wire_octets(struct wire *wire, const void *octets, size_t length)
{
    if (length > 0 && wire->length + length <= wire->size)
        memcpy(wire->at + wire->length, octets, length);
    wire->length += length;
}

void wire_octet(struct wire *wire, unsigned value)
{
    wire_octets(wire, &(unsigned char){(unsigned char)value}, 1);
}

void wire_number(struct wire *wire, size_t value)
{
    do {
        wire_octet(wire, (unsigned)(value & 127) | (value > 127 ? 128U : 0U));
        value >>= 7;
    } while (value > 0);
}

void wire_binary(struct wire *wire, const void *octets, size_t length)
{
    wire_octet(wire, (unsigned)(length >> 8) & 255);
    wire_octet(wire, (unsigned)length & 255);
    wire_octets(wire, octets, length);
}

void wire_text(struct wire *wire, const char *text)
{
    wire_binary(wire, text, strlen(text));
}

void wire_close(struct wire *wire, size_t start, unsigned first)
{
    unsigned char header[8];
    struct wire head = {header, 0, sizeof header};
    size_t body = wire->length - start;
    wire_octet(&head, first);
    wire_number(&head, body);
    if (wire->length + head.length <= wire->size) {
        memmove(wire->at + start + head.length, wire->at + start, body);
        memcpy(wire->at + start, header, head.length);
    }
    wire->length += head.length;
}

void wire_connect(struct wire *wire, const struct wire_login *login)
{
    size_t start = wire->length;
    wire_text(wire, login->level == 3 ? "MQIsdp" : "MQTT");
    wire_octet(wire, login->level);
    wire_octet(wire, 2U | (login->username != NULL ? 0x80U : 0) | (login->password != NULL ? 0x40U : 0));
    wire_octet(wire, login->keepalive >> 8);
    wire_octet(wire, login->keepalive);
    if (login->level == 5)
        wire_octet(wire, 0);
    wire_text(wire, login->client_id);
    if (login->username != NULL)
        wire_text(wire, login->username);
    if (login->password != NULL)
        wire_text(wire, login->password);
    wire_close(wire, start, WIRE_CONNECT << 4);
}

void wire_subscribe(struct wire *wire, unsigned level, unsigned id, const char *filter, unsigned qos)
{
    size_t start = wire->length;
    wire_octet(wire, id >> 8);
    wire_octet(wire, id);
    if (level == 5)
        wire_octet(wire, 0);
    wire_text(wire, filter);
    wire_octet(wire, qos);
    wire_close(wire, start, WIRE_SUBSCRIBE << 4 | 2);
}

void wire_publish(struct wire *wire, unsigned level, unsigned id, const char *topic, const char *payload, unsigned qos)
{
    size_t start = wire->length;
    wire_text(wire, topic);
    if (qos > 0) {
        wire_octet(wire, id >> 8);
        wire_octet(wire, id);
    }
    if (level == 5)
        wire_octet(wire, 0);
    wire_octets(wire, payload, strlen(payload));
    wire_close(wire, start, WIRE_PUBLISH << 4 | qos << 1);
}

void wire_disconnect(struct wire *wire)
{
    wire_octet(wire, WIRE_DISCONNECT << 4);
    wire_octet(wire, 0);
}

size_t wire_next(const unsigned char *octets, size_t length, struct wire_packet *packet)
{
    size_t size = 0, at = 1;
    for (unsigned shift = 0; shift < 28; shift += 7, at++) {
        if (at >= length)
            return 0;
        size |= (size_t)(octets[at] & 127) << shift;
        if (octets[at] < 128)
            break;
    }
    at++;
    if (at + size > length)
        return 0;
    *packet = (struct wire_packet){octets[0] >> 4, octets[0] & 15U, octets + at, size};
    return at + size;
}

bool wire_accepted(const struct wire_packet *connack)
{
    return connack->type == WIRE_CONNACK && connack->length >= 2 && connack->body[1] == 0;
}
