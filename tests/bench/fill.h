/*
 * Fills a database with devices through the service's own store.
 */
#ifndef MUSTER_BENCH_FILL_H
#define MUSTER_BENCH_FILL_H

#include "service/core/secret.h"
#include "service/store/store.h"

struct filled {
    char uuid[LIMIT_UUID + 1];
    struct credential key;
    char certificate_id[CERTIFICATE_ID + 1];
    unsigned char fingerprint[HASH_SIZE];
};

struct fill {
    const char *path;
    size_t count;
    const char *prefix; /* ids are <prefix>-<number>; NULL: those of fleet_id.h, and each has used its credentials */
    size_t online;      /* so many, from the first on, are online and were heard just now */
    void (*each)(const struct filled *device, void *context); /* NULL: nobody wants to know */
    void *context;
};

/* Makes the database, or adds to it. It does not survive a crash of the machine meanwhile. False with a sentence in
 * `error`. */
bool fill(const struct fill *fill, char *error, size_t size);

#endif
