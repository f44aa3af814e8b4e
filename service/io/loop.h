/*
 * The core's thread: takes a batch from the queue, steps the core through it, commits once, and only then speaks.
 */
#ifndef MUSTER_IO_LOOP_H
#define MUSTER_IO_LOOP_H

#include "service/core/core.h"
#include "service/io/broker.h"
#include "service/io/lists.h"
#include "service/io/log.h"
#include "service/io/outbox.h"
#include "service/io/parking.h"
#include "service/io/retained.h"

#include <signal.h>

#define LOOP_BATCH 64

struct loop {
    struct core *core;
    struct queue *queue;
    struct broker *broker;
    struct outbox outbox;
    struct parking parking;
    struct lists lists;
    struct effects effects;
    struct log_batch held; /* what the batch in hand did, for the log */
    /* What was stepped in the batch in hand: to be refused when it cannot be committed. */
    struct event batch[LOOP_BATCH];
    size_t batch_count;
    bool full;   /* the last commit failed */
    int nap_us;  /* before the next turn */
    bool behind; /* more deadlines have passed than one batch takes */
    struct mono next_apart, next_flush, next_expiry, next_waiting, next_intent;
    uint32_t flush_cursor;
    struct retained_walk walk; /* after each reconnect */
    uint64_t answers_lost;     /* since the publisher was away */
    struct limit refusals;     /* lines about refusals */
};

/* Makes the loop the one that the core tells what happens. All are borrowed. */
void loop_init(struct loop *loop, struct core *core, struct queue *queue, struct broker *broker,
               struct crl_job *crl_job);

/* Runs until `*stop`. Returns 0, or -1 when the disk does not do what it was told: the process must end then, because
 * nothing written since the last commit can be trusted. */
int loop_run(struct loop *loop, const volatile sig_atomic_t *stop);

#endif
