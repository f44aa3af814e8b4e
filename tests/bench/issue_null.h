/*
 * The null of issuing: for each certificate one signature verified, one made (null_arithmetic.h), and one row written
 * by SQLite alone, with one commit to a group.
 */
#ifndef MUSTER_BENCH_ISSUE_NULL_H
#define MUSTER_BENCH_ISSUE_NULL_H

#include "service/store/store.h"

struct null_issue;

/* Opens a database of the service's schema with the service's settings. NULL with a sentence in `error`. */
struct null_issue *null_issue_new(const char *path, char *error, size_t size);
void null_issue_free(struct null_issue *null);

/* `count` certificates, with these rows, and the commit. False with SQLite's words on stderr. */
bool null_issue_group(struct null_issue *null, const struct certificate_row *rows, size_t count);

/* The arithmetic of `count` alone. */
bool null_issue_bare(struct null_issue *null, size_t count);

#endif
