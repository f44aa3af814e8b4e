/*
 * The two clocks. Monotonic time is a type of its own, so that wall time cannot be passed by mistake.
 */
#ifndef MUSTER_IO_CLOCK_H
#define MUSTER_IO_CLOCK_H

#include "service/core/time.h"

/* Both clocks, now. */
struct now clock_now(void);

/* Sleeps `ms` milliseconds, less when a signal comes. */
void clock_sleep(int ms);

#endif
