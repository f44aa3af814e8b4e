/*
 * What musterctl prints: tables (the only file that sees libsmartcols), JSON, errors. Data goes to stdout, talk to
 * stderr. Texts of devices are strangers' texts: everything for a terminal is cleaned of control characters here.
 */
#ifndef MUSTER_CTL_OUT_H
#define MUSTER_CTL_OUT_H

#include "service/ctl/ctl.h"
#include "topics/document.h"

#include <stdio.h>

/* Copies `text` with every control, bidi and invalid octet as \xNN; what does not fit is cut between characters. */
void out_clean(const char *text, char *out, size_t size);

/* "error: sentence  [code]" and "  mend: ..." on stderr; code may be NULL. Returns `end`, so that it is one line. */
enum ctl_exit out_error(enum ctl_exit end, const char *code, const char *mend, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* One line of talk on stderr. */
void out_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define OUT_COLUMNS 10

struct out_table;

/* A table with these headings, or, with `titles` NULL, one without. NULL without memory; the caller frees it. */
struct out_table *out_table_new(const char *const titles[], size_t columns);
void out_table_free(struct out_table *table); /* NULL is fine */

/* Adds a row of as many texts as there are columns; NULL is an empty cell. */
void out_table_row(struct out_table *table, const char *const texts[]);

/* Prints what was added since, and forgets it; the headings come the first time only. */
void out_table_print(struct out_table *table);

/* Prints an object as two columns: the path of a member, and its value. */
void out_object(const struct value *object);

/* Prints lines of a name and what is to be said of it, in two columns. */
struct out_pair {
    const char *name, *text;
};
void out_pairs(const struct out_pair pairs[], size_t count);

/* A value as compact JSON in `out`; false when it does not fit. */
bool out_value(const struct value *value, char *out, size_t size);

/* One line: the object with the member "schema" in front. */
void out_json(const char *schema, const struct value *object);

/* A scalar as text for people: "-" when absent or null; cut to fit. */
void out_scalar(const struct value *value, char *out, size_t size);

/* An RFC 3339 time as people say it: "3 min ago", "in 29 d"; "-" when it is none. */
void out_ago(const struct value *time, char *out, size_t size);

/* Whether stdout took everything; else says so. */
enum ctl_exit out_done(void);

#endif
