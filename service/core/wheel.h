/*
 * A timing wheel over numbered things: one deadline each, set, moved and removed in constant time, no memory of its
 * own. What lies further ahead than one turn (WHEEL_BUCKETS * WHEEL_TICK_MS, about nine minutes) is looked at once a
 * turn. Pure.
 */
#ifndef MUSTER_CORE_WHEEL_H
#define MUSTER_CORE_WHEEL_H

#include "service/core/time.h"

#include <stdbool.h>
#include <stddef.h>

#define WHEEL_BUCKETS 4096
#define WHEEL_TICK_MS 128
#define WHEEL_NONE    UINT32_MAX

struct wheel_node {
    uint32_t next, previous; /* WHEEL_NONE at the ends; `previous` is WHEEL_OUT when it is not in the wheel */
    uint32_t tick;           /* of the deadline: its low bits, which tell 8 years before from 8 years to come */
};

struct wheel {
    struct wheel_node *nodes; /* of the caller, one for each number */
    uint32_t heads[WHEEL_BUCKETS];
    uint32_t open; /* head of the bucket that is being emptied */
    int64_t tick;  /* the buckets of all ticks before it have been opened */
};

/* Starts empty at `now` over `nodes`, which the caller owns. A node is made ready by wheel_node_init. */
void wheel_init(struct wheel *wheel, struct wheel_node *nodes, struct mono now);
void wheel_node_init(struct wheel *wheel, uint32_t number);

/* Sets or moves the deadline of a number; a deadline that has passed is due with the next tick. */
void wheel_set(struct wheel *wheel, uint32_t number, struct mono deadline);
void wheel_remove(struct wheel *wheel, uint32_t number);

/* Whether a number has a deadline. */
bool wheel_holds(const struct wheel *wheel, uint32_t number);

/* Takes one number whose deadline is at or before `now` out of the wheel; WHEEL_NONE when there is none (any more), or
 * when `*steps` is used up: one is taken off for each number that is touched, so that many in one bucket can be looked
 * at in parts. */
uint32_t wheel_pop(struct wheel *wheel, struct mono now, size_t *steps);

#endif
