/* What a revocation list tells, read by a connection of its own: beside the one that writes, on whatever thread. */
#include "service/store/store.h"

#include <sqlite3.h>
#include <stdio.h>

/* The index certificate_ended has all of the first, certificate_due of the second. */
static const char revoked[] = "SELECT certificate_id, ended_at, reason FROM certificate WHERE issuer = "
                              "(SELECT id FROM issuer WHERE key_id = ?) AND not_after >= ? AND "
                              "state IN ('revoked', 'superseded')";
static const char live[] = "SELECT count(*) FROM certificate INDEXED BY certificate_due WHERE due_at IS NOT NULL AND "
                           "issuer = (SELECT id FROM issuer WHERE key_id = ?)";

/* A connection, and a statement of it whose first parameter is the issuer. */
struct look {
    sqlite3 *handle;
    sqlite3_stmt *statement;
};

static bool begin(struct look *look, const char *path, const char *query, const char *issuer)
{
    *look = (struct look){.handle = NULL};
    return sqlite3_open_v2(path, &look->handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
           sqlite3_busy_timeout(look->handle, 5000) == SQLITE_OK &&
           sqlite3_prepare_v2(look->handle, query, -1, &look->statement, NULL) == SQLITE_OK &&
           sqlite3_bind_text(look->statement, 1, issuer, -1, SQLITE_STATIC) == SQLITE_OK;
}

static void end(struct look *look)
{
    sqlite3_finalize(look->statement);
    sqlite3_close(look->handle);
}

static bool read_rows(sqlite3_stmt *statement,
                      bool (*each)(void *context, const char *id, int64_t ended_at, const char *reason), void *context)
{
    int result;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW)
        if (!each(context, (const char *)sqlite3_column_text(statement, 0), sqlite3_column_int64(statement, 1),
                  (const char *)sqlite3_column_text(statement, 2)))
            return false;
    return result == SQLITE_DONE;
}

bool store_revoked_each(const char *path, const char *issuer, int64_t not_after,
                        bool (*each)(void *context, const char *id, int64_t ended_at, const char *reason),
                        void *context)
{
    struct look look;
    bool ok = begin(&look, path, revoked, issuer) && sqlite3_bind_int64(look.statement, 2, not_after) == SQLITE_OK &&
              read_rows(look.statement, each, context);
    end(&look);
    return ok;
}

bool store_issuer_live_at(const char *path, const char *issuer, int64_t *count)
{
    struct look look;
    bool ok = begin(&look, path, live, issuer) && sqlite3_step(look.statement) == SQLITE_ROW;
    *count = ok ? sqlite3_column_int64(look.statement, 0) : 0;
    end(&look);
    return ok;
}
