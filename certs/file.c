#include "certs/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A path taken apart: its folder, held open, so that write, rename and fsync mean the same folder. */
struct place {
    int folder;
    const char *name;
    char fresh[NAME_MAX + 1]; /* name.new */
};

static int place_open(const char *path, struct place *out)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    out->name = slash != NULL ? slash + 1 : path;
    size_t length = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    if (length >= sizeof folder || strlen(out->name) + sizeof ".new" > sizeof out->fresh)
        return ENAMETOOLONG;
    memcpy(folder, slash != NULL ? path : ".", length);
    folder[length] = '\0';
    snprintf(out->fresh, sizeof out->fresh, "%s.new", out->name);
    out->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return out->folder < 0 ? errno : 0;
}

/* The folder's own entries reach the disk only by an fsync of the folder (fsync(2), "Calling fsync() does not ..."). */
static int place_sync_and_close(struct place *place)
{
    int error = fsync(place->folder) == 0 ? 0 : errno;
    close(place->folder);
    return error == EINVAL ? 0 : error; /* a file system that cannot sync folders */
}

static int write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, data, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        data += n;
        length -= (size_t)n;
    }
    return 0;
}

static int read_all(int fd, char *out, size_t size, size_t *length)
{
    size_t have = 0;
    while (have < size) {
        ssize_t n = read(fd, out + have, size - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            break;
        have += (size_t)n;
    }
    *length = have;
    return have < size ? 0 : EFBIG; /* the last octet is the NUL's */
}

int file_read(const char *path, char *out, size_t size, size_t *length)
{
    *length = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int error = fd < 0 ? errno : read_all(fd, out, size, length);
    if (fd >= 0)
        close(fd);
    if (error != 0) {
        explicit_bzero(out, size); /* a part of a secret is a secret */
        *length = 0;
    } else {
        out[*length] = '\0';
    }
    return error;
}

static int overwrite(int fd)
{
    static const char zeros[4096];
    struct stat st;
    int error = fstat(fd, &st) == 0 ? 0 : errno;
    if (error == 0 && !S_ISREG(st.st_mode))
        return 0;
    for (off_t left = error == 0 ? st.st_size : 0; left > 0 && error == 0; left -= (off_t)sizeof zeros)
        error = write_all(fd, zeros, left < (off_t)sizeof zeros ? (size_t)left : sizeof zeros);
    if (error == 0 && fsync(fd) != 0)
        error = errno;
    return error;
}

/* What a crash, or a full disk, left of name.new may be half of a secret. One that has other names is not ours alone.
 */
static int remove_fresh(const struct place *place)
{
    struct stat st;
    int fd = openat(place->folder, place->fresh, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_nlink == 1)
        (void)overwrite(fd);
    if (fd >= 0)
        close(fd);
    return unlinkat(place->folder, place->fresh, 0) == 0 || errno == ENOENT ? 0 : errno;
}

/* Fills name.new. What a crash left there is removed first: a new file has no other readers, links or modes. */
static int write_fresh(const struct place *place, const void *data, size_t length, mode_t mode)
{
    int error = remove_fresh(place);
    if (error != 0)
        return error;
    int fd = openat(place->folder, place->fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    error = fchmod(fd, mode) == 0 ? write_all(fd, data, length) : errno;
    if (error == 0 && fsync(fd) != 0)
        error = errno;
    if (close(fd) != 0 && error == 0)
        error = errno;
    return error;
}

int file_write(const char *path, const void *data, size_t length, mode_t mode)
{
    struct place place;
    int error = place_open(path, &place);
    if (error != 0)
        return error;
    error = write_fresh(&place, data, length, mode);
    if (error == 0 && renameat(place.folder, place.fresh, place.folder, place.name) != 0)
        error = errno;
    if (error != 0)
        (void)remove_fresh(&place);
    int synced = place_sync_and_close(&place);
    return error != 0 ? error : synced;
}

int file_erase(const char *path)
{
    struct place place;
    int error = place_open(path, &place);
    if (error != 0)
        return error == ENOENT ? 0 : error;
    int fd = openat(place.folder, place.name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    error = fd >= 0 ? overwrite(fd) : errno == ELOOP ? 0 : errno; /* ELOOP: a link, which holds nothing */
    if (fd >= 0)
        close(fd);
    if (unlinkat(place.folder, place.name, 0) != 0)
        error = errno;
    int synced = place_sync_and_close(&place);
    return error == ENOENT ? 0 : error != 0 ? error : synced;
}

int file_replace(const char *from, const char *path)
{
    struct place place;
    const char *slash = strrchr(from, '/');
    int error = place_open(path, &place);
    if (error != 0)
        return error;
    int old = openat(place.folder, place.name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (renameat(place.folder, slash != NULL ? slash + 1 : from, place.folder, place.name) != 0)
        error = errno;
    int synced = place_sync_and_close(&place);
    if (old >= 0 && error == 0 && synced == 0)
        (void)overwrite(old);
    if (old >= 0)
        close(old);
    return error != 0 ? error : synced;
}
