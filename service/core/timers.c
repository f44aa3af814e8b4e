#include "service/core/timers.h"

void timers_init(struct timers *timers, struct mono now)
{
    wheel_init(&timers->wheel, timers->nodes, now);
    for (uint32_t i = 0; i < TIMER_COUNT; i++)
        wheel_node_init(&timers->wheel, i);
}

static struct mono deadline(int64_t wall, struct now now)
{
    int64_t left = wall > now.wall ? wall - now.wall : 0;
    return mono_add(now.mono, left < TIMER_FAR_MS ? left : TIMER_FAR_MS);
}

static void set(struct timers *timers, enum timer timer, struct mono at)
{
    timers->at[timer] = at;
    wheel_set(&timers->wheel, timer, at);
}

void timers_set(struct timers *timers, enum timer timer, int64_t wall, struct now now)
{
    set(timers, timer, deadline(wall, now));
}

void timers_bring_forward(struct timers *timers, enum timer timer, int64_t wall, struct now now)
{
    struct mono at = deadline(wall, now);
    if (!wheel_holds(&timers->wheel, timer) || timers->at[timer].ms > at.ms)
        set(timers, timer, at);
}

enum timer timers_pop(struct timers *timers, struct mono now)
{
    size_t steps = 2 * TIMER_COUNT;
    uint32_t number = wheel_pop(&timers->wheel, now, &steps);
    return number < TIMER_COUNT ? (enum timer)number : TIMER_COUNT;
}
