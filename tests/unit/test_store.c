/* The store on a real file: what is opened and what is refused, batches, pages, uses, the chain of the audit log. */
#include "service/core/secret.h"
#include "service/store/migrate.h"
#include "service/store/store.h"
#include "tests/unit/check.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[64];
static char error[400];

static void remove_all(void)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal", ".lock"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", path, endings[i]);
        unlink(name);
    }
}

static struct store *opened(void)
{
    error[0] = '\0';
    struct store *store = store_new(path, error, sizeof error);
    CHECK(store != NULL, "%s", error);
    return store;
}

static void refused(const char *words)
{
    error[0] = '\0';
    struct store *store = store_new(path, error, sizeof error);
    CHECK(store == NULL && strstr(error, words) != NULL, "\"%s\" instead of \"%s\"", error, words);
    store_free(store);
}

/* Behind the store's back. */
static long long sql(const char *text)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    long long value = -1;
    sqlite3_open(path, &database);
    int result = sqlite3_prepare_v2(database, text, -1, &statement, NULL);
    if (result == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    CHECK(result == SQLITE_OK, "%s: %s", text, sqlite3_errmsg(database));
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return value;
}

static struct device_row device_of(const char *uuid, const char *tenant)
{
    struct device_row row = {.state = DEVICE_REGISTERED, .created_at = 1, .updated_at = 2, .registered_at = 3};
    strcpy(row.uuid, uuid);
    strcpy(row.tenant, tenant);
    snprintf(row.device_id, sizeof row.device_id, "id-%s", uuid);
    return row;
}

/* --- opening ------------------------------------------------------------------------------------------------------ */

static void test_new_and_again(void)
{
    struct stat info;
    remove_all();
    struct store *store = opened();
    struct device_row row = device_of("d1", "default");
    CHECK_INT(store_event_begin(store), ST_OK);
    CHECK_INT(store_device_insert(store, &row), ST_OK);
    CHECK_INT(store_event_end(store, true), ST_OK);
    CHECK(store_is_dirty(store), "a batch is open");
    CHECK_INT(store_commit(store), ST_OK);
    CHECK(!store_is_dirty(store), "it is closed");
    CHECK_INT(store_commit(store), ST_OK);
    CHECK(stat(path, &info) == 0 && (info.st_mode & 0777) == 0600, "mode %o", info.st_mode & 0777);
    store_free(store);
    store = opened();
    CHECK_INT(store_device_get(store, "d1", &row), ST_OK);
    CHECK_TEXT(row.device_id, "id-d1");
    CHECK_INT(store_device_get(store, "d2", &row), ST_DEVICE_NOT_FOUND);
    store_free(store);
    CHECK(sql("PRAGMA user_version") >= 1, "migrated");
    store_free(NULL);
}

/* What was not committed when the process ended is gone. */
static void test_not_committed(void)
{
    struct store *store = opened();
    struct device_row row = device_of("lost", "default");
    store_event_begin(store);
    CHECK_INT(store_device_insert(store, &row), ST_OK);
    store_event_end(store, true);
    store_free(store);
    store = opened();
    CHECK_INT(store_device_get(store, "lost", &row), ST_DEVICE_NOT_FOUND);
    store_free(store);
}

static void test_second_process(void)
{
    struct store *store = opened();
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct store *second = store_new(path, error, sizeof error);
        _exit(second == NULL && strstr(error, "in use by another musterd") != NULL ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a second process is refused");
    store_free(store);
    store_free(opened());
}

static void test_refused(void)
{
    long long version = sql("PRAGMA user_version");
    char text[80];
    snprintf(text, sizeof text, "PRAGMA user_version = %lld", version + 1);
    sql(text);
    refused("newer than this program");
    snprintf(text, sizeof text, "PRAGMA user_version = %lld", version);
    sql(text);
    store_free(opened());

    sql("PRAGMA user_version = 0"); /* its tables are there already */
    refused("migration 0001_init.sql failed");
    CHECK_INT(sql("SELECT count(*) FROM device"), 1);
    sql(text);

    sql("DROP TABLE audit");
    refused("cannot be prepared");
}

static void run_file(sqlite3 *database, const char *name)
{
    static char text[32768];
    FILE *file = fopen(name, "r");
    size_t length = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
    text[length] = '\0';
    if (file != NULL)
        fclose(file);
    CHECK(length > 0 && sqlite3_exec(database, text, NULL, NULL, NULL) == SQLITE_OK, "%s: %s", name,
          sqlite3_errmsg(database));
}

/* A database as the program left it that had 64 bits for each session, and the sequence of events in the wide table. */
/* What the life of certificates has brought. */
static void look_at_older_certificates(struct store *store)
{
    struct certificate_entry entry;
    struct event_row event = {.device = 0, .sequence = 1, .at = 7, .uuid = "-", .tenant = "default", .type = "x"};
    enum status status = ST_INTERNAL;
    bool holds = false, next = true;
    int64_t due = 0, sequence = 0;
    CHECK_INT(
        sql("SELECT count(*) FROM certificate WHERE issuer = 1 AND replaces IS NULL AND renewal = 0 AND told = 0"), 3);
    CHECK_INT(sql("SELECT count(*) FROM certificate WHERE due_at IS NULL"), 1); /* the one that has ended */
    CHECK_INT(store_certificate_due_next(store, &due), ST_OK);
    CHECK_INT(due, 0);
    CHECK(store_certificate_due(store, 1000, &entry, &status) && strcmp(entry.id, "a2") == 0, "looked at once");
    CHECK(sql("SELECT due_at FROM certificate WHERE id = 3") > 1790000000000LL, "a day from now, not from its birth");
    CHECK_INT(store_api_key_holds(store, "k7", "d7", 5, &holds, &next), ST_OK);
    CHECK(holds && !next, "its key is the current one, and has no end");
    CHECK_INT(sql("SELECT sequence FROM event WHERE id = 9 AND device = 7 AND body = '{}'"), 42);
    store_event_begin(store);
    CHECK_INT(store_event_sequence(store, 0, &sequence), ST_OK);
    CHECK_INT(sequence, 1);
    CHECK_INT(store_event_insert(store, &event), ST_OK);
    store_event_end(store, true);
    store_commit(store);
    CHECK_INT(sql("SELECT id FROM event WHERE device IS NULL"), 13); /* no number comes twice */
}

static void test_older(void)
{
    static const char device[] =
        "INSERT INTO device VALUES (7, 'd7', 'id7', 'default', '', '', '', '', '', 2, 0, 1, 0, 1, 1, 1, 42);"
        "INSERT INTO presence VALUES (7, 1, 2, 3, 41, x'01020304050607081112131415161718"
        "00000000000000002122232425262728', 9);"
        "INSERT INTO certificate (id, certificate_id, device, uuid, tenant, public_key, state, reason, not_before, "
        "not_after, created_at, ended_at) VALUES (1, 'a1', 7, 'd7', 'default', x'01', 'superseded', 'superseded', 1, "
        "2, 3, 4), (2, 'a2', 7, 'd7', 'default', x'02', 'active', '', 1, 2, 3, 0), (3, 'a3', 7, 'd7', 'default', "
        "x'03', 'pending', '', 1, 2, 3, 0);"
        "INSERT INTO api_key VALUES ('k7', 7, x'00', 1);"
        "INSERT INTO event (id, device, sequence, uuid, tenant, type, at, body) VALUES (9, 7, 42, 'd7', 'default', "
        "'updated', 5, '{}'), (12, 7, 43, 'd7', 'default', 'reset', 6, '{}'); DELETE FROM event WHERE id = 12;"
        "PRAGMA user_version = 3";
    sqlite3 *database = NULL;
    struct device_row row;
    int64_t sequence = 0;
    remove_all();
    sqlite3_open(path, &database);
    run_file(database, "service/store/schema/0001_init.sql");
    run_file(database, "service/store/schema/0002_connection.sql");
    run_file(database, "service/store/schema/0003_certificate_tenant.sql");
    CHECK(sqlite3_exec(database, device, NULL, NULL, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(database));
    sqlite3_close(database);
    struct store *store = opened();
    static const unsigned char halves[SESSIONS_SIZE] = {1, 2, 3, 4, 0x11, 0x12, 0x13, 0x14,
                                                        0, 0, 0, 0, 0x21, 0x22, 0x23, 0x24};
    CHECK_INT(store_device_get(store, "d7", &row), ST_OK);
    CHECK(memcmp(row.presence.sessions, halves, sizeof halves) == 0, "the low halves");
    CHECK(row.presence.online && row.presence.sequence == 41 && row.presence.connection == 9, "the rest as it was");
    CHECK_INT(store_event_sequence(store, 7, &sequence), ST_OK);
    CHECK_INT(sequence, 43);
    memset(&row, 0, sizeof row);
    CHECK_INT(store_device_brief(store, 7, &row), ST_OK);
    CHECK(row.id == 7 && strcmp(row.device_id, "id7") == 0 && strcmp(row.tenant, "default") == 0, "who it is");
    CHECK(row.presence.since == 2 && row.presence.last_seen == 3 && row.presence.connection == 9, "and how it is");
    CHECK_INT(store_device_brief(store, 8, &row), ST_DEVICE_NOT_FOUND);
    look_at_older_certificates(store);
    store_free(store);
    remove_all();
}

static void overwrite(long from, size_t length)
{
    static const char rubbish[4096] = "rubbish";
    int file = open(path, O_RDWR);
    for (size_t done = 0; done < length; done += sizeof rubbish)
        CHECK(pwrite(file, rubbish, sizeof rubbish, from + (long)done) == sizeof rubbish, "written");
    close(file);
}

static void test_damaged(void)
{
    remove_all();
    store_free(opened());
    overwrite(0, 4096);
    refused("restore it from a backup");
    remove_all();
    store_free(opened());
    overwrite(4096, 40960);
    refused("restore it from a backup");
    remove_all();
}

static void test_no_folder(void)
{
    store_free(NULL);
    struct store *store = store_new("/nowhere/at/all.db", error, sizeof error);
    CHECK(store == NULL && strstr(error, "does its folder exist") != NULL, "%s", error);
    mkdir(path, 0700);
    refused("cannot be used");
    rmdir(path);
    remove_all();
}

/* --- batches ------------------------------------------------------------------------------------------------------ */

static void test_savepoints(void)
{
    struct store *store = opened();
    struct device_row a = device_of("a", "default"), b = device_of("b", "default"), again = a;
    store_event_begin(store);
    store_device_insert(store, &a);
    store_event_end(store, true);
    store_event_begin(store);
    store_device_insert(store, &b);
    CHECK_INT(store_event_end(store, false), ST_OK);
    store_event_begin(store);
    CHECK_INT(store_device_insert(store, &again), ST_INTERNAL);
    CHECK(strstr(store_error(store), "UNIQUE") != NULL, "%s", store_error(store));
    CHECK_INT(store_event_finish(store, ST_INTERNAL), ST_INTERNAL);
    CHECK_INT(store_commit(store), ST_OK);
    CHECK_INT(store_device_get(store, "a", &a), ST_OK);
    CHECK_INT(store_device_get(store, "b", &b), ST_DEVICE_NOT_FOUND);
    store_free(store);
}

/* --- rows --------------------------------------------------------------------------------------------------------- */

static void test_pages(void)
{
    struct store *store = opened();
    static struct device_row rows[50];
    struct device_counts counts;
    int64_t pending = -1;
    char after[LIMIT_UUID + 1] = "", last[LIMIT_UUID + 1] = "";
    size_t found = 0, total = 0;
    sql("INSERT INTO tenant VALUES ('acme', 0)");
    store_event_begin(store);
    for (int i = 0; i < 123; i++) {
        char uuid[16];
        snprintf(uuid, sizeof uuid, "p%03d", i);
        struct device_row row = device_of(uuid, i % 3 == 0 ? "acme" : "default");
        row.presence.online = i % 2 == 0;
        CHECK_INT(store_device_insert(store, &row), ST_OK);
    }
    store_event_end(store, true);
    store_commit(store);
    do {
        CHECK_INT(store_device_list(store, NULL, after, rows, 50, &found), ST_OK);
        for (size_t i = 0; i < found; i++) {
            CHECK(strcmp(last, rows[i].uuid) < 0, "%s before %s", last, rows[i].uuid);
            strcpy(last, rows[i].uuid);
        }
        strcpy(after, last);
        total += found;
    } while (found == 50);
    CHECK_INT(total, 124);
    CHECK_INT(store_device_list(store, "acme", "", rows, 50, &found), ST_OK);
    CHECK_INT(found, 41);
    CHECK_INT(store_device_pending(store, &pending), ST_OK);
    CHECK_INT(pending, 0);
    CHECK_INT(store_device_count(store, "acme", &counts), ST_OK);
    CHECK_INT(counts.total, 41);
    store_free(store);
}

static void test_texts_and_blobs(void)
{
    struct store *store = opened();
    struct device_row row = device_of("long", "default"), got;
    memset(row.hardware, 'h', LIMIT_FLAT_OBJECT);
    memset(row.name, 'n', LIMIT_DEVICE_NAME);
    memset(row.presence.sessions, 0xa5, sizeof row.presence.sessions);
    row.offline_after = 77;
    row.manual = true;
    store_event_begin(store);
    CHECK_INT(store_device_insert(store, &row), ST_OK);
    CHECK_INT(store_device_credential_used(store, row.id), ST_OK);
    CHECK_INT(store_presence_seen(store, row.id, 4711), ST_OK);
    store_event_end(store, true);
    store_commit(store);
    CHECK_INT(store_device_get(store, "long", &got), ST_OK);
    CHECK_TEXT(got.hardware, row.hardware);
    CHECK_TEXT(got.name, row.name);
    CHECK(memcmp(got.presence.sessions, row.presence.sessions, sizeof got.presence.sessions) == 0, "sessions");
    CHECK(got.offline_after == 77 && got.credential_used && !got.manual && got.presence.last_seen == 4711, "numbers");
    /* What is longer than this program knows is cut, and a blob that does not fit is none. */
    sql("UPDATE presence SET sessions = zeroblob(64)");
    sql("UPDATE device SET name = hex(randomblob(500)) WHERE uuid = 'long'");
    CHECK_INT(store_device_get(store, "long", &got), ST_OK);
    CHECK_INT(strlen(got.name), LIMIT_DEVICE_NAME);
    CHECK_INT(got.presence.sessions[0], 0);
    store_free(store);
}

static void test_key_use(void)
{
    struct store *store = opened();
    struct key_row key = {.id = "k1", .tenant = "default", .uses = 2, .expires_at = 5}, got;
    enum status status = ST_OK;
    store_event_begin(store);
    CHECK_INT(store_key_insert(store, &key), ST_OK);
    CHECK_INT(store_key_use(store, "k1", "a", 1), ST_OK);
    CHECK_INT(store_key_use(store, "k1", "a", 2), ST_OK);
    CHECK_INT(store_key_use(store, "k1", "b", 3), ST_OK);
    store_event_end(store, true);
    store_event_begin(store);
    CHECK_INT(store_key_use(store, "k1", "c", 4), ST_PROVISIONING_KEY_EXHAUSTED);
    store_event_end(store, false);
    store_event_begin(store);
    CHECK_INT(store_key_use(store, "k1", "b", 5), ST_OK);
    CHECK_INT(store_key_use(store, "nokey", "b", 5), ST_INTERNAL); /* it is not there */
    store_event_end(store, false);
    store_commit(store);
    CHECK(store_key_find(store, "k1", &got, &status), "%s", store_error(store));
    CHECK_INT(got.used, 2);
    CHECK(!store_key_find(store, "k2", &got, &status) && status == ST_OK, "no such key");
    store_free(store);
}

static void test_requests(void)
{
    struct store *store = opened();
    static struct remembered got;
    enum status status = ST_OK;
    unsigned char hash[HASH_SIZE] = {1}, sealed[50] = {9};
    struct request_row row = {.scope = "s", .request_id = "r", .body_hash = hash, .sealed = sealed, .at = 1000};
    store_event_begin(store);
    CHECK_INT(store_request_put(store, &row), ST_OK);
    CHECK(store_request_find(store, "s", "r", 0, &got, &status) && !got.answered, "it holds the place");
    row.answer = "\"a\":1";
    row.sealed_length = sizeof sealed;
    row.device = 7;
    row.credential = "c1";
    row.at = 2000;
    CHECK_INT(store_request_put(store, &row), ST_OK);
    CHECK(store_request_find(store, "s", "r", 2000, &got, &status) && got.answered && got.had_secret, "answered");
    CHECK_TEXT(got.answer, "\"a\":1");
    CHECK_INT(got.sealed_length, sizeof sealed);
    CHECK(!store_request_find(store, "s", "r", 2001, &got, &status) && status == ST_OK, "too old");
    CHECK(!store_request_find(store, "t", "r", 0, &got, &status), "another's");
    CHECK_INT(store_request_expire(store, 2000, 2001), ST_OK);
    CHECK(store_request_find(store, "s", "r", 0, &got, &status) && got.sealed_length == 0 && got.had_secret,
          "unsealed");
    CHECK_INT(store_request_forget_device(store, 0), ST_OK);
    CHECK(store_request_find(store, "s", "r", 0, &got, &status), "0 is nobody");
    CHECK_INT(store_request_forget_device(store, 7), ST_OK);
    CHECK(!store_request_find(store, "s", "r", 0, &got, &status), "forgotten");
    store_event_end(store, true);
    store_commit(store);
    store_free(store);
}

static enum status count_seed(void *context, const struct presence_seed *seed)
{
    int *left = context;
    return seed->id > 0 && --*left > 0 ? ST_OK : ST_QUOTA_EXCEEDED;
}

static void test_walk_ends(void)
{
    struct store *store = opened();
    int left = 1000;
    CHECK_INT(store_presence_each(store, count_seed, &left), ST_OK);
    CHECK(left < 1000, "none");
    left = 3;
    CHECK_INT(store_presence_each(store, count_seed, &left), ST_QUOTA_EXCEEDED);
    CHECK_INT(left, 0);
    store_free(store);
}

static void test_events(void)
{
    struct store *store = opened();
    struct device_row device;
    static struct event_row rows[10];
    struct event_row row = {.at = 100};
    size_t found = 0;
    int64_t acknowledged = -1, none = 0;
    CHECK_INT(store_device_get(store, "a", &device), ST_OK);
    strcpy(row.uuid, "a");
    strcpy(row.tenant, "default");
    strcpy(row.type, "updated");
    row.device = device.id;
    store_event_begin(store);
    for (int64_t i = 1; i <= 5; i++) {
        CHECK_INT(store_event_sequence(store, device.id, &row.sequence), ST_OK);
        CHECK_INT(row.sequence, i);
        CHECK_INT(store_event_insert(store, &row), ST_OK);
    }
    CHECK_INT(store_event_sequence(store, 999999, &none), ST_INTERNAL);
    store_event_end(store, true);
    CHECK_INT(store_event_list(store, 0, rows, 10, &found), ST_OK);
    CHECK_INT(found, 5);
    CHECK_INT(store_event_list(store, rows[1].id, rows, 2, &found), ST_OK);
    CHECK(found == 2 && rows[0].sequence == 3, "a page");
    CHECK_INT(store_event_of_device(store, device.id, 3, rows, 10, &found), ST_OK);
    CHECK(found == 2 && rows[0].sequence == 4, "of the device");
    /* What the broker does not have yet is kept, however old it is. */
    CHECK_INT(store_event_expire(store, 1000), ST_OK);
    CHECK_INT(store_event_list(store, 0, rows, 10, &found), ST_OK);
    CHECK_INT(found, 5);
    CHECK_INT(store_event_acknowledged(store, rows[2].id), ST_OK);
    CHECK_INT(store_event_last_acknowledged(store, &acknowledged), ST_OK);
    CHECK_INT(acknowledged, rows[2].id);
    CHECK_INT(store_event_expire(store, 100), ST_OK); /* not older than that */
    CHECK_INT(store_event_list(store, 0, rows, 10, &found), ST_OK);
    CHECK_INT(found, 5);
    CHECK_INT(store_event_expire(store, 101), ST_OK);
    CHECK_INT(store_event_list(store, 0, rows, 10, &found), ST_OK);
    CHECK_INT(found, 2);
    store_commit(store);
    store_free(store);
}

static void test_operators_and_tenants(void)
{
    struct store *store = opened();
    struct operator_row row = {.id = "o1", .name = "boss", .role = "admin", .tenant = "", .created_at = 1}, got;
    enum status status = ST_OK;
    store_event_begin(store);
    CHECK_INT(store_operator_insert(store, &row), ST_OK);
    strcpy(row.id, "o2"); /* the same name again: a new key */
    CHECK_INT(store_operator_insert(store, &row), ST_OK);
    store_event_end(store, true);
    store_commit(store);
    CHECK(!store_operator_find(store, "o1", &got, &status), "the old key");
    CHECK(store_operator_find(store, "o2", &got, &status), "the new key");
    CHECK_TEXT(got.role, "admin");
    CHECK(store_tenant_exists(store, "default", &status), "default");
    CHECK(!store_tenant_exists(store, "nobody", &status) && status == ST_OK, "nobody");
    store_free(store);
}

/* --- the audit log ------------------------------------------------------------------------------------------------ */

/* The chain again, from the rows alone: the number of the first row whose hash is not what it says; 0: all are. */
static long long first_broken_row(void)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    unsigned char previous[HASH_SIZE] = {0}, hash[HASH_SIZE];
    long long broken = 0;
    sqlite3_open(path, &database);
    sqlite3_prepare_v2(database,
                       "SELECT id, CAST(at AS TEXT), actor, action, tenant, target, origin, outcome, detail, hash FROM "
                       "audit ORDER BY id",
                       -1, &statement, NULL);
    while (broken == 0 && sqlite3_step(statement) == SQLITE_ROW) {
        struct secret_part parts[9] = {{previous, HASH_SIZE}};
        for (int i = 1; i < 9; i++)
            parts[i] =
                (struct secret_part){sqlite3_column_text(statement, i), (size_t)sqlite3_column_bytes(statement, i)};
        secret_hash(parts, 9, hash);
        if (memcmp(hash, sqlite3_column_blob(statement, 9), HASH_SIZE) != 0)
            broken = sqlite3_column_int64(statement, 0);
        memcpy(previous, hash, HASH_SIZE);
    }
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return broken;
}

static void test_audit_chain(void)
{
    static const struct {
        const char *change;
        long long found;
    } changes[] = {{"UPDATE audit SET detail = 'x' WHERE id = 5", 5},
                   {"UPDATE audit SET at = at + 1 WHERE id = 1", 1},
                   {"UPDATE audit SET actor = target, target = actor WHERE id = 7", 7},
                   {"DELETE FROM audit WHERE id = 4", 5},
                   {"UPDATE audit SET hash = zeroblob(32) WHERE id = 9", 9}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        remove_all();
        struct store *store = opened();
        for (int n = 0; n < 9; n++) {
            char target[16];
            snprintf(target, sizeof target, "d%d", n);
            store_event_begin(store);
            CHECK_INT(store_audit_append(store, &(struct audit_row){1000 + n, "key:k", "register", "default", target,
                                                                    "mqtt:d", "ok", ""}),
                      ST_OK);
            store_event_end(store, true);
        }
        store_commit(store);
        store_free(store);
        CHECK_INT(first_broken_row(), 0);
        sql(changes[i].change);
        CHECK(first_broken_row() == changes[i].found, "%s: row %lld", changes[i].change, first_broken_row());
    }
}

int main(void)
{
    snprintf(path, sizeof path, "%s/muster-test-store-%d.db", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp",
             (int)getpid());
    test_new_and_again();
    test_not_committed();
    test_second_process();
    test_refused();
    test_older();
    test_damaged();
    test_no_folder();
    test_savepoints();
    test_pages();
    test_texts_and_blobs();
    test_key_use();
    test_requests();
    test_walk_ends();
    test_events();
    test_operators_and_tenants();
    test_audit_chain();
    remove_all();
    return check_done();
}
