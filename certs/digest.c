#include "certs/digest.h"

#include <openssl/sha.h>
#include <stdio.h>

bool digest_sha256_hex(const void *data, size_t length, char out[DIGEST_HEX_SIZE])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    out[0] = '\0';
    if (SHA256(data, length, digest) == NULL)
        return false;
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    return true;
}
