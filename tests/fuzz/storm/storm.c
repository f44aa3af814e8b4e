/*
 * A storm of packets that are nearly right, against a broker behind its gate.
 *   storm PORT FOLDER PACKETS SEED SECONDS [FIRST]
 * FOLDER is one of musterctl init. Every connection is what the seed and its number make of it (FIRST is the number of
 * the first one), but for the numbers of live connections that the service is told. The last lines say what was seen;
 * exit 1 when somebody who behaved was disturbed, or the storm did not come to its end in SECONDS.
 */
#include "tests/fuzz/storm/keeper.h"
#include "tests/fuzz/storm/packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT_A_TIME 48
#define MOST      24  /* packets of a connection, behind its CONNECT */
#define PATIENCE  0.3 /* seconds without an answer after which a connection is given up: it waits for octets itself */
#define STALL_S   20.0

struct slot {
    struct speaker speaker;
    bool connected, said, last; /* let in; something in this turn; the closing PINGREQ */
    double since;
};

static struct storm {
    struct crowd crowd;
    struct keeper keeper;
    struct cast cast;
    struct slot slots[AT_A_TIME];
    uint64_t seed, first;
    size_t packets, most, controls;
    size_t sent[16], got[16], accepted[PART_COUNT], refused[PART_COUNT], waited, cut;
} storm;

static struct slot *slot_of(const struct crowd *crowd, const struct member *member)
{
    return &storm.slots[member - crowd->members];
}

/* Appends what `put` makes; what would not fit is not said. */
static void say(struct member *member, struct slot *slot, void (*put)(struct speaker *, struct wire *))
{
    size_t before = member->out.length;
    put(&slot->speaker, &member->out);
    if (member->out.length > member->out.size || member->out.length == before) {
        member->out.length = before;
        return;
    }
    storm.sent[member->out.at[before] >> 4]++;
    storm.packets++;
    storm.controls += slot->speaker.controls;
    slot->speaker.controls = 0;
    slot->said = true;
    slot->since = crowd_clock();
}

static void hello(struct crowd *crowd, struct member *member)
{
    struct slot *slot = slot_of(crowd, member);
    *slot = (struct slot){.since = crowd_clock()};
    speaker_new(&slot->speaker, &storm.cast, storm.seed, storm.first + member->number);
    member->left = dice_below(&slot->speaker.dice, MOST);
    if (dice_percent(&slot->speaker.dice, 2))
        say(member, slot, packet_any);
    say(member, slot, packet_connect);
    slot->connected = dice_percent(&slot->speaker.dice, 5); /* does not wait to be let in */
}

static void more(struct crowd *crowd, struct member *member)
{
    struct slot *slot = slot_of(crowd, member);
    if (!slot->connected || slot->said)
        return;
    if (member->left > 0 && storm.packets < storm.most) {
        member->left--;
        say(member, slot, packet_any);
    } else if (!slot->last) { /* its answer says that all before was read */
        slot->last = true;
        slot->since = crowd_clock();
        wire_octet(&member->out, WIRE_PINGREQ << 4);
        wire_octet(&member->out, 0);
    }
}

static void heard(struct crowd *crowd, struct member *member, const struct wire_packet *packet)
{
    struct slot *slot = slot_of(crowd, member);
    storm.got[packet->type]++;
    if (packet->type == WIRE_CONNACK) {
        slot->connected = wire_accepted(packet);
        storm.accepted[slot->speaker.part] += slot->connected;
        storm.refused[slot->speaker.part] += !slot->connected;
    }
    if (packet->type != WIRE_PINGRESP || !slot->last)
        return;
    if (dice_percent(&slot->speaker.dice, 50)) {
        wire_disconnect(&member->out);
        member->leaving = true;
    } else {
        crowd_hang_up(member); /* a last will, if there is one */
    }
}

static void lost(struct crowd *crowd, struct member *member)
{
    (void)crowd;
    (void)member;
    storm.cut++;
}

static void end_of_turn(struct crowd *crowd)
{
    double now = crowd_clock();
    if (storm.packets >= storm.most)
        crowd->total = crowd->begun;
    for (size_t i = 0; i < crowd->count; i++) {
        struct member *member = &crowd->members[i];
        storm.slots[i].said = false;
        if (member->fd < 0 || now - storm.slots[i].since < PATIENCE)
            continue;
        storm.waited++;
        storm.slots[i].since = now;
        crowd_hang_up(member);
    }
    crowd_wake(crowd);
}

/* Whether the two who behave go on. */
static bool keeper_goes_on(const struct keeper *keeper)
{
    if (!keeper->ended && crowd_clock() - keeper->since < STALL_S)
        return true;
    printf("FAILED the well-behaved device waits for its answer\n");
    return false;
}

static bool blow(double seconds)
{
    static const struct crowd_rules rules = {hello, heard, more, lost};
    double begun = crowd_clock();
    storm.crowd = (struct crowd){.rules = &rules,
                                 .port = storm.keeper.crowd.port,
                                 .count = AT_A_TIME,
                                 .total = SIZE_MAX,
                                 .in_size = 256 * 1024,
                                 .out_size = 2 * PACKET_MAX};
    if (!crowd_open(&storm.crowd))
        return false;
    while (crowd_turn(&storm.crowd, 1)) {
        end_of_turn(&storm.crowd);
        keeper_turn(&storm.keeper);
        if (!keeper_goes_on(&storm.keeper))
            return false;
        if (crowd_clock() - begun > seconds) {
            printf("FAILED it takes longer than %.0f s\n", seconds);
            return false;
        }
    }
    printf("%zu packets in %.1f s\n", storm.packets, crowd_clock() - begun);
    /* A short storm may be over before the well-behaved have had their first word. */
    while (storm.keeper.rounds == 0 && keeper_goes_on(&storm.keeper) && crowd_clock() - begun < seconds)
        keeper_turn(&storm.keeper);
    return keeper_goes_on(&storm.keeper);
}

static void report(void)
{
    static const char *const types[16] = {"?",       "CONNECT",  "CONNACK",    "PUBLISH", "PUBACK",      "PUBREC",
                                          "PUBREL",  "PUBCOMP",  "SUBSCRIBE",  "SUBACK",  "UNSUBSCRIBE", "UNSUBACK",
                                          "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH"};
    static const char *const parts[PART_COUNT] = {"device", "provisioning", "operator", "service", "nobody"};
    printf("seed %llu, connections %llu to %llu, %zu cut off, %zu given up\n", (unsigned long long)storm.seed,
           (unsigned long long)storm.first, (unsigned long long)storm.first + storm.crowd.begun, storm.cut,
           storm.waited);
    for (int i = 0; i < 16; i++)
        if (storm.sent[i] + storm.got[i] > 0)
            printf("%-11s sent %zu, heard %zu\n", types[i], storm.sent[i], storm.got[i]);
    printf("on $CONTROL  sent %zu\n", storm.controls);
    for (int i = 0; i < PART_COUNT; i++)
        printf("%-12s let in %zu, refused %zu\n", parts[i], storm.accepted[i], storm.refused[i]);
    printf("keeper: %zu rounds, slowest %.2f s, %zu stamps, %zu wrong\n", storm.keeper.rounds, storm.keeper.slowest,
           storm.keeper.stamps, storm.keeper.wrong);
}

static bool start_keeper(int port)
{
    double begun = crowd_clock();
    if (!keeper_start(&storm.keeper, &storm.cast, port))
        return false;
    while (!keeper_ready(&storm.keeper) && !storm.keeper.ended && crowd_clock() - begun < 20)
        keeper_turn(&storm.keeper);
    return keeper_ready(&storm.keeper);
}

int main(int count, char **words)
{
    if (count < 6 || !cast_read(&storm.cast, words[2])) {
        fprintf(stderr, "usage: storm PORT FOLDER PACKETS SEED SECONDS [FIRST]\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    storm.most = strtoul(words[3], NULL, 10);
    storm.seed = strtoull(words[4], NULL, 10);
    storm.first = count > 6 ? strtoull(words[6], NULL, 10) : 0;
    bool good = start_keeper(atoi(words[1])) && blow(atof(words[5]));
    report();
    good = good && storm.keeper.wrong == 0 && storm.keeper.rounds > 0;
    for (int i = 0; i < PART_NOBODY; i++)
        good = good && storm.accepted[i] > 0;
    return good ? 0 : 1;
}
