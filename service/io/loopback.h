/*
 * Whether a broker is reachable from this machine alone: what open mode stands on.
 */
#ifndef MUSTER_IO_LOOPBACK_H
#define MUSTER_IO_LOOPBACK_H

#include <stdbool.h>
#include <stddef.h>

/* True when every address of `host` is a loopback address and no socket of this machine listens on `port` at another
 * one (read from /proc/net/tcp, and from tcp6 where there is IPv6; when it cannot be read, the answer is no). Otherwise
 * false, with a sentence in `error`. */
bool loopback_only(const char *host, int port, char *error, size_t error_size);

#endif
