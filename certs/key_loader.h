/*
 * The one door through which private keys of an authority come in and go out. Today a key lies in a file, sealed with a
 * passphrase or not; a hardware token, or a process of its own that signs, comes in here, too: as another kind of
 * source, for which key_load gives the same struct key, whose OpenSSL key then signs elsewhere. So nobody else opens a
 * key of an authority, and nobody but this module asks where it is.
 */
#ifndef MUSTER_CERTS_KEY_LOADER_H
#define MUSTER_CERTS_KEY_LOADER_H

#include "certs/key.h"

/* Where a key is. Borrowed texts. */
struct key_source {
    const char *file;            /* its path */
    const char *passphrase_file; /* whose first line opens it; NULL: it is not encrypted */
};

/* Whether there is something at the source, if only a dangling link; what cannot be looked at is taken to be there. */
bool key_is_there(const struct key_source *source);

/* Gives the key; refuses a file, be it the key's or the passphrase's, that anyone but its owner may touch. The caller
 * calls key_free. NULL with a sentence for the operator, with the file and the mend, in `error`. */
struct key *key_load(const struct key_source *source, char *error, size_t error_size);

/* Puts the key there, with mode 0600, encrypted when there is a passphrase file; whole or not at all (file_write).
 * CA_DONE, CA_REFUSED (the
 * passphrase file) or CA_NOT_WRITTEN with a sentence. */
int key_store(const struct key_source *source, const struct key *key, char *error, size_t error_size);

/* Overwrites and removes what is there; nothing there is no error. CA_DONE, or CA_NOT_WRITTEN with a sentence. */
int key_erase(const struct key_source *source, char *error, size_t error_size);

#endif
