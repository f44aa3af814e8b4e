/*
 * Carries out what the state machine decides: the one loop that joins client.h, keep.h and paho.h with clock and
 * randomness. Single-threaded; nothing here decides anything about the device's life.
 */
#ifndef MUSTER_DEVICE_RUNNER_H
#define MUSTER_DEVICE_RUNNER_H

#include "device-client/client.h"
#include "device-client/keep.h"

/* Everything is borrowed for the call. Texts that are NULL are absent. */
struct runner_options {
    struct keep *keep;
    const char *uuid, *broker, *ca_file, *provisioning_key, *provisioning_key_file;
    int tls_port, mtls_port, plain_port;
    int wake_fd, stop_fd; /* end the run when readable; stop_fd may be -1 */
    const char *client_id_suffix;
    void (*on_line)(void *context, const char *line);
    void (*on_metrics)(void *context, char *json, size_t size);
    void *context;
};

/* Runs until the goal is reached or a stop is asked for; `problem` says how it ended. A GOAL_RUN that cannot write to
 * the folder begins again from what is there. */
enum muster_device_result runner_run(const struct runner_options *options, const struct client_options *client,
                                     struct problem *problem);

/* The key that the options offer: `key`, or the first line of `file`. False, with the reason, when it cannot be read or
 * is too long. `out` has LIMIT_CREDENTIAL + 1 octets and is wiped by the caller. */
bool runner_read_key(const char *key, const char *file, char *out, struct problem *problem);

#endif
