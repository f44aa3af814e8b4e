/*
 * The wall clock as something that may be wrong: set by hand or by a time server, or gone on while the machine slept.
 * One that jumps ahead is believed after ten minutes; until then the core goes by the time of before the jump, and so
 * ends nothing, forgets nothing and signs nothing that would count only later. One that is set back is believed at
 * once: there the time that is too late would do harm.
 */
#ifndef MUSTER_CORE_WALL_H
#define MUSTER_CORE_WALL_H

#include "service/core/core.h"

/* At a start the clock is believed. */
void wall_start(struct core *core, struct now now);

/* The moment of what comes next becomes core->now: its wall clock as far as it is believed. */
void wall_take(struct core *core, struct now now);

/* The same, and compares both clocks. When the wall clock was set by more than a minute, what waits for a date is
 * looked at again, a list is wanted, and what only a comparison of its times would tell is forgotten. */
void wall_watch(struct core *core, struct now now);

/* What the clock says, ms since 1970, whether it is believed or not. */
int64_t wall_latest(const struct core *core);

/* Takes back what a clock that was ahead has done: certificates that have not expired are live again (not when their
 * device has got another meanwhile, or was reset), and, ten minutes after a start or a set-back, API keys that were
 * replaced end within a day. Does nothing by a clock before the authority's first day. Inside an event of the store,
 * now and then. */
enum status wall_take_back(struct core *core);

#endif
