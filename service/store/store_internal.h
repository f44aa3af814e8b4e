/* What the files of the store share, and nobody else sees. */
#ifndef MUSTER_STORE_INTERNAL_H
#define MUSTER_STORE_INTERNAL_H

#include "service/store/db.h"
#include "service/store/store.h"

struct store {
    struct db *db;
    bool batch; /* a transaction is open */
    bool lost;  /* the engine has left it by itself: the batch can only fail */
};

/* Runs a statement with one number. */
enum status store_run_int(struct store *store, enum sql sql, int64_t value);

#endif
