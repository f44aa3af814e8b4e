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

/* Adds `count` devices <prefix>-<number>, with the prefix "" of random uuids, once to a database; calls `each` for
 * every one. False with a sentence in `error`. */
bool fill(const char *path, size_t count, const char *prefix, void (*each)(const struct filled *, void *context),
          void *context, char *error, size_t size);

#endif
