#include "service/store/store_internal.h"

enum status store_intent_insert(struct store *store, const struct intent_row *row)
{
    struct db *db = store->db;
    db_use(db, SQL_INTENT_INSERT);
    db_bind_text(db, row->certificate_id);
    db_bind_text(db, row->uuid);
    db_bind_text(db, row->tenant);
    db_bind_blob(db, row->public_key, sizeof row->public_key);
    db_bind_int(db, row->not_before);
    db_bind_int(db, row->not_after);
    db_bind_int(db, row->at);
    db_step(db);
    return db_done(db);
}

enum status store_intent_delete(struct store *store, const char *certificate_id)
{
    db_use(store->db, SQL_INTENT_DELETE);
    db_bind_text(store->db, certificate_id);
    db_step(store->db);
    return db_done(store->db);
}

/* `certificate_id` "" means every one. */
static enum status close_intents(struct store *store, const char *certificate_id, int64_t at)
{
    db_use(store->db, SQL_INTENT_CLOSE);
    db_bind_int(store->db, at);
    db_bind_text(store->db, certificate_id);
    db_step(store->db);
    return db_done(store->db);
}

enum status store_intent_abandon(struct store *store, const char *certificate_id, int64_t at)
{
    enum status status = close_intents(store, certificate_id, at);
    return status == ST_OK ? store_intent_delete(store, certificate_id) : status;
}

enum status store_intent_close_all(struct store *store, int64_t at, int64_t *closed)
{
    struct db *db = store->db;
    *closed = 0;
    db_use(db, SQL_INTENT_COUNT);
    if (db_step(db))
        *closed = db_int(db);
    enum status status = db_done(db);
    if (status == ST_OK)
        status = close_intents(store, "", at);
    if (status == ST_OK)
        status = db_run(db, SQL_INTENT_CLEAR);
    return status == ST_OK ? db_run(db, SQL_REQUEST_UNANSWERED) : status;
}

enum status store_certificate_insert(struct store *store, const struct certificate_row *row)
{
    struct db *db = store->db;
    db_use(db, SQL_CERTIFICATE_INSERT);
    db_bind_text(db, row->id);
    db_bind_int(db, row->device);
    db_bind_text(db, row->uuid);
    db_bind_text(db, row->tenant);
    db_bind_blob(db, row->public_key, sizeof row->public_key);
    db_bind_blob(db, row->fingerprint, sizeof row->fingerprint);
    db_bind_text(db, row->pem);
    db_bind_int(db, row->not_before);
    db_bind_int(db, row->not_after);
    db_bind_int(db, row->at);
    db_step(db);
    return db_done(db);
}

enum status store_certificate_activate(struct store *store, int64_t device, int64_t at)
{
    db_use(store->db, SQL_CERTIFICATE_ACTIVATE);
    db_bind_int(store->db, at);
    db_bind_int(store->db, device);
    db_step(store->db);
    return db_done(store->db);
}

enum status store_certificate_used(struct store *store, const char *certificate_id, int64_t at, int64_t *device)
{
    struct db *db = store->db;
    db_use(db, SQL_CERTIFICATE_USED);
    db_bind_int(db, at);
    db_bind_text(db, certificate_id);
    *device = db_step(db) ? db_int(db) : 0;
    return db_done(db);
}

enum status store_certificate_end_all(struct store *store, int64_t device, const char *state, const char *reason,
                                      int64_t at)
{
    db_use(store->db, SQL_CERTIFICATE_END_ALL);
    db_bind_text(store->db, state);
    db_bind_text(store->db, reason);
    db_bind_int(store->db, at);
    db_bind_int(store->db, device);
    db_step(store->db);
    return db_done(store->db);
}

enum status store_public_key_is_foreign(struct store *store, const unsigned char public_key[HASH_SIZE],
                                        const char *uuid, bool *foreign)
{
    db_use(store->db, SQL_PUBLIC_KEY_FOREIGN);
    db_bind_blob(store->db, public_key, HASH_SIZE);
    db_bind_text(store->db, uuid);
    *foreign = db_step(store->db) && db_bool(store->db);
    return db_done(store->db);
}

static void read_certificate(struct db *db, struct certificate_entry *out)
{
    out->row = db_int(db);
    db_text(db, out->id, sizeof out->id);
    out->device = db_int(db);
    db_text(db, out->uuid, sizeof out->uuid);
    db_text(db, out->tenant, sizeof out->tenant);
    out->has_fingerprint = db_blob(db, out->fingerprint, sizeof out->fingerprint) == sizeof out->fingerprint;
    db_text(db, out->state, sizeof out->state);
    db_text(db, out->reason, sizeof out->reason);
    out->not_before = db_int(db);
    out->not_after = db_int(db);
    out->created_at = db_int(db);
    out->ended_at = db_int(db);
}

enum status store_certificate_find(struct store *store, const char *id, struct certificate_entry *out)
{
    db_use(store->db, SQL_CERTIFICATE_GET);
    db_bind_text(store->db, id);
    bool found = db_step(store->db);
    if (found)
        read_certificate(store->db, out);
    enum status status = db_done(store->db);
    return status == ST_OK && !found ? ST_CERTIFICATE_NOT_FOUND : status;
}

enum status store_certificate_list(struct store *store, int64_t device, const char *tenant, int64_t after,
                                   struct certificate_entry *out, size_t count, size_t *found)
{
    struct db *db = store->db;
    db_use(db, device != 0      ? SQL_CERTIFICATE_LIST_DEVICE
               : tenant != NULL ? SQL_CERTIFICATE_LIST_TENANT
                                : SQL_CERTIFICATE_LIST);
    if (device != 0)
        db_bind_int(db, device);
    else if (tenant != NULL)
        db_bind_text(db, tenant);
    db_bind_int(db, after);
    db_bind_int(db, (int64_t)count);
    *found = 0;
    while (*found < count && db_step(db))
        read_certificate(db, &out[(*found)++]);
    return db_done(db);
}

enum status store_certificate_revoke(struct store *store, int64_t row, const char *reason, int64_t at)
{
    db_use(store->db, SQL_CERTIFICATE_REVOKE);
    db_bind_text(store->db, reason);
    db_bind_int(store->db, at);
    db_bind_int(store->db, row);
    db_step(store->db);
    return db_done(store->db);
}

enum status store_device_credentials(struct store *store, int64_t device, bool *has_api_key, bool *has_certificate)
{
    db_use(store->db, SQL_DEVICE_CREDENTIALS);
    db_bind_int(store->db, device);
    if (db_step(store->db)) {
        *has_api_key = db_bool(store->db);
        *has_certificate = db_bool(store->db);
    }
    return db_done(store->db);
}
