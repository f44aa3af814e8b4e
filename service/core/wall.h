/*
 * The wall clock as something that may be wrong: set by hand or by a time server, or gone on while the machine slept.
 * A clock that jumped ahead is believed after ten minutes only: until then nothing is done by it that cannot be undone.
 */
#ifndef MUSTER_CORE_WALL_H
#define MUSTER_CORE_WALL_H

#include "service/core/core.h"

/* At a start: takes back what a clock that was ahead had ended. Inside an event of the store. */
enum status wall_start(struct core *core);

/* Compares both clocks of core->now; when the wall clock was set by more than a minute, what waits for a date is looked
 * at again, a list is wanted, and what only a comparison of its times would tell is forgotten. When it was set back,
 * what it had ended is taken back: certificates that have not expired are live again (not when their device has got
 * another meanwhile, or was reset), and API keys that were replaced end within a day. Writes, outside of events. */
void wall_watch(struct core *core);

/* Whether the clock has jumped ahead and is not believed yet. */
bool wall_is_doubted(const struct core *core);

/* The earliest time that it may be now, ms since 1970: while the clock is doubted, what it would be without the jump.
 */
int64_t wall_earliest(const struct core *core);

#endif
