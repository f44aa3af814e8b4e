/*
 * The service's own deadlines, on a timing wheel: what is due next among certificates, when the next CRL is to be made,
 * when the issuing CA comes to its end.
 * What waits behind the first of each kind stands in the store, in the order of its index. Pure.
 */
#ifndef MUSTER_CORE_TIMERS_H
#define MUSTER_CORE_TIMERS_H

#include "service/core/wheel.h"

enum timer { TIMER_CERTIFICATES, TIMER_CRL, TIMER_CRL_ALARM, TIMER_ISSUER, TIMER_COUNT };

#define TIMER_FAR_MS 3600000 /* later ones are looked at again by then: the wall clock may have been set meanwhile */

struct timers {
    struct wheel wheel;
    struct wheel_node nodes[TIMER_COUNT];
    struct mono at[TIMER_COUNT]; /* of those in the wheel */
};

void timers_init(struct timers *timers, struct mono now);

/* Sets a timer to a time of the wall clock, ms since 1970; INT64_MAX: far away. One in the past is due at once. */
void timers_set(struct timers *timers, enum timer timer, int64_t wall, struct now now);

/* The same, unless it is set to an earlier time. */
void timers_bring_forward(struct timers *timers, enum timer timer, int64_t wall, struct now now);

/* A timer that is due and was taken out, or TIMER_COUNT. */
enum timer timers_pop(struct timers *timers, struct mono now);

#endif
