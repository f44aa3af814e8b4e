#include "tests/bench/fill.h"

#include "service/io/entropy.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define BATCH 50000 /* a commit of few devices would write nearly every page of the indexes */

/* Of a million keys two would likely have the same id of 40 bits: an odd factor makes each number another one. */
static void spread(size_t number, unsigned char out[8])
{
    uint64_t mixed = number * 0x9e3779b97f4a7c15U;
    for (int i = 0; i < 8; i++)
        out[i] = (unsigned char)(mixed >> 5 * i & 31);
}

static void make(const char *prefix, size_t number, struct filled *out)
{
    unsigned char random[SECRET_RAW + 8];
    entropy_fill(random, sizeof random);
    snprintf(out->uuid, sizeof out->uuid, "%s-%zu", prefix, number);
    if (prefix[0] == '\0') {
        spread(number, random + SECRET_RAW);
        for (int i = 0; i < 16; i++)
            snprintf(out->uuid + 2 * i, 3, "%02x", random[SECRET_RAW - 16 + i]);
    }
    secret_make(SECRET_API, random, &out->key);
    for (int i = 0; i < CERTIFICATE_ID / 2; i++)
        snprintf(out->certificate_id + 2 * i, 3, "%02x", random[i] & 0x7f);
    memcpy(out->fingerprint, random, sizeof out->fingerprint);
}

static enum status add_certificate(struct store *store, const struct filled *filled, int64_t device, int64_t now)
{
    struct certificate_row row = {.device = device, .pem = "", .not_after = now + 365 * 86400, .at = now * 1000};
    memcpy(row.id, filled->certificate_id, sizeof row.id);
    memcpy(row.uuid, filled->uuid, sizeof row.uuid);
    snprintf(row.tenant, sizeof row.tenant, "default");
    memcpy(row.public_key, filled->fingerprint, sizeof row.public_key);
    memcpy(row.fingerprint, filled->fingerprint, sizeof row.fingerprint);
    return store_certificate_insert(store, &row);
}

static enum status add_device(struct store *store, const struct filled *filled, int64_t now)
{
    struct device_row row = {.state = DEVICE_PROVISIONED, .created_at = now, .registered_at = now};
    snprintf(row.uuid, sizeof row.uuid, "%s", filled->uuid);
    snprintf(row.device_id, sizeof row.device_id, "%.8s%.4s", filled->key.id, filled->certificate_id);
    snprintf(row.tenant, sizeof row.tenant, "default");
    snprintf(row.type, sizeof row.type, "sensor");
    enum status status = store_device_insert(store, &row);
    if (status == ST_OK)
        status = store_api_key_set(store, row.id, filled->key.id, filled->key.hash, now);
    return status == ST_OK ? add_certificate(store, filled, row.id, now / 1000) : status;
}

static enum status add_batch(struct store *store, size_t from, size_t to, const char *prefix,
                             void (*each)(const struct filled *, void *context), void *context)
{
    int64_t now = (int64_t)time(NULL) * 1000;
    enum status status = store_event_begin(store);
    for (size_t i = from; i < to && status == ST_OK; i++) {
        struct filled filled;
        make(prefix, i, &filled);
        status = add_device(store, &filled, now);
        each(&filled, context);
    }
    status = store_event_finish(store, status);
    return status == ST_OK ? store_commit(store) : status;
}

bool fill(const char *path, size_t count, const char *prefix, void (*each)(const struct filled *, void *context),
          void *context, char *error, size_t size)
{
    struct store *store = store_new(path, error, size);
    enum status status = store != NULL ? ST_OK : ST_INTERNAL;
    for (size_t i = 0; i < count && status == ST_OK; i += BATCH)
        status = add_batch(store, i, i + BATCH < count ? i + BATCH : count, prefix, each, context);
    if (store != NULL && status != ST_OK)
        snprintf(error, size, "%s", store_error(store));
    store_free(store);
    return status == ST_OK;
}
