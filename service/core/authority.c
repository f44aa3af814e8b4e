#include "service/core/authority.h"

#include "certs/ca_rotate.h"
#include "service/config_authority.h"
#include "service/core/crl.h"
#include "service/core/notice.h"

#include <string.h>

static const char told_name[] = "issuer_told"; /* the number of the issuer that was announced */

const struct ca *authority_newest(const struct core *core)
{
    return core->next_ca != NULL ? core->next_ca : core->ca;
}

int64_t authority_begin(const struct core *core)
{
    struct ca_issuer issuers[CA_ISSUERS_MAX];
    const struct ca *newest = authority_newest(core);
    size_t count = newest != NULL ? ca_issuers(newest, issuers, CA_ISSUERS_MAX) : 0;
    int64_t begin = count > 0 ? issuers[0].validity.not_before : 0;
    for (size_t i = 1; i < count; i++)
        if (issuers[i].validity.not_before < begin)
            begin = issuers[i].validity.not_before;
    return begin;
}

bool authority_lists(const struct core *core, const char *issuer_id)
{
    struct ca_issuer issuers[CA_ISSUERS_MAX];
    size_t count = ca_issuers(core->ca, issuers, CA_ISSUERS_MAX);
    for (size_t i = 0; i < count; i++)
        if (strcmp(issuers[i].id, issuer_id) == 0)
            return true;
    return false;
}

bool authority_has(const struct core *core, const char *issuer_id)
{
    char error[300];
    struct ca_options options = config_authority(core->config);
    return authority_lists(core, issuer_id) || ca_look_drop(&options, issuer_id, error, sizeof error) != CA_WAS_SO;
}

static struct ca *open_files(const struct core *core, char *error, size_t error_size)
{
    struct ca_options options = config_authority(core->config);
    return ca_new(&options, error, error_size);
}

bool authority_renew(struct core *core, char *error, size_t error_size)
{
    core->next_ca = open_files(core, error, error_size);
    if (core->next_ca != NULL)
        crl_want(core, CRL_SOON);
    core->next_crl = core->crl.number + 1;
    return core->next_ca != NULL;
}

bool authority_replace(struct core *core, char *error, size_t error_size)
{
    struct ca *ca = open_files(core, error, error_size);
    if (ca == NULL)
        return false;
    ca_free(core->ca);
    core->ca = ca;
    crl_want(core, CRL_SOON);
    return true;
}

static enum status tell(struct core *core, int64_t issuer)
{
    char members[160];
    struct json_writer json;
    json_start(&json, members, sizeof members);
    json_text(&json, "issuerId", ca_issuer_id(core->ca));
    json_time(&json, "notAfter", ca_validity(core->ca).not_after * 1000);
    enum status status = notice_emit_service(core, "issuer_changed", members);
    return status == ST_OK ? store_number_set(core->store, told_name, issuer) : status;
}

enum status authority_announce(struct core *core)
{
    int64_t told = 0;
    enum status status = store_issuer(core->store, ca_issuer_id(core->ca), &core->issuer);
    if (status == ST_OK)
        status = store_number_get(core->store, told_name, &told);
    if (status != ST_OK || told == core->issuer)
        return status;
    /* The first one of all is no change. */
    return told != 0 ? tell(core, core->issuer) : store_number_set(core->store, told_name, core->issuer);
}

enum status authority_known(struct core *core, int64_t number)
{
    crl_reloaded(core, number);
    if (core->next_ca == NULL || number < core->next_crl)
        return ST_OK;
    ca_free(core->ca);
    core->ca = core->next_ca;
    core->next_ca = NULL;
    core->issuer = 0;
    core->issuer_untold = true; /* the next tick tells */
    crl_want(core, CRL_SOON);   /* with the next list come the broker's certificate and the service's own */
    return ST_OK;
}

bool authority_may_issue(const struct core *core)
{
    return !core->gated || !core->crl.unlisted || core->crl.reloaded > 0 || core->now.mono.ms >= core->crl.hold.ms;
}
