/*
 * The database engine as the store sees it: run one statement of sql.h, bind, step, read. db_sqlite.c is the only file
 * that sees SQLite, but for checkpoint.c. One thread owns a struct db.
 *
 * A statement in use: db_use() binds nothing yet; db_bind_*() in order of the parameters; db_step() until it is not
 * DB_ROW; db_done() always. Errors stick: after one, binds and steps do nothing, and db_done() returns it.
 */
#ifndef MUSTER_STORE_DB_H
#define MUSTER_STORE_DB_H

#include "service/store/sql.h"
#include "topics/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;

/* One migration: runs when the database's version is below `version`. */
struct db_migration {
    int version;
    const char *name, *sql;
};

/* Opens or makes `path` (":memory:" too) and checks it. NULL with a sentence and the mend in `error`. */
struct db *db_new(const char *path, char *error, size_t error_size);
void db_free(struct db *db);

/* Runs the migrations that are missing, each in a transaction of its own, and prepares every statement of sql.h.
 * Returns 0, or -1 with a sentence in `error`. */
int db_migrate(struct db *db, const struct db_migration *migrations, size_t count, char *error, size_t error_size);
int db_prepare(struct db *db, char *error, size_t error_size);

void db_use(struct db *db, enum sql sql);
void db_bind_int(struct db *db, int64_t value);
void db_bind_text(struct db *db, const char *value);                /* NULL binds NULL; must live until db_done */
void db_bind_blob(struct db *db, const void *value, size_t length); /* NULL binds NULL; must live until db_done */

/* True while there is a row. */
bool db_step(struct db *db);

/* Whether the next column is NULL; does not move on. */
bool db_is_null(struct db *db);

/* Reads the next column of the row, left to right. Text is cut to `size` - 1 octets; NULL reads as 0 or "". */
int64_t db_int(struct db *db);
bool db_bool(struct db *db);
void db_text(struct db *db, char *out, size_t size);
size_t db_blob(struct db *db, void *out, size_t size);
const char *db_text_here(struct db *db); /* valid until the next step */

/* Ends the statement: ST_OK, ST_STORAGE_UNAVAILABLE or ST_INTERNAL. */
enum status db_done(struct db *db);

/* A statement without parameters and rows. */
enum status db_run(struct db *db, enum sql sql);

/* Of an INSERT, UPDATE or DELETE that has ended with ST_OK: whether it changed a row; the id of the row that it
 * inserted. RETURNING says as much, but SQLite makes a table for it each time, which costs more than the statement. */
bool db_changed(const struct db *db);
int64_t db_last_id(const struct db *db);

/* Whether the engine has left the transaction by itself after an error. */
bool db_in_transaction(const struct db *db);

/* Moves the write-ahead log into the database and empties it, as far as there is room: on a full disk that gives small
 * writes their place again. */
void db_checkpoint(struct db *db);

/* The engine's words for the last error. */
const char *db_error(const struct db *db);

#endif
