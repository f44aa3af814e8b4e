/*
 * The options of the plugin in mosquitto.conf (plugin_opt_<name>), in one list.
 */
#ifndef MUSTER_GATE_OPTIONS_H
#define MUSTER_GATE_OPTIONS_H

#include "service/gate/auth.h"

#include <mosquitto_broker.h>
#include <mosquitto_plugin.h> /* wants the other before it */

/* X(name, field, least, most, default, what) */
#define OPTION_NUMBER_LIST(X)                                                                                          \
    X("max_devices", max[ROLE_DEVICE], 1, 10000000, 100000, "connections of devices by their own credential")          \
    X("max_provisioning", max[ROLE_PROVISIONING], 1, 10000000, 1000, "connections by provisioning key")                \
    X("max_operators", max[ROLE_OPERATOR], 1, 10000000, 200, "connections of operators")                               \
    X("max_per_device", max_per_device, 1, 1000, 8, "connections with one uuid, by each kind of credential")           \
    X("provisioning_idle", provisioning_idle, 5, 3600, 30,                                                             \
      "seconds without a word after which a provisioning connection is closed")

struct options {
    const char *database; /* belongs to the broker's configuration; valid as long as the plugin is loaded */
    struct auth_options auth;
    int max[ROLE_COUNT]; /* 0: no bound */
    int max_per_device, provisioning_idle;
};

/* Reads them; false with "what: mend" in `error`. */
bool options_read(struct options *options, const struct mosquitto_opt *given, int count, char *error, size_t size);

#endif
