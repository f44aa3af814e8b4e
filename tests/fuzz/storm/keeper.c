#include "tests/fuzz/storm/keeper.h"

#include "tests/fuzz/storm/stamped.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX    "muster/v1/device/" KEEPER "/"
#define KEY_S     0.2 /* the storm takes the gate's key away again and again */
#define KEY       "key 000102030405060708090a0b0c0d0e0f"
#define COMPLAINT 5 /* of wrong messages, so many are shown */

enum { SERVICE, DEVICE };

static void say(struct keeper *keeper, struct member *member, const char *topic, const char *payload, unsigned qos)
{
    (void)keeper;
    wire_publish(&member->out, 5, 1 + (unsigned)(member->left++ % 60000), topic, payload, qos);
}

static void ask(struct keeper *keeper)
{
    char number[24];
    snprintf(number, sizeof number, "%lu", ++keeper->asked);
    keeper->since = crowd_clock();
    say(keeper, &keeper->crowd.members[DEVICE], PREFIX "ask", number, 1);
}

static void hello(struct crowd *crowd, struct member *member)
{
    const struct cast *cast = ((struct keeper *)crowd->context)->cast;
    const struct wire_login service = {5, "_keeper", "_muster", cast->service, 300};
    const struct wire_login device = {5, KEEPER, KEEPER, cast->keeper.key, 300};
    bool is_service = member->number == SERVICE;
    wire_connect(&member->out, is_service ? &service : &device);
    wire_subscribe(&member->out, 5, 1, is_service ? "muster/v1/#" : PREFIX "#", 1);
}

static void acknowledge(struct member *member, const struct wire_packet *packet)
{
    size_t topic = (size_t)packet->body[0] << 8 | packet->body[1];
    if ((packet->flags & 6) == 0 || topic + 4 > packet->length)
        return;
    wire_octet(&member->out, WIRE_PUBACK << 4);
    wire_octet(&member->out, 2);
    wire_octets(&member->out, packet->body + 2 + topic, 2);
}

static void complain(struct keeper *keeper, const struct stamped_packet *packet, const char *who)
{
    if (keeper->wrong++ < COMPLAINT)
        printf("FAILED %s was sent on %s: stamp \"%.*s\", %zu user properties\n", who, packet->topic,
               (int)packet->stamp_length, packet->stamp != NULL ? packet->stamp : "", packet->pairs);
}

static void hear_service(struct keeper *keeper, struct member *member, const struct stamped_packet *packet)
{
    char receiver[CAST_TEXT], number[24];
    keeper->stamps += packet->stamp != NULL;
    if (!stamped_is_right(packet, receiver, sizeof receiver))
        complain(keeper, packet, "the service");
    if (receiver[0] != '\0' && strstr(receiver, KEEPER) == NULL) /* whom the service answers is its own affair */
        cast_note(keeper->cast, receiver, strlen(receiver));
    if (strcmp(packet->topic, PREFIX "ask") != 0)
        return;
    snprintf(number, sizeof number, "%.*s", (int)packet->payload_length, (const char *)packet->payload);
    if (strtoul(number, NULL, 10) != keeper->asked)
        complain(keeper, packet, "in the keeper's name something");
    say(keeper, member, PREFIX "ask/accepted", number, 1);
}

static void hear_device(struct keeper *keeper, const struct stamped_packet *packet)
{
    char number[24];
    if (strncmp(packet->topic, PREFIX, strlen(PREFIX)) != 0)
        complain(keeper, packet, "the device");
    snprintf(number, sizeof number, "%.*s", (int)packet->payload_length, (const char *)packet->payload);
    if (strcmp(packet->topic, PREFIX "ask/accepted") != 0 || strtoul(number, NULL, 10) != keeper->asked)
        return;
    double took = crowd_clock() - keeper->since;
    keeper->slowest = took > keeper->slowest ? took : keeper->slowest;
    keeper->rounds++;
    ask(keeper);
}

static void heard(struct crowd *crowd, struct member *member, const struct wire_packet *packet)
{
    struct keeper *keeper = crowd->context;
    struct stamped_packet publish;
    if (packet->type == WIRE_SUBACK) {
        keeper->ready[member->number] = packet->body[packet->length - 1] < 128;
        if (keeper_ready(keeper))
            ask(keeper);
    }
    if (packet->type != WIRE_PUBLISH || !stamped_read(packet, &publish))
        return;
    acknowledge(member, packet);
    if (member->number == SERVICE)
        hear_service(keeper, member, &publish);
    else
        hear_device(keeper, &publish);
}

static void lost(struct crowd *crowd, struct member *member)
{
    struct keeper *keeper = crowd->context;
    printf("FAILED the %s was cut off\n", member->number == SERVICE ? "service" : "well-behaved device");
    keeper->ended = true;
}

bool keeper_start(struct keeper *keeper, struct cast *cast, int port)
{
    static const struct crowd_rules rules = {hello, heard, NULL, lost};
    *keeper = (struct keeper){.cast = cast};
    keeper->crowd = (struct crowd){.rules = &rules,
                                   .port = port,
                                   .count = 2,
                                   .total = 2,
                                   .in_size = 1 << 20,
                                   .out_size = 1 << 20,
                                   .context = keeper};
    return crowd_open(&keeper->crowd);
}

bool keeper_ready(const struct keeper *keeper)
{
    return keeper->ready[SERVICE] && keeper->ready[DEVICE];
}

void keeper_turn(struct keeper *keeper)
{
    crowd_turn(&keeper->crowd, 0);
    double now = crowd_clock();
    if (keeper_ready(keeper) && !keeper->ended && now - keeper->keyed > KEY_S) {
        keeper->keyed = now;
        say(keeper, &keeper->crowd.members[SERVICE], "$CONTROL/muster/v1", KEY, 0);
        say(keeper, &keeper->crowd.members[DEVICE], PREFIX "heartbeat", "", 0);
    }
    crowd_wake(&keeper->crowd);
}
