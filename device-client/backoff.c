#include "device-client/backoff.h"

/* `random` scaled evenly to 0..most. */
static int64_t spread(int64_t most, uint32_t random)
{
    return (int64_t)(((uint64_t)most + 1) * random >> 32);
}

int64_t backoff_ms(unsigned attempt, uint32_t random)
{
    int64_t most = BACKOFF_BASE_MS;
    while (attempt-- > 0 && most < BACKOFF_CAP_MS)
        most *= 2;
    return spread(most < BACKOFF_CAP_MS ? most : BACKOFF_CAP_MS, random);
}

int64_t backoff_slow_ms(uint32_t random)
{
    return BACKOFF_CAP_MS / 2 + spread(BACKOFF_CAP_MS / 2, random);
}
