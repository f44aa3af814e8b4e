/*
 * Certificate signing requests with a P-256 key each, one on a line as it stands in a JSON text; the keys are dropped.
 *   csrs COUNT
 */
#include "certs/csr.h"
#include "certs/key.h"

#include <stdio.h>
#include <stdlib.h>

static void print(const char *pem)
{
    for (; *pem != '\0'; pem++)
        if (*pem == '\n')
            fputs("\\n", stdout);
        else
            putchar(*pem);
    putchar('\n');
}

int main(int count, char **words)
{
    long wanted = count == 2 ? atol(words[1]) : 0;
    for (long i = 0; i < wanted; i++) {
        char name[32], pem[CSR_PEM_MAX];
        struct key *key = key_new(KEY_EC_P256);
        snprintf(name, sizeof name, "device-%ld", i);
        if (key == NULL || !csr_write(key, name, pem, sizeof pem)) {
            fputs("csrs: OpenSSL makes no key\n", stderr);
            return 1;
        }
        print(pem);
        key_free(key);
    }
    return wanted > 0 ? 0 : 2;
}
