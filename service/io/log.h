/*
 * The one place that writes log lines: to stderr, one line each, with a time, a level, an event and fields. Control
 * characters and what is not ASCII become `?`, so that no one can forge a line. Never handed a secret. Safe from any
 * thread.
 *
 *   2026-11-21T22:07:20.123Z info  registered uuid=dev1 deviceId=abc... by=key:x7d...
 */
#ifndef MUSTER_IO_LOG_H
#define MUSTER_IO_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG };

/* The level of a name (error, warning, notice, info, debug); false when there is none. */
bool log_level_from_name(const char *name, enum log_level *level);

/* Sets what is written and how; called once, before there are threads. */
void log_setup(enum log_level level, bool json);

/* Writes one line: `event` is a word, `format` gives `key=value` pairs, values with spaces in quotes. Lines are cut at
 * 1000 octets. */
void log_line(enum log_level level, const char *event, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Lines about what a batch does: written when it is durable, dropped when it is undone. */
#define LOG_BATCH (64 * 1024)
struct log_batch {
    size_t length;
    unsigned left_out; /* lines that found it full */
    char at[LOG_BATCH];
};

/* As log_line, but into the batch. */
void log_hold(struct log_batch *batch, enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Writes the held lines, or with `keep` false drops them; the batch is empty then. */
void log_release(struct log_batch *batch, bool keep);

#endif
