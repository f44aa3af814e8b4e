/*
 * How long to wait before the next try: exponential with full jitter, so that a fleet which lost its broker at one
 * moment does not come back at one moment. Pure: randomness is an argument.
 */
#ifndef MUSTER_DEVICE_BACKOFF_H
#define MUSTER_DEVICE_BACKOFF_H

#include <stdint.h>

#define BACKOFF_BASE_MS 500
#define BACKOFF_CAP_MS  60000

/* The wait before try `attempt` (0 is the first repetition): evenly spread over 0 to BACKOFF_BASE_MS * 2^attempt,
 * BACKOFF_CAP_MS at most. `random` is 32 random bits. */
int64_t backoff_ms(unsigned attempt, uint32_t random);

/* `random` scaled evenly to 0..most. */
int64_t backoff_spread_ms(int64_t most, uint32_t random);

/* The wait after an answer that repeating will hardly change: between half the cap and the cap. */
int64_t backoff_slow_ms(uint32_t random);

#endif
