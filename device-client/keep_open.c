#include "device-client/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct keep {
    char dir[PATH_MAX - 64];
    char path[PATH_MAX];
    int lock; /* -1: read only */
};

const char *keep_dir(const struct keep *keep)
{
    return keep->dir;
}

const char *keep_path(struct keep *keep, const char *name)
{
    snprintf(keep->path, sizeof keep->path, "%s/%s", keep->dir, name);
    return keep->path;
}

bool keep_is_read_only(const struct keep *keep)
{
    return keep->lock < 0;
}

enum muster_device_result keep_cannot(struct keep *keep, const char *verb, const char *name, int error,
                                      struct problem *problem)
{
    return problem_set(problem, MUSTER_DEVICE_CONFIGURATION,
                       "check the folder's owner and mode, and the space on its disk, or give another --dir",
                       "cannot %s %.200s: %s", verb, keep_path(keep, name), strerror(error));
}

enum muster_device_result keep_no_device(const struct keep *keep, enum muster_device_result result,
                                         struct problem *problem)
{
    return problem_set(problem, result, "give its folder with --dir, or begin one: muster-device provision --name NAME",
                       "there is no device in %.200s", keep->dir);
}

/* Whoever holds the lock left its number for the error text of the next. */
static enum muster_device_result lock_is_taken(struct keep *keep, int fd, struct problem *problem)
{
    char holder[16] = "";
    ssize_t n = pread(fd, holder, sizeof holder - 1, 0);
    holder[n > 0 ? n : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    return problem_set(problem, MUSTER_DEVICE_CONFLICT, "end that process first, or give another --dir",
                       "another process (%s) uses the folder %.200s", holder, keep->dir);
}

static enum muster_device_result take_lock(struct keep *keep, struct problem *problem)
{
    int fd = open(keep_path(keep, KEEP_LOCK), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return keep_cannot(keep, "open", KEEP_LOCK, errno, problem);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        enum muster_device_result result = errno == EWOULDBLOCK ? lock_is_taken(keep, fd, problem)
                                                                : keep_cannot(keep, "lock", KEEP_LOCK, errno, problem);
        close(fd);
        return result;
    }
    char number[16];
    int length = snprintf(number, sizeof number, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, number, (size_t)length, 0) < 0)
        errno = 0; /* only the error text of another process would miss it */
    keep->lock = fd;
    return MUSTER_DEVICE_OK;
}

static enum muster_device_result open_folder(struct keep *keep, bool read_only, struct problem *problem)
{
    struct stat st;
    if (!read_only && mkdir(keep->dir, 0700) != 0 && errno != EEXIST)
        return problem_set(problem, MUSTER_DEVICE_CONFIGURATION, "make its parent, or give another --dir",
                           "cannot make the folder %.200s: %s", keep->dir, strerror(errno));
    if (stat(keep->dir, &st) != 0 || !S_ISDIR(st.st_mode))
        return keep_no_device(keep, read_only ? MUSTER_DEVICE_NOT_FOUND : MUSTER_DEVICE_CONFIGURATION, problem);
    return read_only ? MUSTER_DEVICE_OK : take_lock(keep, problem);
}

enum muster_device_result keep_open(const char *dir, bool read_only, struct keep **out, struct problem *problem)
{
    *out = NULL;
    struct keep *keep = calloc(1, sizeof *keep);
    if (keep == NULL)
        return problem_set(problem, MUSTER_DEVICE_FAILED, NULL, "no memory");
    keep->lock = -1;
    enum muster_device_result result = MUSTER_DEVICE_OK;
    if (!kept_copy(keep->dir, sizeof keep->dir, dir))
        result = problem_set(problem, MUSTER_DEVICE_CONFIGURATION, NULL, "the folder's name is too long");
    if (result == MUSTER_DEVICE_OK)
        result = open_folder(keep, read_only, problem);
    if (result == MUSTER_DEVICE_OK)
        *out = keep;
    else
        keep_close(keep);
    return result;
}

void keep_close(struct keep *keep)
{
    if (keep != NULL && keep->lock >= 0)
        close(keep->lock);
    free(keep);
}
