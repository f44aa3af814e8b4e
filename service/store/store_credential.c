#include "service/store/store_internal.h"

static void read_key(struct db *db, struct key_row *out)
{
    db_text(db, out->id, sizeof out->id);
    db_text(db, out->tenant, sizeof out->tenant);
    db_blob(db, out->hash, sizeof out->hash);
    out->uses = db_int(db);
    out->used = db_int(db);
    out->expires_at = db_int(db);
    out->disabled_at = db_int(db);
    out->created_at = db_int(db);
    db_text(db, out->device_types, sizeof out->device_types);
    out->replace = db_bool(db);
}

bool store_key_find(struct store *store, const char *id, struct key_row *out, enum status *status)
{
    db_use(store->db, SQL_KEY_GET);
    db_bind_text(store->db, id);
    bool found = db_step(store->db);
    if (found)
        read_key(store->db, out);
    *status = db_done(store->db);
    return found;
}

enum status store_key_insert(struct store *store, const struct key_row *row)
{
    struct db *db = store->db;
    db_use(db, SQL_KEY_INSERT);
    db_bind_text(db, row->id);
    db_bind_text(db, row->tenant);
    db_bind_blob(db, row->hash, sizeof row->hash);
    db_bind_int(db, row->uses);
    db_bind_int(db, row->expires_at);
    db_bind_int(db, row->created_at);
    db_bind_text(db, row->device_types);
    db_bind_int(db, row->replace);
    db_step(db);
    return db_done(db);
}

enum status store_key_disable(struct store *store, const char *id, int64_t at)
{
    db_use(store->db, SQL_KEY_DISABLE);
    db_bind_int(store->db, at);
    db_bind_text(store->db, id);
    db_step(store->db);
    return db_done(store->db);
}

enum status store_key_list(struct store *store, const char *tenant, const char *after, struct key_row *out,
                           size_t count, size_t *found)
{
    db_use(store->db, SQL_KEY_LIST);
    db_bind_text(store->db, tenant != NULL ? tenant : "");
    db_bind_text(store->db, after);
    db_bind_int(store->db, (int64_t)count);
    *found = 0;
    while (*found < count && db_step(store->db))
        read_key(store->db, &out[(*found)++]);
    return db_done(store->db);
}

enum status store_key_use(struct store *store, const char *id, const char *uuid, int64_t at)
{
    struct db *db = store->db;
    db_use(db, SQL_KEY_USE_ADD);
    db_bind_text(db, id);
    db_bind_text(db, uuid);
    db_bind_int(db, at);
    db_step(db);
    enum status status = db_done(db);
    if (status != ST_OK || !db_changed(db))
        return status;
    db_use(db, SQL_KEY_USE_COUNT);
    db_bind_text(db, id);
    db_step(db);
    status = db_done(db);
    return status == ST_OK && !db_changed(db) ? ST_PROVISIONING_KEY_EXHAUSTED : status;
}

enum status store_api_key_holds(struct store *store, const char *id, const char *uuid, int64_t now, bool *holds,
                                bool *next)
{
    struct db *db = store->db;
    db_use(db, SQL_API_KEY_HOLDS);
    db_bind_text(db, id);
    db_bind_text(db, uuid);
    db_bind_int(db, now);
    *holds = db_step(db);
    *next = *holds && db_bool(db);
    return db_done(db);
}

enum status store_api_key_drop(struct store *store, int64_t device)
{
    return store_run_int(store, SQL_API_KEY_DROP, device);
}

static enum status insert_api_key(struct store *store, const struct api_key_row *row, bool next)
{
    db_use(store->db, SQL_API_KEY_INSERT);
    db_bind_text(store->db, row->id);
    db_bind_int(store->db, row->device);
    db_bind_blob(store->db, row->hash, HASH_SIZE);
    db_bind_int(store->db, row->at);
    db_bind_int(store->db, next);
    db_bind_int(store->db, row->expires_at);
    db_step(store->db);
    return db_done(store->db);
}

enum status store_api_key_set(struct store *store, const struct api_key_row *row)
{
    enum status status = store_api_key_drop(store, row->device);
    return status == ST_OK ? insert_api_key(store, row, false) : status;
}

/* Those that have ended; and the next one, when another one holds. */
static enum status drop_older(struct db *db, int64_t device, int64_t now)
{
    db_use(db, SQL_API_KEY_DROP_NEXT);
    db_bind_int(db, device);
    db_bind_int(db, device);
    db_bind_int(db, now);
    db_step(db);
    enum status status = db_done(db);
    if (status != ST_OK)
        return status;
    db_use(db, SQL_API_KEY_DROP_ENDED);
    db_bind_int(db, device);
    db_bind_int(db, now);
    db_step(db);
    return db_done(db);
}

enum status store_api_key_next(struct store *store, const struct api_key_row *row, int64_t old_until)
{
    struct db *db = store->db;
    enum status status = drop_older(db, row->device, row->at);
    if (status != ST_OK)
        return status;
    db_use(db, SQL_API_KEY_LIMIT);
    db_bind_int(db, old_until);
    db_bind_int(db, old_until);
    db_bind_int(db, row->device);
    db_step(db);
    status = db_done(db);
    return status == ST_OK ? insert_api_key(store, row, true) : status;
}

enum status store_api_key_bound(struct store *store, int64_t until)
{
    db_use(store->db, SQL_API_KEY_BOUND);
    db_bind_int(store->db, until);
    db_bind_int(store->db, until);
    db_step(store->db);
    return db_done(store->db);
}

enum status store_api_key_promote(struct store *store, int64_t device, const char *id)
{
    struct db *db = store->db;
    db_use(db, SQL_API_KEY_DROP_OTHERS);
    db_bind_int(db, device);
    db_bind_text(db, id);
    db_step(db);
    enum status status = db_done(db);
    if (status != ST_OK)
        return status;
    db_use(db, SQL_API_KEY_PROMOTE);
    db_bind_text(db, id);
    db_step(db);
    return db_done(db);
}

enum status store_api_key_expiry(struct store *store, int64_t device, const char *id, int64_t *expires_at)
{
    db_use(store->db, SQL_API_KEY_EXPIRY);
    db_bind_int(store->db, device);
    db_bind_text(store->db, id);
    *expires_at = db_step(store->db) ? db_int(store->db) : 0;
    return db_done(store->db);
}

enum status store_hold_add(struct store *store, const char *kind, const char *value, const char *uuid, int64_t at)
{
    struct db *db = store->db;
    db_use(db, SQL_HOLD_ADD);
    db_bind_text(db, kind);
    db_bind_text(db, value);
    db_bind_text(db, uuid);
    db_bind_int(db, at);
    db_step(db);
    return db_done(db);
}

enum status store_hold_find(struct store *store, const char *key, const char *kind, const char *value, bool *held)
{
    struct db *db = store->db;
    db_use(db, SQL_HOLD_FIND);
    db_bind_text(db, key);
    db_bind_text(db, kind);
    db_bind_text(db, value);
    *held = db_step(db) && db_bool(db);
    return db_done(db);
}

enum status store_hold_any(struct store *store, bool *any)
{
    db_use(store->db, SQL_HOLD_ANY);
    *any = db_step(store->db) && db_bool(store->db);
    return db_done(store->db);
}

enum status store_hold_of(struct store *store, const char *uuid, bool *held)
{
    db_use(store->db, SQL_HOLD_OF);
    db_bind_text(store->db, uuid);
    *held = db_step(store->db) && db_bool(store->db);
    return db_done(store->db);
}

enum status store_hold_release(struct store *store, const char *uuid, bool *released)
{
    db_use(store->db, SQL_HOLD_RELEASE);
    db_bind_text(store->db, uuid);
    db_step(store->db);
    enum status status = db_done(store->db);
    *released = status == ST_OK && db_changed(store->db);
    return status;
}

bool store_operator_find(struct store *store, const char *id, struct operator_row *out, enum status *status)
{
    struct db *db = store->db;
    db_use(db, SQL_OPERATOR_GET);
    db_bind_text(db, id);
    bool found = db_step(db);
    if (found) {
        db_text(db, out->id, sizeof out->id);
        db_text(db, out->name, sizeof out->name);
        db_text(db, out->role, sizeof out->role);
        db_text(db, out->tenant, sizeof out->tenant);
        db_blob(db, out->hash, sizeof out->hash);
        out->disabled_at = db_int(db);
        out->created_at = db_int(db);
    }
    *status = db_done(db);
    return found;
}

enum status store_operator_insert(struct store *store, const struct operator_row *row)
{
    struct db *db = store->db;
    db_use(db, SQL_OPERATOR_INSERT);
    db_bind_text(db, row->id);
    db_bind_text(db, row->name);
    db_bind_text(db, row->role);
    db_bind_text(db, row->tenant);
    db_bind_blob(db, row->hash, sizeof row->hash);
    db_bind_int(db, row->created_at);
    db_step(db);
    return db_done(db);
}

bool store_tenant_exists(struct store *store, const char *tenant, enum status *status)
{
    db_use(store->db, SQL_TENANT_EXISTS);
    db_bind_text(store->db, tenant);
    bool found = db_step(store->db);
    *status = db_done(store->db);
    return found;
}
