#include "service/gate/lookup.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LOOKUP_DEVICE (LOOKUP_CERTIFICATE + 1)
#define LOOKUPS       (LOOKUP_DEVICE + 1)
#define LOOKUP_PATH   1024

/* Columns: hash, uuid, tenant, good, not_after (0: it has no end). A provisioning key that is spent, expired or
 * disabled still opens a connection: its owner shall hear why it enrols nobody. */
static const char *const statements[LOOKUPS] = {
    [LOOKUP_PROVISIONING] = "SELECT hash, '', tenant, 1, 0 FROM provisioning_key WHERE id = $1",
    [LOOKUP_API] = "SELECT hash, uuid, tenant, state IN (2, 3), expires_at / 1000 FROM api_key "
                   "JOIN device ON device.id = api_key.device WHERE api_key.id = $1",
    [LOOKUP_OPERATOR] = "SELECT hash, '', tenant, disabled_at = 0, 0 FROM operator WHERE id = $1",
    [LOOKUP_CERTIFICATE] = "SELECT fingerprint, certificate.uuid, certificate.tenant, "
                           "certificate.state IN ('pending', 'active', 'expiring') AND device.state IN (2, 3), "
                           "not_after FROM certificate JOIN device ON device.id = certificate.device "
                           "WHERE certificate_id = $1",
    [LOOKUP_DEVICE] = "SELECT x'', uuid, tenant, 1, 0 FROM device WHERE uuid = $1",
};
_Static_assert(DEVICE_REGISTERED == 2 && DEVICE_PROVISIONED == 3, "the states in which a device may act");

/* The database, its log and its index: who holds one of them after it was replaced reads the past for ever. */
static const char *const endings[] = {"", "-wal", "-shm"};
#define FILES (sizeof endings / sizeof *endings)

struct file_id {
    dev_t device;
    ino_t inode; /* 0: there is none */
};

struct lookup {
    sqlite3 *handle; /* NULL: not open */
    sqlite3_stmt *prepared[LOOKUPS];
    struct file_id files[FILES]; /* what was opened: a database that was restored from a backup has other ones */
    char error[160];
    char path[];
};

struct lookup *lookup_new(const char *path)
{
    size_t size = strlen(path) + 1;
    if (size > LOOKUP_PATH)
        return NULL;
    struct lookup *lookup = calloc(1, sizeof *lookup + size);
    if (lookup != NULL)
        memcpy(lookup->path, path, size);
    return lookup;
}

static void close_database(struct lookup *lookup)
{
    for (int i = 0; i < LOOKUPS; i++) {
        sqlite3_finalize(lookup->prepared[i]);
        lookup->prepared[i] = NULL;
    }
    sqlite3_close(lookup->handle);
    lookup->handle = NULL;
}

void lookup_free(struct lookup *lookup)
{
    if (lookup == NULL)
        return;
    close_database(lookup);
    free(lookup);
}

static bool give_up(struct lookup *lookup, const char *why)
{
    snprintf(lookup->error, sizeof lookup->error, "%s", why);
    close_database(lookup);
    return false;
}

static void look_at_files(const struct lookup *lookup, struct file_id files[FILES])
{
    char name[LOOKUP_PATH + 8];
    for (size_t i = 0; i < FILES; i++) {
        struct stat file;
        snprintf(name, sizeof name, "%s%s", lookup->path, endings[i]);
        files[i] = (struct file_id){0, 0};
        if (stat(name, &file) == 0)
            files[i] = (struct file_id){file.st_dev, file.st_ino};
    }
}

/* The same files as before, or opened anew. */
static bool open_database(struct lookup *lookup)
{
    struct file_id files[FILES];
    look_at_files(lookup, files);
    if (files[0].inode == 0)
        return give_up(lookup, "there is no such file, or it cannot be reached");
    bool same = true;
    for (size_t i = 0; i < FILES; i++)
        same = same && files[i].device == lookup->files[i].device && files[i].inode == lookup->files[i].inode;
    if (lookup->handle != NULL && same)
        return true;
    close_database(lookup);
    memcpy(lookup->files, files, sizeof files);
    if (sqlite3_open_v2(lookup->path, &lookup->handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return give_up(lookup, sqlite3_errmsg(lookup->handle));
    sqlite3_exec(lookup->handle, "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;", NULL, NULL, NULL);
    for (int i = 0; i < LOOKUPS; i++)
        if (sqlite3_prepare_v3(lookup->handle, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &lookup->prepared[i],
                               NULL) != SQLITE_OK)
            return give_up(lookup, sqlite3_errmsg(lookup->handle));
    return true;
}

static void read_text(sqlite3_stmt *statement, int column, char *out, size_t size)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    snprintf(out, size, "%s", text != NULL ? (const char *)text : "");
}

static void read_row(sqlite3_stmt *statement, struct found_credential *out)
{
    const void *hash = sqlite3_column_blob(statement, 0);
    bool whole = hash != NULL && sqlite3_column_bytes(statement, 0) == sizeof out->hash;
    if (whole)
        memcpy(out->hash, hash, sizeof out->hash);
    read_text(statement, 1, out->uuid, sizeof out->uuid);
    read_text(statement, 2, out->tenant, sizeof out->tenant);
    out->good = whole && sqlite3_column_int(statement, 3) != 0;
    out->not_after = sqlite3_column_int64(statement, 4);
}

static enum found look_up(struct lookup *lookup, int number, const char *id, size_t length,
                          struct found_credential *out)
{
    memset(out, 0, sizeof *out);
    if (!open_database(lookup))
        return FOUND_UNREADABLE;
    sqlite3_stmt *statement = lookup->prepared[number];
    sqlite3_bind_text(statement, 1, id, (int)length, SQLITE_STATIC);
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW)
        read_row(statement, out);
    sqlite3_reset(statement); /* ends the read transaction */
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
        give_up(lookup, sqlite3_errmsg(lookup->handle));
        return FOUND_UNREADABLE;
    }
    return result == SQLITE_ROW ? FOUND : FOUND_NOTHING;
}

/* A second time, with a database that is opened anew: the first may have failed because it was recovered meanwhile. */
static enum found look_up_twice(struct lookup *lookup, int number, const char *id, size_t length,
                                struct found_credential *out)
{
    enum found found = look_up(lookup, number, id, length, out);
    return found != FOUND_UNREADABLE ? found : look_up(lookup, number, id, length, out);
}

enum found lookup_credential(struct lookup *lookup, enum lookup_kind kind, const char *id, struct found_credential *out)
{
    return look_up_twice(lookup, (int)kind, id, strlen(id), out);
}

enum found lookup_device(struct lookup *lookup, const char *uuid, size_t length)
{
    struct found_credential ignored;
    return look_up_twice(lookup, LOOKUP_DEVICE, uuid, length, &ignored);
}

const char *lookup_error(const struct lookup *lookup)
{
    return lookup->error;
}
