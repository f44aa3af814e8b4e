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
    db_bind_int(db, row->issuer);
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

enum status store_intent_of(struct store *store, const char *uuid, bool *has)
{
    db_use(store->db, SQL_INTENT_OF);
    db_bind_text(store->db, uuid);
    *has = db_step(store->db) && db_bool(store->db);
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

/* A statement that is bound: carries it out. */
static enum status run(struct db *db)
{
    db_step(db);
    return db_done(db);
}

enum status store_issuer(struct store *store, const char *key_id, int64_t *issuer)
{
    struct db *db = store->db;
    db_use(db, SQL_ISSUER_ADD);
    db_bind_text(db, key_id);
    enum status status = run(db);
    if (status != ST_OK)
        return status;
    db_use(db, SQL_ISSUER_GET);
    db_bind_text(db, key_id);
    *issuer = db_step(db) ? db_int(db) : 0;
    return db_done(db);
}

enum status store_issuer_known(struct store *store, const char *key_id, bool *known)
{
    db_use(store->db, SQL_ISSUER_GET);
    db_bind_text(store->db, key_id);
    *known = db_step(store->db);
    return db_done(store->db);
}

enum status store_issuer_live(struct store *store, const char *key_id, int64_t *count)
{
    db_use(store->db, SQL_ISSUER_LIVE);
    db_bind_text(store->db, key_id);
    *count = db_step(store->db) ? db_int(store->db) : 0;
    return db_done(store->db);
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
    const int64_t numbers[] = {row->not_before, row->not_after, row->at,    row->issuer,
                               row->replaces,   row->renewal,   row->due_at};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        db_bind_int(db, numbers[i]);
    return run(db);
}

enum status store_certificate_activate(struct store *store, int64_t row, int64_t at, int64_t due_at)
{
    db_use(store->db, SQL_CERTIFICATE_ACTIVATE);
    db_bind_int(store->db, at);
    db_bind_int(store->db, due_at);
    db_bind_int(store->db, row);
    return run(store->db);
}

enum status store_certificate_end(struct store *store, int64_t row, const char *state, const char *reason, int64_t at)
{
    db_use(store->db, SQL_CERTIFICATE_END);
    db_bind_text(store->db, state);
    db_bind_text(store->db, reason);
    db_bind_int(store->db, at);
    db_bind_int(store->db, row);
    return run(store->db);
}

enum status store_certificate_end_all(struct store *store, int64_t device, int64_t but, const char *state,
                                      const char *reason, int64_t at, bool *ended)
{
    db_use(store->db, SQL_CERTIFICATE_END_ALL);
    db_bind_text(store->db, state);
    db_bind_text(store->db, reason);
    db_bind_int(store->db, at);
    db_bind_int(store->db, device);
    db_bind_int(store->db, but);
    enum status status = run(store->db);
    *ended = status == ST_OK && db_changed(store->db);
    return status;
}

enum status store_certificate_unknown(struct store *store, const char *id, const char *reason, int64_t issuer,
                                      int64_t not_after, int64_t at)
{
    const int64_t numbers[] = {at / 1000, not_after, at, at, issuer};
    db_use(store->db, SQL_CERTIFICATE_UNKNOWN);
    db_bind_text(store->db, id);
    db_bind_text(store->db, reason);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        db_bind_int(store->db, numbers[i]);
    return run(store->db);
}

enum status store_certificate_end_pending(struct store *store, int64_t device, int64_t but, int64_t at, bool *ended)
{
    db_use(store->db, SQL_CERTIFICATE_END_PENDING);
    db_bind_int(store->db, at);
    db_bind_int(store->db, device);
    db_bind_int(store->db, but);
    enum status status = run(store->db);
    *ended = status == ST_OK && db_changed(store->db);
    return status;
}

enum status store_certificate_revive(struct store *store, int64_t now, bool *any)
{
    *any = false;
    db_use(store->db, SQL_CERTIFICATE_REVIVE_DEVICES);
    db_bind_int(store->db, now);
    db_bind_int(store->db, now / 1000);
    enum status status = run(store->db);
    if (status != ST_OK)
        return status;
    db_use(store->db, SQL_CERTIFICATE_REVIVE);
    db_bind_int(store->db, now);
    db_bind_int(store->db, now);
    db_bind_int(store->db, now / 1000);
    status = run(store->db);
    *any = status == ST_OK && db_changed(store->db);
    return status;
}

enum status store_certificate_due_next(struct store *store, int64_t *due_at)
{
    struct db *db = store->db;
    db_use(db, SQL_CERTIFICATE_DUE_NEXT);
    *due_at = INT64_MAX;
    if (db_step(db) && !db_is_null(db))
        *due_at = db_int(db);
    return db_done(db);
}

enum status store_certificate_told(struct store *store, int64_t row, const char *state, int64_t told, int64_t due_at)
{
    db_use(store->db, SQL_CERTIFICATE_TOLD);
    db_bind_text(store->db, state);
    db_bind_int(store->db, told);
    db_bind_int(store->db, due_at);
    db_bind_int(store->db, row);
    return run(store->db);
}

enum status store_certificate_due_range(struct store *store, int64_t first, int64_t last, int64_t *end)
{
    struct db *db = store->db;
    db_use(db, SQL_CERTIFICATE_DUE_RANGE);
    db_bind_int(db, first);
    db_bind_int(db, last);
    enum status status = run(db);
    if (status != ST_OK)
        return status;
    db_use(db, SQL_CERTIFICATE_LAST);
    *end = db_step(db) ? db_int(db) : 0;
    return db_done(db);
}

enum status store_certificate_nth(struct store *store, const char *uuid, int64_t nth, int64_t *created_at)
{
    db_use(store->db, SQL_CERTIFICATE_NTH);
    db_bind_text(store->db, uuid);
    db_bind_int(store->db, nth);
    *created_at = db_step(store->db) ? db_int(store->db) : 0;
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

enum status store_public_key_is_compromised(struct store *store, const unsigned char public_key[HASH_SIZE],
                                            bool *compromised)
{
    db_use(store->db, SQL_PUBLIC_KEY_COMPROMISED);
    db_bind_blob(store->db, public_key, HASH_SIZE);
    *compromised = db_step(store->db) && db_bool(store->db);
    return db_done(store->db);
}

enum status store_device_credentials(struct store *store, int64_t device, int64_t now, bool *has_api_key,
                                     bool *has_certificate)
{
    db_use(store->db, SQL_DEVICE_CREDENTIALS);
    db_bind_int(store->db, device);
    db_bind_int(store->db, now);
    if (db_step(store->db)) {
        *has_api_key = db_bool(store->db);
        *has_certificate = db_bool(store->db);
    }
    return db_done(store->db);
}
