/* Where traces reach into what is real (--wrap in tests.mk): the parking, the authority, SQLite. */
#include "certs/ca.h"
#include "certs/csr.h"
#include "tests/flow/flow.h"

#include <stdio.h>
#include <string.h>

bool __real_parking_may_wait(const struct parking *parking, const char *topic, size_t length);
bool __wrap_parking_may_wait(const struct parking *parking, const char *topic, size_t length);
bool __wrap_parking_may_wait(const struct parking *parking, const char *topic, size_t length)
{
    return !edge.crowded && __real_parking_may_wait(parking, topic, length);
}

enum status __real_ca_issue_device(struct ca *ca, const struct certificate_request *request, struct certificate *out,
                                   struct why *why);
enum status __wrap_ca_issue_device(struct ca *ca, const struct certificate_request *request, struct certificate *out,
                                   struct why *why);
enum status __wrap_ca_issue_device(struct ca *ca, const struct certificate_request *request, struct certificate *out,
                                   struct why *why)
{
    if (world->real_ca)
        return __real_ca_issue_device(ca, request, out, why);
    profile_certificate_id(request->serial, out->id);
    out->validity = request->validity;
    memcpy(out->fingerprint, request->key->fingerprint, sizeof out->fingerprint);
    snprintf(out->pem, sizeof out->pem, "FAKE CERTIFICATE %s CN=Device-%s urn:muster:%s:%s\n", out->id,
             request->device_id, request->tenant, request->uuid);
    return ST_OK;
}

enum status __real_ca_read_request(struct ca *ca, const char *pem, size_t length, struct public_key *out,
                                   struct why *why);
enum status __wrap_ca_read_request(struct ca *ca, const char *pem, size_t length, struct public_key *out,
                                   struct why *why);
enum status __wrap_ca_read_request(struct ca *ca, const char *pem, size_t length, struct public_key *out,
                                   struct why *why)
{
    return world->real_ca ? __real_ca_read_request(ca, pem, length, out, why) : csr_read(pem, length, out, why);
}

struct validity __real_ca_validity(const struct ca *ca);
struct validity __wrap_ca_validity(const struct ca *ca);
struct validity __wrap_ca_validity(const struct ca *ca)
{
    return world->real_ca ? __real_ca_validity(ca) : (struct validity){0, INT64_C(4102444800)};
}

const char *__real_ca_bundle(const struct ca *ca);
const char *__wrap_ca_bundle(const struct ca *ca);
const char *__wrap_ca_bundle(const struct ca *ca)
{
    return world->real_ca ? __real_ca_bundle(ca) : "FAKE AUTHORITY\n";
}

const char *__real_ca_issuer_id(const struct ca *ca);
const char *__wrap_ca_issuer_id(const struct ca *ca);
const char *__wrap_ca_issuer_id(const struct ca *ca)
{
    return world->real_ca ? __real_ca_issuer_id(ca) : "fake";
}

int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement);

static int step_commit(sqlite3_stmt *statement)
{
    edge_on_commit(false);
    int result = __real_sqlite3_step(statement);
    edge_on_commit(true);
    return result;
}

int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
    if (edge_on_commit != NULL && strcmp(sqlite3_sql(statement), "COMMIT") == 0)
        return step_commit(statement);
    if (edge.failing_commits > 0 && strcmp(sqlite3_sql(statement), "COMMIT") == 0 && edge.good_commits-- <= 0) {
        edge.failing_commits--;
        return SQLITE_FULL;
    }
    if (edge.fail_at == 0 || --edge.fail_at > 0)
        return __real_sqlite3_step(statement);
    edge.failed = true;
    edge.fail_at = edge.fail_times-- > 0 ? edge.fail_apart : 0;
    if (edge.fail_leaves)
        sqlite3_exec(sqlite3_db_handle(statement), "ROLLBACK", NULL, NULL, NULL);
    return edge.fail_result;
}

int __real_sqlite3_open_v2(const char *path, sqlite3 **database, int flags, const char *vfs);
int __wrap_sqlite3_open_v2(const char *path, sqlite3 **database, int flags, const char *vfs);
int __wrap_sqlite3_open_v2(const char *path, sqlite3 **database, int flags, const char *vfs)
{
    int result = __real_sqlite3_open_v2(path, database, flags, vfs);
    if ((flags & SQLITE_OPEN_CREATE) != 0) /* the store's; not one beside it, which reads or moves the log */
        world->database = *database;
    return result;
}
