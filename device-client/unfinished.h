/*
 * What was handed to the MQTT library and has not ended yet, counted to wait for it. The library may report an end long
 * after anybody waits for it, even when the next connection stands: every wait closes a round, and an end counts only
 * in its own. Thread-safe; the lock is held for a few instructions only.
 */
#ifndef MUSTER_DEVICE_UNFINISHED_H
#define MUSTER_DEVICE_UNFINISHED_H

#include <pthread.h>

#define UNFINISHED_ROUNDS 64 /* an end that comes so many rounds late would be taken for another's */

/* Says to which round something belongs; fits a callback's context. */
struct ticket {
    struct unfinished *of;
    unsigned round;
};

struct unfinished {
    pthread_mutex_t lock;
    pthread_cond_t settled; /* count has come to 0 */
    unsigned round;
    int count; /* of this round */
    struct ticket tickets[UNFINISHED_ROUNDS];
};

void unfinished_begin(struct unfinished *unfinished);
void unfinished_end(struct unfinished *unfinished);

/* Something begins; the ticket is for unfinished_finish and lives as long as `unfinished`. */
struct ticket *unfinished_add(struct unfinished *unfinished);

/* It has ended. Any thread. */
void unfinished_finish(struct ticket *ticket);

/* Waits until nothing is unfinished, at most `timeout_ms`, and begins a new round. */
void unfinished_wait(struct unfinished *unfinished, int timeout_ms);

#endif
