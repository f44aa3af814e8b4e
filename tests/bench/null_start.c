/*
 * The null start: opens a database as the service does, and reads of every device what the service reads, in the order
 * of the table, and nothing else.
 *   null_start DATABASE
 * Prints how many devices there are and a sum of what was read.
 */
#include "service/store/sql.h"

#include <sqlite3.h>
#include <stdio.h>

/* As service/store/db_sqlite.c has them. */
static const char setup[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; "
    "PRAGMA cell_size_check = ON; PRAGMA journal_size_limit = 167772160; PRAGMA busy_timeout = 5000; "
    "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000;";

static const char *const texts[SQL_COUNT] = {
#define SQL_TEXT(name, text) [name] = text,
    SQL_LIST(SQL_TEXT)
#undef SQL_TEXT
};

/* Every column as its kind, so that none is left undecoded. */
static unsigned long long read_column(sqlite3_stmt *statement, int column)
{
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        return (unsigned long long)sqlite3_column_int64(statement, column);
    case SQLITE_TEXT:
        return sqlite3_column_text(statement, column)[0];
    case SQLITE_BLOB:
        return sqlite3_column_bytes(statement, column) > 0
                   ? *(const unsigned char *)sqlite3_column_blob(statement, column)
                   : 0;
    default:
        return 0;
    }
}

int main(int count, char **words)
{
    sqlite3 *base = NULL;
    sqlite3_stmt *each = NULL;
    unsigned long long devices = 0, sum = 0;
    if (count != 2 || sqlite3_open_v2(words[1], &base, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
        sqlite3_exec(base, setup, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(base, texts[SQL_PRESENCE_EACH], -1, &each, NULL) != SQLITE_OK) {
        fprintf(stderr, "null_start DATABASE: %s\n", base != NULL ? sqlite3_errmsg(base) : "");
        return 1;
    }
    for (int columns = sqlite3_column_count(each); sqlite3_step(each) == SQLITE_ROW; devices++)
        for (int i = 0; i < columns; i++)
            sum += read_column(each, i);
    printf("%llu %llu\n", devices, sum);
    sqlite3_finalize(each);
    sqlite3_close(base);
    return 0;
}
