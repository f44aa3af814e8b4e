/*
 * Devices in a database, many and quickly, while no service uses it: each with an API key and a certificate's row.
 *   fill DATABASE COUNT PREFIX         prints a line "<uuid> <uuid> <API key>" for each: a file of logins for swarm
 *   fill --fleet ONLINE DATABASE COUNT the fleet of fleet_id.h, of which ONLINE are online; prints nothing
 * The keys are random only as far as a bench needs.
 */
#include "tests/bench/fill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print(const struct filled *device, void *context)
{
    (void)context;
    printf("%s %s %s\n", device->uuid, device->uuid, device->key.text);
}

int main(int count, char **words)
{
    char error[300] = "usage: fill DATABASE COUNT PREFIX | fill --fleet ONLINE DATABASE COUNT";
    struct fill plan = {0};
    if (count == 4)
        plan = (struct fill){.path = words[1], .count = (size_t)atol(words[2]), .prefix = words[3], .each = print};
    else if (count == 5 && strcmp(words[1], "--fleet") == 0)
        plan = (struct fill){.path = words[3], .count = (size_t)atol(words[4]), .online = (size_t)atol(words[2])};
    if (plan.path != NULL && fill(&plan, error, sizeof error))
        return 0;
    fprintf(stderr, "fill: %s\n", error);
    return 1;
}
