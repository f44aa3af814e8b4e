#include "device-client/backoff.h"

int64_t backoff_spread_ms(int64_t most, uint32_t random)
{
    return (int64_t)(((uint64_t)most + 1) * random >> 32);
}

int64_t backoff_ms(unsigned attempt, uint32_t random)
{
    int64_t most = BACKOFF_BASE_MS;
    while (attempt-- > 0 && most < BACKOFF_CAP_MS)
        most *= 2;
    return backoff_spread_ms(most < BACKOFF_CAP_MS ? most : BACKOFF_CAP_MS, random);
}

int64_t backoff_slow_ms(uint32_t random)
{
    return BACKOFF_CAP_MS / 2 + backoff_spread_ms(BACKOFF_CAP_MS / 2, random);
}
