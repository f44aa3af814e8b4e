#include "service/core/expiry.h"

#define DAY    INT64_C(86400)
#define DAY_MS (DAY * 1000)

int64_t expiry_margin(const struct config *config, int64_t life_seconds, int nth)
{
    const int64_t days[EXPIRY_WARNINGS] = {config->certificate_warning_days, config->certificate_renewal_days, 1};
    int64_t warning = days[0] * DAY;
    if (life_seconds >= 3 * warning)
        return days[nth] * DAY_MS;
    return life_seconds * 1000 / 6 * days[nth] / days[0];
}

struct expiry expiry_next(const struct config *config, const struct expiry_subject *subject, int64_t now)
{
    static const enum expiry_step warnings[EXPIRY_WARNINGS] = {EXPIRY_WARNING, EXPIRY_RENEWAL, EXPIRY_LAST_DAY};
    int64_t end = (subject->not_after + 1) * 1000; /* it is valid up to its last second (RFC 5280, 4.1.2.5) */
    int64_t unused = config->certificate_unused_seconds * INT64_C(1000);
    if (now >= end)
        return (struct expiry){EXPIRY_EXPIRED, end};
    if (!subject->used && unused > 0 && subject->created_at + unused < end)
        return (struct expiry){EXPIRY_UNUSED, subject->created_at + unused};
    if (!subject->used || subject->told >= EXPIRY_WARNINGS)
        return (struct expiry){EXPIRY_EXPIRED, end};
    int nth = (int)subject->told;
    return (struct expiry){warnings[nth],
                           end - expiry_margin(config, subject->not_after - subject->not_before + 1, nth)};
}

const char *expiry_reason(enum expiry_step step)
{
    static const char *const reasons[] = {
#define EXPIRY_REASON(name, reason) [name] = (reason),
        EXPIRY_LIST(EXPIRY_REASON)
#undef EXPIRY_REASON
    };
    return reasons[step];
}

int64_t expiry_constants(const struct config *config)
{
    return config->certificate_warning_days * INT64_C(10000) + config->certificate_renewal_days;
}
