/*
 * An authority for a bench: on P-256, its files made in a folder of their own and gone when it is open.
 */
#ifndef MUSTER_BENCH_AUTHORITY_H
#define MUSTER_BENCH_AUTHORITY_H

#include "certs/ca.h"

/* `now` is in seconds since 1970. NULL with a sentence in `error`. The caller calls ca_free. */
struct ca *authority_new(int64_t now, char *error, size_t size);

#endif
