#include "certs/openssl.h"

#include <openssl/crypto.h>

void openssl_begin(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}
