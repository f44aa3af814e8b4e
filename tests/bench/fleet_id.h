/*
 * The ids of a fleet: they look like UUIDs of version 4, and are a function of a device's number, so that whoever plays
 * the fleet needs no file of them, and knows the number when an id comes back. Pure.
 */
#ifndef MUSTER_BENCH_FLEET_ID_H
#define MUSTER_BENCH_FLEET_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLEET_ID 36

/* `number` is below 2^48. */
void fleet_id(uint64_t number, char out[FLEET_ID + 1]);

/* False when it is no id of a fleet. */
bool fleet_number(const char *id, size_t length, uint64_t *number);

#endif
