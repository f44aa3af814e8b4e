/*
 * Events for the outside: builds the body and writes it, numbered, into the open batch. The outbox sends it later.
 */
#ifndef MUSTER_CORE_NOTICE_H
#define MUSTER_CORE_NOTICE_H

#include "service/core/core.h"

/* Writes an event of a device. `members` is JSON text without braces, or "". Stores the sequence that it got. */
enum status notice_emit(struct core *core, const struct device_row *device, const char *type, const char *members,
                        int64_t *sequence);

/* The same of the service itself, which is of no device: uuid "-", tenant "default". */
enum status notice_emit_service(struct core *core, const char *type, const char *members);

#endif
