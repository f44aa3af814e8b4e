/*
 * What came of a revocation, for people and as JSON: also what is not its own doing, and how to do that. Asks nothing.
 */
#ifndef MUSTER_CTL_OUTCOME_H
#define MUSTER_CTL_OUTCOME_H

#include "service/ctl/revocation.h"
#include "topics/limits.h"

#define OUTCOME_IDS (1 + LIMIT_PAGE_ITEMS) /* the one that was named, and as many as an answer names */

struct outcome {
    const struct value *answer;   /* of certificate/revoke */
    const struct value *device;   /* of device/show; NULL: it is not known */
    const char *ids[OUTCOME_IDS]; /* what was revoked: the one that was named comes first */
    size_t count;
    long long more;        /* that were revoked with them, and that the answer does not name */
    const char *directory; /* as paste_dir() gives it, for the commands that are printed */
    bool gated;
    struct revocation revocation;
    bool holds;
};

/* Prints it on stdout: a line for each thing that was looked at. */
void outcome_print(const struct outcome *outcome);

/* One object: the service's answer, with what was found behind it. */
void outcome_print_json(const struct outcome *outcome);

#endif
