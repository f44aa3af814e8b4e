#include "service/core/limit.h"

bool limit_take(struct limit *limit, struct mono now)
{
    int64_t refilled = (now.ms - limit->since.ms) / limit->refill_ms;
    if (limit->used == 0 || refilled >= limit->used) {
        limit->used = 0;
        limit->since = now;
    } else {
        limit->used -= (int)refilled;
        limit->since.ms += refilled * limit->refill_ms;
    }
    if (limit->used >= limit->burst)
        return false;
    limit->used++;
    return true;
}
