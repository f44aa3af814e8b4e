/*
 * Why something failed, in the words that a person reads: what, and how to mend it. Never holds a secret.
 */
#ifndef MUSTER_DEVICE_PROBLEM_H
#define MUSTER_DEVICE_PROBLEM_H

#include "device-client/muster_device.h"

struct problem {
    enum muster_device_result result;
    char what[320];
    char mend[300];
};

/* Writes the problem down and returns `result`, so that a failure is one line. Too long texts are cut. */
enum muster_device_result problem_set(struct problem *problem, enum muster_device_result result, const char *mend,
                                      const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
