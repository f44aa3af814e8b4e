/* Certificates as they are looked at: found, listed, due. */
#include "service/store/store_internal.h"

static void read_certificate(struct db *db, struct certificate_entry *out)
{
    out->row = db_int(db);
    db_text(db, out->id, sizeof out->id);
    out->device = db_int(db);
    db_text(db, out->uuid, sizeof out->uuid);
    db_text(db, out->tenant, sizeof out->tenant);
    db_blob(db, out->public_key, sizeof out->public_key);
    out->has_fingerprint = db_blob(db, out->fingerprint, sizeof out->fingerprint) == sizeof out->fingerprint;
    db_text(db, out->state, sizeof out->state);
    db_text(db, out->reason, sizeof out->reason);
    int64_t *const numbers[] = {&out->not_before,   &out->not_after, &out->created_at,
                                &out->activated_at, &out->ended_at,  &out->told};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i] = db_int(db);
    out->renewal = db_bool(db);
    db_text(db, out->issuer, sizeof out->issuer);
}

static enum status read_list(struct db *db, struct certificate_entry *out, size_t count, size_t *found)
{
    *found = 0;
    while (*found < count && db_step(db))
        read_certificate(db, &out[(*found)++]);
    return db_done(db);
}

enum status store_certificate_find(struct store *store, const char *id, struct certificate_entry *out)
{
    size_t found = 0;
    db_use(store->db, SQL_CERTIFICATE_GET);
    db_bind_text(store->db, id);
    enum status status = read_list(store->db, out, 1, &found);
    return status == ST_OK && found == 0 ? ST_CERTIFICATE_NOT_FOUND : status;
}

enum status store_certificate_live(struct store *store, int64_t device, struct certificate_entry *out, size_t count,
                                   size_t *found)
{
    db_use(store->db, SQL_CERTIFICATE_LIVE);
    db_bind_int(store->db, device);
    db_bind_int(store->db, (int64_t)count);
    return read_list(store->db, out, count, found);
}

enum status store_certificate_pem(struct store *store, int64_t row, char *out, size_t size)
{
    out[0] = '\0';
    db_use(store->db, SQL_CERTIFICATE_PEM);
    db_bind_int(store->db, row);
    if (db_step(store->db))
        db_text(store->db, out, size);
    return db_done(store->db);
}

bool store_certificate_due(struct store *store, int64_t now, struct certificate_entry *out, enum status *status)
{
    size_t found = 0;
    db_use(store->db, SQL_CERTIFICATE_DUE);
    db_bind_int(store->db, now);
    *status = read_list(store->db, out, 1, &found);
    return found > 0;
}

enum status store_certificate_lineage(struct store *store, int64_t row, int64_t not_after,
                                      struct certificate_entry *out, size_t count, size_t *found)
{
    db_use(store->db, SQL_CERTIFICATE_LINEAGE);
    db_bind_int(store->db, row);
    db_bind_int(store->db, not_after);
    db_bind_int(store->db, (int64_t)count);
    return read_list(store->db, out, count, found);
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
    return read_list(db, out, count, found);
}

#define NEAR 1000 /* rows; a page that they fill costs no more than one of all certificates */

enum status store_certificate_list_issuer(struct store *store, const char *key_id, int64_t after,
                                          struct certificate_entry *out, size_t count, size_t *found)
{
    struct db *db = store->db;
    db_use(db, SQL_CERTIFICATE_NEAR_ISSUER);
    db_bind_int(db, after);
    db_bind_int(db, after < INT64_MAX - NEAR ? after + NEAR : INT64_MAX);
    db_bind_text(db, key_id);
    db_bind_int(db, (int64_t)count);
    enum status status = read_list(db, out, count, found);
    if (status != ST_OK || *found == count)
        return status;
    db_use(db, SQL_CERTIFICATE_LIST_ISSUER);
    db_bind_text(db, key_id);
    db_bind_int(db, after);
    db_bind_int(db, (int64_t)count);
    return read_list(db, out, count, found);
}
