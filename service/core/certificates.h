/*
 * The life of certificates after they were issued: first use, warnings, end. What is due stands in the store, in the
 * order of an index; one timer of core->timers says when the first of it comes. Everything here writes into the open
 * batch.
 */
#ifndef MUSTER_CORE_CERTIFICATES_H
#define MUSTER_CORE_CERTIFICATES_H

#include "service/core/core.h"
#include "service/core/expiry.h"

/* Reads what is due first, once the store has presence and an authority; when the configuration's days are others than
 * at the last start, everything is looked at again. */
enum status certificates_start(struct core *core);

/* Does what is due, up to `most` certificates, and sets the timer again. */
void certificates_tick(struct core *core, size_t most, struct effects *effects);

/* Tells that something may be due at `at` (ms since 1970). */
void certificates_due(struct core *core, int64_t at);

/* When a certificate that is made at core->now has to be looked at first. */
int64_t certificates_first_due(const struct core *core, int64_t not_before, int64_t not_after);

/* A certificate was shown: one that is pending becomes active, all others of its device are superseded, a key that may
 * have been made with it is told no more, and when it was a renewal, an event says that it went well. `*superseded`:
 * there were others; who is connected with one of them has to go. core->device is used. */
enum status certificates_used(struct core *core, const struct certificate_entry *entry, bool *superseded);

/* Ends certificates of one device (one at least), each with the event of that name, and takes back core->device's state
 * when the last one was among them. `state` is "revoked" or "expired". */
enum status certificates_end(struct core *core, struct certificate_entry *entries, size_t count, const char *state,
                             const char *reason);

/* Revokes every certificate of core->device that is not ended, each with its event. The device's state is the caller's
 * matter. */
enum status certificates_revoke_all(struct core *core, const char *reason);

/* Writes an event of core->device about a certificate. */
enum status certificates_announce(struct core *core, const char *event, const char *id, int64_t not_after,
                                  const char *reason);

/* Asks the device to renew: muster/v1/device/<uuid>/renew/offer. Nothing secret is in it. */
void certificates_offer(const struct certificate_entry *entry, const char *reason, struct effects *effects);

#endif
