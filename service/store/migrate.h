/*
 * The migrations, in the order of their numbers: the files of service/store/schema/, built into the program.
 */
#ifndef MUSTER_STORE_MIGRATE_H
#define MUSTER_STORE_MIGRATE_H

#include "service/store/db.h"

/* Brings the database to this program's version. Returns 0, or -1 with a sentence in `error`. */
int migrate_database(struct db *db, char *error, size_t error_size);

#endif
