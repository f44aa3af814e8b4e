/*
 * What the files of the runner share: runner.c (the loop), runner_connect.c (credentials, and where they are used) and
 * runner_write.c (what must be durable).
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

/* Lines for people. */
void runner_say(const struct run *run, const char *line);
void runner_say_problem(const struct run *run, const struct problem *problem);

/* The durable effects, in the order that client.h promises. False when one could not be written: `problem` says why. */
bool runner_write_down(struct run *run);

/* Whether there is a file of authorities to trust; else `problem` says so. Looked at once, before the first connection:
 * a file that vanishes later is waited for. */
bool runner_has_authorities(struct run *run);

/* Begins to connect with the credential that the state machine chose. */
void runner_connect(struct run *run);

#endif
