#include "tests/bench/issue_null.h"

#include "tests/bench/null_arithmetic.h"
#include "tests/bench/store_connection.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BEGIN, INSERT, COMMIT, STATEMENTS };

struct null_issue {
    struct store *store; /* the service's own: its settings, and its way to move the log */
    sqlite3 *base;       /* the connection of that */
    sqlite3_stmt *statements[STATEMENTS];
    struct null_arithmetic *arithmetic;
    size_t number;
};

static bool prepare(struct null_issue *null)
{
    static const char *const texts[STATEMENTS] = {
        [BEGIN] = "BEGIN IMMEDIATE",
        [INSERT] = "INSERT INTO certificate (certificate_id, device, uuid, tenant, public_key, fingerprint, pem, "
                   "state, not_before, not_after, created_at, issuer, due_at) "
                   "VALUES (?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?)",
        [COMMIT] = "COMMIT",
    };
    bool ok = true;
    for (int i = 0; i < STATEMENTS && ok; i++)
        ok = sqlite3_prepare_v3(null->base, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &null->statements[i], NULL) ==
             SQLITE_OK;
    return ok;
}

struct null_issue *null_issue_new(const char *path, char *error, size_t size)
{
    struct null_issue *null = calloc(1, sizeof *null);
    if (null == NULL)
        return NULL;
    null->arithmetic = null_arithmetic_new();
    null->store = store_connection(path, &null->base, error, size);
    if (null->arithmetic != NULL && null->store != NULL && prepare(null))
        return null;
    if (null->store != NULL)
        snprintf(error, size, "%s", sqlite3_errmsg(null->base));
    null_issue_free(null);
    return NULL;
}

void null_issue_free(struct null_issue *null)
{
    if (null == NULL)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(null->statements[i]);
    store_free(null->store);
    null_arithmetic_free(null->arithmetic);
    free(null);
}

static bool run(struct null_issue *null, int number)
{
    bool done = sqlite3_step(null->statements[number]) == SQLITE_DONE;
    if (!done)
        fprintf(stderr, "issue_null: %s\n", sqlite3_errmsg(null->base));
    sqlite3_reset(null->statements[number]);
    return done;
}

static bool insert(struct null_issue *null, const struct certificate_row *row)
{
    sqlite3_stmt *statement = null->statements[INSERT];
    sqlite3_bind_text(statement, 1, row->id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, row->device);
    sqlite3_bind_text(statement, 3, row->uuid, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 4, row->tenant, -1, SQLITE_STATIC);
    sqlite3_bind_blob(statement, 5, row->public_key, sizeof row->public_key, SQLITE_STATIC);
    sqlite3_bind_blob(statement, 6, row->fingerprint, sizeof row->fingerprint, SQLITE_STATIC);
    sqlite3_bind_text(statement, 7, row->pem, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 8, row->not_before);
    sqlite3_bind_int64(statement, 9, row->not_after);
    sqlite3_bind_int64(statement, 10, row->at);
    sqlite3_bind_int64(statement, 11, row->issuer);
    sqlite3_bind_int64(statement, 12, row->due_at);
    return run(null, INSERT);
}

static bool compute(struct null_issue *null)
{
    size_t i = null->number++;
    return null_arithmetic_verify(null->arithmetic, i) && null_arithmetic_sign(null->arithmetic, i);
}

bool null_issue_group(struct null_issue *null, const struct certificate_row *rows, size_t count)
{
    bool ok = run(null, BEGIN);
    for (size_t i = 0; i < count && ok; i++)
        ok = compute(null) && insert(null, &rows[i]);
    return ok && run(null, COMMIT);
}

bool null_issue_bare(struct null_issue *null, size_t count)
{
    bool ok = true;
    for (size_t i = 0; i < count && ok; i++)
        ok = compute(null);
    return ok;
}
