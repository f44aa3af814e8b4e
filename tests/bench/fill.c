/*
 * Devices in a database, many and quickly, while no service uses it: each with an API key and a certificate's row.
 *   fill DATABASE COUNT PREFIX       (the prefix "": random uuids, once to a database)
 * Prints a line "<uuid> <uuid> <API key>" for each: a file of logins for swarm. The keys are random only as far as a
 * bench needs.
 */
#include "tests/bench/fill.h"

#include <stdio.h>
#include <stdlib.h>

static void print(const struct filled *device, void *context)
{
    (void)context;
    printf("%s %s %s\n", device->uuid, device->uuid, device->key.text);
}

int main(int count, char **words)
{
    char error[300] = "usage: fill DATABASE COUNT PREFIX";
    if (count == 4 && fill(words[1], (size_t)atol(words[2]), words[3], print, NULL, error, sizeof error))
        return 0;
    fprintf(stderr, "fill: %s\n", error);
    return 1;
}
