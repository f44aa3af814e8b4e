#include "tests/fuzz/storm/packet.h"

#include <stdio.h>
#include <string.h>

void speaker_new(struct speaker *speaker, const struct cast *cast, uint64_t seed, uint64_t number)
{
    static const enum part parts[] = {PART_DEVICE,   PART_DEVICE,   PART_DEVICE,  PART_PROVISIONING, PART_PROVISIONING,
                                      PART_OPERATOR, PART_OPERATOR, PART_SERVICE, PART_SERVICE,      PART_NOBODY};
    static const unsigned levels[] = {5, 5, 5, 4, 4, 3};
    *speaker = (struct speaker){.dice = dice_new(seed, number), .cast = cast};
    speaker->part = parts[dice_below(&speaker->dice, sizeof parts / sizeof *parts)];
    speaker->level = levels[dice_below(&speaker->dice, sizeof levels / sizeof *levels)];
    cast_login(cast, &speaker->dice, speaker->part, &speaker->login);
}

static void two(struct wire *out, unsigned value)
{
    wire_octet(out, value >> 8 & 255);
    wire_octet(out, value & 255);
}

/* Octets of a packet that has been built: some are flipped, or some are cut off or added. */
static void scratch(struct dice *dice, struct wire *out, size_t start)
{
    size_t length = out->length < out->size ? out->length - start : 0;
    if (length == 0)
        return;
    if (dice_percent(dice, 25)) {
        out->length -= dice_below(dice, length < 8 ? length : 8);
        return;
    }
    if (dice_percent(dice, 25))
        two(out, (unsigned)dice_roll(dice) & 0xffff);
    for (size_t flips = 1 + dice_below(dice, 4); flips > 0; flips--)
        out->at[start + dice_below(dice, dice_percent(dice, 50) ? length
                                         : length < 12          ? length
                                                                : 12)] ^= (unsigned char)(1U << dice_below(dice, 8));
}

static void put_will(struct speaker *speaker, struct wire *out)
{
    static unsigned char octets[PACKET_MAX];
    struct wire payload = {octets, 0, 65535};
    field_properties(speaker, out, PLACE_WILL);
    field_will_topic(speaker, out);
    field_payload(speaker, &payload);
    wire_binary(out, octets, payload.length < payload.size ? payload.length : 0);
}

static unsigned connect_flags(struct speaker *speaker, bool will)
{
    struct dice *dice = &speaker->dice;
    unsigned flags = dice_percent(dice, 97) ? 2 : 0;
    flags |= speaker->login.username != NULL ? 0x80U : 0;
    flags |= speaker->login.password != NULL ? 0x40U : 0;
    if (will)
        flags |=
            4U | (unsigned)dice_below(dice, dice_percent(dice, 95) ? 2 : 4) << 3 | (dice_percent(dice, 20) ? 32U : 0);
    return dice_percent(dice, 98) ? flags : flags ^ (unsigned)dice_below(dice, 256);
}

void packet_connect(struct speaker *speaker, struct wire *out)
{
    static const unsigned keepalives[] = {60, 60, 60, 60, 1, 300, 0, 301, 65535};
    struct dice *dice = &speaker->dice;
    const struct login_text *login = &speaker->login;
    size_t start = out->length;
    bool will = dice_percent(dice, 25);
    field_text(speaker, out, speaker->level == 3 ? "MQIsdp" : "MQTT");
    wire_octet(out, dice_percent(dice, 99) ? speaker->level : (unsigned)dice_below(dice, 256));
    wire_octet(out, connect_flags(speaker, will));
    two(out, keepalives[dice_below(dice, sizeof keepalives / sizeof *keepalives)]);
    field_properties(speaker, out, PLACE_CONNECT);
    field_text(speaker, out, login->client_id);
    if (will)
        put_will(speaker, out);
    if (login->username != NULL)
        field_text(speaker, out, login->username);
    if (login->password != NULL)
        field_text(speaker, out, login->password);
    wire_close(out, start, WIRE_CONNECT << 4);
    if (dice_percent(dice, 3))
        scratch(dice, out, start);
}

/* --- behind the login --------------------------------------------------------------------------------------------- */

/* What the service says to the gate: a line, or an answer that names a connection. */
static void put_control(struct speaker *speaker, struct wire *out, unsigned qos)
{
    bool command = dice_percent(&speaker->dice, 50);
    speaker->controls++;
    field_text(speaker, out, command ? "$CONTROL/muster/v1" : "$CONTROL/muster/answer/v1");
    if (qos > 0)
        two(out, 1 + (unsigned)dice_below(&speaker->dice, 20));
    if (!command && speaker->level == 5 && dice_percent(&speaker->dice, 80))
        field_answer(speaker, out);
    else
        field_properties(speaker, out, PLACE_PUBLISH);
    if (command)
        field_control(speaker, out);
    else
        field_payload(speaker, out);
}

static unsigned put_publish(struct speaker *speaker, struct wire *out)
{
    struct dice *dice = &speaker->dice;
    unsigned qos = (unsigned)dice_below(dice, dice_percent(dice, 99) ? 2 : 4);
    unsigned flags = qos << 1 | (dice_percent(dice, 5) ? 1U : 0) | (dice_percent(dice, 5) ? 8U : 0);
    if (dice_percent(dice, speaker->part == PART_SERVICE ? 60 : 2)) {
        put_control(speaker, out, qos);
        return WIRE_PUBLISH << 4 | flags;
    }
    field_topic(speaker, out);
    if (qos > 0)
        two(out, dice_percent(dice, 99) ? 1 + (unsigned)dice_below(dice, 20) : 0);
    field_properties(speaker, out, PLACE_PUBLISH);
    field_payload(speaker, out);
    return WIRE_PUBLISH << 4 | flags;
}

static unsigned put_subscribe(struct speaker *speaker, struct wire *out)
{
    struct dice *dice = &speaker->dice;
    bool leaves = dice_percent(dice, 25);
    two(out, dice_percent(dice, 99) ? 1 + (unsigned)dice_below(dice, 20) : 0);
    field_properties(speaker, out, PLACE_SUBSCRIBE);
    for (size_t count = dice_percent(dice, 98) ? 1 + dice_below(dice, 4) : dice_below(dice, 60); count > 0; count--) {
        field_filter(speaker, out);
        if (!leaves)
            wire_octet(out, (unsigned)dice_below(dice, dice_percent(dice, 99) ? 2 : 256));
    }
    return (unsigned)(leaves ? WIRE_UNSUBSCRIBE : WIRE_SUBSCRIBE) << 4 | 2;
}

static unsigned put_other(struct speaker *speaker, struct wire *out)
{
    static const unsigned types[] = {WIRE_PINGREQ,    WIRE_PINGREQ, WIRE_PINGREQ, WIRE_PUBACK, WIRE_PUBACK, 5, 6, 7,
                                     WIRE_DISCONNECT, WIRE_AUTH};
    struct dice *dice = &speaker->dice;
    unsigned type = types[dice_below(dice, sizeof types / sizeof *types)];
    if (type >= WIRE_PUBACK && type <= 7)
        two(out, (unsigned)dice_below(dice, 20));
    if (speaker->level == 5 && type != WIRE_PINGREQ && dice_percent(dice, 50)) {
        wire_octet(out, dice_percent(dice, 80) ? 0 : (unsigned)dice_below(dice, 256));
        field_properties(speaker, out, PLACE_OTHER);
    }
    return type << 4 | (type == 6 ? 2U : 0);
}

static void put_garbage(struct speaker *speaker, struct wire *out)
{
    for (size_t length = 1 + dice_below(&speaker->dice, 60); length > 0; length--)
        wire_octet(out, (unsigned)dice_roll(&speaker->dice) & 255);
}

void packet_any(struct speaker *speaker, struct wire *out)
{
    struct dice *dice = &speaker->dice;
    size_t start = out->length, kind = dice_below(dice, 100);
    unsigned first = 0;
    if (kind < 65)
        first = put_publish(speaker, out);
    else if (kind < 88)
        first = put_subscribe(speaker, out);
    else if (kind < 98)
        first = put_other(speaker, out);
    else if (dice_percent(dice, 50))
        packet_connect(speaker, out);
    else
        put_garbage(speaker, out);
    if (first != 0)
        wire_close(out, start, dice_percent(dice, 99) ? first : first ^ (unsigned)dice_below(dice, 16));
    if (dice_percent(dice, 3))
        scratch(dice, out, start);
}
