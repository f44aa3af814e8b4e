/*
 * When a certificate revocation list is to be made, and what becomes of it: numbers, deadlines, the alarm. Makes none
 * itself: it orders one, durable as a number, and service/io makes it on a thread of its own, beside the core.
 */
#ifndef MUSTER_CORE_CRL_H
#define MUSTER_CORE_CRL_H

#include "service/core/core.h"

#define CRL_LINGER_S 86400 /* an entry leaves the list a day after its certificate has expired */

enum crl_urgency {
    CRL_SOON,  /* a revocation: now, or a second after the last one was begun */
    CRL_LATER, /* a certificate was superseded; the gate refuses it already, and many come in a day */
};

/* Takes up what the file says that is there (zeros: none; `unlisted`: it has no list of the issuer): numbers never go
 * back, also when a database was restored from a backup. A start makes a new list: nobody knows what was revoked since
 * the last one. */
enum status crl_start(struct core *core, int64_t number, int64_t this_update, int64_t next_update, bool unlisted);

/* TIMER_CRL has come: the next list is due, or the timer is set again. */
void crl_on_timer(struct core *core);

/* TIMER_CRL_ALARM has come: raises the alarm when less than a quarter of the life of the list that the broker has is
 * left, whatever the reason: nothing is made, it cannot be written, the broker does not read it. */
void crl_on_alarm(struct core *core);

/* The next list is wanted. */
void crl_want(struct core *core, enum crl_urgency urgency);

/* The wall clock was set: what the times of a list and of a revocation tell of each other is forgotten, and the next
 * list is wanted. */
void crl_clock_was_set(struct core *core);

/* When it is time and none is being made: takes the next number in the open batch, and says what to make once that is
 * durable. */
bool crl_order(struct core *core, struct crl_order *order);

/* An order was carried out, or not (`error` says why, NULL: it was): publishes the list (`pem`, NULL: no message holds
 * it), lets the broker read it (crl_tell), and orders the next one in time: in a day, after a failure in a minute. */
void crl_done(struct core *core, const struct crl_order *order, const char *pem, const char *error,
              struct effects *effects);

/* Publishes the list that is in the file, and lets the broker read it. */
void crl_tell(struct core *core, const char *pem, struct effects *effects);

/* The batch with the order was undone. */
void crl_cancel(struct core *core);

/* The broker has read list `number`. */
void crl_reloaded(struct core *core, int64_t number);

/* Whether the list in the file names a certificate that was ended at `ended_at` (ms since 1970), as far as it has not
 * expired. */
bool crl_names(const struct core *core, int64_t ended_at);

/* Whether there is a list of which nobody has said yet that the broker has read it. */
bool crl_waits(const struct core *core);

/* Whether so little of the list's life is left that the alarm stands. */
bool crl_is_late(const struct core *core);

/* Why: one sentence. */
const char *crl_why_late(const struct core *core);

#endif
