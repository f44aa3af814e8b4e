#include "tests/bench/fill.h"

#include "service/io/entropy.h"
#include "tests/bench/fleet_id.h"
#include "tests/bench/store_connection.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define BATCH 100000
#define PEM   790 /* octets of a device's certificate on a P-256 key */

/* Of a million random ids of 40 bits, the key's, two would likely be the same: an odd factor makes each another one. */
static void spread(size_t number, unsigned char out[8])
{
    uint64_t mixed = (uint64_t)number * UINT64_C(0x9e3779b97f4a7c15);
    for (int i = 0; i < 8; i++)
        out[i] = (unsigned char)(mixed >> 5 * i & 31);
}

static void make(const struct fill *plan, size_t number, struct filled *out)
{
    unsigned char random[SECRET_RAW + 8];
    entropy_fill(random, sizeof random);
    if (plan->prefix != NULL) {
        snprintf(out->uuid, sizeof out->uuid, "%s-%zu", plan->prefix, number);
    } else {
        spread(number, random + SECRET_RAW);
        fleet_id(number, out->uuid);
    }
    secret_make(SECRET_API, random, &out->key);
    for (int i = 0; i < CERTIFICATE_ID / 2; i++)
        snprintf(out->certificate_id + 2 * i, 3, "%02x", random[i] & 0x7f);
    memcpy(out->fingerprint, random, sizeof out->fingerprint);
}

static enum status add_certificate(struct store *store, const struct filled *filled, int64_t device, int64_t now)
{
    static char pem[PEM + 1];
    memset(pem, 'A', PEM);
    struct certificate_row row = {.device = device,
                                  .pem = pem,
                                  .not_after = now + 365 * 86400,
                                  .at = now * 1000,
                                  .issuer = 1,
                                  .due_at = (now + 335 * 86400) * 1000};
    memcpy(row.id, filled->certificate_id, sizeof row.id);
    memcpy(row.uuid, filled->uuid, sizeof row.uuid);
    snprintf(row.tenant, sizeof row.tenant, "default");
    memcpy(row.public_key, filled->fingerprint, sizeof row.public_key);
    memcpy(row.fingerprint, filled->fingerprint, sizeof row.fingerprint);
    return store_certificate_insert(store, &row);
}

static enum status add_device(struct store *store, const struct filled *filled, struct device_row *row)
{
    int64_t now = row->created_at;
    snprintf(row->uuid, sizeof row->uuid, "%s", filled->uuid);
    snprintf(row->device_id, sizeof row->device_id, "%.8s%.4s", filled->key.id, filled->certificate_id);
    snprintf(row->tenant, sizeof row->tenant, "default");
    snprintf(row->type, sizeof row->type, "sensor");
    snprintf(row->tags, sizeof row->tags, "{}");
    enum status status = store_device_insert(store, row);
    if (status == ST_OK)
        status = store_api_key_set(
            store, &(struct api_key_row){.id = filled->key.id, .hash = filled->key.hash, .device = row->id, .at = now});
    return status == ST_OK ? add_certificate(store, filled, row->id, now / 1000) : status;
}

static enum status add_batch(struct store *store, const struct fill *plan, size_t from, size_t to)
{
    int64_t now = (int64_t)time(NULL) * 1000;
    enum status status = store_event_begin(store);
    for (size_t i = from; i < to && status == ST_OK; i++) {
        struct filled filled;
        bool online = i < plan->online;
        struct device_row row = {.state = DEVICE_PROVISIONED,
                                 .created_at = now,
                                 .registered_at = now,
                                 .credential_used = plan->prefix == NULL,
                                 .presence = {.online = online, .since = now, .last_seen = online ? now : 0}};
        make(plan, i, &filled);
        status = add_device(store, &filled, &row);
        if (plan->each != NULL)
            plan->each(&filled, plan->context);
    }
    status = store_event_finish(store, status);
    return status == ST_OK ? store_commit(store) : status;
}

/* What has used its certificate has made it active; then the database is as the service leaves it. */
static bool finish(const struct fill *plan, sqlite3 *connection)
{
    static const char used[] = "UPDATE certificate SET state = 'active', activated_at = created_at";
    return (plan->prefix != NULL || sqlite3_exec(connection, used, NULL, NULL, NULL) == SQLITE_OK) &&
           sqlite3_exec(connection, "PRAGMA journal_mode = WAL", NULL, NULL, NULL) == SQLITE_OK;
}

bool fill(const struct fill *plan, char *error, size_t size)
{
    static const char hurry[] = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -3000000";
    sqlite3 *connection = NULL;
    struct store *store = store_connection(plan->path, &connection, error, size);
    if (store == NULL)
        return false;
    bool done = sqlite3_exec(connection, hurry, NULL, NULL, NULL) == SQLITE_OK;
    for (size_t i = 0; i < plan->count && done; i += BATCH)
        done = add_batch(store, plan, i, i + BATCH < plan->count ? i + BATCH : plan->count) == ST_OK;
    done = done && finish(plan, connection);
    if (!done)
        snprintf(error, size, "%s", sqlite3_errmsg(connection));
    store_free(store);
    return done;
}
