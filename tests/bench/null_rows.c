#include "tests/bench/null_rows.h"

#include "service/core/secret.h"
#include "tests/bench/store_connection.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Octets, as the service's rows have them with a certificate of an EC authority. */
#define PEM    769
#define ANSWER 1928
#define SEALED 104
#define BODY   261

#define NOW        INT64_C(1700000000000)
#define NOT_BEFORE 1700000000
#define NOT_AFTER  1731536000

#define STATEMENTS(X)                                                                                                  \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                                        \
    X(COMMIT, "COMMIT")                                                                                                \
    X(USE, "INSERT INTO key_use (key, uuid, at) VALUES ('nullkey2', ?, ?)")                                            \
    X(USED, "UPDATE provisioning_key SET used = used + 1 WHERE id = 'nullkey2' AND used < uses")                       \
    X(REQUEST, "INSERT INTO request (scope, request_id, body_hash, had_secret, device, at) VALUES (?, ?, ?, 0, 0, ?)") \
    X(INTENT, "INSERT INTO intent (certificate_id, uuid, tenant, public_key, not_before, not_after, at) "              \
              "VALUES (?, ?, 'default', ?, ?, ?, ?)")                                                                  \
    X(DEVICE, "INSERT INTO device (uuid, device_id, tenant, name, type, api_endpoint, hardware, tags, state, manual, " \
              "credential_used, offline_after, created_at, updated_at, registered_at) "                                \
              "VALUES (?, ?, 'default', '', 'sensor', '', '', '', 3, 0, 0, 0, ?, ?, ?)")                               \
    X(PRESENCE, "INSERT INTO presence VALUES (?, 0, ?, 0, 1, zeroblob(16), 0, 0)")                                     \
    X(API_KEY, "INSERT INTO api_key (id, device, hash, created_at) VALUES (?, ?, ?, ?)")                               \
    X(SEQUENCE, "UPDATE presence SET event_sequence = event_sequence + 1 WHERE device = ?")                            \
    X(EVENT, "INSERT INTO event (device, sequence, at, uuid, tenant, type, body) "                                     \
             "VALUES (?, ?, ?, ?, 'default', ?, ?)")                                                                   \
    X(INTENT_END, "DELETE FROM intent WHERE certificate_id = ?")                                                       \
    X(CERTIFICATE, "INSERT INTO certificate (certificate_id, device, uuid, tenant, public_key, fingerprint, pem, "     \
                   "state, not_before, not_after, created_at, due_at) "                                                \
                   "VALUES (?, ?, ?, 'default', ?, ?, ?, 'pending', ?, ?, ?, ?)")                                      \
    X(ANSWERED, "UPDATE request SET answer = ?, had_secret = 1, sealed = ?, device = ?, at = ? "                       \
                "WHERE scope = ? AND request_id = ?")                                                                  \
    X(AUDIT, "INSERT INTO audit (at, actor, action, tenant, target, origin, outcome, detail, hash) "                   \
             "VALUES (?, 'key:nullkey2', 'provision', 'default', ?, ?, 'ok', ?, ?)")                                   \
    X(ACKNOWLEDGED, "UPDATE meta SET value = ? WHERE name = 'event_acknowledged'")

enum statement {
#define NAME(name, text) NULL_##name,
    STATEMENTS(NAME)
#undef NAME
        NULL_COUNT
};

struct null_rows {
    struct store *store; /* the service's own: its settings, and its way to move the log */
    sqlite3 *base;       /* the connection of that */
    sqlite3_stmt *statements[NULL_COUNT];
    int64_t events;
    unsigned char chain[SECRET_HASH];
    char pem[PEM + 1], answer[ANSWER + 1], body[BODY + 1];
    unsigned char sealed[SEALED];
};

/* Runs one statement with its values: t a text, i an int64_t, h 32 octets, s those of a sealed secret. */
static bool run(struct null_rows *rows, enum statement number, const char *kinds, ...)
{
    sqlite3_stmt *statement = rows->statements[number];
    va_list values;
    va_start(values, kinds);
    for (int i = 0; kinds[i] != '\0'; i++)
        if (kinds[i] == 'i')
            sqlite3_bind_int64(statement, i + 1, va_arg(values, int64_t));
        else if (kinds[i] == 't')
            sqlite3_bind_text(statement, i + 1, va_arg(values, const char *), -1, SQLITE_STATIC);
        else
            sqlite3_bind_blob(statement, i + 1, va_arg(values, const void *), kinds[i] == 'h' ? 32 : SEALED,
                              SQLITE_STATIC);
    va_end(values);
    bool done = sqlite3_step(statement) == SQLITE_DONE;
    if (!done)
        fprintf(stderr, "null_rows: %s\n", sqlite3_errmsg(rows->base));
    sqlite3_reset(statement);
    return done;
}

static bool prepare(struct null_rows *rows)
{
    static const char *const texts[] = {
#define TEXT(name, text) text,
        STATEMENTS(TEXT)
#undef TEXT
    };
    static const char setup[] = "INSERT INTO provisioning_key VALUES ('nullkey2', 'default', zeroblob(32), 1000000000, "
                                "0, 4000000000000, 0, 0, '', 0);";
    bool ok = sqlite3_exec(rows->base, setup, NULL, NULL, NULL) == SQLITE_OK;
    for (int i = 0; ok && i < NULL_COUNT; i++)
        ok = sqlite3_prepare_v3(rows->base, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &rows->statements[i], NULL) ==
             SQLITE_OK;
    if (!ok)
        fprintf(stderr, "null_rows: %s\n", sqlite3_errmsg(rows->base));
    return ok;
}

struct null_rows *null_rows_new(const char *path)
{
    char error[300] = "no memory";
    struct null_rows *rows = calloc(1, sizeof *rows);
    if (rows == NULL)
        return NULL;
    rows->store = store_connection(path, &rows->base, error, sizeof error);
    if (rows->store == NULL) {
        fprintf(stderr, "null_rows: %s\n", error);
        free(rows);
        return NULL;
    }
    memset(rows->pem, 'p', PEM);
    memset(rows->answer, 'a', ANSWER);
    memset(rows->body, 'b', BODY);
    if (prepare(rows))
        return rows;
    null_rows_free(rows);
    return NULL;
}

void null_rows_free(struct null_rows *rows)
{
    if (rows == NULL)
        return;
    for (int i = 0; i < NULL_COUNT; i++)
        sqlite3_finalize(rows->statements[i]);
    store_free(rows->store);
    free(rows);
}

bool null_rows_begin(struct null_rows *rows)
{
    return run(rows, NULL_BEGIN, "");
}

bool null_rows_commit(struct null_rows *rows)
{
    return run(rows, NULL_ACKNOWLEDGED, "i", rows->events) && run(rows, NULL_COMMIT, "");
}

static void write_scope(const struct null_device *device, char out[100])
{
    snprintf(out, 100, "key:nullkey2 %s", device->uuid);
}

bool null_rows_intent(struct null_rows *rows, const struct null_device *device)
{
    char scope[100];
    write_scope(device, scope);
    return run(rows, NULL_USE, "ti", device->uuid, NOW) && run(rows, NULL_USED, "") &&
           run(rows, NULL_REQUEST, "tthi", scope, "claim-1", device->body_hash, NOW) &&
           run(rows, NULL_INTENT, "tthiii", device->certificate_id, device->uuid, device->public_key,
               (int64_t)NOT_BEFORE, (int64_t)NOT_AFTER, NOW);
}

static bool write_events(struct null_rows *rows, const struct null_device *device, int64_t id)
{
    static const char *const types[] = {"registered", "provisioned", "certificate_issued"};
    bool ok = true;
    for (int i = 0; i < 3 && ok; i++)
        ok = run(rows, NULL_SEQUENCE, "i", id) &&
             run(rows, NULL_EVENT, "iiittt", id, (int64_t)i + 1, NOW, device->uuid, types[i], rows->body);
    rows->events += 3;
    return ok;
}

static bool write_audit(struct null_rows *rows, const struct null_device *device, const char *scope)
{
    char detail[100];
    snprintf(detail, sizeof detail, "deviceId=%s certificateId=%s", device->device_id, device->certificate_id);
    const struct secret_part parts[] = {{rows->chain, sizeof rows->chain},
                                        {scope, strlen(scope)},
                                        {device->uuid, strlen(device->uuid)},
                                        {detail, strlen(detail)}};
    secret_hash(parts, sizeof parts / sizeof *parts, rows->chain);
    return run(rows, NULL_AUDIT, "ittth", NOW, device->uuid, scope, detail, rows->chain);
}

bool null_rows_issued(struct null_rows *rows, const struct null_device *device)
{
    char scope[100];
    write_scope(device, scope);
    if (!run(rows, NULL_DEVICE, "ttiii", device->uuid, device->device_id, NOW, NOW, NOW))
        return false;
    int64_t id = sqlite3_last_insert_rowid(rows->base);
    return run(rows, NULL_PRESENCE, "ii", id, NOW) &&
           run(rows, NULL_API_KEY, "tihi", device->api_key, id, device->key_hash, NOW) &&
           write_events(rows, device, id) && run(rows, NULL_INTENT_END, "t", device->certificate_id) &&
           run(rows, NULL_CERTIFICATE, "tithhtiiii", device->certificate_id, id, device->uuid, device->public_key,
               device->fingerprint, rows->pem, (int64_t)NOT_BEFORE, (int64_t)NOT_AFTER, NOW, NOW + 3600000) &&
           run(rows, NULL_ANSWERED, "tsiitt", rows->answer, rows->sealed, id, NOW, scope, "claim-1") &&
           write_audit(rows, device, scope);
}
