/* The pool of RSA keys: filled ahead, never waits, made when asked for, fair between types, stopped cleanly. */
#include "certs/keypool.h"

#include "tests/unit/check.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 120 /* seconds; a key takes less than one, a sanitized one on a busy machine more */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void count(void *context)
{
    atomic_fetch_add((atomic_int *)context, 1);
}

static bool wait_for(struct keypool *pool, enum key_type type, unsigned ready)
{
    for (double end = seconds() + PATIENCE; seconds() < end; usleep(2000))
        if (keypool_ready(pool, type) >= ready)
            return true;
    return false;
}

static struct key *take_patiently(struct keypool *pool, enum key_type type)
{
    struct key *key = NULL;
    for (double end = seconds() + PATIENCE; key == NULL && seconds() < end; usleep(2000))
        key = keypool_ready(pool, type) > 0 ? keypool_take(pool, type) : NULL;
    return key;
}

static bool is_rsa(const struct key *key, size_t der_length)
{
    struct public_key public;
    struct why why;
    return key != NULL && key_public(key, &public) && public.length == der_length &&
           key_check_public(&public, &why) == ST_OK;
}

/* Filled to the mark and no further; a taken key is replaced; a take never waits. */
static void keeps_stock(void)
{
    atomic_int wakes = 0;
    struct keypool *pool = keypool_new(2, count, &wakes);
    CHECK(pool != NULL && wait_for(pool, KEY_RSA_2048, 2), "not filled");
    usleep(300000);
    CHECK_INT(keypool_ready(pool, KEY_RSA_2048), 2);
    CHECK_INT(atomic_load(&wakes), 2);
    struct key *one = keypool_take(pool, KEY_RSA_2048), *other = keypool_take(pool, KEY_RSA_2048);
    struct public_key a, b;
    CHECK(is_rsa(one, 294) && is_rsa(other, 294), "no RSA-2048");
    CHECK(key_public(one, &a) && key_public(other, &b) && memcmp(a.fingerprint, b.fingerprint, 32) != 0, "twins");
    CHECK(wait_for(pool, KEY_RSA_2048, 2), "not filled again");
    CHECK(keypool_ready(pool, KEY_RSA_3072) == 0 && keypool_ready(pool, KEY_RSA_4096) == 0, "others are not kept");
    key_free(one);
    key_free(other);
    keypool_free(pool);
}

/* With no stock, each call that returned NULL makes one key and no more. */
static void makes_what_is_asked_for(void)
{
    atomic_int wakes = 0;
    struct keypool *pool = keypool_new(0, count, &wakes);
    double before = seconds();
    CHECK(keypool_take(pool, KEY_RSA_2048) == NULL && keypool_take(pool, KEY_RSA_2048) == NULL, "out of thin air");
    CHECK(keypool_take(pool, KEY_RSA_3072) == NULL, "out of thin air");
    CHECK(seconds() - before < 0.05, "an empty pool made its caller wait %.3f s", seconds() - before);
    struct key *large = take_patiently(pool, KEY_RSA_3072);
    CHECK(is_rsa(large, 422), "no RSA-3072");
    CHECK(wait_for(pool, KEY_RSA_2048, 2), "two were asked for");
    usleep(200000);
    CHECK_INT(keypool_ready(pool, KEY_RSA_2048), 2);
    CHECK_INT(keypool_ready(pool, KEY_RSA_3072), 0);
    CHECK_INT(atomic_load(&wakes), 3);
    key_free(large);
    keypool_free(pool);
}

/* One RSA-3072 asked for among many RSA-2048 comes before them all are made. */
static void is_fair(void)
{
    struct keypool *pool = keypool_new(4, NULL, NULL);
    for (int i = 0; i < 12; i++)
        key_free(keypool_take(pool, KEY_RSA_2048));
    (void)keypool_take(pool, KEY_RSA_3072);
    CHECK(wait_for(pool, KEY_RSA_3072, 1), "no RSA-3072");
    CHECK(keypool_ready(pool, KEY_RSA_2048) < 8, "%u keys came first", keypool_ready(pool, KEY_RSA_2048));
    keypool_free(pool);
}

static void refuses(void)
{
    struct keypool *pool = keypool_new(0, NULL, NULL);
    CHECK(keypool_take(pool, KEY_EC_P256) == NULL && keypool_take(pool, KEY_ED25519) == NULL, "not a slow type");
    usleep(50000);
    CHECK(keypool_ready(pool, KEY_EC_P256) == 0 && keypool_ready(pool, KEY_ED25519) == 0, "made all the same");
    keypool_free(pool);
    keypool_free(NULL);
}

/* Stops at any moment: idle, in the middle of a key, with unanswered askers. */
static void stops(void)
{
    for (int i = 0; i < 6; i++) {
        struct keypool *pool = keypool_new(i % 2 == 0 ? 0 : KEYPOOL_MAX + 5, NULL, NULL);
        for (int n = 0; n < i; n++)
            key_free(keypool_take(pool, KEY_RSA_2048));
        usleep((unsigned)i * 3000);
        double before = seconds();
        keypool_free(pool);
        CHECK(seconds() - before < PATIENCE / 4, "stop %d took %.1f s", i, seconds() - before);
    }
}

static struct keypool *shared;
static atomic_int taken;

static void *grab(void *unused)
{
    (void)unused;
    for (int i = 0; i < 500; i++) {
        struct key *key = keypool_take(shared, KEY_RSA_2048);
        atomic_fetch_add(&taken, key != NULL);
        key_free(key);
        (void)keypool_ready(shared, KEY_RSA_4096);
    }
    return NULL;
}

/* Many threads at once get each key once: what was made is what was taken and what is left. */
static void many_threads(void)
{
    atomic_int wakes = 0;
    pthread_t threads[4];
    shared = keypool_new(3, count, &wakes);
    CHECK(wait_for(shared, KEY_RSA_2048, 3), "not filled");
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, grab, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK(atomic_load(&taken) >= 3, "%d keys taken", atomic_load(&taken));
    CHECK(wait_for(shared, KEY_RSA_2048, 3), "not filled again");
    keypool_free(shared);
    CHECK(atomic_load(&wakes) >= atomic_load(&taken) + 3, "%d made, %d taken", atomic_load(&wakes),
          atomic_load(&taken));
}

static atomic_int blocked = -1;

static void look_at_signals(void *context)
{
    sigset_t mask;
    (void)context;
    atomic_store(&blocked, pthread_sigmask(SIG_SETMASK, NULL, &mask) == 0 && sigismember(&mask, SIGTERM) == 1);
}

/* SIGTERM must reach the thread that waits for it; and the mask of the caller stays. */
static void leaves_signals_alone(void)
{
    sigset_t mask;
    struct keypool *pool = keypool_new(1, look_at_signals, NULL);
    for (double end = seconds() + PATIENCE; atomic_load(&blocked) < 0 && seconds() < end;)
        usleep(2000);
    CHECK_INT(atomic_load(&blocked), 1);
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &mask) == 0 && sigismember(&mask, SIGTERM) == 0, "the caller's mask");
    keypool_free(pool);
}

int main(void)
{
    keeps_stock();
    makes_what_is_asked_for();
    is_fair();
    refuses();
    stops();
    many_threads();
    leaves_signals_alone();
    return check_done();
}
