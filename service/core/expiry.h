/*
 * When a certificate has to be looked at, and what that means: the calendar of its life. Pure decisions on times and
 * states; nothing is looked up or written here.
 */
#ifndef MUSTER_CORE_EXPIRY_H
#define MUSTER_CORE_EXPIRY_H

#include "service/config.h"

#include <stdint.h>

/* What is due. X(enumerator, reason on the wire: of certificate_expiring, of the end) */
#define EXPIRY_LIST(X)                                                                                                 \
    X(EXPIRY_WARNING, "warning")     /* certificate_warning_days before its end: it counts as expiring */              \
    X(EXPIRY_RENEWAL, "renewal")     /* certificate_renewal_days: the device is asked to renew */                      \
    X(EXPIRY_LAST_DAY, "last_day")   /* a day */                                                                       \
    X(EXPIRY_UNUSED, "never_used")   /* nobody has shown it in time: it is revoked */                                  \
    X(EXPIRY_EXPIRED, "not_renewed") /* its end has passed */

enum expiry_step {
#define EXPIRY_ENUM(name, reason) name,
    EXPIRY_LIST(EXPIRY_ENUM)
#undef EXPIRY_ENUM
};

#define EXPIRY_WARNINGS 3 /* EXPIRY_WARNING, EXPIRY_RENEWAL and EXPIRY_LAST_DAY, told in this order */

/* A certificate as far as its calendar goes. */
struct expiry_subject {
    bool used;                     /* it was shown: active or expiring */
    int64_t told;                  /* how many warnings were told */
    int64_t not_before, not_after; /* seconds since 1970, inclusive */
    int64_t created_at;            /* ms since 1970 */
};

struct expiry {
    enum expiry_step step;
    int64_t at; /* ms since 1970 */
};

/* The next thing that happens to it, and when; what lies behind its end counts no more. */
struct expiry expiry_next(const struct config *config, const struct expiry_subject *subject, int64_t now);

/* How many days before its end the `nth` warning (from 0) comes, in ms: as the configuration says, or for a life that
 * is shorter than three times certificate_warning_days the same share of a sixth of that life. A fleet renews between
 * two thirds of a life and, where there is room for it, 30 days before its end (certs/profile.h): with 30 days of
 * warning or less, who renews in time is not warned of. */
int64_t expiry_margin(const struct config *config, int64_t life_seconds, int nth);

/* The reason of a step on the wire. Static text. */
const char *expiry_reason(enum expiry_step step);

/* A number that changes with every constant of the configuration by which expiry_next times the warnings. */
int64_t expiry_constants(const struct config *config);

#endif
