/*
 * A repeated request gets the first answer: by requestId, per credential and uuid, for 24 hours (docs/protocol.md,
 * section 3). Secrets in answers are kept sealed, for an hour at most and only until their first use.
 */
#ifndef MUSTER_CORE_REMEMBER_H
#define MUSTER_CORE_REMEMBER_H

#include "service/core/core.h"

#define REMEMBER_REQUEST_MS (24 * 3600 * INT64_C(1000))
#define REMEMBER_SECRET_MS  (3600 * INT64_C(1000))

/* Looks for an earlier answer to this request. ST_OK: `*found` says whether there is one, then `reply` holds its
 * members. ST_PARKED: its twin is in work. ST_IDEMPOTENCY_CONFLICT: the requestId was used for another body.
 * ST_DEVICE_EXISTS: the answer's secret is gone, and a provisioning key asks. Else a status of the store. */
enum status remember_find(struct core *core, struct request *request, struct reply *reply, bool *found);

/* Remembers the answer, or with `reply` NULL that the request is in work. */
enum status remember_put(struct core *core, const struct request *request, const struct reply *reply);

/* By which a request is told from another one of the same requestId. */
void remember_hash(const struct request *request, unsigned char hash[SECRET_HASH]);

#endif
