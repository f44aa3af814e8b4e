#include "certs/crl.h"

#include <string.h>

struct named {
    const char *name;
    enum crl_reason reason;
};

static const struct named standard[] = {
#define CRL_REASON_NAMED(enumerator, value, name) {name, enumerator},
    CRL_REASON_LIST(CRL_REASON_NAMED)
#undef CRL_REASON_NAMED
};

/* The reasons that the service writes beside those of RFC 5280, where they mean one of these. */
static const struct named own[] = {{"reset", CRL_CESSATION_OF_OPERATION}};

static bool find(const struct named *table, size_t count, const char *name, enum crl_reason *out)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0) {
            *out = table[i].reason;
            return true;
        }
    return false;
}

bool crl_reason_from_name(const char *name, enum crl_reason *out)
{
    return find(standard, sizeof standard / sizeof *standard, name, out);
}

const char *crl_reason_name(int64_t reason)
{
    size_t i = sizeof standard / sizeof *standard - 1;
    while (i > 0 && (int64_t)standard[i].reason != reason)
        i--;
    return standard[i].name;
}

enum crl_reason crl_reason_of(const char *name)
{
    enum crl_reason reason = CRL_UNSPECIFIED;
    if (!crl_reason_from_name(name, &reason))
        (void)find(own, sizeof own / sizeof *own, name, &reason);
    return reason;
}
