/*
 * The rows that the service writes for one device that provisions in one shot, written by SQLite alone: nothing is
 * looked up, nothing is checked.
 */
#ifndef MUSTER_BENCH_NULL_ROWS_H
#define MUSTER_BENCH_NULL_ROWS_H

#include <stdbool.h>
#include <stddef.h>

/* What is random about a device; made before the clock starts. */
struct null_device {
    char uuid[64], certificate_id[37], device_id[13], api_key[9];
    unsigned char public_key[32], fingerprint[32], body_hash[32], key_hash[32];
};

struct null_rows;

/* Makes a database with the service's schema and a provisioning key. NULL with a sentence on stderr. */
struct null_rows *null_rows_new(const char *path);
void null_rows_free(struct null_rows *rows);

bool null_rows_begin(struct null_rows *rows);
bool null_rows_commit(struct null_rows *rows);

/* What is durable before the certificate is signed; and all that follows it. */
bool null_rows_intent(struct null_rows *rows, const struct null_device *device);
bool null_rows_issued(struct null_rows *rows, const struct null_device *device);

#endif
