#include "service/io/restore.h"

#include "certs/crl.h"
#include "service/core/certificates.h"
#include "service/io/log.h"

#include <string.h>

#define DAY INT64_C(86400)

struct restore {
    struct core *core;
    int64_t revoked, unknown;
    enum status status;
};

/* One that was issued after the backup: the gate knows no such certificate, and the next list shall name it still. */
static enum status take_unknown(struct restore *restore, const char *issuer, const char *id)
{
    struct core *core = restore->core;
    int64_t number = 0, end = core->now.wall / 1000 + core->config->certificate_days * DAY;
    enum status status = store_issuer(core->store, issuer, &number);
    restore->unknown++;
    return status == ST_OK ? store_certificate_unknown(core->store, id, number, end, core->now.wall) : status;
}

static bool take(void *context, const char *issuer, const unsigned char *serial)
{
    struct restore *restore = context;
    struct certificate_entry entry;
    char id[PROFILE_CERTIFICATE_ID + 1];
    profile_certificate_id(serial, id);
    enum status status = store_certificate_find(restore->core->store, id, &entry);
    if (status == ST_CERTIFICATE_NOT_FOUND) {
        status = take_unknown(restore, issuer, id);
    } else if (status == ST_OK && entry.ended_at == 0) {
        restore->revoked++;
        status = certificates_end(restore->core, &entry, 1, "revoked", "restored");
    }
    restore->status = status;
    return status == ST_OK;
}

enum status restore_revocations(struct core *core, const char *text, size_t length)
{
    struct restore restore = {.core = core, .status = store_event_begin(core->store)};
    if (restore.status != ST_OK)
        return restore.status;
    (void)crl_each(core->ca, text, length, take, &restore);
    enum status status = store_event_finish(core->store, restore.status);
    if (status == ST_OK)
        status = store_commit(core->store);
    if (status == ST_OK && restore.revoked + restore.unknown > 0)
        log_line(
            LOG_ERROR, "restored",
            "the database is older than the revocation list: %lld certificates were revoked again, of %lld it knows "
            "nothing; see docs/operating.md, Backup and restore",
            (long long)restore.revoked, (long long)restore.unknown);
    return status;
}
