/*
 * A client that shows the same wrong credential from the same address for the same identity again and again: it is
 * refused without a look into the database until some time has passed, twice as long each time. Another credential is
 * always looked at, so a right one is never refused because of others. Loopback is never held off. Fixed memory; what
 * finds no place is simply looked at again. Pure but for its table; one thread.
 */
#ifndef MUSTER_GATE_BACKOFF_H
#define MUSTER_GATE_BACKOFF_H

#include "service/gate/auth.h"

#define BACKOFF_PLACES 4096
#define BACKOFF_FIRST  1000  /* ms */
#define BACKOFF_LAST   60000 /* ms */

struct backoff {
    uint64_t key[2]; /* random: nobody can choose whose place they take */
    struct backoff_place {
        uint64_t login; /* a hash; 0: free */
        uint64_t name;  /* a hash of the client id without suffix */
        int64_t until, wait;
    } places[BACKOFF_PLACES];
};

/* Whether this login must wait at `now` (monotonic ms). */
bool backoff_holds(const struct backoff *backoff, const struct login *login, int64_t now);

/* This login was refused for its credential. */
void backoff_note(struct backoff *backoff, const struct login *login, int64_t now);

/* Forgets what was noted of a uuid, or, with `length` 0, of all: credentials may hold again. */
void backoff_forget(struct backoff *backoff, const char *uuid, size_t length);

#endif
