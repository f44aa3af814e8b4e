/*
 * Where musterctl turns to: the folder, the broker in its muster.conf, and the operator's key in its admin.key.
 */
#ifndef MUSTER_CTL_TARGET_H
#define MUSTER_CTL_TARGET_H

#include "service/config.h"
#include "service/ctl/ctl.h"
#include "service/io/mqtt.h"
#include "topics/limits.h"

struct target {
    char directory[CONFIG_PATH];
    struct config config;
    char operator_key[LIMIT_CREDENTIAL + 1]; /* secret: target_wipe */
    char client_id[32];                      /* musterctl-<random> */
};

/* Finds the folder: --dir, else $MUSTER_DIR, else ./run when it has a muster.conf, else /etc/muster. Any
 * other end than CTL_DONE has said why on stderr. */
enum ctl_exit target_directory(const struct args *args, char *out, size_t size);

/* Reads the folder's configuration and key. Any other end than CTL_DONE has said why on stderr. */
enum ctl_exit target_find(const struct args *args, struct target *out);
void target_wipe(struct target *target);

/* How to connect: to this broker, as this operator; filters at QoS 1. The texts are the target's and the caller's. */
struct mqtt_options target_options(const struct target *target, const char *const filters[], size_t count);

/* Says that the broker is not reachable, or, `refused`, that it does not let this operator in. */
enum ctl_exit target_unreachable(const struct target *target, const char *reason, bool refused);

#endif
