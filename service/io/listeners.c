#include "service/io/listeners.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TCP_LISTEN 0x0a /* as in /proc/net/tcp */

/* The kernel prints an address as words of four octets in the machine's order. */
static bool is_loopback(const char *hex)
{
    static const char mapped[] = "0000000000000000FFFF0000"; /* ::ffff:0:0/96 */
    size_t skip = strncmp(hex, mapped, sizeof mapped - 1) == 0 ? sizeof mapped - 1 : 0;
    return strcmp(hex, "00000000000000000000000001000000") == 0 ||
           (strlen(hex + skip) == 8 && strcmp(hex + skip + 6, "7F") == 0);
}

/* False when there is no room left. */
static bool read_line(struct listeners *listeners, const char *line)
{
    char address[64];
    unsigned port = 0, state = 0, user = 0;
    uint64_t inode = 0;
    int found = sscanf(line, " %*d: %63[0-9A-F]:%x %*[0-9A-F]:%*x %x %*x:%*x %*x:%*x %*x %u %*u %" SCNu64, address,
                       &port, &state, &user, &inode);
    if (found != 5 || state != TCP_LISTEN)
        return true;
    if (listeners->count == LISTENERS_LIMIT)
        return false;
    struct listener *listener = &listeners->at[listeners->count++];
    *listener = (struct listener){.inode = inode, .port = (int)port, .user = user, .loopback = is_loopback(address)};
    snprintf(listener->address, sizeof listener->address, "%.32s", address);
    return true;
}

/* `missing` is what to say when there is no such file. */
static bool read_table(struct listeners *listeners, const char *path, bool missing)
{
    char line[512];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return missing;
    bool fits = true;
    while (fits && fgets(line, sizeof line, file) != NULL)
        fits = read_line(listeners, line);
    fits = fits && ferror(file) == 0;
    fclose(file);
    return fits;
}

bool listeners_read(struct listeners *listeners)
{
    listeners->count = 0;
    return read_table(listeners, "/proc/net/tcp", false) && read_table(listeners, "/proc/net/tcp6", true);
}

/* The listener that an entry of a process's fd folder is; NULL when it is something else. */
static struct listener *find(struct listeners *listeners, int folder, const char *entry)
{
    char target[64];
    uint64_t inode = 0;
    ssize_t length = readlinkat(folder, entry, target, sizeof target - 1);
    target[length > 0 ? length : 0] = '\0';
    if (sscanf(target, "socket:[%" SCNu64 "]", &inode) != 1)
        return NULL;
    for (int i = 0; i < listeners->count; i++)
        if (listeners->at[i].inode == inode)
            return &listeners->at[i];
    return NULL;
}

/* The port on which a process that listens on `port` is exposed; 0 when it is not, or is another process. */
static int look_at(struct listeners *listeners, const char *process, int port)
{
    char path[300];
    bool holds = false;
    int exposed = 0;
    snprintf(path, sizeof path, "/proc/%s/fd", process);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct listener *listener = find(listeners, dirfd(folder), entry->d_name);
        if (listener != NULL && listener->port == port)
            holds = listener->held = true;
        if (listener != NULL && !listener->loopback)
            exposed = listener->port;
    }
    closedir(folder);
    return holds ? exposed : 0;
}

bool listeners_beside(struct listeners *listeners, int port, int *exposed)
{
    *exposed = 0;
    DIR *processes = opendir("/proc");
    if (processes == NULL)
        return false;
    for (const struct dirent *entry; *exposed == 0 && (entry = readdir(processes)) != NULL;)
        if (isdigit((unsigned char)entry->d_name[0]))
            *exposed = look_at(listeners, entry->d_name, port);
    closedir(processes);
    bool seen = true;
    for (int i = 0; i < listeners->count; i++)
        seen = seen && (listeners->at[i].port != port || listeners->at[i].held);
    return seen;
}
