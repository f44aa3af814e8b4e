/* Revocation lists from the store to the file, in place and on a thread of their own. */
#include "certs/ca_rotate.h"
#include "certs/crl.h"
#include "certs/file.h"
#include "service/io/crl_job.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW INT64_C(1767225600) /* 2026-01-01 */
#define DAY INT64_C(86400)

static char folder[] = "/tmp/muster-lists-XXXXXX", database[80], file[80];
static struct ca *ca;
static struct store *store;
static int64_t issuer;

static char certificate[80], key[80];
static const struct ca_options options = {.certificate_file = certificate, .key_file = key};

static void make_authority(void)
{
    char error[300] = "";
    snprintf(certificate, sizeof certificate, "%s/ca.pem", folder);
    snprintf(key, sizeof key, "%s/ca.key", folder);
    CHECK_INT(ca_create(&options, KEY_EC_P256, NOW - DAY, error, sizeof error), 0);
    ca = ca_new(&options, error, sizeof error);
    CHECK(ca != NULL, "%s", error);
}

static const struct {
    const char *id, *state;
    int64_t not_after, issuer_of; /* 0: another authority's */
    bool listed;
} rows[] = {
    {"406955b90000000000000000000000000001", "revoked", NOW + DAY, 1, true},
    {"406955b90000000000000000000000000002", "superseded", NOW + DAY, 1, true},
    {"406955b90000000000000000000000000003", "active", NOW + DAY, 1, false},
    {"406955b90000000000000000000000000004", "expired", NOW - 1, 1, false},
    {"406955b90000000000000000000000000005", "revoked", NOW - DAY, 1, true}, /* a day longer than it is valid */
    {"406955b90000000000000000000000000006", "revoked", NOW - DAY - 1, 1, false},
    {"406955b90000000000000000000000000007", "revoked", NOW + DAY, 0, false},
    {"406955b90000000000000000000000000008", "pending", NOW + DAY, 1, false},
};
#define ROWS (sizeof rows / sizeof *rows)

static void fill_store(void)
{
    char error[200];
    store = store_new(database, error, sizeof error);
    CHECK(store != NULL, "%s", error);
    struct device_row device = {.state = DEVICE_PROVISIONED, .uuid = "d1", .tenant = "default", .created_at = 1};
    store_event_begin(store);
    CHECK_INT(store_device_insert(store, &device), ST_OK);
    CHECK_INT(store_issuer(store, ca_issuer_id(ca), &issuer), ST_OK);
    for (size_t i = 0; i < ROWS; i++) {
        struct certificate_row row = {.device = device.id,
                                      .pem = "",
                                      .not_after = rows[i].not_after,
                                      .at = 1,
                                      .issuer = rows[i].issuer_of != 0 ? issuer : issuer + 1,
                                      .due_at = 1};
        snprintf(row.id, sizeof row.id, "%s", rows[i].id);
        CHECK_INT(store_certificate_insert(store, &row), ST_OK);
        if (strcmp(rows[i].state, "pending") != 0 && strcmp(rows[i].state, "active") != 0)
            CHECK_INT(store_certificate_end(store, (int64_t)i + 1, rows[i].state,
                                            strcmp(rows[i].state, "superseded") == 0 ? "superseded" : "keyCompromise",
                                            NOW * 1000),
                      ST_OK);
    }
    CHECK_INT(store_event_end(store, true), ST_OK);
    CHECK_INT(store_commit(store), ST_OK);
}

static struct crl_order order_of(int64_t number)
{
    return (struct crl_order){.number = number, .this_update = NOW, .next_update = NOW + 30 * DAY};
}

static void check_list(const char *text, int64_t number)
{
    struct crl_info info;
    unsigned char serial[PROFILE_SERIAL];
    CHECK_INT(crl_read(text, strlen(text), &info, 1), 1);
    CHECK_INT(info.number, number);
    CHECK_INT(info.count, 3);
    CHECK_INT(info.next_update, NOW + 30 * DAY);
    for (size_t i = 0; i < ROWS; i++)
        CHECK(profile_serial_from_id(rows[i].id, serial) && crl_lists(text, strlen(text), serial) == rows[i].listed,
              "%s is %s", rows[i].id, rows[i].listed ? "listed" : "not listed");
}

static void test_in_place(void)
{
    char error[CRL_ERROR] = "", there[20000];
    size_t length = 0;
    struct stat status;
    struct crl_task task = {ca, database, file, order_of(4)};
    char *text = crl_make(&task, error);
    CHECK(text != NULL, "%s", error);
    check_list(text, 4);
    CHECK(file_read(file, there, sizeof there, &length) == 0 && strcmp(there, text) == 0, "the file has the same");
    CHECK(stat(file, &status) == 0 && (status.st_mode & 0777) == 0644, "the broker reads it");
    free(text);
    task.file = "/nowhere/crl.pem";
    CHECK(crl_make(&task, error) == NULL && strstr(error, "/nowhere/crl.pem") != NULL, "%s", error);
    task.file = file;
    task.database = "/nowhere/muster.db";
    CHECK(crl_make(&task, error) == NULL && error[0] != '\0', "no database, no list");
    CHECK(file_read(file, there, sizeof there, &length) == 0 && strstr(there, "BEGIN X509 CRL") != NULL,
          "the old list stands");
}

static void test_taken_up(void)
{
    static struct core core;
    static struct config config;
    char error[CRL_ERROR];
    config.crl_days = 30;
    core.store = store;
    core.ca = ca;
    core.config = &config;
    timers_init(&core.timers, (struct mono){0});
    CHECK_INT(crl_take_up(&core, "/nowhere"), ST_OK);
    CHECK_INT(core.crl.number, 0);
    CHECK(core.crl.unlisted, "the broker can have no list of the issuer");
    struct crl_task task = {ca, database, file, order_of(41)};
    free(crl_make(&task, error));
    CHECK_INT(crl_take_up(&core, file), ST_OK);
    CHECK_INT(core.crl.number, 41); /* a database from a backup knows less than the file */
    CHECK_INT(core.crl.next_update, NOW + 30 * DAY);
    CHECK(!core.crl.unlisted, "it is listed");
    store_event_begin(store);
    CHECK_INT(store_number_set(store, "crl_number", 50), ST_OK);
    store_event_end(store, true);
    store_commit(store);
    CHECK_INT(crl_take_up(&core, file), ST_OK);
    CHECK_INT(core.crl.number, 50); /* and a file from a backup less than the database */
}

static atomic_int woken;

static void wake(void *context)
{
    (void)context;
    atomic_fetch_add(&woken, 1);
}

static void wait_for(struct crl_job *job, int times)
{
    for (int i = 0; i < 1000 && atomic_load(&woken) < times; i++)
        usleep(10000);
    CHECK(crl_job_take(job), "it is done");
    CHECK(!crl_job_take(job), "and taken once");
}

static void test_job(void)
{
    struct crl_job *job = crl_job_new(database, file, wake, NULL);
    CHECK(!crl_job_take(job), "nothing was ordered");
    struct crl_order order = order_of(60);
    crl_job_start(job, ca, &order);
    wait_for(job, 1);
    CHECK_TEXT(crl_job_error(job), "");
    CHECK_INT(crl_job_order(job)->number, 60);
    check_list(crl_job_text(job), 60);
    CHECK(chmod(folder, 0500) == 0 && rename(database, "/nowhere/x") != 0, "the folder does not matter to root");
    chmod(folder, 0700);
    unlink(file);
    CHECK(mkdir(file, 0700) == 0, "something in its place");
    order.number = 61;
    crl_job_start(job, ca, &order);
    wait_for(job, 2);
    CHECK(crl_job_error(job)[0] != '\0', "it says why not");
    check_list(crl_job_text(job), 60); /* what was told stays */
    rmdir(file);
    order.number = 62;
    crl_job_start(job, ca, &order); /* and is waited for at the end */
    crl_job_free(job);
    CHECK(access(file, R_OK) == 0, "the list is whole");
}

/* The broker would refuse all devices of an issuer that has no list: better an old file, and a word. */
static void test_missing_key(void)
{
    char error[300] = "";
    int64_t live = 0;
    CHECK_INT(ca_rotate(&options, NOW, error, sizeof error), 0);
    CHECK_INT(unlink(key), 0);
    struct ca *next = ca_new(&options, error, sizeof error);
    CHECK(next != NULL, "%s", error);
    struct crl_task task = {next, database, file, order_of(70)};
    CHECK(crl_make(&task, error) == NULL && strstr(error, ca_issuer_id(ca)) != NULL, "it is named: %s", error);
    task.database = "/nowhere/muster.db";
    CHECK(crl_make(&task, error) == NULL && strstr(error, "database can be read") != NULL, "%s", error);
    CHECK(store_issuer_live_at(database, ca_issuer_id(ca), &live) && live == 2, "%lld", (long long)live);
    store_event_begin(store);
    CHECK_INT(store_certificate_end(store, 3, "expired", "", NOW), ST_OK);
    CHECK_INT(store_certificate_end(store, 8, "expired", "", NOW), ST_OK);
    store_event_end(store, true);
    store_commit(store);
    task.database = database;
    char *text = crl_make(&task, error);
    CHECK(text != NULL, "nobody needs its list any more: %s", error);
    free(text);
    ca_free(next);
}

int main(void)
{
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(database, sizeof database, "%s/muster.db", folder);
    snprintf(file, sizeof file, "%s/crl.pem", folder);
    make_authority();
    fill_store();
    test_in_place();
    test_taken_up();
    test_job();
    test_missing_key();
    store_free(store);
    ca_free(ca);
    folder_remove(folder);
    return check_done();
}
