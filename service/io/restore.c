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
static enum status take_unknown(struct restore *restore, const char *issuer, const char *id, const char *reason)
{
    struct core *core = restore->core;
    int64_t number = 0, end = core->now.wall / 1000 + core->config->certificate_days * DAY;
    enum status status = store_issuer(core->store, issuer, &number);
    restore->unknown++;
    return status == ST_OK ? store_certificate_unknown(core->store, id, reason, number, end, core->now.wall) : status;
}

/* Also one that was only superseded, or expired, as of the backup: a key that was lost since is not certified again. */
static bool is_news(const struct certificate_entry *entry, const char *reason)
{
    return entry->ended_at == 0 || (strcmp(entry->state, "revoked") != 0 && strcmp(reason, "superseded") != 0);
}

static bool take(void *context, const char *issuer, const unsigned char *serial, const char *reason)
{
    struct restore *restore = context;
    struct certificate_entry entry;
    char id[PROFILE_CERTIFICATE_ID + 1];
    profile_certificate_id(serial, id);
    const char *own = strcmp(reason, "unspecified") == 0 ? "restored" : reason;
    enum status status = store_certificate_find(restore->core->store, id, &entry);
    if (status == ST_CERTIFICATE_NOT_FOUND) {
        status = take_unknown(restore, issuer, id, own);
    } else if (status == ST_OK && is_news(&entry, reason)) {
        restore->revoked++;
        status = certificates_end(restore->core, &entry, 1, "revoked", own);
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
