/*
 * The audit log: who asked for what, from where, and how it ended.
 */
#ifndef MUSTER_CORE_AUDIT_H
#define MUSTER_CORE_AUDIT_H

#include "service/core/core.h"

/* Writes a line about the request in hand into the open batch; what changed stands in core->reply. `outcome`: see
 * struct audit_row. A status of the store. */
enum status audit_append(struct core *core, const struct request *request, const char *outcome);

#endif
