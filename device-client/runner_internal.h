/*
 * What the files of the runner share: runner.c (the loop) and runner_connect.c (credentials, and where they are used).
 */
#ifndef MUSTER_DEVICE_RUNNER_INTERNAL_H
#define MUSTER_DEVICE_RUNNER_INTERNAL_H

#include "device-client/metrics.h"
#include "device-client/paho.h"
#include "device-client/runner.h"

/* One life, from reading the folder to the end or to a failed write. */
struct run {
    const struct runner_options *options;
    struct client client;
    struct kept kept;
    struct paho *paho;
    struct metrics metrics;
    struct client_effects effects;
    struct problem *problem;
    bool trusting; /* the file of authorities was seen */
    bool broken;   /* something durable was not written: begin again */
};

/* Whether there is a file of authorities to trust; else `problem` says so. Looked at once, before the first connection:
 * a file that vanishes later is waited for. */
bool runner_has_authorities(struct run *run);

/* Begins to connect with the credential that the state machine chose. */
void runner_connect(struct run *run);

#endif
