/*
 * What a muster_device is made of; shared by device_open.c (options and folder) and device.c (what it can do).
 */
#ifndef MUSTER_DEVICE_DEVICE_H
#define MUSTER_DEVICE_DEVICE_H

#include "device-client/keep.h"
#include "device-client/muster_device.h"
#include "device-client/problem.h"

#define DEVICE_TIMEOUT      30    /* seconds */
#define DEVICE_SECONDS_MOST 86400 /* of a timeout or an interval */

/* The texts of the options that a device copies. X(field) */
#define OPTION_TEXTS(X)                                                                                                \
    X(dir)                                                                                                             \
    X(uuid)                                                                                                            \
    X(broker)                                                                                                          \
    X(ca_file)                                                                                                         \
    X(provisioning_key)                                                                                                \
    X(provisioning_key_file)                                                                                           \
    X(name)                                                                                                            \
    X(type)

struct muster_device {
    struct muster_device_options options;
#define OPTION_COPY(field) char *field;
    OPTION_TEXTS(OPTION_COPY)
#undef OPTION_COPY
    struct keep *keep;
    struct problem problem;
    int stop_fd;
};

#endif
