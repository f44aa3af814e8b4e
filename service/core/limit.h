/*
 * A token bucket. Pure.
 */
#ifndef MUSTER_CORE_LIMIT_H
#define MUSTER_CORE_LIMIT_H

#include "service/core/time.h"

#include <stdbool.h>

/* Starts full: {.burst = N, .refill_ms = M} admits N at once and one more every M milliseconds. */
struct limit {
    int burst, refill_ms;
    int used;
    struct mono since;
};

/* Takes one token; false when there is none. */
bool limit_take(struct limit *limit, struct mono now);

#endif
