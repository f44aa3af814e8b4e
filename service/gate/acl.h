/*
 * Who may publish, subscribe and be sent what: docs/protocol.md, section 2, as a table. Pure.
 */
#ifndef MUSTER_GATE_ACL_H
#define MUSTER_GATE_ACL_H

#include "service/gate/identity.h"

#define ACL_PUBLISH   1u
#define ACL_SUBSCRIBE 2u /* the topic is a filter */
#define ACL_RECEIVE   4u

/* Whether `who` may do `action` with this topic; `retain` counts for ACL_PUBLISH only. */
bool acl_allows(const struct identity *who, unsigned action, const char *topic, bool retain);

/* Whether this topic is the one on which a device's last will counts. */
bool acl_is_own_will(const struct identity *who, const char *topic);

#endif
