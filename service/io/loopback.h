/*
 * Whether a broker is reachable from this machine alone: what open mode stands on.
 */
#ifndef MUSTER_IO_LOOPBACK_H
#define MUSTER_IO_LOOPBACK_H

#include <stdbool.h>
#include <stddef.h>

enum loopback {
    LOOPBACK_ONLY,
    LOOPBACK_UNSURE, /* its port is on loopback, but what else it listens on cannot be seen */
    LOOPBACK_NOT,
};

/* Every address of `host` must be a loopback address, and so must every address where this machine listens on `port`
 * and where the process that does listens besides. When nobody listens yet, or `port` is 0, the host alone counts. Any
 * other answer than LOOPBACK_ONLY has a sentence in `why`. */
enum loopback loopback_look(const char *host, int port, char *why, size_t why_size);

/* Whether nobody but the broker would hear what is sent to `host` and `port` of this machine without TLS: whoever takes
 * such a connection must be root, this process's own user, `user` (a name or a number), or the owner of `secret_file`,
 * to whom it is no secret. That nobody listens is fine, too. Otherwise there is a sentence in `why`. */
bool loopback_is_held_by(const char *host, int port, const char *user, const char *secret_file, char *why,
                         size_t why_size);

#endif
