#include "tests/fuzz/storm/packet.h"

#include <stdio.h>
#include <string.h>

enum kind { KIND_BYTE, KIND_TWO, KIND_FOUR, KIND_NUMBER, KIND_TEXT, KIND_BINARY, KIND_PAIR };

static const struct property {
    unsigned char id;
    enum kind kind;
    unsigned places;
} properties[] = {
    {0x01, KIND_BYTE, PLACE_PUBLISH | PLACE_WILL},
    {0x02, KIND_FOUR, PLACE_PUBLISH | PLACE_WILL},
    {0x03, KIND_TEXT, PLACE_PUBLISH | PLACE_WILL},
    {0x08, KIND_TEXT, PLACE_PUBLISH | PLACE_WILL},
    {0x09, KIND_BINARY, PLACE_PUBLISH | PLACE_WILL},
    {0x0b, KIND_NUMBER, PLACE_SUBSCRIBE},
    {0x11, KIND_FOUR, PLACE_CONNECT},
    {0x15, KIND_TEXT, 0}, /* authentication method: refused at once, so not often */
    {0x16, KIND_BINARY, 0},
    {0x17, KIND_BYTE, PLACE_CONNECT},
    {0x18, KIND_FOUR, PLACE_WILL},
    {0x19, KIND_BYTE, PLACE_CONNECT},
    {0x1f, KIND_TEXT, PLACE_OTHER},
    {0x21, KIND_TWO, PLACE_CONNECT},
    {0x22, KIND_TWO, PLACE_CONNECT},
    {0x23, KIND_TWO, 0}, /* topic alias: this broker allows none */
    {0x26, KIND_PAIR, PLACE_CONNECT | PLACE_WILL | PLACE_PUBLISH | PLACE_SUBSCRIBE | PLACE_OTHER},
    {0x27, KIND_FOUR, PLACE_CONNECT},
};

static void four(struct dice *dice, struct wire *out)
{
    static const uint32_t values[] = {1, 5, 100, 65536, 1U << 20, 0};
    uint32_t value = values[dice_below(dice, sizeof values / sizeof *values)];
    for (int shift = 24; shift >= 0; shift -= 8)
        wire_octet(out, value >> shift & 255);
}

static void two(struct dice *dice, struct wire *out)
{
    static const unsigned values[] = {1, 2, 10, 65535};
    unsigned value = values[dice_below(dice, sizeof values / sizeof *values)];
    wire_octet(out, value >> 8);
    wire_octet(out, value & 255);
}

/* Response Topics, and whatever else is a text. */
static void text(struct speaker *speaker, struct wire *out)
{
    char buffer[512];
    static const char *const texts[] = {"muster/v1/device/new-1/reply", "muster/v1/device/" KEEPER "/reply/x", "#",
                                        "x"};
    snprintf(buffer, sizeof buffer, "muster/v1/device/%s/reply", speaker->login.name);
    if (dice_percent(&speaker->dice, 8))
        field_long(speaker, out);
    else
        field_text(speaker, out, dice_percent(&speaker->dice, 70) ? buffer : DICE_PICK(&speaker->dice, texts));
}

static void binary(struct speaker *speaker, struct wire *out)
{
    static const unsigned char octets[65535];
    struct dice *dice = &speaker->dice;
    wire_binary(out, octets, dice_percent(dice, 95) ? dice_below(dice, 300) : dice_below(dice, sizeof octets));
}

static const char *seen_one(struct speaker *speaker)
{
    const struct cast *cast = speaker->cast;
    size_t count = cast->seen_count < CAST_SEEN ? cast->seen_count : CAST_SEEN;
    return count > 0 ? cast->seen[dice_below(&speaker->dice, count)] : "0000000000000001 new-1";
}

void field_answer(struct speaker *speaker, struct wire *out)
{
    static unsigned char octets[4 * 65536];
    struct wire block = {octets, 0, sizeof octets};
    wire_octet(&block, 0x08);
    text(speaker, &block);
    wire_octet(&block, 0x09);
    binary(speaker, &block);
    wire_octet(&block, 0x26);
    field_text(speaker, &block, "muster-connection");
    field_text(speaker, &block, seen_one(speaker));
    wire_number(out, block.length);
    wire_octets(out, octets, block.length);
}

/* A stamp of one's own making, or the address of an answer that may be right. */
static void pair(struct speaker *speaker, struct wire *out)
{
    struct dice *dice = &speaker->dice;
    char value[2 * CAST_TEXT];
    switch (dice_below(dice, 4)) {
    case 0: /* what the service says is not stamped: it could write what it likes */
        field_text(speaker, out, speaker->part != PART_SERVICE ? "muster-stamp" : "muster");
        snprintf(value, sizeof value, "0123456789abcdef %.16s api 127.0.0.1 " KEEPER, seen_one(speaker));
        field_text(speaker, out, value);
        break;
    case 1:
        field_text(speaker, out, "x");
        field_text(speaker, out, "y");
        break;
    default:
        field_text(speaker, out, "muster-connection");
        field_text(speaker, out, seen_one(speaker));
    }
}

static void value_of(struct speaker *speaker, struct wire *out, enum kind kind)
{
    struct dice *dice = &speaker->dice;
    switch (kind) {
    case KIND_BYTE:
        wire_octet(out, (unsigned)dice_below(dice, dice_percent(dice, 95) ? 2 : 256));
        break;
    case KIND_TWO:
        two(dice, out);
        break;
    case KIND_FOUR:
        four(dice, out);
        break;
    case KIND_NUMBER:
        wire_number(out, dice_below(dice, 1U << 28));
        break;
    case KIND_TEXT:
        text(speaker, out);
        break;
    case KIND_BINARY:
        binary(speaker, out);
        break;
    case KIND_PAIR:
        pair(speaker, out);
    }
}

void field_properties(struct speaker *speaker, struct wire *out, enum place place)
{
    static unsigned char octets[PACKET_MAX];
    struct wire block = {octets, 0, sizeof octets};
    struct dice *dice = &speaker->dice;
    if (speaker->level != 5)
        return;
    size_t count = dice_percent(dice, 40) ? 0 : dice_below(dice, dice_percent(dice, 97) ? 4 : 100);
    uint64_t used = 0; /* all but user properties stand once, mostly */
    for (size_t tries = 0; count > 0 && tries < 1000 && block.length < 100000; tries++) {
        const struct property *property = &properties[dice_below(dice, sizeof properties / sizeof *properties)];
        if (((property->places & place) == 0 || (used >> property->id & 1) != 0) && dice_below(dice, 500) != 0)
            continue;
        used |= property->id != 0x26 ? UINT64_C(1) << property->id : 0;
        wire_octet(&block, property->id);
        value_of(speaker, &block, property->kind);
        count--;
    }
    size_t length = block.length < block.size ? block.length : block.size;
    wire_number(out, dice_percent(dice, 99) ? length : dice_below(dice, 1U << 28));
    wire_octets(out, octets, length);
}
