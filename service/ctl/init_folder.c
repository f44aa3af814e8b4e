#include "service/ctl/init.h"
#include "service/ctl/out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* It would stand as it is in mosquitto.conf, where a line ends with a control character. */
static bool has_control(const char *path)
{
    for (; *path != '\0'; path++)
        if ((unsigned char)*path < 0x20 || *path == 0x7f)
            return true;
    return false;
}

/* Holds the folder so that two inits do not work on it at once; the lock ends with the program. */
static enum ctl_exit lock_folder(const struct init *init)
{
    int folder = open(init->absolute, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return out_error(errno == EACCES ? CTL_DENIED : CTL_FAILED, NULL,
                         "use a folder that this user may read, or another one", "cannot open %s: %s", init->directory,
                         strerror(errno));
    if (flock(folder, LOCK_EX | LOCK_NB) == 0)
        return CTL_DONE;
    if (errno == EWOULDBLOCK)
        return out_error(CTL_CONFLICT, NULL, "wait for the other musterctl init to end",
                         "another musterctl init works in %s", init->directory);
    return out_error(CTL_FAILED, NULL, "use a folder on another file system", "cannot lock %s: %s", init->directory,
                     strerror(errno));
}

enum ctl_exit init_take_folder(struct init *init)
{
    char path[4096];
    if (has_control(init->directory))
        return out_error(CTL_USAGE, NULL, "use a folder without them",
                         "there are control characters in the folder's path: %s", init->directory);
    init->made_folder = mkdir(init->directory, 0700) == 0;
    if (!init->made_folder && errno != EEXIST)
        return init_cannot_write(init->directory, errno);
    if (realpath(init->directory, path) == NULL)
        return out_error(CTL_FAILED, NULL, "use another folder", "cannot use %s: %s", init->directory, strerror(errno));
    if (has_control(path))
        return out_error(CTL_USAGE, NULL, "use another folder", "there are control characters in the folder's path: %s",
                         path);
    if (strlen(path) >= CONFIG_PATH - 64 || strlen(init->directory) >= CONFIG_PATH - 64)
        return out_error(CTL_USAGE, NULL, "use a folder with a shorter path",
                         "the folder's path has more than %d octets: %.80s...", CONFIG_PATH - 65, path);
    memcpy(init->absolute, path, strlen(path) + 1);
    return lock_folder(init);
}
