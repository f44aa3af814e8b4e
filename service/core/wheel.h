/*
 * A timing wheel over numbered things: one deadline each, set, moved and removed in constant time, no memory of its
 * own. What lies further ahead than one turn (WHEEL_BUCKETS * WHEEL_TICK_MS, about nine minutes) is looked at once a
 * turn. Pure.
 */
#ifndef MUSTER_CORE_WHEEL_H
#define MUSTER_CORE_WHEEL_H

#include "service/core/time.h"

#include <stddef.h>

#define WHEEL_BUCKETS 4096
#define WHEEL_TICK_MS 128
#define WHEEL_NONE    UINT32_MAX

struct wheel_node {
    uint32_t next, previous; /* WHEEL_NONE at the ends */
    uint32_t list;           /* the bucket, WHEEL_BUCKETS for what is due, WHEEL_NONE when not in the wheel */
    struct mono deadline;
};

struct wheel {
    struct wheel_node *nodes; /* of the caller, one for each number */
    uint32_t heads[WHEEL_BUCKETS + 1];
    int64_t tick; /* all buckets before it have been emptied */
};

/* Starts empty at `now` over `nodes`, which the caller owns. A node is made ready by wheel_node_init. */
void wheel_init(struct wheel *wheel, struct wheel_node *nodes, struct mono now);
void wheel_node_init(struct wheel *wheel, uint32_t number);

/* Sets or moves the deadline of a number; a deadline that has passed is due at the next wheel_pop. */
void wheel_set(struct wheel *wheel, uint32_t number, struct mono deadline);
void wheel_remove(struct wheel *wheel, uint32_t number);

/* Takes one number whose deadline is at or before `now` out of the wheel; WHEEL_NONE when there is none (any more). */
uint32_t wheel_pop(struct wheel *wheel, struct mono now);

#endif
