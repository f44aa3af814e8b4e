#include "service/store/store_internal.h"

enum status store_change_put(struct store *store, const struct change_row *row)
{
    struct db *db = store->db;
    db_use(db, SQL_CHANGE_PUT);
    db_bind_int(db, row->open);
    db_bind_text(db, row->action);
    db_bind_text(db, row->issuer);
    db_bind_text(db, row->actor);
    db_bind_text(db, row->scope);
    db_bind_text(db, row->request_id);
    db_bind_blob(db, row->body_hash, sizeof row->body_hash);
    db_bind_int(db, row->at);
    db_step(db);
    return db_done(db);
}

bool store_change_find(struct store *store, struct change_row *out, enum status *status)
{
    struct db *db = store->db;
    db_use(db, SQL_CHANGE_GET);
    bool found = db_step(db);
    if (found) {
        out->open = db_bool(db);
        db_text(db, out->action, sizeof out->action);
        db_text(db, out->issuer, sizeof out->issuer);
        db_text(db, out->actor, sizeof out->actor);
        db_text(db, out->scope, sizeof out->scope);
        db_text(db, out->request_id, sizeof out->request_id);
        db_blob(db, out->body_hash, sizeof out->body_hash);
        out->at = db_int(db);
    }
    *status = db_done(db);
    return found;
}

enum status store_change_close(struct store *store)
{
    return db_run(store->db, SQL_CHANGE_CLOSE);
}

enum status store_change_delete(struct store *store)
{
    return db_run(store->db, SQL_CHANGE_DELETE);
}
