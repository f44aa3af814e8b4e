#include "certs/keypool.h"

#include "certs/thread.h"

#include <stdlib.h>
#include <time.h>

#define RETRY_SECONDS 1 /* between attempts when OpenSSL makes no key */

/* The keys of one type. `wanted` counts askers who went away without one. */
struct shelf {
    struct key *keys[KEYPOOL_MAX];
    unsigned ready, keep, wanted;
};

struct keypool {
    pthread_t thread;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t work;
    bool stop;
    struct shelf shelves[KEY_TYPE_COUNT];
    void (*on_ready)(void *context); /* never changes */
    void *context;
};

static bool needs_one(const struct shelf *shelf)
{
    return shelf->ready < KEYPOOL_MAX && (shelf->wanted > 0 || shelf->ready < shelf->keep);
}

/* The next type to make, or -1. Round the table from the last one made, so that no type starves another; who waits
 * goes before stock. */
static int next_type(const struct keypool *pool, int last)
{
    int stock = -1;
    for (int i = 1; i <= KEY_TYPE_COUNT; i++) {
        int type = (last + i) % KEY_TYPE_COUNT;
        if (!needs_one(&pool->shelves[type]))
            continue;
        if (pool->shelves[type].wanted > 0)
            return type;
        stock = type;
    }
    return stock;
}

/* With the lock held. Without a key it waits a little, so that a broken OpenSSL does not spin. */
static bool put(struct keypool *pool, struct shelf *shelf, struct key *key)
{
    if (key == NULL) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += RETRY_SECONDS;
        if (!pool->stop)
            pthread_cond_timedwait(&pool->work, &pool->lock, &until);
        return false;
    }
    shelf->keys[shelf->ready++] = key; /* there is room: only this thread adds */
    if (shelf->wanted > 0)
        shelf->wanted--;
    return true;
}

static void *work(void *argument)
{
    struct keypool *pool = argument;
    int type = 0;
    pthread_mutex_lock(&pool->lock);
    while (!pool->stop) {
        int next = next_type(pool, type);
        if (next < 0) {
            pthread_cond_wait(&pool->work, &pool->lock);
            continue;
        }
        type = next;
        pthread_mutex_unlock(&pool->lock);
        struct key *key = key_new((enum key_type)type);
        pthread_mutex_lock(&pool->lock);
        if (!put(pool, &pool->shelves[type], key) || pool->on_ready == NULL)
            continue;
        pthread_mutex_unlock(&pool->lock);
        pool->on_ready(pool->context);
        pthread_mutex_lock(&pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static bool prepare(struct keypool *pool)
{
    pthread_condattr_t attributes;
    if (pthread_mutex_init(&pool->lock, NULL) != 0)
        return false;
    bool ok = pthread_condattr_init(&attributes) == 0;
    if (ok) {
        ok = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
             pthread_cond_init(&pool->work, &attributes) == 0;
        pthread_condattr_destroy(&attributes);
    }
    if (!ok)
        pthread_mutex_destroy(&pool->lock);
    return ok;
}

static void destroy(struct keypool *pool)
{
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
}

struct keypool *keypool_new(unsigned ready, void (*on_ready)(void *context), void *context)
{
    struct keypool *pool = calloc(1, sizeof *pool);
    if (pool == NULL || !prepare(pool)) {
        free(pool);
        return NULL;
    }
    pool->shelves[KEY_RSA_2048].keep = ready < KEYPOOL_MAX ? ready : KEYPOOL_MAX;
    pool->on_ready = on_ready;
    pool->context = context;
    if (thread_start(&pool->thread, "keypool", work, pool))
        return pool;
    destroy(pool);
    free(pool);
    return NULL;
}

void keypool_free(struct keypool *pool)
{
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->stop = true;
    pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    pthread_join(pool->thread, NULL);
    for (int type = 0; type < KEY_TYPE_COUNT; type++)
        for (unsigned i = 0; i < pool->shelves[type].ready; i++)
            key_free(pool->shelves[type].keys[i]);
    destroy(pool);
    free(pool);
}

struct key *keypool_take(struct keypool *pool, enum key_type type)
{
    if (!key_type_is_slow(type)) /* a caller's bug; the others are made faster than they are asked for here */
        return NULL;
    struct shelf *shelf = &pool->shelves[type];
    pthread_mutex_lock(&pool->lock);
    struct key *key = shelf->ready > 0 ? shelf->keys[--shelf->ready] : NULL;
    if (key == NULL)
        shelf->wanted++;
    pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    return key;
}

unsigned keypool_ready(struct keypool *pool, enum key_type type)
{
    pthread_mutex_lock(&pool->lock);
    unsigned ready = pool->shelves[type].ready;
    pthread_mutex_unlock(&pool->lock);
    return ready;
}
