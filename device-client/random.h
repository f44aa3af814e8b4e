/*
 * Random octets from OpenSSL; the only file of the device that sees it.
 */
#ifndef MUSTER_DEVICE_RANDOM_H
#define MUSTER_DEVICE_RANDOM_H

#include <stddef.h>

/* Fills `out`. Ends the process when there are none: without randomness nothing here is safe. Thread-safe. */
void random_fill(void *out, size_t length);

#endif
