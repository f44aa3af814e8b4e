#include "service/ctl/init.h"
#include "service/ctl/out.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BROKER_USER "mosquitto" /* Debian's package makes it; a broker that root starts becomes it */

/* What the broker reads; `file` NULL: the database. */
static const struct readable {
    const char *file, *suffix;
} readables[] = {{NULL, ""},         {NULL, "-wal"}, {NULL, "-shm"},        {"server.key", ""},
                 {"server.pem", ""}, {"ca.pem", ""}, {"mosquitto.conf", ""}};

static void stays_owner(struct init_user *user, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void stays_owner(struct init_user *user, const char *format, ...)
{
    const struct passwd *owner = getpwuid(geteuid());
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(user->why, sizeof user->why, format, arguments);
    va_end(arguments);
    user->is_its_own = false;
    snprintf(user->name, sizeof user->name, "%s", owner != NULL ? owner->pw_name : "");
}

static bool is_member(gid_t group)
{
    gid_t groups[256];
    int count = getgroups(sizeof groups / sizeof groups[0], groups);
    bool found = group == getegid();
    for (int i = 0; i < count; i++)
        found = found || groups[i] == group;
    return found;
}

/* Who is not root cannot give files to another user, but to a group that it is in. */
enum ctl_exit init_read_group(const struct args *args, struct init *init)
{
    const char *name = args_value(args, OPT_BROKER_GROUP);
    const struct group *group = name != NULL ? getgrnam(name) : NULL;
    struct init_user *user = &init->user;
    if (name == NULL)
        return CTL_DONE;
    if (config_is_open(&init->config))
        return out_error(CTL_USAGE, NULL, "leave --broker-group out", "in open mode the broker has the folder's owner");
    if (geteuid() == 0)
        return out_error(CTL_USAGE, NULL, "leave --broker-group out, or run as the user who shall own the folder",
                         "for root, the broker runs as the user " BROKER_USER);
    if (group == NULL || strlen(name) >= sizeof user->group_name)
        return out_error(CTL_USAGE, NULL, "use a group of this machine", "--broker-group cannot be \"%s\"", name);
    if (!is_member(group->gr_gid))
        return out_error(CTL_DENIED, NULL, "put the user into the group, then log in anew",
                         "this user is not in the group %s", name);
    *user = (struct init_user){.is_its_own = true, .group = group->gr_gid};
    snprintf(user->group_name, sizeof user->group_name, "%s", name);
    return CTL_DONE;
}

/* By the permission bits; `right` is one of S_IROTH and S_IXOTH. */
static bool may(const char *path, mode_t right, const struct passwd *user)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return false;
    return (st.st_mode & (st.st_uid == user->pw_uid   ? right << 6
                          : st.st_gid == user->pw_gid ? right << 3
                                                      : right)) != 0;
}

/* Whether the user gets through every folder above `path`; else `path` is cut to the one that stops it. */
static bool can_reach(char *path, const struct passwd *user)
{
    for (char *slash = path; (slash = strchr(slash, '/')) != NULL; slash++) {
        char behind = slash[1];
        slash[1] = '\0';
        if (!may(path, S_IXOTH, user))
            return false;
        slash[1] = behind;
    }
    return true;
}

/* Whether it can come to the folder, which will be opened to it, to a database elsewhere, and to the plugin. */
static bool reaches_all(const struct init *init, const struct passwd *user, char blocked[INIT_PATH])
{
    char database[4096];
    const char *paths[] = {init->absolute, database, init->gate};
    size_t length = strlen(init->directory);
    bool inside = strncmp(init->config.database, init->directory, length) == 0 && init->config.database[length] == '/';
    if (inside || realpath(init->config.database, database) == NULL)
        snprintf(database, sizeof database, "%s", inside ? init->absolute : init->config.database);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        snprintf(blocked, INIT_PATH, "%s", paths[i]);
        if (!can_reach(blocked, user))
            return false;
    }
    return may(init->gate, S_IROTH, user);
}

/* The user that a configuration names which is there already. */
static bool named_user(const struct init *init, char *out, size_t size)
{
    char path[INIT_PATH], line[INIT_PATH];
    init_path(init, "mosquitto.conf", path, sizeof path);
    FILE *file = fopen(path, "re");
    bool found = false;
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "user ", 5) == 0) {
            line[strcspn(line, "\r\n")] = '\0';
            snprintf(out, size, "%.*s", (int)size - 1, line + 5);
            found = true;
        }
    if (file != NULL)
        (void)fclose(file);
    return found;
}

void init_choose_user(struct init *init)
{
    struct init_user *user = &init->user;
    char blocked[INIT_PATH], named[64] = "";
    const struct passwd *broker = getpwnam(BROKER_USER);
    if (user->group_name[0] != '\0')
        return;
    if (config_is_open(&init->config)) {
        stays_owner(user, "it is in open mode");
    } else if (geteuid() != 0) {
        stays_owner(user, "musterctl init did not run as root");
    } else if (broker == NULL) {
        stays_owner(user, "there is no user " BROKER_USER);
    } else if (named_user(init, named, sizeof named) && strcmp(named, BROKER_USER) != 0) {
        stays_owner(user, "its configuration says so");
    } else if (named[0] == '\0' && !reaches_all(init, broker, blocked)) {
        stays_owner(user, "the user " BROKER_USER " may not look into %s", blocked);
    } else {
        *user = (struct init_user){.name = BROKER_USER, .is_its_own = true, .group = broker->pw_gid};
    }
}

static void path_of(const struct init *init, const struct readable *readable, char *out, size_t size)
{
    if (readable->file != NULL)
        init_path(init, readable->file, out, size);
    else
        snprintf(out, size, "%s%s", init->config.database, readable->suffix);
}

/* A -wal that SQLite makes anew has the database's group when root runs the service; else the folder must see to it. */
static mode_t folder_mode(const struct init_user *user)
{
    return user->group_name[0] != '\0' ? S_ISGID | 0750 : 0750;
}

static bool is_open_to(const char *path, gid_t group, mode_t mode)
{
    struct stat st;
    return lstat(path, &st) != 0 || (st.st_gid == group && (st.st_mode & 07777) == mode);
}

/* What a link points to may be anybody's: it is not followed. */
static int open_to(const char *path, gid_t group, mode_t mode)
{
    if (is_open_to(path, group, mode))
        return 0;
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return errno;
    int failed = fchown(file, (uid_t)-1, group) == 0 && fchmod(file, mode) == 0 ? 0 : errno;
    (void)close(file);
    return failed;
}

bool init_has_rights(const struct init *init)
{
    char path[INIT_PATH];
    bool all = !init->user.is_its_own || is_open_to(init->directory, init->user.group, folder_mode(&init->user));
    for (size_t i = 0; init->user.is_its_own && all && i < sizeof readables / sizeof readables[0]; i++) {
        path_of(init, &readables[i], path, sizeof path);
        all = is_open_to(path, init->user.group, 0640);
    }
    return all;
}

enum ctl_exit init_give_rights(struct init *init)
{
    char path[INIT_PATH];
    int failed = open_to(init->directory, init->user.group, folder_mode(&init->user));
    snprintf(path, sizeof path, "%s", init->directory);
    for (size_t i = 0; failed == 0 && i < sizeof readables / sizeof readables[0]; i++) {
        path_of(init, &readables[i], path, sizeof path);
        failed = open_to(path, init->user.group, 0640);
    }
    if (failed == 0)
        return CTL_DONE;
    bool by_group = init->user.group_name[0] != '\0';
    return out_error(CTL_DENIED, NULL,
                     by_group ? "run musterctl init as the owner of the folder and its files"
                              : "run musterctl init as root, on a file system with owners",
                     "cannot open %s to the %s %s: %s", path, by_group ? "group" : "user",
                     by_group ? init->user.group_name : init->user.name, strerror(failed));
}
