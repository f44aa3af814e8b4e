/*
 * The two files in which a local authority lives, and the file of its passphrase. Every failure is a sentence for the
 * operator, with the file and the mend. Signs nothing.
 */
#ifndef MUSTER_CERTS_CA_FILES_H
#define MUSTER_CERTS_CA_FILES_H

#include "certs/ca.h"

/* Writes a sentence into `error`; always returns -1, so that a failure is one line. */
int ca_files_say(char *error, size_t error_size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* 0 when the options name both files and organization and country can stand in a certificate; -1 with a sentence. */
int ca_files_check(const struct ca_options *options, char *error, size_t error_size);

/* Reads the private key; refuses a file that anyone but its owner may touch. The caller calls key_free. */
struct key *ca_files_read_key(const struct ca_options *options, char *error, size_t error_size);

/* Writes the private key with mode 0600, encrypted when there is a passphrase file. 0 or -1. */
int ca_files_write_key(const struct ca_options *options, const struct key *key, char *error, size_t error_size);

#endif
