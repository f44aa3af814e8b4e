/*
 * Two who behave while the storm blows: a device and the service. The device says something, the service hears it and
 * answers, and so on: each is a round. The service looks at every stamp that it is given.
 */
#ifndef MUSTER_STORM_KEEPER_H
#define MUSTER_STORM_KEEPER_H

#include "tests/fuzz/storm/cast.h"
#include "tests/wire/crowd.h"

struct keeper {
    struct crowd crowd;
    struct cast *cast;
    bool ready[2], ended; /* one of them was cut off */
    size_t rounds, stamps, wrong;
    unsigned long asked, heard;
    double since;   /* of the last round */
    double slowest; /* seconds of a round */
    double keyed;   /* when the gate was given the key last */
};

bool keeper_start(struct keeper *keeper, struct cast *cast, int port);

/* Once in each turn. */
void keeper_turn(struct keeper *keeper);
bool keeper_ready(const struct keeper *keeper);

#endif
