/* The write-ahead log: a thread moves it into the database, it does not grow for ever, and nothing is lost. */
#include "service/store/store.h"
#include "tests/unit/check.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAGE    4096
#define ANSWER  50000 /* octets: 13 pages */
#define BATCHES 120
#define ROWS    50
#define MOST    (44000L * PAGE) /* of the log: 32000 pages, a batch, and what came during one more checkpoint */

static char path[64];

static long size_of(const char *ending)
{
    char name[80];
    struct stat about;
    snprintf(name, sizeof name, "%s%s", path, ending);
    return stat(name, &about) == 0 ? (long)about.st_size : -1;
}

static void remove_all(void)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", path, endings[i]);
        unlink(name);
    }
}

static bool write_batch(struct store *store, int batch)
{
    static char answer[ANSWER + 1];
    const unsigned char hash[HASH_SIZE] = {0};
    char id[32];
    memset(answer, 'a', ANSWER);
    bool ok = store_event_begin(store) == ST_OK;
    for (int i = 0; i < ROWS && ok; i++) {
        snprintf(id, sizeof id, "%d-%d", batch, i);
        ok = store_request_put(
                 store, &(struct request_row){
                            .scope = "scope", .request_id = id, .body_hash = hash, .answer = answer, .at = 1}) == ST_OK;
    }
    return store_event_finish(store, ok ? ST_OK : ST_INTERNAL) == ST_OK && store_commit(store) == ST_OK;
}

static int rows(void)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    int count = -1;
    sqlite3_open(path, &database);
    if (sqlite3_prepare_v2(database, "SELECT count(*) FROM request", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        count = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return count;
}

/* Batch after batch, so that the thread never catches up. */
static void test_bounded(void)
{
    char error[300] = "";
    struct store *store = store_new(path, error, sizeof error);
    CHECK(store != NULL, "%s", error);
    long most = 0;
    int written = 0;
    for (int i = 0; i < BATCHES && store != NULL; i++) {
        written += write_batch(store, i);
        most = size_of("-wal") > most ? size_of("-wal") : most;
    }
    CHECK_INT(written, BATCHES);
    CHECK(most <= MOST, "the log had %ld pages", most / PAGE);
    store_free(store);
    CHECK_INT(rows(), BATCHES * ROWS);
}

/* A log of more than 8000 pages is moved while nobody commits. */
static void test_thread(void)
{
    char error[300] = "";
    struct store *store = store_new(path, error, sizeof error);
    CHECK(store != NULL, "%s", error);
    for (int i = 0; i < 14 && store != NULL; i++)
        CHECK(write_batch(store, i), "batch %d", i);
    for (int i = 0; i < 500 && size_of("") < 7500L * PAGE; i++)
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    CHECK(size_of("") >= 7500L * PAGE, "the database has %ld pages", size_of("") / PAGE);
    store_free(store);
}

int main(void)
{
    snprintf(path, sizeof path, "%s/muster-test-log-%d.db", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp",
             (int)getpid());
    test_thread();
    remove_all();
    test_bounded();
    remove_all();
    return check_done();
}
