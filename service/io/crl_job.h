/*
 * Revocation lists are made on a thread of their own: a large fleet's takes seconds, and the core shall not wait. One
 * at a time; everything here is called by the core's thread.
 */
#ifndef MUSTER_IO_CRL_JOB_H
#define MUSTER_IO_CRL_JOB_H

#include "service/io/crl_make.h"

struct crl_job;

/* `database` and `file` are borrowed. `wake(context)` is called on the job's thread when a list is done. NULL without
 * memory. The caller calls crl_job_free, which waits for one that is being made. */
struct crl_job *crl_job_new(const char *database, const char *file, void (*wake)(void *context), void *context);
void crl_job_free(struct crl_job *job);

/* Begins to make a list with the keys of `ca`, which lives until crl_job_take says that it is done. */
void crl_job_start(struct crl_job *job, const struct ca *ca, const struct crl_order *order);

/* Whether a list is done (and was not taken yet), or could not be made. */
bool crl_job_take(struct crl_job *job);

/* The order of the last list, its text (NULL: it could not be made), and why not ("": it was). Valid until the next
 * start. */
const struct crl_order *crl_job_order(const struct crl_job *job);
const char *crl_job_text(const struct crl_job *job);
const char *crl_job_error(const struct crl_job *job);

#endif
