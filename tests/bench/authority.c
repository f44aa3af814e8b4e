#include "tests/bench/authority.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct ca *authority_new(int64_t now, char *error, size_t size)
{
    char folder[] = "/tmp/authority.XXXXXX", key_file[64], certificate_file[64];
    snprintf(error, size, "no folder in /tmp can be made");
    if (mkdtemp(folder) == NULL)
        return NULL;
    snprintf(key_file, sizeof key_file, "%s/ca.key", folder);
    snprintf(certificate_file, sizeof certificate_file, "%s/ca.pem", folder);
    struct ca_options options = {
        .certificate_file = certificate_file, .key_file = key_file, .organization = "Example AG", .country = "DE"};
    bool made = ca_create(&options, KEY_EC_P256, now, error, size) == 0;
    struct ca *ca = made ? ca_new(&options, error, size) : NULL;
    unlink(key_file);
    unlink(certificate_file);
    rmdir(folder);
    return ca;
}
