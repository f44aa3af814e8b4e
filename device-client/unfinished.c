#include "device-client/unfinished.h"

#include <string.h>
#include <time.h>

static struct ticket *ticket_of_round(struct unfinished *unfinished)
{
    return &unfinished->tickets[unfinished->round % UNFINISHED_ROUNDS];
}

static void new_round(struct unfinished *unfinished)
{
    unfinished->round++;
    ticket_of_round(unfinished)->round = unfinished->round;
    unfinished->count = 0;
}

void unfinished_begin(struct unfinished *unfinished)
{
    pthread_condattr_t monotonic;
    memset(unfinished, 0, sizeof *unfinished);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&unfinished->lock, NULL);
    pthread_cond_init(&unfinished->settled, &monotonic);
    pthread_condattr_destroy(&monotonic);
    for (size_t i = 0; i < UNFINISHED_ROUNDS; i++)
        unfinished->tickets[i].of = unfinished;
    new_round(unfinished);
}

void unfinished_end(struct unfinished *unfinished)
{
    pthread_cond_destroy(&unfinished->settled);
    pthread_mutex_destroy(&unfinished->lock);
}

struct ticket *unfinished_add(struct unfinished *unfinished)
{
    pthread_mutex_lock(&unfinished->lock);
    unfinished->count++;
    struct ticket *ticket = ticket_of_round(unfinished);
    pthread_mutex_unlock(&unfinished->lock);
    return ticket;
}

void unfinished_finish(struct ticket *ticket)
{
    struct unfinished *unfinished = ticket->of;
    pthread_mutex_lock(&unfinished->lock);
    if (ticket->round == unfinished->round && --unfinished->count == 0)
        pthread_cond_signal(&unfinished->settled);
    pthread_mutex_unlock(&unfinished->lock);
}

void unfinished_wait(struct unfinished *unfinished, int timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += timeout_ms % 1000 * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&unfinished->lock);
    while (unfinished->count > 0 && pthread_cond_timedwait(&unfinished->settled, &unfinished->lock, &until) == 0)
        continue;
    new_round(unfinished);
    pthread_mutex_unlock(&unfinished->lock);
}
