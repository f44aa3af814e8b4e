/*
 * What the broker's gate sees of connections, as far as operations use it.
 */
#ifndef MUSTER_OP_HINT_H
#define MUSTER_OP_HINT_H

#include "service/core/core.h"

/* The number of a connection whose end makes its device suspect: 0 when its client id has a suffix, or without a gate.
 */
uint32_t hint_connection(const struct stamp *stamp);

/* The certificate with this id was shown (certificates.h): who is connected with an older one goes. core->device is
 * used. */
enum status hint_certificate_used(struct core *core, const char *id, struct reply *reply);

#endif
