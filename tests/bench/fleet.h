/*
 * A fleet of devices over a few connections of the service's own account, which may publish on any device's topic:
 * what the modes of fleet.c share.
 */
#ifndef MUSTER_BENCH_FLEET_H
#define MUSTER_BENCH_FLEET_H

#include "tests/bench/fleet_id.h"
#include "tests/wire/crowd.h"

#define FLEET_EVENTS "muster/v1/event/+/+/status_changed"
#define FLEET_TEXT   256
#define FLEET_BLOCK  8000 /* octets of heartbeats that are written at once */
#define FLEET_QUIET  60.0 /* seconds without an answer after which a run is given up */

/* The words of the command line; `every` n: the devices whose number is a multiple of n are the silent ones. */
struct fleet {
    char key[FLEET_TEXT]; /* "": the broker wants none */
    size_t devices, connections, every, count, expected, retained, chunk;
    double rate, seconds;
    long port, quiet_ms, threshold_ms, marker;
    const char *payload;
};

/* Each prints one line of JSON; false when the run did not come to its end. */
bool fleet_beat(const struct fleet *fleet);
bool fleet_hear(const struct fleet *fleet);
bool fleet_steady(const struct fleet *fleet);

/* Says CONNECT as the service does, with a client id of its own. */
void fleet_hello(const struct fleet *fleet, struct member *member);

/* Whose status_changed this packet is, and whether it went offline. False when it is something else. */
bool fleet_change(const struct wire_packet *packet, uint64_t *number, bool *offline);

/* Heartbeats, one device after another in a scattered order. */
struct beats {
    const struct fleet *fleet;
    unsigned char packet[1024]; /* of device 0 */
    size_t length, at;          /* of the packet; where its id stands */
    size_t sent, turn, share, pings, pongs;
    double begun; /* 0: not yet */
    bool over;
    void (*silent)(void *context, uint64_t number); /* a silent device has sent its only one; NULL: they send none */
    void *context;
};

void beats_init(struct beats *beats, const struct fleet *fleet);
void beats_begin(struct beats *beats);

/* Writes what is due, and after the last one a ping, whose answer says that the broker has taken all of it. */
void beats_more(struct beats *beats, struct member *member);

/* Once a turn: how much may be sent now; whether the end has come. Wakes the crowd. */
void beats_turn(struct beats *beats, struct crowd *crowd);

#endif
