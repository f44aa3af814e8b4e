/*
 * A thread of the process that works beside the one that decides: key pool, checkpoints, revocation lists.
 */
#ifndef MUSTER_CERTS_THREAD_H
#define MUSTER_CERTS_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Begins `work(argument)` in a thread that takes no signal: those are for the thread that waits for them. `name` has 15
 * octets at most. The caller joins it. False: the system gives no more threads. Thread-safe. */
bool thread_start(pthread_t *thread, const char *name, void *(*work)(void *argument), void *argument);

#endif
