/*
 * The operations, one file each (op_<name>.c): look up, decide, save, answer. See route.h for what they return.
 */
#ifndef MUSTER_OP_OP_H
#define MUSTER_OP_OP_H

#include "service/core/route.h"

operation_function op_register, op_provision, op_connect, op_heartbeat, op_disconnect, op_will, op_get, op_update,
    op_renew, op_rotate, op_reset;
operation_function op_key_create, op_key_list, op_key_show, op_key_disable;
operation_function op_device_create, op_device_list, op_device_show, op_device_events;
operation_function op_device_block, op_device_unblock, op_device_reset, op_device_kick, op_device_decommission;
operation_function op_device_release;
operation_function op_certificate_list, op_certificate_show, op_certificate_renew, op_certificate_revoke;
operation_function op_certificate_validate, op_ca_show, op_ca_crl, op_ca_rotate, op_ca_drop;
operation_function op_stats_overview;
operation_function op_connected, op_disconnected, op_refused, op_checked, op_reloaded;

/* What a request for a device does that gets its old answer: `connect` connects again, every other one that is a sign
 * of life is one. It fails for a device that was blocked since: that one hears no secret any more. Its `reply` is not
 * wanted. */
enum status op_repeated(struct core *core, struct request *request, struct reply *reply);

/* What the first use of the sender's credential means: a certificate that was pending is active; the API key before the
 * next one ends. Nothing for one that was used before. */
enum status op_credential_used(struct core *core, struct request *request, struct reply *reply);

#endif
