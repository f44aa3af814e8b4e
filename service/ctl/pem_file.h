/*
 * Certificates and requests that go from one machine to another: read from a file or stdin, written to a new file or
 * stdout. "-" is stdin or stdout.
 */
#ifndef MUSTER_CTL_PEM_FILE_H
#define MUSTER_CTL_PEM_FILE_H

#include "service/ctl/ctl.h"

#include <stddef.h>

#define PEM_FILE_CERTIFICATE 8000 /* octets of PEM with the NUL: as a JSON string within LIMIT_STRING */

/* Reads the first CERTIFICATE block in `path` into `out`, PEM, NUL-terminated, and nothing else that stands there: a
 * private key in the same file never gets out of here. CTL_USAGE, told on stderr, when the file cannot be read or its
 * first certificate is none. */
enum ctl_exit pem_file_certificate(const char *path, char out[PEM_FILE_CERTIFICATE]);

/* Reads all of `path` into `out` of `size` octets, NUL-terminated, and stores the number of octets. The same error. */
enum ctl_exit pem_file_read(const char *path, char *out, size_t size, size_t *length);

/* Writes `pem` to a new file, for everyone to read as far as the umask lets them. CTL_CONFLICT when there is a file
 * already, CTL_FAILED when it cannot be written; told on stderr. */
enum ctl_exit pem_file_write(const char *path, const char *pem);

#endif
