#include "tests/fuzz/storm/packet.h"

#include <stdio.h>
#include <string.h>

/* Texts that something might trip over: separators, wildcards, UTF-8 that is wrong, or right and odd. */
static const char *const odd[] = {"",
                                  "/",
                                  "//",
                                  "+",
                                  "#",
                                  "a/#",
                                  "a/+/b",
                                  "$",
                                  "$SYS/#",
                                  "$share/g/muster/v1/#",
                                  "$share//x",
                                  "$CONTROL/#",
                                  "$CONTROL/muster/v1",
                                  "$CONTROL/dynamic-security/v1",
                                  "\xef\xbf\xbf",
                                  "\xed\xa0\x80",
                                  "\xc0\x80",
                                  "\xf4\x90\x80\x80",
                                  "\xff",
                                  "\xc3",
                                  "\xc3\xa4",
                                  "\xf0\x9f\x98\x80",
                                  "\xef\xbb\xbfmuster",
                                  "\x01\x1f\x7f",
                                  "\xc2\x85",
                                  " ",
                                  "~",
                                  "_",
                                  "_muster",
                                  "%n",
                                  "%s%s%n",
                                  "muster/v1/device/" KEEPER "/heartbeat",
                                  "muster/v1/device/" KEEPER "/will",
                                  "muster/v1/device/+/+",
                                  "muster/v1/#",
                                  "muster/v1/service/state",
                                  "muster/v1/gate/connected",
                                  "muster/v1/event/default/" KEEPER "/x"};

void field_long(struct speaker *speaker, struct wire *out)
{
    static const size_t lengths[] = {127, 128, 129, 160, 161,  255,  256,   511,   512,
                                     513, 520, 600, 800, 1024, 2000, 16384, 65534, 65535};
    static char octets[65536];
    size_t length = lengths[dice_below(&speaker->dice, sizeof lengths / sizeof *lengths)];
    memset(octets, "a/~+"[dice_below(&speaker->dice, 3)], length);
    wire_binary(out, octets, length);
}

void field_text(struct speaker *speaker, struct wire *out, const char *text)
{
    struct dice *dice = &speaker->dice;
    size_t kind = dice_below(dice, 300);
    if (kind < 2)
        field_long(speaker, out);
    else if (kind < 4)
        wire_text(out, DICE_PICK(dice, odd));
    else if (kind == 4)
        wire_binary(out, "a\0b", 3);
    else
        wire_text(out, text);
    if (kind == 5 && out->length < out->size)
        out->at[out->length - 1] ^= (unsigned char)dice_roll(dice);
}

/* A topic of a role's own prefix, or of somebody else's. */
static const char *topic_of(struct speaker *speaker, char *buffer, size_t size)
{
    static const char *const words[] = {"heartbeat",         "heartbeat", "connect", "get",     "register",
                                        "provision",         "will",      "reply",   "reply/x", "a_1",
                                        "register/accepted", "UPPER",     "",        "x/y",     "heartbeat/"};
    static const char *const nouns[] = {"device/list", "device/block", "key/create", "stats/overview", "x/y", "x", ""};
    static const char *const rest[] = {"service/state",
                                       "service/probe",
                                       "event/default/a/b",
                                       "status/default/a",
                                       "device/new-1/reply",
                                       "admin/op-1/device/list/accepted",
                                       "gate/x"};
    struct dice *dice = &speaker->dice;
    const struct device_login *other = &speaker->cast->devices[dice_below(dice, speaker->cast->device_count)];
    const char *name = dice_percent(dice, 10) ? other->uuid : speaker->login.name;
    switch (speaker->part) {
    case PART_OPERATOR:
        snprintf(buffer, size, "muster/v1/admin/%s/%s",
                 dice_percent(dice, 90) ? speaker->login.client_id : speaker->login.name, DICE_PICK(dice, nouns));
        break;
    case PART_SERVICE:
        snprintf(buffer, size, "muster/v1/%s", DICE_PICK(dice, rest));
        break;
    default:
        snprintf(buffer, size, "muster/v1/device/%s/%s", name, DICE_PICK(dice, words));
    }
    return buffer;
}

void field_topic(struct speaker *speaker, struct wire *out)
{
    char buffer[512];
    const char *topic = topic_of(speaker, buffer, sizeof buffer);
    field_text(speaker, out, dice_percent(&speaker->dice, 3) ? DICE_PICK(&speaker->dice, odd) : topic);
}

void field_will_topic(struct speaker *speaker, struct wire *out)
{
    char buffer[512];
    snprintf(buffer, sizeof buffer, "muster/v1/device/%s/will", speaker->login.name);
    if (dice_percent(&speaker->dice, 70))
        field_text(speaker, out, buffer);
    else
        field_topic(speaker, out);
}

void field_filter(struct speaker *speaker, struct wire *out)
{
    static const char *const filters[] = {"muster/v1/device/%s/#",       "muster/v1/device/%s/+/accepted",
                                          "muster/v1/device/%s/reply/+", "muster/v1/admin/%s/#",
                                          "muster/v1/event/#",           "muster/v1/status/default/+",
                                          "muster/v1/service/state",     "$share/g/muster/v1/device/%s/#",
                                          "muster/v1/device/+/#"};
    char buffer[512];
    const char *format = DICE_PICK(&speaker->dice, filters), *hole = strstr(format, "%s");
    if (hole == NULL)
        snprintf(buffer, sizeof buffer, "%s", format);
    else
        snprintf(buffer, sizeof buffer, "%.*s%s%s", (int)(hole - format), format,
                 strncmp(format, "muster/v1/admin", 15) == 0 ? speaker->login.client_id : speaker->login.name,
                 hole + 2);
    field_text(speaker, out, dice_percent(&speaker->dice, 3) ? DICE_PICK(&speaker->dice, odd) : buffer);
}

void field_payload(struct speaker *speaker, struct wire *out)
{
    static const char *const payloads[] = {"", "", "{}", "{\"requestId\":\"r\"}", "{\"session\":\"s\"}", "x", "null"};
    static unsigned char octets[70000];
    struct dice *dice = &speaker->dice;
    if (!dice_percent(dice, 6)) {
        const char *text = DICE_PICK(dice, payloads);
        wire_octets(out, text, strlen(text));
        return;
    }
    size_t limit = dice_percent(dice, 20) ? sizeof octets : 300, length = dice_below(dice, limit);
    for (size_t i = 0; i < length; i += 8) {
        uint64_t value = dice_roll(dice);
        memcpy(octets + i, &value, length - i < 8 ? length - i : 8);
    }
    wire_octets(out, octets, length);
}

void field_control(struct speaker *speaker, struct wire *out)
{
    static const char *const lines[] = {"key 000102030405060708090a0b0c0d0e0f",
                                        "key 00",
                                        "key ",
                                        "key",
                                        "check",
                                        "check ",
                                        "close ",
                                        "close",
                                        "check new-1",
                                        "close new-1",
                                        "close op-1",
                                        "close _a",
                                        "close  x",
                                        " ",
                                        "",
                                        "ke",
                                        "key z",
                                        "key 000102030405060708090a0b0c0d0e0g",
                                        "key 000102030405060708090a0b0c0d0e0f0",
                                        "close %n%s"};
    char line[512];
    struct dice *dice = &speaker->dice;
    const struct device_login *device = &speaker->cast->devices[dice_below(dice, speaker->cast->device_count)];
    if (dice_percent(dice, 30))
        snprintf(line, sizeof line, "%s %s", dice_percent(dice, 50) ? "close" : "check", device->uuid);
    else if (dice_percent(dice, 5))
        snprintf(line, sizeof line, "close %0*d", (int)dice_below(dice, 400), 7);
    else
        snprintf(line, sizeof line, "%s", DICE_PICK(dice, lines));
    wire_octets(out, line, strlen(line));
    if (dice_percent(dice, 5))
        field_payload(speaker, out);
}
