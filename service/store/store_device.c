#include "service/store/store_internal.h"

#include <string.h>

static void read_presence(struct db *db, struct presence_row *out)
{
    out->online = db_bool(db);
    out->since = db_int(db);
    out->last_seen = db_int(db);
    out->sequence = db_int(db);
    memset(out->sessions, 0, sizeof out->sessions);
    db_blob(db, out->sessions, sizeof out->sessions);
    out->connection = db_int(db);
}

static void read_device(struct db *db, struct device_row *out)
{
    out->id = db_int(db);
    db_text(db, out->uuid, sizeof out->uuid);
    db_text(db, out->device_id, sizeof out->device_id);
    db_text(db, out->tenant, sizeof out->tenant);
    db_text(db, out->name, sizeof out->name);
    db_text(db, out->type, sizeof out->type);
    db_text(db, out->api_endpoint, sizeof out->api_endpoint);
    db_text(db, out->hardware, sizeof out->hardware);
    db_text(db, out->tags, sizeof out->tags);
    out->state = (enum device_state)db_int(db);
    out->manual = db_bool(db);
    out->credential_used = db_bool(db);
    out->offline_after = db_int(db);
    out->created_at = db_int(db);
    out->updated_at = db_int(db);
    out->registered_at = db_int(db);
    read_presence(db, &out->presence);
    db_text(db, out->certificate_id, sizeof out->certificate_id);
    out->certificate_not_before = db_int(db);
    out->certificate_not_after = db_int(db);
    db_text(db, out->certificate_state, sizeof out->certificate_state);
}

enum status store_device_get(struct store *store, const char *uuid, struct device_row *out)
{
    db_use(store->db, SQL_DEVICE_GET);
    db_bind_text(store->db, uuid);
    bool found = db_step(store->db);
    if (found)
        read_device(store->db, out);
    enum status status = db_done(store->db);
    return status == ST_OK && !found ? ST_DEVICE_NOT_FOUND : status;
}

enum status store_device_brief(struct store *store, int64_t id, struct device_row *out)
{
    struct db *db = store->db;
    db_use(db, SQL_DEVICE_BRIEF);
    db_bind_int(db, id);
    bool found = db_step(db);
    if (found) {
        out->id = id;
        db_text(db, out->device_id, sizeof out->device_id);
        db_text(db, out->tenant, sizeof out->tenant);
        read_presence(db, &out->presence);
    }
    enum status status = db_done(db);
    return status == ST_OK && !found ? ST_DEVICE_NOT_FOUND : status;
}

static void bind_device(struct db *db, const struct device_row *row)
{
    db_bind_text(db, row->device_id[0] != '\0' ? row->device_id : NULL);
    db_bind_text(db, row->tenant);
    db_bind_text(db, row->name);
    db_bind_text(db, row->type);
    db_bind_text(db, row->api_endpoint);
    db_bind_text(db, row->hardware);
    db_bind_text(db, row->tags);
    db_bind_int(db, row->state);
    db_bind_int(db, row->manual);
    db_bind_int(db, row->credential_used);
    db_bind_int(db, row->offline_after);
    db_bind_int(db, row->created_at);
    db_bind_int(db, row->updated_at);
    db_bind_int(db, row->registered_at);
}

static void bind_presence(struct db *db, const struct presence_row *row)
{
    db_bind_int(db, row->online);
    db_bind_int(db, row->since);
    db_bind_int(db, row->last_seen);
    db_bind_int(db, row->sequence);
    db_bind_blob(db, row->sessions, sizeof row->sessions);
    db_bind_int(db, row->connection);
}

enum status store_device_insert(struct store *store, struct device_row *row)
{
    struct db *db = store->db;
    db_use(db, SQL_DEVICE_INSERT);
    db_bind_text(db, row->uuid);
    bind_device(db, row);
    db_step(db);
    enum status status = db_done(db);
    if (status != ST_OK)
        return status;
    row->id = db_last_id(db);
    db_use(db, SQL_PRESENCE_INSERT);
    db_bind_int(db, row->id);
    bind_presence(db, &row->presence);
    db_step(db);
    return db_done(db);
}

enum status store_device_update(struct store *store, const struct device_row *row)
{
    db_use(store->db, SQL_DEVICE_UPDATE);
    bind_device(store->db, row);
    db_bind_int(store->db, row->id);
    db_step(store->db);
    return db_done(store->db);
}

enum status store_device_credential_used(struct store *store, int64_t device)
{
    enum status status = store_run_int(store, SQL_DEVICE_USED, device);
    return status == ST_OK ? store_request_unseal(store, device, "") : status;
}

enum status store_request_forget_device(struct store *store, int64_t device)
{
    return store_run_int(store, SQL_REQUEST_FORGET, device);
}

enum status store_device_list(struct store *store, const char *tenant, const char *after, struct device_row *out,
                              size_t count, size_t *found)
{
    struct db *db = store->db;
    db_use(db, tenant == NULL ? SQL_DEVICE_LIST : SQL_DEVICE_LIST_TENANT);
    if (tenant != NULL)
        db_bind_text(db, tenant);
    db_bind_text(db, after);
    db_bind_int(db, (int64_t)count);
    *found = 0;
    while (*found < count && db_step(db))
        read_device(db, &out[(*found)++]);
    return db_done(db);
}

enum status store_device_count(struct store *store, const char *tenant, struct device_counts *out)
{
    db_use(store->db, SQL_DEVICE_COUNT);
    db_bind_text(store->db, tenant);
    if (db_step(store->db)) {
        out->total = db_int(store->db);
        out->active = db_int(store->db);
        out->online = db_int(store->db);
        out->pending = db_int(store->db);
    }
    return db_done(store->db);
}

enum status store_device_pending(struct store *store, int64_t *out)
{
    db_use(store->db, SQL_DEVICE_PENDING);
    if (db_step(store->db))
        *out = db_int(store->db);
    return db_done(store->db);
}

enum status store_presence_each(struct store *store, enum status (*each)(void *context, const struct presence_seed *),
                                void *context)
{
    struct db *db = store->db;
    enum status status = ST_OK;
    db_use(db, SQL_PRESENCE_EACH);
    while (status == ST_OK && db_step(db)) {
        struct presence_seed seed;
        seed.id = db_int(db);
        seed.uuid = db_text_here(db);
        seed.type = db_text_here(db);
        seed.state = (enum device_state)db_int(db);
        seed.offline_after = db_int(db);
        seed.credential_used = db_bool(db);
        seed.online = db_bool(db);
        memset(seed.sessions, 0, sizeof seed.sessions);
        db_blob(db, seed.sessions, sizeof seed.sessions);
        seed.connection = db_int(db);
        status = each(context, &seed);
    }
    enum status done = db_done(db);
    return status != ST_OK ? status : done;
}

enum status store_presence_set(struct store *store, int64_t device, const struct presence_row *row)
{
    db_use(store->db, SQL_PRESENCE_SET);
    bind_presence(store->db, row);
    db_bind_int(store->db, device);
    db_step(store->db);
    return db_done(store->db);
}

enum status store_presence_seen(struct store *store, int64_t device, int64_t last_seen)
{
    db_use(store->db, SQL_PRESENCE_SEEN);
    db_bind_int(store->db, last_seen);
    db_bind_int(store->db, device);
    db_step(store->db);
    return db_done(store->db);
}
