/* A thread that has used OpenSSL ends later than exit() begins, as Paho's threads may. */
#include "certs/openssl.h"
#include "tests/unit/check.h"

#include <openssl/rand.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_key_t last_breath;
static pthread_t thread;
static sem_t busy, exiting;

static void wait_for_exit(void *unused)
{
    (void)unused;
    sem_wait(&exiting);
}

static bool is_usable(void)
{
    unsigned char octet;
    return RAND_bytes(&octet, 1) == 1 && RAND_priv_bytes(&octet, 1) == 1;
}

static void *use(void *unused)
{
    (void)unused;
    pthread_setspecific(last_breath, &last_breath);
    CHECK(is_usable(), "in a thread");
    sem_post(&busy);
    return NULL;
}

/* Runs after what OpenSSL has registered, and before a sanitizer looks for leaks. */
static void at_exit(void)
{
    sem_post(&exiting);
    pthread_join(thread, NULL);
    CHECK(is_usable(), "still there at exit");
    if (check_done() != 0) {
        fflush(stdout);
        _exit(1);
    }
}

int main(void)
{
    sem_init(&busy, 0, 0);
    sem_init(&exiting, 0, 0);
    pthread_key_create(&last_breath, wait_for_exit); /* before OpenSSL has its own: it ends first */
    atexit(at_exit);
    openssl_begin();
    CHECK(pthread_create(&thread, NULL, use, NULL) == 0, "a thread");
    sem_wait(&busy);
    return 0;
}
