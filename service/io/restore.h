/*
 * After a backup of the database was put back: what was revoked since then stands in the revocation list alone.
 */
#ifndef MUSTER_IO_RESTORE_H
#define MUSTER_IO_RESTORE_H

#include "service/core/core.h"

/* Revokes what the lists in `text` name and the store does not know as revoked, with the reason of the list, "restored"
 * when it has none; only lists that this authority has signed count. Commits. Says in the log how many there were. */
enum status restore_revocations(struct core *core, const char *text, size_t length);

#endif
