/*
 * A change of the authority's files in two steps, as a certificate has them (docs/decisions/0002): first what is going
 * to be done becomes durable, with a line of the audit log; then the files are changed, and the answer is written. So
 * no file changes of which the database knows nothing, and a repeat is told what happened: the request waits with its
 * ticket while the second commit fails, and after a kill the next start sees in the files what was done.
 */
#ifndef MUSTER_CORE_CHANGE_H
#define MUSTER_CORE_CHANGE_H

#include "service/core/core.h"

/* First step: writes down that the request in hand will change the authority. `issuer` is the id of who issues
 * (ca/rotate) or is dropped (ca/drop); reply->audit says what will be done. ST_PARKED when all is well, ST_RATE_LIMITED
 * while another change is under way. */
enum status change_begin(struct core *core, struct request *request, const char *issuer);

/* Second step, before the answer: what was written down is done. Writes into the open savepoint. */
enum status change_finish(struct core *core);

/* The second step was refused with `why`: says so in the audit log. It is known still what was tried, until the next
 * change or the next start, for a file may have changed all the same. */
enum status change_abandon(struct core *core, const struct request *request, enum status why);

/* At start: what a kill left is compared with the files. What was done is answered under its requestId; the audit log
 * hears of either. Writes into the open savepoint. */
enum status change_settle(struct core *core);

#endif
