/*
 * The command line of muster-device: one table of options. Only for main.c; the library has nothing to do with it.
 */
#ifndef MUSTER_DEVICE_ARGUMENTS_H
#define MUSTER_DEVICE_ARGUMENTS_H

#include "device-client/muster_device.h"

#define ARGUMENTS_TAGS 64

/* Texts are borrowed from argv. */
struct arguments {
    const char *command; /* NULL: none */
    struct muster_device_options options;
    const char *endpoint;
    const char *tags[ARGUMENTS_TAGS];
    size_t tag_count;
    bool json, help, version;
};

/* Reads argv. False when it cannot be understood; then a sentence and its mend have gone to stderr. */
bool arguments_read(int argc, char **argv, struct arguments *out);

/* Prints the table of options to stdout. */
void arguments_help(void);

#endif
