/*
 * Random octets from the operating system. Ends the process when there are none.
 */
#ifndef MUSTER_IO_ENTROPY_H
#define MUSTER_IO_ENTROPY_H

#include <stddef.h>

void entropy_fill(void *out, size_t length);

#endif
