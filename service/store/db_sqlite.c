#include "service/store/checkpoint.h"
#include "service/store/db.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECKED_OCTETS (64 * 1024 * 1024)

struct db {
    sqlite3 *handle;
    struct checkpoint *checkpoint;
    int lock; /* file descriptor of <path>.lock, -1 for :memory: */
    sqlite3_stmt *statements[SQL_COUNT];
    sqlite3_stmt *current;
    int parameter, column;
    int result;
    char error[160];
};

static const char *const texts[SQL_COUNT] = {
#define SQL_TEXT(name, text) [name] = text,
    SQL_LIST(SQL_TEXT)
#undef SQL_TEXT
};

/* The lock file keeps a second service off the database: SQLite alone would let both write. */
static int take_lock(const char *path, char *error, size_t error_size)
{
    char name[1024];
    snprintf(name, sizeof name, "%s.lock", path);
    int lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0) {
        snprintf(error, error_size, "cannot open %s: does its folder exist, and may this user write there?", name);
        return -1;
    }
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        close(lock);
        snprintf(error, error_size, "%s is in use by another musterd: stop that one first", path);
        return -1;
    }
    return lock;
}

static int run_text(struct db *db, const char *sql)
{
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
}

static int64_t read_number(struct db *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t number = -1;
    if (sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

/* The check reads the whole file: of a large one, for seconds. Then the start trusts it as far as it reads it, which is
 * the rows of every device; docs/operating.md says how to check all. */
static bool passes_quick_check(struct db *db)
{
    sqlite3_stmt *statement = NULL;
    if (read_number(db, "PRAGMA page_count") * read_number(db, "PRAGMA page_size") > CHECKED_OCTETS)
        return true;
    bool passes = sqlite3_prepare_v2(db->handle, "PRAGMA quick_check(1)", -1, &statement, NULL) == SQLITE_OK &&
                  sqlite3_step(statement) == SQLITE_ROW &&
                  strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    sqlite3_finalize(statement);
    return passes;
}

/* The gate reads the database as a user who may not write: without -wal and -shm it could not open it, so they stay
 * when the service ends. Whoever makes them again gives them the mode of the database, and its owner and group when it
 * is root; else their group is that of the process or, below a set-group-ID folder, the folder's. */
static int keep_wal(struct db *db)
{
    int keep = 1;
    return sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
}

struct db *db_new(const char *path, char *error, size_t error_size)
{
    /* Savepoints keep what they would undo in memory, not in a file. The cache holds what a batch changes: less, and
     * its pages go to the log more than once. */
    static const char setup[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; "
                                "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; "
                                "PRAGMA journal_size_limit = 167772160; PRAGMA busy_timeout = 5000; "
                                "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000;";
    struct db *db = calloc(1, sizeof *db);
    if (db == NULL)
        return NULL;
    bool file = strcmp(path, ":memory:") != 0;
    db->lock = file ? take_lock(path, error, error_size) : -1;
    if (file && db->lock < 0) {
        free(db);
        return NULL;
    }
    mode_t mask = umask(0077);
    int result =
        sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (result == SQLITE_OK)
        result = run_text(db, setup);
    if (result == SQLITE_OK && file)
        result = keep_wal(db);
    umask(mask);
    if (result == SQLITE_OK && (db->checkpoint = checkpoint_new(db->handle)) == NULL)
        result = SQLITE_NOMEM;
    if (result != SQLITE_OK || !passes_quick_check(db)) {
        snprintf(error, error_size, "%s cannot be used: %s; restore it from a backup", path,
                 result != SQLITE_OK ? sqlite3_errmsg(db->handle) : "it is damaged");
        db_free(db);
        return NULL;
    }
    return db;
}

void db_free(struct db *db)
{
    if (db == NULL)
        return;
    for (int i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(db->statements[i]);
    checkpoint_free(db->checkpoint);
    sqlite3_close(db->handle);
    if (db->lock >= 0)
        close(db->lock);
    free(db);
}

int db_migrate(struct db *db, const struct db_migration *migrations, size_t count, char *error, size_t error_size)
{
    int64_t version = read_number(db, "PRAGMA user_version");
    if (version < 0 || (count > 0 && version > migrations[count - 1].version)) {
        snprintf(error, error_size, "the database has version %lld, newer than this program: use the newer program",
                 (long long)version);
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        if (migrations[i].version <= version)
            continue;
        char stamp[64];
        snprintf(stamp, sizeof stamp, "PRAGMA user_version = %d", migrations[i].version);
        if (run_text(db, "BEGIN IMMEDIATE") != SQLITE_OK || run_text(db, migrations[i].sql) != SQLITE_OK ||
            run_text(db, stamp) != SQLITE_OK || run_text(db, "COMMIT") != SQLITE_OK) {
            snprintf(error, error_size, "migration %s failed: %s", migrations[i].name, sqlite3_errmsg(db->handle));
            run_text(db, "ROLLBACK");
            return -1;
        }
    }
    return 0;
}

int db_prepare(struct db *db, char *error, size_t error_size)
{
    for (int i = 0; i < SQL_COUNT; i++)
        if (sqlite3_prepare_v3(db->handle, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &db->statements[i], NULL) !=
            SQLITE_OK) {
            snprintf(error, error_size, "statement %d cannot be prepared: %s", i, sqlite3_errmsg(db->handle));
            return -1;
        }
    return 0;
}

static void note(struct db *db, int result)
{
    if (db->result != SQLITE_OK || result == SQLITE_OK)
        return;
    db->result = result;
    snprintf(db->error, sizeof db->error, "%s (SQLite %d)", sqlite3_errmsg(db->handle),
             sqlite3_extended_errcode(db->handle));
}

void db_use(struct db *db, enum sql sql)
{
    db->current = db->statements[sql];
    db->result = SQLITE_OK;
    db->parameter = 0;
}

void db_bind_int(struct db *db, int64_t value)
{
    note(db, sqlite3_bind_int64(db->current, ++db->parameter, value));
}

void db_bind_text(struct db *db, const char *value)
{
    note(db, sqlite3_bind_text(db->current, ++db->parameter, value, -1, SQLITE_STATIC));
}

void db_bind_blob(struct db *db, const void *value, size_t length)
{
    note(db, sqlite3_bind_blob64(db->current, ++db->parameter, value, length, SQLITE_STATIC));
}

bool db_step(struct db *db)
{
    if (db->result != SQLITE_OK)
        return false;
    int result = sqlite3_step(db->current);
    db->column = 0;
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        note(db, result);
    return result == SQLITE_ROW;
}

bool db_is_null(struct db *db)
{
    return sqlite3_column_type(db->current, db->column) == SQLITE_NULL;
}

int64_t db_int(struct db *db)
{
    return sqlite3_column_int64(db->current, db->column++);
}

bool db_bool(struct db *db)
{
    return db_int(db) != 0;
}

const char *db_text_here(struct db *db)
{
    const unsigned char *text = sqlite3_column_text(db->current, db->column++);
    return text != NULL ? (const char *)text : "";
}

void db_text(struct db *db, char *out, size_t size)
{
    snprintf(out, size, "%s", db_text_here(db));
}

size_t db_blob(struct db *db, void *out, size_t size)
{
    const void *blob = sqlite3_column_blob(db->current, db->column);
    size_t length = (size_t)sqlite3_column_bytes(db->current, db->column++);
    if (blob == NULL || length > size)
        return 0;
    memcpy(out, blob, length);
    return length;
}

enum status db_done(struct db *db)
{
    sqlite3_reset(db->current);
    sqlite3_clear_bindings(db->current);
    switch (db->result & 0xff) {
    case SQLITE_OK:
        return ST_OK;
    case SQLITE_FULL:
        return ST_STORAGE_UNAVAILABLE;
    default:
        return ST_INTERNAL;
    }
}

enum status db_run(struct db *db, enum sql sql)
{
    db_use(db, sql);
    db_step(db);
    return db_done(db);
}

bool db_changed(const struct db *db)
{
    return sqlite3_changes(db->handle) > 0;
}

int64_t db_last_id(const struct db *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

bool db_in_transaction(const struct db *db)
{
    return sqlite3_get_autocommit(db->handle) == 0;
}

void db_checkpoint(struct db *db)
{
    sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

const char *db_error(const struct db *db)
{
    return db->error;
}
