/*
 * Time as the core knows it: a field of each event, never a call.
 */
#ifndef MUSTER_CORE_TIME_H
#define MUSTER_CORE_TIME_H

#include <stdint.h>

/* Milliseconds of a clock that no one sets (CLOCK_MONOTONIC). For every interval and deadline. */
struct mono {
    int64_t ms;
};

/* `wall` is milliseconds since 1970: for certificates, records and events; never for deadlines. */
struct now {
    struct mono mono;
    int64_t wall;
};

static inline struct mono mono_add(struct mono at, int64_t ms)
{
    return (struct mono){at.ms + ms};
}

#endif
