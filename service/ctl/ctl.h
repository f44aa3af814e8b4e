/*
 * musterctl: a client of the admin topics (docs/protocol.md, section 6). Every command is one function that takes the
 * arguments and returns how the program ends. Only `init` touches files of the service; nothing here opens the
 * database of a service that runs.
 */
#ifndef MUSTER_CTL_CTL_H
#define MUSTER_CTL_CTL_H

#include "service/ctl/args.h"
#include "topics/status.h"

/* The exit codes, a contract (docs/operating.md). */
enum ctl_exit {
    CTL_DONE = 0,
    CTL_FAILED = 1,
    CTL_USAGE = 2,
    CTL_CONFIG = 3,
    CTL_BROKER = 4,
    CTL_DENIED = 5,
    CTL_NOT_FOUND = 6,
    CTL_CONFLICT = 7,
    CTL_TIMEOUT = 8
};

/* The exit code of a refusal by the service. */
enum ctl_exit ctl_exit_of(enum status status);

/* cmd_init.c */
enum ctl_exit cmd_init(const struct args *args);

/* cmd_key.c */
enum ctl_exit cmd_key_create(const struct args *args);
enum ctl_exit cmd_key_list(const struct args *args);
enum ctl_exit cmd_key_show(const struct args *args);
enum ctl_exit cmd_key_disable(const struct args *args);

/* cmd_device.c */
enum ctl_exit cmd_device_list(const struct args *args);
enum ctl_exit cmd_device_show(const struct args *args);
enum ctl_exit cmd_device_create(const struct args *args);
enum ctl_exit cmd_device_events(const struct args *args);

/* cmd_standing.c */
enum ctl_exit cmd_device_block(const struct args *args);
enum ctl_exit cmd_device_unblock(const struct args *args);
enum ctl_exit cmd_device_reset(const struct args *args);
enum ctl_exit cmd_device_kick(const struct args *args);
enum ctl_exit cmd_device_decommission(const struct args *args);
enum ctl_exit cmd_device_release(const struct args *args);

/* cmd_certificate.c */
enum ctl_exit cmd_certificate_list(const struct args *args);
enum ctl_exit cmd_certificate_show(const struct args *args);
enum ctl_exit cmd_certificate_renew(const struct args *args);

/* cmd_revoke.c, cmd_validate.c */
enum ctl_exit cmd_certificate_revoke(const struct args *args);
enum ctl_exit cmd_certificate_validate(const struct args *args);

/* cmd_ca.c, cmd_ca_crl.c, cmd_ca_rotate.c, cmd_ca_sign.c */
enum ctl_exit cmd_ca_show(const struct args *args);
enum ctl_exit cmd_ca_drop(const struct args *args);
enum ctl_exit cmd_ca_crl(const struct args *args);
enum ctl_exit cmd_ca_rotate(const struct args *args);
enum ctl_exit cmd_ca_sign(const struct args *args);

/* cmd_status.c, cmd_watch.c */
enum ctl_exit cmd_status(const struct args *args);
enum ctl_exit cmd_watch(const struct args *args);

/* cmd_reference.c: the tables behind docs/errors.md and docs/configuration.md */
enum ctl_exit cmd_errors(const struct args *args);
enum ctl_exit cmd_keys(const struct args *args);

#endif
