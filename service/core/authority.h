/*
 * The authority that issues, and the one that takes over. A new issuing CA stands in the files first, with a revocation
 * list of its own; it issues when the broker has read both. So nobody is refused in between.
 */
#ifndef MUSTER_CORE_AUTHORITY_H
#define MUSTER_CORE_AUTHORITY_H

#include "service/core/core.h"

/* The authority with all that its files hold: the next one, where there is one. */
const struct ca *authority_newest(const struct core *core);

/* The authority's first day, in seconds since 1970: before it no certificate and no list of it is of use; 0: there is
 * no authority. */
int64_t authority_begin(const struct core *core);

/* Whether core->ca, as it was opened, has a certificate of this issuer. */
bool authority_lists(const struct core *core, const char *issuer_id);

/* Whether anything of an issuer is left: there, or in the files, or its key. What cannot be looked at is taken to be
 * there. */
bool authority_has(const struct core *core, const char *issuer_id);

/* Opens what now stands in the files as core->next_ca, and wants a revocation list that knows it. False with a sentence
 * in `error`: all stays as it is. */
bool authority_renew(struct core *core, char *error, size_t error_size);

/* Opens it in place of core->ca, at once: an older issuer is gone. No revocation list is being made meanwhile. */
bool authority_replace(struct core *core, char *error, size_t error_size);

/* The broker has read list `number` and what stood in the files then: a next authority whose list that was takes over.
 * Without a gate, where nobody says so: when the list was written. The store is not touched: core_tick tells of it. */
enum status authority_known(struct core *core, int64_t number);

/* Tells, once, when the issuer is another one than at the last time: issuer_changed. Looks up core->issuer. Writes into
 * an open savepoint. */
enum status authority_announce(struct core *core);

/* Whether certificates may be issued now: not right after a start that found an issuer whose revocation list the broker
 * may not have; for a minute at most, since the gate may be an older one that says nothing. */
bool authority_may_issue(const struct core *core);

#endif
