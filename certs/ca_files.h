/*
 * The files in which a local authority lives: what they are called, and whether they may be called so. Every failure is
 * a sentence for the operator, with the file and the mend. Signs nothing.
 */
#ifndef MUSTER_CERTS_CA_FILES_H
#define MUSTER_CERTS_CA_FILES_H

#include "certs/ca.h"
#include "certs/key_loader.h"

#define CA_PATH_MAX 4096

/* Writes a sentence into `error`; always returns -1, so that a failure is one line. */
int ca_files_say(char *error, size_t error_size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same for a file that cannot be written or removed; always returns CA_NOT_WRITTEN. */
int ca_files_unwritten(char *error, size_t error_size, const char *what, const char *path, int failed);

/* 0 when the options name both files and organization and country can stand in a certificate; -1 with a sentence. */
int ca_files_check(const struct ca_options *options, char *error, size_t error_size);

/* The half of it that is about organization and country. */
int ca_files_check_names(const struct ca_options *options, char *error, size_t error_size);

/* Whether there is something at `path`, if only a dangling link; what cannot be looked at is taken to be there. */
bool ca_files_has(const char *path);

/* Whether `id` is an issuer's: 40 lower-case hex digits. */
bool ca_files_is_id(const char *id);

/* Where the key of an issuer lies: in the key file with ".<id>" behind its name; with "", in the key file itself.
 * `path` is what the source points to. */
struct key_source ca_files_key(const struct ca_options *options, const char *id, char path[CA_PATH_MAX]);

#define CA_KEY_NEXT "next" /* the id of a key whose certificate is still to come */

#endif
