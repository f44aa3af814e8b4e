/*
 * The core's thread: takes a batch from the queue, steps the core through it, commits once, and only then speaks.
 */
#ifndef MUSTER_IO_LOOP_H
#define MUSTER_IO_LOOP_H

#include "service/io/batch.h"
#include "service/io/broker.h"
#include "service/io/lists.h"
#include "service/io/outbox.h"
#include "service/io/retained.h"

#include <signal.h>

struct loop {
    struct core *core;
    struct queue *queue;
    struct broker *broker;
    struct outbox outbox;
    struct lists lists;
    struct effects effects;
    struct batch batch;
    bool full;   /* the last commit failed */
    int nap_us;  /* before the next turn */
    bool behind; /* more deadlines have passed than one batch takes */
    struct mono next_apart, next_flush, next_expiry;
    uint32_t flush_cursor;
    struct retained_walk walk; /* after each reconnect */
    uint64_t answers_lost;     /* since the publisher was away */
};

/* Makes the loop the one that the core tells what happens. All are borrowed. */
void loop_init(struct loop *loop, struct core *core, struct queue *queue, struct broker *broker,
               struct crl_job *crl_job);

/* Runs until `*stop`. Returns 0, or -1 when the disk does not do what it was told: the process must end then, because
 * nothing written since the last commit can be trusted. */
int loop_run(struct loop *loop, const volatile sig_atomic_t *stop);

#endif
