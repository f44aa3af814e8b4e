/*
 * What making an authority and changing its issuing CA have in common. Every failure is an enum ca_end below 0, with a
 * sentence for the operator. Inside certs/ only.
 */
#ifndef MUSTER_CERTS_CA_MAKE_H
#define MUSTER_CERTS_CA_MAKE_H

#include "certs/authority.h"
#include "certs/ca_members.h"
#include "certs/key_loader.h"

/* The key at the source, which must be of `type`, or a new one that is stored there, in *key (NULL after a failure);
 * the caller calls key_free. */
int ca_make_key(const struct key_source *source, enum key_type type, struct key **key, char *error, size_t error_size);

/* authority_make with the names of the options. */
int ca_make_certificate(const struct ca_options *options, struct authority *authority, char pem[CERTIFICATE_PEM_MAX],
                        char *error, size_t error_size);

/* Writes certificates to a file that everyone may read. */
int ca_make_save(const char *path, const char *pem, char *error, size_t error_size);

/* Opens the root's own files: its certificate (the first in `root`) and its key, which belong together. The caller
 * frees both, also after a failure. */
int ca_make_open_root(const struct ca_options *options, struct ca_members *root, struct key **key, char *error,
                      size_t error_size);

#endif
