#include "service/io/entropy.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

void entropy_fill(void *out, size_t length)
{
    if (RAND_bytes(out, (int)length) != 1) {
        fputs("error: the operating system gives no random octets\n", stderr);
        abort();
    }
}
