/*
 * How far a revocation has got: what the service says of it (certificate/validate), asked again until all of it is in
 * force or the time is over.
 */
#ifndef MUSTER_CTL_REVOCATION_H
#define MUSTER_CTL_REVOCATION_H

#include "service/ctl/link.h"

#define REVOCATION_WAIT_MS  5000
#define REVOCATION_EVERY_MS 100

struct revocation {
    char refused[64];      /* why its credential is refused; "": it is not */
    bool checked;          /* the gate has looked at the device's connections since */
    long long closed;      /* connections that it ended */
    long long open;        /* and those that it left: by another credential */
    long long number;      /* of the revocation list */
    bool listed, in_force; /* the list names the certificate; the broker has read it */
};

/* Takes an answer of certificate/validate apart. Pure. */
struct revocation revocation_read(const struct value *answer);

/* Whether nothing is left to wait for. Without a gate nobody looks at connections. Pure. */
bool revocation_holds(const struct revocation *revocation, bool gated);

/* Asks about `count` certificates until all revocations hold; REVOCATION_WAIT_MS at most for all of them together.
 * `out` is what was said of the first one that does not hold, else of the first one; `*holds` whether all do. Any other
 * end than CTL_DONE has been told. */
enum ctl_exit revocation_await(struct link *link, const char *const ids[], size_t count, bool gated,
                               struct revocation *out, bool *holds);

#endif
