#include "service/store/migrate.h"

static const struct db_migration migrations[] = {
#include "migrations.inc"
};

int migrate_database(struct db *db, char *error, size_t error_size)
{
    return db_migrate(db, migrations, sizeof migrations / sizeof *migrations, error, error_size);
}
