/*
 * The end of the authority's own certificates: told in time to change them without haste, since what is signed shortly
 * before is cut short (certs/profile.h). The constants stand there.
 */
#ifndef MUSTER_CORE_ISSUER_H
#define MUSTER_CORE_ISSUER_H

#include "service/core/core.h"

/* From when on (ms since 1970) the end of an issuing CA or of a root is told: when a device's certificate of
 * `certificate_days` would soon be cut short, PROFILE_MARGIN_DAYS before that; never in the first half of its
 * own life. Pure. */
int64_t issuer_alarm_at(struct validity validity, int certificate_days);

/* Whether it signs nothing more at `now` (ms since 1970): it has ended, or a certificate would live less than
 * PROFILE_LEAST_DAYS. Pure. */
bool issuer_has_ended(struct validity validity, int64_t now);

/* Whether the end of the `i`th certificate of an authority concerns everybody: who issues, and, when that is no root
 * itself, the root that lasts longest. Pure. */
bool issuer_matters(const struct ca_issuer *issuers, size_t count, size_t i);

/* Whether its end is told at core->now. */
bool issuer_is_expiring(const struct core *core, const struct ca_issuer *issuers, size_t count, size_t i);

/* TIMER_ISSUER has come: tells what is to be told (issuer_expiring, once for each; a line of the log each day), and
 * sets the timer again. */
void issuer_on_timer(struct core *core);

#endif
