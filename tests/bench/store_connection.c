#include "tests/bench/store_connection.h"

static sqlite3 *first; /* a second one is that of the thread which moves the log */

static int keep(sqlite3 *opened, char **error, const void *api)
{
    (void)error;
    (void)api;
    first = first != NULL ? first : opened;
    return SQLITE_OK;
}

struct store *store_connection(const char *path, sqlite3 **connection, char *error, size_t size)
{
    first = NULL;
    sqlite3_auto_extension((void (*)(void))keep);
    struct store *store = store_new(path, error, size);
    sqlite3_reset_auto_extension();
    *connection = store != NULL ? first : NULL;
    return store;
}
