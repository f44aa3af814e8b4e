#include "device-client/random.h"

#include <openssl/rand.h>
#include <stdlib.h>

void random_fill(void *out, size_t length)
{
    if (RAND_bytes(out, (int)length) != 1)
        abort();
}
