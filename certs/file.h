/*
 * Small files that must survive a crash whole: keys, certificates, a device's identity.
 * The only module of certs/ that touches the file system; it knows nothing of what the files hold.
 */
#ifndef MUSTER_CERTS_FILE_H
#define MUSTER_CERTS_FILE_H

#include <stddef.h>
#include <sys/types.h>

/* Reads all of `path` into `out` (at most `size` - 1 octets, a NUL is added) and stores the number of octets.
 * Returns 0, or an errno value; EFBIG when the file does not fit. On failure `out` is wiped. Thread-safe. */
int file_read(const char *path, char *out, size_t size, size_t *length);

/* Replaces `path` by `data` so that after a crash either the old or the new content is there, never a part:
 * writes `path`.new with `mode` (whatever the umask), fsync, rename, fsync of the folder. A `path`.new that a crash
 * left behind is overwritten and removed first, and no link is followed. Returns 0 or an errno value; on failure the
 * old content stands and no `path`.new is left, except that when the last fsync fails the new content stands. One
 * writer for a path at a time. */
int file_write(const char *path, const void *data, size_t length, mode_t mode);

/* Renames `from` to `path` in the same folder, fsyncs the folder, then overwrites what `path` was, for it may hold a
 * secret: after a crash either the old or the new content is there, whole. Returns 0 or an errno value, ENOENT when
 * there is no `from`; what cannot be overwritten is no failure. */
int file_replace(const char *from, const char *path);

/* Overwrites and removes `path`, then fsyncs its folder. Returns 0 (also when there was none) or an errno value; a
 * file that cannot be overwritten is removed all the same. A link is removed, not what it points to. */
int file_erase(const char *path);

#endif
