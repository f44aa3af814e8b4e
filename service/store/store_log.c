/* What happened: remembered requests, events, audit. */
#include "service/core/secret.h"
#include "service/store/store_internal.h"

#include <stdio.h>
#include <string.h>

bool store_request_find(struct store *store, const char *scope, const char *request_id, int64_t since,
                        struct remembered *out, enum status *status)
{
    struct db *db = store->db;
    db_use(db, SQL_REQUEST_GET);
    db_bind_text(db, scope);
    db_bind_text(db, request_id);
    db_bind_int(db, since);
    bool found = db_step(db);
    if (found) {
        db_blob(db, out->body_hash, sizeof out->body_hash);
        db_text(db, out->answer, sizeof out->answer);
        out->answered = out->answer[0] != '\0';
        out->had_secret = db_bool(db);
        out->sealed_length = db_blob(db, out->sealed, sizeof out->sealed);
        out->at = db_int(db);
    }
    *status = db_done(db);
    return found;
}

enum status store_request_put(struct store *store, const struct request_row *row)
{
    struct db *db = store->db;
    db_use(db, SQL_REQUEST_PUT);
    db_bind_text(db, row->scope);
    db_bind_text(db, row->request_id);
    db_bind_blob(db, row->body_hash, HASH_SIZE);
    db_bind_text(db, row->answer);
    db_bind_int(db, row->sealed_length > 0);
    db_bind_blob(db, row->sealed_length > 0 ? row->sealed : NULL, row->sealed_length);
    db_bind_int(db, row->device);
    db_bind_int(db, row->at);
    db_bind_text(db, row->credential != NULL ? row->credential : "");
    db_step(db);
    return db_done(db);
}

enum status store_request_unseal(struct store *store, int64_t device, const char *credential)
{
    db_use(store->db, SQL_REQUEST_UNSEAL);
    db_bind_int(store->db, device);
    db_bind_text(store->db, credential);
    db_step(store->db);
    return db_done(store->db);
}

enum status store_request_drop(struct store *store, const char *scope, const char *request_id)
{
    db_use(store->db, SQL_REQUEST_DROP);
    db_bind_text(store->db, scope);
    db_bind_text(store->db, request_id);
    db_step(store->db);
    return db_done(store->db);
}

enum status store_request_expire(struct store *store, int64_t requests_before, int64_t secrets_before)
{
    db_use(store->db, SQL_REQUEST_EXPIRE);
    db_bind_int(store->db, requests_before);
    db_bind_int(store->db, EXPIRE_ROWS);
    db_step(store->db);
    enum status status = db_done(store->db);
    if (status != ST_OK)
        return status;
    db_use(store->db, SQL_REQUEST_EXPIRE_SECRETS);
    db_bind_int(store->db, secrets_before);
    db_step(store->db);
    return db_done(store->db);
}

enum status store_number_get(struct store *store, const char *name, int64_t *value)
{
    db_use(store->db, SQL_META_GET);
    db_bind_text(store->db, name);
    *value = db_step(store->db) ? db_int(store->db) : 0;
    return db_done(store->db);
}

enum status store_number_set(struct store *store, const char *name, int64_t value)
{
    db_use(store->db, SQL_META_SET);
    db_bind_text(store->db, name);
    db_bind_int(store->db, value);
    db_step(store->db);
    return db_done(store->db);
}

static enum status service_sequence(struct store *store, int64_t *sequence)
{
    enum status status = store_number_get(store, "service_sequence", sequence);
    (*sequence)++;
    return status == ST_OK ? store_number_set(store, "service_sequence", *sequence) : status;
}

enum status store_event_sequence(struct store *store, int64_t device, int64_t *sequence)
{
    if (device == 0)
        return service_sequence(store, sequence);
    enum status counted = store_run_int(store, SQL_EVENT_COUNT, device);
    if (counted != ST_OK)
        return counted;
    db_use(store->db, SQL_EVENT_SEQUENCE);
    db_bind_int(store->db, device);
    bool found = db_step(store->db);
    if (found)
        *sequence = db_int(store->db);
    enum status status = db_done(store->db);
    return status == ST_OK && !found ? ST_INTERNAL : status;
}

enum status store_event_insert(struct store *store, const struct event_row *row)
{
    struct db *db = store->db;
    db_use(db, SQL_EVENT_INSERT);
    db_bind_int(db, row->device);
    db_bind_int(db, row->sequence);
    db_bind_int(db, row->at);
    db_bind_text(db, row->uuid);
    db_bind_text(db, row->tenant);
    db_bind_text(db, row->type);
    db_bind_text(db, row->body);
    db_step(db);
    return db_done(db);
}

static enum status read_events(struct db *db, struct event_row *out, size_t count, size_t *found)
{
    *found = 0;
    while (*found < count && db_step(db)) {
        struct event_row *row = &out[(*found)++];
        row->id = db_int(db);
        row->device = db_int(db);
        row->sequence = db_int(db);
        row->at = db_int(db);
        db_text(db, row->uuid, sizeof row->uuid);
        db_text(db, row->tenant, sizeof row->tenant);
        db_text(db, row->type, sizeof row->type);
        db_text(db, row->body, sizeof row->body);
    }
    return db_done(db);
}

enum status store_event_list(struct store *store, int64_t after, struct event_row *out, size_t count, size_t *found)
{
    db_use(store->db, SQL_EVENT_LIST);
    db_bind_int(store->db, after);
    db_bind_int(store->db, (int64_t)count);
    return read_events(store->db, out, count, found);
}

enum status store_event_of_device(struct store *store, int64_t device, int64_t after, struct event_row *out,
                                  size_t count, size_t *found)
{
    db_use(store->db, SQL_EVENT_OF_DEVICE);
    db_bind_int(store->db, device);
    db_bind_int(store->db, after);
    db_bind_int(store->db, (int64_t)count);
    return read_events(store->db, out, count, found);
}

enum status store_event_acknowledged(struct store *store, int64_t id)
{
    return store_run_int(store, SQL_EVENT_ACKNOWLEDGE, id);
}

enum status store_event_last_acknowledged(struct store *store, int64_t *id)
{
    db_use(store->db, SQL_EVENT_ACKNOWLEDGED);
    *id = db_step(store->db) ? db_int(store->db) : 0;
    return db_done(store->db);
}

enum status store_event_expire(struct store *store, int64_t before)
{
    db_use(store->db, SQL_EVENT_EXPIRE);
    db_bind_int(store->db, before);
    db_bind_int(store->db, EXPIRE_ROWS);
    db_step(store->db);
    return db_done(store->db);
}

/* The chain: whoever changes or removes a row must change every hash behind it. */
static void chain_hash(const unsigned char previous[HASH_SIZE], int64_t at, const char *const texts[], size_t count,
                       unsigned char out[HASH_SIZE])
{
    struct secret_part parts[16] = {{previous, HASH_SIZE}};
    char when[24];
    snprintf(when, sizeof when, "%lld", (long long)at);
    parts[1] = (struct secret_part){when, strlen(when)};
    for (size_t i = 0; i < count; i++)
        parts[i + 2] = (struct secret_part){texts[i], strlen(texts[i])};
    secret_hash(parts, count + 2, out);
}

enum status store_audit_append(struct store *store, const struct audit_row *row)
{
    struct db *db = store->db;
    unsigned char previous[HASH_SIZE] = {0}, hash[HASH_SIZE];
    db_use(db, SQL_AUDIT_LAST);
    if (db_step(db))
        db_blob(db, previous, sizeof previous);
    enum status status = db_done(db);
    if (status != ST_OK)
        return status;
    const char *const texts[] = {row->actor,  row->action,  row->tenant, row->target,
                                 row->origin, row->outcome, row->detail};
    chain_hash(previous, row->at, texts, sizeof texts / sizeof *texts, hash);
    db_use(db, SQL_AUDIT_APPEND);
    db_bind_int(db, row->at);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        db_bind_text(db, texts[i]);
    db_bind_blob(db, hash, sizeof hash);
    db_step(db);
    return db_done(db);
}
