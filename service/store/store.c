#include "service/store/store.h"

#include "service/store/migrate.h"
#include "service/store/store_internal.h"

#include <stdlib.h>

struct store *store_new(const char *path, char *error, size_t error_size)
{
    struct store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return NULL;
    store->db = db_new(path, error, error_size);
    if (store->db == NULL || migrate_database(store->db, error, error_size) != 0 ||
        db_prepare(store->db, error, error_size) != 0) {
        store_free(store);
        return NULL;
    }
    return store;
}

void store_free(struct store *store)
{
    if (store == NULL)
        return;
    db_free(store->db);
    free(store);
}

/* A full disk can make SQLite roll back and leave the transaction by itself; a savepoint would then begin a new one. */
static bool is_lost(struct store *store)
{
    store->lost = store->lost || !db_in_transaction(store->db);
    return store->lost;
}

enum status store_event_begin(struct store *store)
{
    enum status status = store->batch ? ST_OK : db_run(store->db, SQL_BEGIN);
    if (status != ST_OK)
        return status;
    store->batch = true;
    return is_lost(store) ? ST_STORAGE_UNAVAILABLE : db_run(store->db, SQL_SAVEPOINT);
}

enum status store_event_end(struct store *store, bool keep)
{
    if (is_lost(store))
        return ST_STORAGE_UNAVAILABLE;
    enum status undone = keep ? ST_OK : db_run(store->db, SQL_UNDO);
    enum status released = db_run(store->db, SQL_RELEASE);
    /* What could not be undone, or is not known to be kept, must not be committed. */
    store->lost = undone != ST_OK || released != ST_OK;
    return is_lost(store) ? ST_STORAGE_UNAVAILABLE : ST_OK;
}

enum status store_event_finish(struct store *store, enum status status)
{
    enum status ended = store_event_end(store, status == ST_OK);
    return ended != ST_OK ? ended : status;
}

enum status store_commit(struct store *store)
{
    if (!store->batch)
        return ST_OK;
    enum status status = is_lost(store) ? ST_STORAGE_UNAVAILABLE : db_run(store->db, SQL_COMMIT);
    if (db_in_transaction(store->db))
        db_run(store->db, SQL_ROLLBACK);
    /* When not even that was possible, the next commit tries again, and nothing is written until then. */
    store->batch = store->lost = db_in_transaction(store->db);
    if (status == ST_STORAGE_UNAVAILABLE && !store->batch)
        db_checkpoint(store->db);
    return status;
}

bool store_is_dirty(const struct store *store)
{
    return store->batch;
}

enum status store_run_int(struct store *store, enum sql sql, int64_t value)
{
    db_use(store->db, sql);
    db_bind_int(store->db, value);
    db_step(store->db);
    return db_done(store->db);
}

const char *store_error(const struct store *store)
{
    return db_error(store->db);
}
