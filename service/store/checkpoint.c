#include "service/store/checkpoint.h"

#include "certs/thread.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>

/* Pages of the log. The more are moved at a time the less each costs, sorted as they are (40 us each of 2,700, 22 us of
 * 10,000, at random over 800 MB). It begins anew only when all of them have been moved, and while one batch follows the
 * other the thread does not catch up: then who commits does the rest. */
#define SOME_PAGES 8000
#define MANY_PAGES 32000

struct checkpoint {
    int pages, next; /* of the log after the last commit; from so many on something is done */
    sqlite3 *handle; /* the thread's alone; NULL: there is no thread yet */
    pthread_t thread;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t work;
    bool asked, stop;
};

/* A checkpoint that fails (a full disk, a reader in the way) is no loss: the log has everything, and the next one goes
 * on where this one ended. */
static void *work(void *argument)
{
    struct checkpoint *checkpoint = argument;
    pthread_mutex_lock(&checkpoint->lock);
    while (!checkpoint->stop) {
        if (!checkpoint->asked) {
            pthread_cond_wait(&checkpoint->work, &checkpoint->lock);
            continue;
        }
        checkpoint->asked = false;
        pthread_mutex_unlock(&checkpoint->lock);
        sqlite3_wal_checkpoint_v2(checkpoint->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        pthread_mutex_lock(&checkpoint->lock);
    }
    pthread_mutex_unlock(&checkpoint->lock);
    return NULL;
}

/* A connection learns from the first page that there is a log: something has to be read. */
static bool connect(struct checkpoint *checkpoint, const char *path)
{
    sqlite3 *handle = NULL;
    if (sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
        sqlite3_exec(handle, "PRAGMA synchronous = FULL; PRAGMA schema_version;", NULL, NULL, NULL) == SQLITE_OK) {
        checkpoint->handle = handle;
        if (thread_start(&checkpoint->thread, "checkpoint", work, checkpoint))
            return true;
    }
    checkpoint->handle = NULL;
    sqlite3_close(handle);
    return false;
}

static void ask(struct checkpoint *checkpoint)
{
    pthread_mutex_lock(&checkpoint->lock);
    checkpoint->asked = true;
    pthread_cond_signal(&checkpoint->work);
    pthread_mutex_unlock(&checkpoint->lock);
}

/* Whatever becomes of a checkpoint, the commit stands. */
static int after_commit(void *context, sqlite3 *watched, const char *name, int pages)
{
    struct checkpoint *checkpoint = context;
    if (pages < checkpoint->pages)
        checkpoint->next = SOME_PAGES; /* the log has begun anew */
    checkpoint->pages = pages;
    if (pages < checkpoint->next)
        return SQLITE_OK;
    checkpoint->next = pages + SOME_PAGES;
    bool thread = checkpoint->handle != NULL || connect(checkpoint, sqlite3_db_filename(watched, name));
    if (thread && pages < MANY_PAGES)
        ask(checkpoint);
    else
        sqlite3_wal_checkpoint_v2(watched, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return SQLITE_OK;
}

struct checkpoint *checkpoint_new(sqlite3 *watched)
{
    struct checkpoint *checkpoint = calloc(1, sizeof *checkpoint);
    if (checkpoint == NULL)
        return NULL;
    pthread_mutex_init(&checkpoint->lock, NULL);
    pthread_cond_init(&checkpoint->work, NULL);
    checkpoint->next = SOME_PAGES;
    sqlite3_wal_hook(watched, after_commit, checkpoint);
    return checkpoint;
}

static void stop(struct checkpoint *checkpoint)
{
    pthread_mutex_lock(&checkpoint->lock);
    checkpoint->stop = true;
    pthread_cond_signal(&checkpoint->work);
    pthread_mutex_unlock(&checkpoint->lock);
    pthread_join(checkpoint->thread, NULL);
    sqlite3_close(checkpoint->handle);
}

void checkpoint_free(struct checkpoint *checkpoint)
{
    if (checkpoint == NULL)
        return;
    if (checkpoint->handle != NULL)
        stop(checkpoint);
    pthread_cond_destroy(&checkpoint->work);
    pthread_mutex_destroy(&checkpoint->lock);
    free(checkpoint);
}
