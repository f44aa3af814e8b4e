/* What a revocation list tells, read by a connection of its own: beside the one that writes, on whatever thread. */
#include "service/store/store.h"

#include <sqlite3.h>
#include <stdio.h>

/* The index certificate_ended has all of it. */
static const char query[] = "SELECT certificate_id, ended_at, reason FROM certificate WHERE issuer = "
                            "(SELECT id FROM issuer WHERE key_id = ?) AND not_after >= ? AND "
                            "state IN ('revoked', 'superseded')";

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
    sqlite3 *handle = NULL;
    sqlite3_stmt *statement = NULL;
    bool ok = sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
              sqlite3_busy_timeout(handle, 5000) == SQLITE_OK &&
              sqlite3_prepare_v2(handle, query, -1, &statement, NULL) == SQLITE_OK &&
              sqlite3_bind_text(statement, 1, issuer, -1, SQLITE_STATIC) == SQLITE_OK &&
              sqlite3_bind_int64(statement, 2, not_after) == SQLITE_OK && read_rows(statement, each, context);
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return ok;
}
