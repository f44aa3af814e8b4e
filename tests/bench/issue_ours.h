/*
 * Issuing as the service does it for devices that it knows (op_provision.c), without what is around it (JSON, MQTT,
 * events, the device's row and the certificate that it had): a request is read and checked, its key looked for and its
 * intent written; after a commit the certificate is made, signed, linted and stored. GROUP of them to a batch.
 */
#ifndef MUSTER_BENCH_ISSUE_OURS_H
#define MUSTER_BENCH_ISSUE_OURS_H

#include "certs/ca.h"
#include "certs/csr.h"
#include "service/store/store.h"

#define GROUP   64    /* as many requests as the service takes into a batch */
#define DEVICES 20000 /* in the database beforehand, each with a certificate */

/* What a request costs by its parts, in microseconds of wall time summed up. */
enum issue_part { PART_READ, PART_INTENT, PART_ISSUE, PART_ROWS, PART_COMMIT, ISSUE_PARTS };

struct ours;

/* Fills a database with DEVICES devices, in place of what is there; nobody may have it open. */
bool issue_database(const char *path, char *error, size_t size);
void issue_database_remove(const char *path);

/* Opens such a database. NULL with a sentence in `error`. `ca` remains the caller's. */
struct ours *ours_new(const char *path, struct ca *ca, char *error, size_t size);
void ours_free(struct ours *ours);

/* Step one for GROUP requests, of the next devices in turn. `wall` is in milliseconds since 1970. */
bool ours_prepare(struct ours *ours, char requests[GROUP][CSR_PEM_MAX], int64_t wall);

/* Step two for those that were prepared last. */
bool ours_issue(struct ours *ours, int64_t wall);

bool ours_commit(struct ours *ours);

/* Both steps for one request without a row. */
bool ours_bare(struct ours *ours, const char *request, int64_t wall);

/* The GROUP rows that ours_issue wrote last; they live until it writes the next. */
const struct certificate_row *ours_rows(const struct ours *ours);

const double *ours_parts(const struct ours *ours);

#endif
