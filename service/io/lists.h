/*
 * Revocation lists on their way: what the core orders is made by a job when its number is durable, and what was made is
 * told to the core.
 */
#ifndef MUSTER_IO_LISTS_H
#define MUSTER_IO_LISTS_H

#include "service/io/crl_job.h"
#include "service/io/crl_parts.h"

struct lists {
    struct crl_job *job;    /* borrowed */
    struct crl_order order; /* to be started when the batch is durable; number 0: none */
    struct mono next_word;  /* of the log about a list that is late */
    struct crl_parts parts; /* of the last list, on their way */
};

/* Begins a turn: takes a list that is done (or could not be made) to the core, which publishes it; what no message
 * holds follows in parts (crl_parts_walk_on). */
void lists_take(struct lists *lists, struct core *core, struct effects *effects);

/* Takes an order of the core, in the open batch; tells the log each minute when the list is late. */
void lists_order(struct lists *lists, struct core *core);

/* The batch has ended: the order is carried out, or given back. */
void lists_batch_end(struct lists *lists, struct core *core, bool committed);

/* The publisher has connected. A broker that was restarted has forgotten what was retained; another one may retain what
 * an earlier run of the service left there. */
void lists_tell_again(struct lists *lists, struct core *core, struct effects *effects);

/* The service hears again: what the gate answered meanwhile it answered to nobody. */
void lists_ask_again(const struct core *core, struct effects *effects);

#endif
