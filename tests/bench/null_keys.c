/*
 * The null of the pool: RSA-2048 keys by OpenSSL, one after the other, for so many seconds.
 *   null_keys SECONDS
 * Prints one line of JSON.
 */
#include "tests/wire/crowd.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double cpu_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int count, char **words)
{
    double wanted = count == 2 ? atof(words[1]) : 0, begun = crowd_clock();
    unsigned keys = 0;
    while (crowd_clock() - begun < wanted) {
        EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
        keys += key != NULL;
        EVP_PKEY_free(key);
    }
    double seconds = crowd_clock() - begun;
    printf("{\"keys\":%u,\"seconds\":%.3f,\"cpu_seconds\":%.3f}\n", keys, seconds, cpu_clock());
    return keys > 0 ? 0 : 1;
}
