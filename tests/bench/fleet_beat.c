#include "tests/bench/fleet.h"

#include <stdio.h>
#include <string.h>

#define STRIDE  611953 /* a prime: device after device in no order of memory, each once a round */
#define TURN_MS 1      /* at a given rate */
#define WINDOW  3      /* markers that are under way */

static void write_first(struct wire *wire, const struct fleet *fleet, const char *id)
{
    char topic[FLEET_TEXT];
    snprintf(topic, sizeof topic, fleet->retained > 0 ? "muster/v1/status/default/%s" : "muster/v1/device/%s/heartbeat",
             id);
    wire_publish(wire, 4, 0, topic,
                 fleet->retained > 0 ? "{\"status\":\"online\",\"since\":\"2026-01-01T00:00:00.000Z\",\"sequence\":1}"
                                     : fleet->payload,
                 0);
    wire->at[0] |= fleet->retained > 0;
}

void beats_init(struct beats *beats, const struct fleet *fleet)
{
    char id[FLEET_ID + 1];
    struct wire wire = {beats->packet, 0, sizeof beats->packet};
    *beats = (struct beats){.fleet = fleet};
    fleet_id(0, id);
    write_first(&wire, fleet, id);
    beats->length = wire.length;
    const unsigned char *found = memmem(beats->packet, beats->length, id, FLEET_ID);
    beats->at = (size_t)(found - beats->packet);
}

void beats_begin(struct beats *beats)
{
    beats->begun = crowd_clock();
}

static void beat(struct beats *beats, struct wire *out, uint64_t number)
{
    char id[FLEET_ID + 1];
    fleet_id(number, id);
    memcpy(beats->packet + beats->at, id, FLEET_ID);
    wire_octets(out, beats->packet, beats->length);
    beats->sent++;
}

void beats_more(struct beats *beats, struct member *member)
{
    const struct fleet *fleet = beats->fleet;
    size_t most = fleet->rate > 0 ? beats->share : SIZE_MAX;
    if (fleet->count > 0 && most > fleet->count - beats->sent)
        most = fleet->count - beats->sent;
    if (beats->begun == 0 || member->left > 0)
        return;
    if (beats->over) {
        wire_octet(&member->out, WIRE_PINGREQ << 4);
        wire_octet(&member->out, 0);
        member->left = 1;
        beats->pings++;
        return;
    }
    for (; most > 0 && member->out.length < FLEET_BLOCK; beats->turn++) {
        uint64_t number = beats->turn * (uint64_t)STRIDE % fleet->devices;
        bool silent = fleet->every > 0 && number % fleet->every == 0;
        if (silent && (beats->silent == NULL || beats->turn >= fleet->devices))
            continue;
        beat(beats, &member->out, number);
        most--;
        if (silent)
            beats->silent(beats->context, number);
    }
}

void beats_turn(struct beats *beats, struct crowd *crowd)
{
    const struct fleet *fleet = beats->fleet;
    double passed = beats->begun > 0 ? crowd_clock() - beats->begun : 0;
    double due = passed * fleet->rate - (double)beats->sent;
    bool is_over =
        (fleet->count > 0 && beats->sent >= fleet->count) || (fleet->seconds > 0 && passed >= fleet->seconds);
    bool ends = is_over && !beats->over;
    beats->over = is_over;
    beats->share = due > 0 ? (size_t)due / crowd->count + 1 : 0;
    if (ends || (beats->share > 0 && fleet->rate > 0))
        crowd_wake(crowd);
}

/* --- beat --------------------------------------------------------------------------------------------------------- */

/* Markers are heartbeats of devices that are offline, marker and the ones behind it: whoever hears them publishes an
 * event, so that what is under way is known, and stays less than what the broker keeps for a slow subscriber. */
static struct {
    const struct fleet *fleet;
    struct beats beats;
    size_t accepted, lost, marked, told;
    bool stopped, all;
    double taken, last; /* when the broker had it all; when the newest event came */
} run;

static void hello(struct crowd *crowd, struct member *member)
{
    (void)crowd;
    fleet_hello(run.fleet, member);
    if (member->number == 0 && run.fleet->marker >= 0)
        wire_subscribe(&member->out, 4, 1, FLEET_EVENTS, 0);
}

static void heard(struct crowd *crowd, struct member *member, const struct wire_packet *packet)
{
    uint64_t number, first = (uint64_t)run.fleet->marker;
    bool offline;
    (void)crowd;
    (void)member;
    run.accepted += packet->type == WIRE_CONNACK && wire_accepted(packet);
    run.beats.pongs += packet->type == WIRE_PINGRESP;
    if (!fleet_change(packet, &number, &offline) || offline || number < first || number >= first + run.marked)
        return;
    run.told++;
    run.last = crowd_clock();
}

/* At QoS 1: it is not lost where a heartbeat may be. */
static void mark(struct member *member)
{
    char id[FLEET_ID + 1], topic[FLEET_TEXT];
    fleet_id((uint64_t)run.fleet->marker + run.marked++, id);
    snprintf(topic, sizeof topic, "muster/v1/device/%s/heartbeat", id);
    wire_publish(&member->out, 4, (unsigned)run.marked, topic, "", 1);
}

static void more(struct crowd *crowd, struct member *member)
{
    (void)crowd;
    if (run.fleet->marker >= 0 && run.beats.sent / run.fleet->chunk + run.all > run.marked)
        mark(member);
    run.stopped = run.marked - run.told >= WINDOW;
    if (!run.stopped || run.beats.over)
        beats_more(&run.beats, member);
}

static void count_lost(struct crowd *crowd, struct member *member)
{
    (void)crowd;
    (void)member;
    run.lost++;
}

static bool open_all(struct crowd *crowd)
{
    double begun = crowd_clock();
    while (run.accepted < crowd->count)
        if (!crowd_turn(crowd, 100) || run.lost > 0 || crowd_clock() - begun > FLEET_QUIET)
            return false;
    return true;
}

/* Whether there was a turn, and the run may go on. */
static bool turn(struct crowd *crowd)
{
    static size_t before;
    static double progress;
    size_t now = run.beats.sent + run.told + run.beats.pongs;
    progress = now != before || progress == 0 ? crowd_clock() : progress;
    before = now;
    if (!crowd_turn(crowd, TURN_MS) || run.lost > 0 || crowd_clock() - progress > FLEET_QUIET)
        return false;
    if (run.stopped && run.marked - run.told < WINDOW)
        crowd_wake(crowd);
    return true;
}

static bool beat_all(struct crowd *crowd)
{
    beats_begin(&run.beats);
    crowd_wake(crowd);
    while (run.beats.pongs < crowd->count) {
        if (!turn(crowd))
            return false;
        beats_turn(&run.beats, crowd);
    }
    run.taken = crowd_clock();
    run.all = true;
    crowd_wake(crowd);
    while (run.fleet->marker >= 0 && run.told < run.marked)
        if (!turn(crowd))
            return false;
    return true;
}

bool fleet_beat(const struct fleet *fleet)
{
    static const struct crowd_rules rules = {hello, heard, more, count_lost};
    struct crowd crowd = {.rules = &rules,
                          .port = (int)fleet->port,
                          .count = fleet->connections,
                          .total = fleet->connections,
                          .in_size = 65536,
                          .out_size = 2 * FLEET_BLOCK};
    run.fleet = fleet;
    beats_init(&run.beats, fleet);
    bool done = crowd_open(&crowd) && open_all(&crowd) && beat_all(&crowd);
    double begun = run.beats.begun;
    printf("{\"sent\":%zu,\"markers\":%zu,\"told\":%zu,\"lost\":%zu,\"taken_seconds\":%.4f,\"seconds\":%.4f}\n",
           run.beats.sent, run.marked, run.told, run.lost, run.taken - begun, run.last - begun);
    crowd_close(&crowd);
    return done;
}
