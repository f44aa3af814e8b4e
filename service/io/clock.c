#include "service/io/clock.h"

#include <time.h>

static int64_t read_ms(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

struct now clock_now(void)
{
    return (struct now){.mono = {read_ms(CLOCK_MONOTONIC)}, .wall = read_ms(CLOCK_REALTIME)};
}

void clock_sleep(int ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}
