/*
 * The service's own store, and the connection to the database that it keeps to itself: for tools that fill it, or that
 * do with it what the service does but without the service.
 */
#ifndef MUSTER_BENCH_STORE_CONNECTION_H
#define MUSTER_BENCH_STORE_CONNECTION_H

#include "service/store/store.h"

#include <sqlite3.h>

/* As store_new. The connection lives as long as the store. */
struct store *store_connection(const char *path, sqlite3 **connection, char *error, size_t size);

#endif
